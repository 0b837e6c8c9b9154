"""Proving a request by its link, without an account: where the code is typed (policy 9.7; A21).

The link stands in the letter that confirms receipt. Its ticket is sealed and ends with the request;
behind it everybody reads the same, whether a code was sent, or anybody is known, or not.
"""

from typing import Final

from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, house, show, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.errors import NotProved
from troth.model.secret import Secret

PLACE: Final = "/prove/{token:str}"


def form(request: Call) -> Page:
    """Ask for the code."""
    return _page(request)


def prove(request: Call, sent: Form) -> Page:
    """Prove it; a code that is wrong, late or used has one answer."""
    words, desk = tongue(request), house(request).rights.desk
    if not sent.text("code"):
        return _page(request, words.missing("code"), 422)
    try:
        desk.linked(_token(request))
    except NotProved as error:
        return _over(request, error)
    try:
        matter = desk.prove(_token(request), sent.secret("code"))
    except NotProved as error:
        return _page(request, (words.trouble(error),), error.status)
    return show(request, "entrance/prove.html", place="/", number=matter.number, due=matter.due)


def _page(request: Call, troubles: tuple[Trouble, ...] = (), status: int = 200) -> Page:
    try:
        number = house(request).rights.desk.linked(_token(request))
    except NotProved as error:
        return _over(request, error)
    return show(
        request,
        "entrance/prove.html",
        status=status,
        place="/",
        troubles=troubles,
        number="",
        asked=number,
        here=request.url.path,
    )


def _over(request: Call, error: NotProved) -> Page:
    words = tongue(request)
    trouble = words.instead(words.trouble(error), "prove_link", field="")
    return show(request, "wrong.html", status=404, place="/", trouble=trouble)


def _token(request: Call) -> Secret:
    return Secret(str(request.path_params["token"]))
