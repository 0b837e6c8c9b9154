"""Real-name authentication: two separate consents, then name and number, then the outcome (2.1.1g).

The number is sensitive: it is asked for with a consent of its own, and its sharing with the
authority with another. Without both nothing is kept (2.3, PIPL 23 and 29).
"""

from typing import Any, Final

from troth.app import Shown, Tick
from troth.interfaces.pages.doors import Me, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, house, show, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.errors import BadInput, ConsentMissing, TrothError

NUMBER: Final = "identity.id_number"
NAME: Final = "identity.name"
AUTHORITY: Final = "id-authority"
PURPOSE: Final = "realname"
KEYS: Final = (f"{PURPOSE}/{NUMBER}", f"share/{AUTHORITY}/{PURPOSE}")
PLACE: Final = "/me/realname"


def form(request: Call) -> Page:
    """Say what is asked, why, and who receives it."""
    return _form(request, me(request))


def verify(request: Call, sent: Form) -> Page:
    """Ask the authority, with the consents that were ticked."""
    who, words = me(request), tongue(request)
    troth = house(request)
    try:
        _demand(sent, NAME, NUMBER)
        checked = troth.realname.verify(
            who.subject,
            {NAME: sent.secret(NAME), NUMBER: sent.secret(NUMBER)},
            _ticks(sent, _missing(request, who)),
            shown=Shown(
                edition=troth.gate.policy().edition.hash,
                language=words.language,
                surface="centre",
            ),
            by=who.by,
        )
    except ConsentMissing as error:
        trouble = words.instead(words.trouble(error), "bad_input.consents", field="consents")
        return _form(request, who, trouble, error.status, sent.carried())
    except TrothError as error:
        return _form(request, who, words.trouble(error), error.status, sent.carried())
    return show(request, "centre/realname_done.html", place=PLACE, checked=checked)


def _ticks(sent: Form, keys: list[str]) -> tuple[Tick, ...]:
    return tuple(
        Tick(keys=(key,), ticked=sent.ticked(f"consent:{key}"), notice="realname") for key in keys
    )


def _missing(request: Call, who: Me) -> list[str]:
    """Return which consents this subject's law asks for and they have not given yet."""
    troth = house(request)
    standing = troth.gate.standing(who.subject)
    offered = {offer.key for offer in troth.gate.policy().offers(standing.regimes)}
    at = troth.clock.now()
    return [key for key in KEYS if key in offered and not standing.consents_to(key, at)]


def _demand(sent: Form, *names: str) -> None:
    for name in names:
        if not sent.text(name):
            raise BadInput("a field is empty", field=name)


def _form(
    request: Call,
    who: Me,
    trouble: Trouble | None = None,
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> Page:
    fact: Any = house(request).realname.status(who.subject)
    return show(
        request,
        "centre/realname.html",
        status=status,
        place=PLACE,
        keys=_missing(request, who),
        troubles=(trouble,) if trouble else (),
        typed=typed or {},
        fact=fact,
        name_field=NAME,
        number_field=NUMBER,
        authority=AUTHORITY,
    )
