"""Guardians: their way to us, their answer, and a minor's first steps (policy 8.1, 8.3, 8.4).

Whoever follows a link of ours has shown that they read the address it went to, and nothing else: it
leads to one step of one matter. What a guardian does with a minor's data is asked for in
``guarding``, after a code.
"""

from typing import Final

from troth.app import Application, GuardianAnswer, GuardianRequest, Shown
from troth.interfaces.entrance import guarding
from troth.interfaces.entrance.register import birth_date
from troth.interfaces.http.peers import origin_of
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    begin_session,
    binding,
    go,
    house,
    show,
    tongue,
)
from troth.interfaces.pages.words import Trouble
from troth.model.errors import BadInput, NotFound, NotOfAge, TrothError
from troth.model.secret import Secret

REQUEST: Final = "/guardian"
MINORS: Final = "/minors"
ASKED: Final = ("about", "guardian.name", "guardian.email", "guardian.relation", "text")
ANSWERED: Final = ("guardian.name", "guardian.relation", "method")
PROOF: Final = "guardian.proof"
APPEAL: Final = "appeal"


# --- a minor asks, where the service is meant for them -----------------------------------------


def minor_form(request: Call) -> Page:
    """Ask a minor for a user name and one address of a guardian, and for nothing else."""
    _demand_served(request)
    return _minor(request, Form({}))


def minor_asks(request: Call, sent: Form) -> Page:
    """Write to the guardian; nothing else happens until they answer."""
    _demand_served(request)
    words, born = tongue(request), birth_date(sent)
    empty = [name for name in ("residence", "account.login", "address") if not sent.text(name)]
    if born is None:
        empty.append("identity.birth_date")
    if empty or born is None:
        return _minor(request, sent, _missing(request, empty, address="guardian_address"), 422)
    address, mail = sent.secret("address"), "@" in sent.text("address")
    try:
        asked = house(request).minors.ask(
            Application(
                residence=sent.text("residence"),
                born=born,
                login=sent.secret("account.login"),
                guardian_email=address if mail else None,
                guardian_phone=None if mail else address,
                language=words.language,
            ),
            browser=Secret(binding(request)),
            origin=origin_of(request),
        )
    except NotOfAge as error:
        return show(request, "entrance/too_young.html", status=error.status, place=MINORS)
    except TrothError as error:
        return _minor(request, sent, (words.trouble(error),), error.status)
    return _told(request, "minor_asked", until=words.day(asked.until))


def _minor(
    request: Call, sent: Form, troubles: tuple[Trouble, ...] = (), status: int = 200
) -> Page:
    return show(
        request,
        "entrance/minor.html",
        status=status,
        place=MINORS,
        troubles=troubles,
        typed=sent.carried(),
    )


def _demand_served(request: Call) -> None:
    if not house(request).gate.policy().edition.ages.minors_service:
        raise NotFound("this service is not meant for minors")


# --- a guardian asks, with no account at all ---------------------------------------------------


def request_form(request: Call) -> Page:
    """Take a guardian's request about a child (policy 8.4)."""
    return _request(request, Form({}))


def ask(request: Call, sent: Form) -> Page:
    """Take it; the answer here is the same whether there is such a child or not."""
    words = tongue(request)
    empty = [name for name in ASKED if not sent.text(name)]
    if empty:
        return _request(request, sent, words.missing(*empty), 422)
    try:
        number = house(request).minors.requests.ask(
            GuardianRequest(
                residence=sent.text("residence") or "*",
                about=sent.secret("about"),
                name=sent.secret("guardian.name"),
                email=sent.secret("guardian.email"),
                relation=sent.secret("guardian.relation"),
                text=sent.secret("text"),
                language=words.language,
            ),
            origin=origin_of(request),
        )
    except TrothError as error:
        return _request(request, sent, (words.trouble(error),), error.status)
    return _told(request, "guardian_asked", number=number)


def _request(
    request: Call, sent: Form, troubles: tuple[Trouble, ...] = (), status: int = 200
) -> Page:
    return show(
        request,
        "entrance/guardian.html",
        status=status,
        place=REQUEST,
        troubles=troubles,
        typed=sent.carried(),
    )


# --- by a link ---------------------------------------------------------------------------------


def step_form(request: Call) -> Page:
    """Show the step that a link is for."""
    token = _token(request)
    if _is_appeal(request, token):
        return _proof(request, APPEAL)
    match house(request).minors.step(token):
        case "answer":
            return _answer(request, Form({}))
        case "again" | "open" as step:
            return show(request, "entrance/guardian_step.html", step=step, typed={})
        case "proof" if not guarding.is_known(request, token):
            return _proof(request, "proof")
        case _:
            return guarding.door(request, token)


def take_step(request: Call, sent: Form) -> Page:
    """Take that step."""
    token, minors = _token(request), house(request).minors
    if _is_appeal(request, token):
        return _prove(request, sent, APPEAL)
    match minors.step(token):
        case "answer":
            return _take_answer(request, sent, token)
        case "again":
            minors.confirm(token)
            return _told(request, "guardian_confirmed")
        case "open":
            return _open(request, sent, token)
        case "proof" if not guarding.is_known(request, token):
            return _prove(request, sent, "proof")
        case _:
            return guarding.act(request, sent, token)


def _token(request: Call) -> str:
    return str(request.path_params["token"])


def _is_appeal(request: Call, token: str) -> bool:
    """Tell an appeal's link; raises ``NotProved`` for one that is not ours."""
    return house(request).proof.links.read(token)[1].endswith(f"/{APPEAL}")


def _answer(
    request: Call, sent: Form, troubles: tuple[Trouble, ...] = (), status: int = 200
) -> Page:
    words = tongue(request)
    reading = house(request).minors.reading(_token(request), language=words.language)
    return show(
        request,
        "entrance/guardian_answer.html",
        status=status,
        troubles=troubles,
        typed=sent.carried(),
        reading=reading,
        login=reading.login.reveal(),
        rules=reading.rules.reveal(),
    )


def _take_answer(request: Call, sent: Form, token: str) -> Page:
    if sent.text("answer") == "refuse":
        return _finished(request, sent, token, collect=False)
    empty = [name for name in ANSWERED if not sent.text(name)]
    if birth_date(sent) is None:
        empty.append("identity.birth_date")
    empty += [name for name in ("collect", "confirmed") if not sent.ticked(name)]
    if empty:
        told = _missing(request, empty, **{"identity.birth_date": "child_born"})
        return _answer(request, sent, told, 422)
    try:
        return _finished(request, sent, token, collect=True)
    except TrothError as error:
        return _answer(request, sent, (tongue(request).trouble(error),), error.status)


def _finished(request: Call, sent: Form, token: str, *, collect: bool) -> Page:
    troth, paper = house(request), sent.file(PROOF)
    told = troth.minors.answer(
        token,
        GuardianAnswer(
            name=sent.secret("guardian.name"),
            relation=sent.secret("guardian.relation"),
            born=birth_date(sent) or Secret(""),
            method=sent.text("method"),
            collect=collect,
            disclose=collect and sent.ticked("disclose"),
            confirmed=sent.ticked("confirmed"),
            shown=Shown(
                edition=troth.gate.policy().edition.hash,
                language=tongue(request).language,
                surface="guardian",
            ),
            evidence=paper or None,
        ),
    )
    return _told(request, f"guardian_{told}")


def _open(request: Call, sent: Form, token: str) -> Page:
    """Let the minor set a password, and sign them in."""
    try:
        opened = house(request).minors.open(
            token, sent.password("password"), sent.password("password_confirm")
        )
    except BadInput as error:
        return show(
            request,
            "entrance/guardian_step.html",
            status=error.status,
            step="open",
            typed={},
            troubles=(tongue(request).trouble(error),),
        )
    begin_session(request, opened.token)
    return go(request, "/me?welcome=1")


def _proof(request: Call, what: str, troubles: tuple[Trouble, ...] = (), status: int = 200) -> Page:
    return show(
        request, "entrance/guardian_proof.html", status=status, what=what, troubles=troubles
    )


def _prove(request: Call, sent: Form, what: str) -> Page:
    """Take a picture that proves guardianship, or that somebody is no child."""
    minors, paper = house(request).minors, sent.file(PROOF)
    try:
        if what == APPEAL:
            minors.appeal(_token(request), paper)
        else:
            minors.requests.prove(_token(request), paper)
    except BadInput as error:
        trouble = tongue(request).trouble(error)
        at_field = Trouble(
            field=PROOF, what=trouble.what, remedy=trouble.remedy, clauses=trouble.clauses
        )
        return _proof(request, what, (at_field,), error.status)
    return _told(request, "guardian_proved")


def _missing(request: Call, names: list[str], **instead: str) -> tuple[Trouble, ...]:
    """Say of each field that it is empty; ``instead`` names words that fit some better here."""
    words = tongue(request)
    return tuple(
        words.instead(trouble, instead[trouble.field], field=trouble.field)
        if trouble.field in instead
        else trouble
        for trouble in words.missing(*names)
    )


def _told(request: Call, what: str, **values: str) -> Page:
    return show(request, "entrance/guardian_told.html", place="/", what=what, values=values)
