"""Putting together the chapters that need much of the house (policy 8).

Kept beside ``house``, which says what there is; here stands what it is made of.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from troth.app import settings as reading
from troth.app.settings import Settings
from troth.chapters.intake import Intake
from troth.chapters.intake.ground import Ground as IntakeGround
from troth.chapters.intake.ground import Terms as IntakeTerms
from troth.chapters.intake.ground import Ways as IntakeWays
from troth.chapters.minors import Ground, Minors, Terms, Ways
from troth.chapters.retention import Retention
from troth.chapters.retention.ground import Books
from troth.chapters.retention.ground import Ground as TermsGround
from troth.chapters.rights.bench import Bench
from troth.chapters.rights.desk import Desk
from troth.chapters.rights.ground import Rules
from troth.chapters.rights.own import Rights
from troth.documents.guardian.speakers import Speakers
from troth.documents.intake.agents import Agents, origin_of
from troth.documents.intake.powers import Powers
from troth.documents.intake.register import Register
from troth.documents.intake.seals import Voice
from troth.documents.intake.threads import Threads
from troth.documents.notice import Notices
from troth.documents.proof import Proof
from troth.documents.proof.age import Marks
from troth.documents.requests.times import calendars
from troth.documents.retention.activity import Activity
from troth.documents.retention.marks import Marks as DueMarks
from troth.documents.retention.orders import Orders
from troth.documents.retention.papers import Register as PaperRegister
from troth.documents.retention.plans import Plans
from troth.egress import callbacks
from troth.egress.seals import Seal
from troth.gate import Gate
from troth.model.acts import Act, Actor
from troth.model.errors import Misconfigured
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

Beside = Callable[[SubjectId], Sequence[Act]]


def minors_of(
    settings: Settings,
    gate: Gate,
    notices: Notices,
    proof: Proof,
    rights: Callable[[], Rights],
    stores: Mapping[Region, Store],
    key: bytes,
) -> Minors:
    """Open the chapter on minors; ``key`` makes the marks of its age gate.

    ``rights`` gives the chapter on rights when it is needed: each of the two ends what the other
    began.
    """
    home, named = Region(settings.instance.home), settings.minors
    ground = Ground(
        gate=gate,
        notices=notices,
        proof=proof,
        speakers=Speakers(stores, home=home),
        ways=Ways(
            copy=lambda ward, by: rights().copy(ward, by=by),
            erase=lambda ward, fields, why, by: rights().erase(ward, fields, ground=why, by=by),
        ),
        terms=Terms(
            consent_days=named.consent_days,
            erase_days=named.erase_days,
            again_hours=named.again_hours,
        ),
        base=f"{settings.server.seen_at}/minors/",
    )
    return Minors(ground, Marks(stores[home], key))


def intake_of(
    settings: Settings,
    gate: Gate,
    notices: Notices,
    proof: Proof,
    rights: Callable[[], Rights],
    stores: Mapping[Region, Store],
    key: bytes,
) -> Intake:
    """Open the intake; ``key`` seals its register, marks its threads and signs its callbacks.

    ``rights`` gives the chapter at whose desk everything ends. Raises ``Misconfigured`` for a
    certificate or an address that is none.
    """
    home, named = Region(settings.instance.home), settings.intake
    ground = IntakeGround(
        gate=gate,
        notices=notices,
        links=proof.links,
        register=Register(stores[home], _derived(key, "register")),
        threads=Threads(_derived(key, "threads")),
        agents=Agents(stores[home]),
        powers=Powers(stores),
        ways=_ways(lambda: rights().desk),
        terms=IntakeTerms(
            address=named.address.lower(),
            residence=named.residence,
            business=named.business,
            base=settings.server.seen_at,
            callbacks=tuple(map(origin_of, named.callbacks)),
        ),
        carry=callbacks.tell,
        voice=Voice(_derived(key, "voice")),
        seal=seal_of(settings),
    )
    return Intake(ground)


def _ways(desk: Callable[[], Desk]) -> IntakeWays:
    """Return what the desk does with what comes in."""
    return IntakeWays(
        open=lambda kind, claim, **told: desk().open_unproved(kind, claim, ground="", **told),
        find=lambda number: desk().find(number),
        write=lambda file, number, text, by, key: desk().write(file, number, text, by=by, key=key),
        attach=lambda file, number, field, paper, by: desk().attach(
            file, number, field, paper, by=by
        ),
        revoke=lambda file, number, by: desk().revoke(file, number, by=by),
        status=lambda number: desk().status(number),
    )


def seal_of(settings: Settings) -> Seal | None:
    """Return what signs answers to other controllers, if it is set up. Raises ``Misconfigured``."""
    named = settings.intake
    if not named.certificate:
        return None
    path = settings.path(named.certificate)
    if not path.is_file():
        raise Misconfigured(
            f"there is no certificate `{path}`", remedy="for a trial: troth intake certificate"
        )
    key = reading.secret(named.certificate_key, Path(settings.folder))
    return Seal(named.domain, path.read_bytes(), key)


def _derived(key: bytes, name: str) -> bytes:
    """Return a key of its own for one of several uses."""
    return hmac.digest(key, f"intake {name}".encode(), "sha256")


def retention_of(
    gate: Gate, notices: Notices, stores: Mapping[Region, Store], home: Region
) -> Retention:
    """Open the chapter on terms, with its books: what is about nobody lies in the home region."""
    books = Books(
        plans=Plans(stores[home]),
        orders=Orders(stores[home]),
        marks=DueMarks(stores),
        activity=Activity(stores),
        papers=PaperRegister(stores, home),
    )
    return Retention(TermsGround(gate=gate, notices=notices, books=books))


def bench_of(
    settings: Settings,
    *,
    withdraw: Callable[[SubjectId, str, Actor], object],
    elsewhere: Callable[[SubjectId, str], bool],
    mark: Callable[[str], str],
    covers: Callable[[SubjectId, str, str], bool],
) -> Bench:
    """Return what the desk of requests is given: what other chapters do, what the operator set.

    Raises ``Misconfigured`` for a calendar that is none.
    """
    named = settings.rights
    return Bench(
        withdraw=withdraw,
        elsewhere=elsewhere,
        mark=mark,
        covers=covers,
        rules=Rules(
            internal_days=named.internal_days,
            alarm_days=named.alarm_days,
            cooling_days=named.cooling_days,
            desk_email=named.desk_email,
            base=settings.server.seen_at,
        ),
        calendars=calendars(_text(settings, named.calendar), named.calendar),
    )


def _text(settings: Settings, name: str) -> str:
    """Return what a file of the operator's says; nothing where none is named."""
    if not name:
        return ""
    path = settings.path(name)
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"`{path}` cannot be read", remedy="name a text file under `[rights] calendar`"
        ) from error


def together(*ends: Beside) -> Beside:
    """Return what the end of a subject does besides, as several chapters say it.

    >>> together(lambda who: [], lambda who: [])(SubjectId("cn-aaaaaaaaaaaaaaaaaaaaaaaaaa"))
    []
    """
    return lambda subject: [act for end in ends for act in end(subject)]
