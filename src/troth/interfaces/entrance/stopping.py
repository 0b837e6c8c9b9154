"""Stopping advertisements by the signed link in each of them, without signing in (2.1.2, RFC 8058).

Opening it only shows the button, so that a mail program that looks at links in advance stops
nothing; mail programs with a button of their own send the same form.
"""

from troth.interfaces.pages.page import Call, Page, house, show, tongue
from troth.model.errors import NotProved


def stop_form(request: Call) -> Page:
    """Show the button."""
    return show(request, "entrance/stop.html", stopped=False)


def stop(request: Call) -> Page:
    """Stop them, from the next message on. Doing it twice is no error."""
    try:
        house(request).contact.stop(str(request.path_params["token"]))
    except NotProved as error:
        words = tongue(request)
        trouble = words.instead(words.trouble(error), "link", field="")
        return show(request, "wrong.html", status=404, place="/", trouble=trouble)
    return show(request, "entrance/stop.html", stopped=True)
