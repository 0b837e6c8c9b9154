"""Stopping a power of attorney by the signed link in the letter about it (policy 11.3b; A21).

Opening it only shows what was entered and a button, so that a mail program that looks at links in
advance stops nothing. It takes no sign-in: whoever reads the letter may say no.
"""

from collections.abc import Callable

from troth.interfaces.pages.page import Call, Page, house, show, tongue
from troth.model.errors import NotProved

PLACE = "/powers/{token:str}"


def stop_form(request: Call) -> Page:
    """Show what was entered, and the button."""
    return _page(request)


def stop(request: Call) -> Page:
    """Stop it, from now on. Doing it twice is no error."""
    return _page(request, house(request).intake.powers.stop_by)


def _page(request: Call, work: Callable[[str], None] | None = None) -> Page:
    token = str(request.path_params["token"])
    try:
        if work is not None:
            work(token)
        power = house(request).intake.powers.read(token)
    except NotProved as error:
        words = tongue(request)
        trouble = words.instead(words.trouble(error), "link", field="")
        return show(request, "wrong.html", status=404, place="/", trouble=trouble)
    return show(request, "agents/power.html", place="/", here=request.url.path, power=power)
