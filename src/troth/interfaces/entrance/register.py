"""Registration in two steps: contacts proved, then the policy agreed to (2.1.1, 2.1.2, 8.1, A.1).

Nothing about the person is kept between the steps: what the second needs travels sealed in the
page. Every box is empty; optional consents stand apart, each with its reason. A company's account
asks for the company and for the people who stand for it; what is sensitive is asked later, apart.
"""

from typing import Any, Final

from msgspec import Struct

from troth.app import Begun, Registration, Shown, Tick
from troth.interfaces.http.peers import origin_of
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    begin_session,
    binding,
    forms,
    go,
    house,
    show,
    tongue,
)
from troth.interfaces.pages.words import Trouble
from troth.model.clock import Moment
from troth.model.errors import BadInput, NotOfAge, TrothError
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

STATE: Final = "registration"
PLACE: Final = "/register"
BY_GUARDIAN: Final = "/minors"
"""Where a minor begins, in a service that is meant for minors, too."""
ASKED_APART: Final = "approved"
"""The purpose that only ever opens for something named at its time."""
KINDS: Final = ("person", "enterprise")
FOR_THE_ACCOUNT: Final = ("register", "account")
"""The purposes whose fields a registration may ask; others have an occasion of their own."""
ABOUT: Final = ("enterprise", "legal_rep", "handler", "person")
"""In which order a form asks for those it is about."""
ASKED_ELSEWHERE: Final = ("contact.email", "contact.phone", "account.password")


class Opened(Struct, frozen=True, kw_only=True):
    """What the first step tells the second."""

    subject: str
    mail: str
    text: str
    until: int
    email: str
    phone: str
    residence: str
    kind: str


def form(request: Call) -> Page:
    """Show the first step: where you live, and two ways to reach you."""
    return _first(request, {})


def begin(request: Call, sent: Form) -> Page:
    """Send a code to each contact, and show the second step."""
    words = tongue(request)
    residence = sent.text("residence")
    known = residence in house(request).gate.policy().edition.residences
    kind = sent.text("kind") if sent.text("kind") in KINDS else KINDS[0]
    empty = [] if known else ["residence"]
    empty += [name for name in ("contact.email", "contact.phone") if not sent.text(name)]
    if empty:
        return _first(request, sent.carried(), words.missing(*empty), 422)
    try:
        begun = house(request).accounts.begin_registration(
            sent.secret("contact.email"),
            sent.secret("contact.phone"),
            residence=residence,
            language=words.language,
            via="phone_call" if sent.ticked("by_phone") else "",
            origin=origin_of(request),
        )
    except TrothError as error:
        return _first(request, sent.carried(), (words.trouble(error),), error.status)
    opened = Opened(
        subject=str(begun.subject),
        mail=begun.email,
        text=begun.phone,
        until=begun.expires,
        email=sent.text("contact.email"),
        phone=sent.text("contact.phone"),
        residence=residence,
        kind=kind,
    )
    return _second(request, opened, Form({}))


def finish(request: Call, sent: Form) -> Page:
    """Open the account, or say at its field what is missing."""
    state = sent.text("state")
    at = house(request).clock.now()
    try:
        opened = forms(request).open(STATE, binding(request), state, Opened, at=at)
    except BadInput as error:
        return _first(request, {}, (tongue(request).trouble(error),), error.status)
    match sent.text("answer"):
        case "agree":
            return _open(request, opened, sent)
        case "decline":
            return show(request, "entrance/declined.html", place=PLACE)
        case _:
            return _second(request, opened, sent)


def _open(request: Call, opened: Opened, sent: Form) -> Page:
    try:
        admitted = _admitted(request, opened, sent)
    except NotOfAge as error:
        # Neutral: what was typed is gone, and the page does not say what another answer would do.
        return show(request, "entrance/too_young.html", status=error.status, place=PLACE)
    except BadInput as error:
        return _second(request, opened, sent, (tongue(request).trouble(error),), error.status)
    return _opened(request, opened, sent) if admitted else go(request, BY_GUARDIAN)


def _admitted(request: Call, opened: Opened, sent: Form) -> bool:
    """Judge the age before anything else, and by the first date that this browser told (8.1).

    Who goes back and tells another date is judged by the first. Returns whether somebody opens an
    account by themselves; where minors are served, they ask a guardian instead. Raises ``NotOfAge``
    and, for a date that is none, ``BadValue``.
    """
    born = birth_date(sent)
    if born is None:
        return True
    browser = Secret(binding(request))
    age = house(request).minors.enter(opened.residence, browser=browser, born=born)
    return age is AgeBand.ADULT


def _opened(request: Call, opened: Opened, sent: Form) -> Page:
    empty = [
        name for name in ("email_code", "phone_code", "password", "terms") if not sent.text(name)
    ]
    empty += [
        one.field for one in _asked(request, opened) if one.required and not sent.text(one.field)
    ]
    if birth_date(sent) is None and opened.kind == "person":
        empty.append("identity.birth_date")
    if opened.kind == "enterprise" and not sent.ticked("about_others"):
        empty.append("about_others")
    if empty:
        return _second(request, opened, sent, _missing(request, opened, empty), 422)
    try:
        welcome = house(request).accounts.register(
            _registration(request, opened, sent), origin=origin_of(request)
        )
    except TrothError as error:
        return _second(request, opened, sent, (tongue(request).trouble(error),), error.status)
    begin_session(request, welcome.token)
    return go(request, "/me?welcome=1")


def _missing(request: Call, opened: Opened, names: list[str]) -> tuple[Trouble, ...]:
    """Say of each field that it is empty; one of the policy's is called by its name."""
    words, named = tongue(request), {one.field for one in _asked(request, opened)}
    return tuple(
        Trouble(field=name, what=words.say("fill_in", field=words.field(name)), remedy="")
        if name in named
        else words.trouble(BadInput("a field is empty", field=name))
        for name in names
    )


def _registration(request: Call, opened: Opened, sent: Form) -> Registration:
    return Registration(
        begun=Begun(
            subject=SubjectId(opened.subject),
            email=opened.mail,
            phone=opened.text,
            expires=Moment(opened.until),
        ),
        kind="enterprise" if opened.kind == "enterprise" else "person",
        residence=opened.residence,
        values={
            one.field: sent.secret(one.field)
            for one in _asked(request, opened)
            if sent.text(one.field)
        },
        about_others=sent.ticked("about_others"),
        shown=_shown(request),
        means="checkbox",
        confirmed=sent.ticked("terms"),
        email=Secret(opened.email),
        email_code=sent.secret("email_code"),
        phone=Secret(opened.phone),
        phone_code=sent.secret("phone_code"),
        password=sent.password("password"),
        password_confirm=sent.password("password_confirm"),
        born=birth_date(sent),
        ticks=tuple(
            Tick(keys=(offer.key,), ticked=sent.ticked(f"consent:{offer.key}"), notice="register")
            for offer in _offers(request, opened.residence)
        ),
    )


def _shown(request: Call) -> Shown:
    return Shown(
        edition=house(request).gate.policy().edition.hash,
        language=tongue(request).language,
        surface="centre",
    )


def birth_date(sent: Form) -> Secret | None:
    """Read the three fields of a birth date; nothing when all are empty."""
    year, month, day = (sent.text(f"born_{part}") for part in ("year", "month", "day"))
    return Secret(f"{year:0>4}-{month:0>2}-{day:0>2}") if year or month or day else None


def _asked(request: Call, opened: Opened) -> list[Any]:
    """Return the fields that this kind of account is asked for here, in the policy's order."""
    described = house(request).accounts.fields(
        "enterprise" if opened.kind == "enterprise" else "person", residence=opened.residence
    )
    return [
        one
        for one in described
        if one.purpose in FOR_THE_ACCOUNT
        and one.kept
        and not one.sensitive
        and one.form != "file"
        and one.field not in ASKED_ELSEWHERE
    ]


def _offers(request: Call, residence: str) -> list[Any]:
    """Return the consents that are asked at registration: purposes with a switch of their own."""
    policy = house(request).gate.policy()
    purposes = policy.edition.purposes
    return [
        offer
        for offer in policy.offers(policy.residence(residence).regimes)
        if offer.key in purposes and purposes[offer.key].switch and offer.key != ASKED_APART
    ]


def _first(
    request: Call, typed: dict[str, str], troubles: tuple[Trouble, ...] = (), status: int = 200
) -> Page:
    return show(
        request,
        "entrance/register.html",
        status=status,
        place=PLACE,
        troubles=troubles,
        typed=typed,
    )


def _second(
    request: Call,
    opened: Opened,
    sent: Form,
    troubles: tuple[Trouble, ...] = (),
    status: int = 200,
) -> Page:
    state = forms(request).seal(STATE, binding(request), opened, until=Moment(opened.until))
    again = {**sent.carried(), "state": state, "answer": ""}
    return show(
        request,
        "entrance/register_codes.html",
        status=status,
        place="/register/codes",
        again=again,
        troubles=troubles,
        typed=sent.carried(),
        state=state,
        opened=opened,
        asked=_groups(request, opened),
        offers=_offers(request, opened.residence),
    )


def _groups(request: Call, opened: Opened) -> dict[str, list[Any]]:
    """Return what is asked by whom it is about: the company, its people, whoever registers."""
    groups: dict[str, list[Any]] = {about: [] for about in ABOUT}
    # A name comes first: with it, whoever fills in the form sees whom the rest is about.
    for one in sorted(_asked(request, opened), key=lambda one: not one.field.endswith(".name")):
        groups.setdefault(one.about, []).append(one)
    return {about: fields for about, fields in groups.items() if fields}
