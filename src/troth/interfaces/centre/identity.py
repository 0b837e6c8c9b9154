"""Real-name authentication: what is asked, with consents apart, and where it stands (2.1.1g, 2.3).

A number is sensitive: it is asked for with a consent of its own, and its sharing with the authority
with another. Without both nothing is kept (PIPL 23 and 29). Checks that end later, and people who
look at papers, are on the same page (``confirming``).
"""

from typing import Any, Final

from troth.app import Shown, Tick
from troth.interfaces.pages.doors import Me, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, house, show, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.errors import BadInput, ConsentMissing, TrothError
from troth.model.secret import Secret

PLACE: Final = "/me/realname"
PERSON: Final = ("identity.name", "identity.id_number")
BANK: Final = ("bank.bank", "bank.number", "bank.holder")
COMPANY: Final = ("enterprise.name", "enterprise.uscc")
PAPERS: Final[dict[bool, tuple[str, ...]]] = {
    False: ("document.id_photo",),
    True: ("document.licence", "document.power_of_attorney"),
}
"""The papers that people may want to see: of a person, of a company."""
AUTHORITY: Final = "id-authority"
LATER_FOR_A_COMPANY: Final = ("deposit", "reverse_deposit")


def form(request: Call) -> Page:
    """Say what is asked, why, who receives it, and where it stands."""
    return page(request, me(request))


def verify(request: Call, sent: Form) -> Page:
    """Ask the authority for a person or a company, with the consents that were ticked."""
    who = me(request)
    troth, company = house(request), is_company(request, who)
    fields = () if company else PERSON
    try:
        values = demanded(sent, *fields)
        if company:
            checked = troth.realname.verify_company(
                who.subject, ticks(request, who, sent, COMPANY), shown=shown(request), by=who.by
            )
        else:
            checked = troth.realname.verify(
                who.subject,
                values,
                ticks(request, who, sent, PERSON),
                shown=shown(request),
                by=who.by,
            )
    except TrothError as error:
        return again(request, who, sent, error)
    return show(request, "centre/realname_done.html", place=PLACE, checked=checked)


# --- what the other forms of the page need, too ------------------------------------------------


def is_company(request: Call, who: Me) -> bool:
    """Tell whether the account is a company's."""
    return COMPANY[0] in house(request).gate.standing(who.subject).held


def demanded(sent: Form, *names: str) -> dict[str, Secret]:
    """Return what was filled in. Raises ``BadInput`` naming the first field left empty."""
    for name in names:
        if not sent.text(name):
            raise BadInput("a field is empty", field=name)
    return {name: sent.secret(name) for name in names}


def ticks(request: Call, who: Me, sent: Form, fields: tuple[str, ...]) -> tuple[Tick, ...]:
    """Return the boxes of the consents that a check of some fields still takes."""
    return _boxes(sent, house(request).realname.missing(who.subject, fields))


def paper_ticks(request: Call, who: Me, sent: Form, paper: str) -> tuple[Tick, ...]:
    """Return the box of a paper's own consent, where the law asks for one; it is shared with none.

    A paper goes to our own staff alone.
    """
    return _boxes(sent, _own(request, who, paper))


def _own(request: Call, who: Me, paper: str) -> tuple[str, ...]:
    keys: Seen = house(request).realname.missing(who.subject, (paper,))
    return tuple(key for key in keys if key.endswith(f"/{paper}"))


def _boxes(sent: Form, keys: Seen) -> tuple[Tick, ...]:
    return tuple(
        Tick(keys=(key,), ticked=sent.ticked(f"consent:{key}"), notice="realname") for key in keys
    )


def shown(request: Call) -> Shown:
    """Return what was shown when somebody ticked."""
    return Shown(
        edition=house(request).gate.policy().edition.hash,
        language=tongue(request).language,
        surface="centre",
    )


def again(request: Call, who: Me, sent: Form, error: TrothError) -> Page:
    """Show the page once more, with what was wrong at its field."""
    words = tongue(request)
    trouble = words.trouble(error)
    if isinstance(error, ConsentMissing):
        trouble = words.instead(trouble, "bad_input.consents", field="consents")
    return page(request, who, trouble, error.status, sent.carried())


def page(
    request: Call,
    who: Me,
    trouble: Trouble | None = None,
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> Page:
    """Show where an identity stands, and every way to have it confirmed."""
    realname, company = house(request).realname, is_company(request, who)
    fact: Any = realname.status(who.subject)
    tasks = [way.task for way in realname.ways(who.subject)]
    fields: tuple[str, ...] = COMPANY if company else PERSON
    return show(
        request,
        "centre/realname.html",
        status=status,
        place=PLACE,
        troubles=(trouble,) if trouble else (),
        typed=typed or {},
        fact=fact,
        company=company,
        asked=fields,
        keys=realname.missing(who.subject, fields),
        bank=BANK,
        bank_keys=_of_the_bank(realname.missing(who.subject, BANK), company=company),
        face="face" in tasks and not company,
        later=[task for task in LATER_FOR_A_COMPANY if task in tasks and company],
        fields=realname.fields(who.subject),
        progress=realname.progress(who.subject),
        papers={paper: _own(request, who, paper) for paper in PAPERS[company]},
        authority=AUTHORITY,
    )


def _of_the_bank(keys: Seen, *, company: bool) -> Seen:
    return keys if company else ()
