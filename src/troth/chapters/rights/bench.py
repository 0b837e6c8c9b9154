"""The bench: what the desk of requests is given from elsewhere, and how that is put together."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from troth.chapters.rights.copies import Copies
from troth.chapters.rights.ground import Found, Ground, Rules, Ways
from troth.chapters.rights.limits import Limits
from troth.documents.notice import Notices
from troth.documents.proof import Proof
from troth.documents.requests.register import Register
from troth.documents.requests.times import Calendars
from troth.gate import Gate
from troth.model.acts import SYSTEM, Actor
from troth.model.errors import BadInput
from troth.model.secret import Secret
from troth.model.terms import Fields, SubjectId


def _nothing(_subject: SubjectId, _consent: str, _by: Actor) -> None:
    raise BadInput("consents are withdrawn elsewhere", clause="9.3", field="consent")


class Bench(Struct, frozen=True, kw_only=True):
    """What the desk is given from outside this chapter.

    ``withdraw`` takes a consent back; ``discover`` asks every store what it holds (without it,
    our own vault and the databases that the gate reaches); ``elsewhere`` says which duties
    another desk decides; ``mark`` what a letter carries so that a reply to it finds its
    request; ``covers`` whether a subject's power of attorney lets an agent ask for a kind of
    request now.
    """

    withdraw: Callable[[SubjectId, str, Actor], object] = _nothing
    discover: Callable[[SubjectId], Sequence[Found]] | None = None
    elsewhere: Callable[[SubjectId, str], bool] = lambda _subject, _number: False
    rules: Rules = Rules()
    calendars: Calendars | None = None
    mark: Callable[[str], str] = lambda _number: ""
    covers: Callable[[SubjectId, str, str], bool] = lambda _subject, _agent, _kind: False

    def ground(self, gate: Gate, notices: Notices, proof: Proof, ways: Ways) -> Ground:
        """Return what every step of a request stands on."""
        stores = {region: rooms.store for region, rooms in gate.regions.items()}
        return Ground(
            *(gate, notices, proof, Register(stores), ways),
            rules=self.rules,
            calendars=self.calendars,
            mark=self.mark,
        )


def ways_of(
    bench: Bench,
    gate: Gate,
    copies: Copies,
    limits: Limits,
    *,
    erase: Callable[[SubjectId, Fields, str, str, Actor], object],
    correct: Callable[[SubjectId, Mapping[str, Secret], Actor], object],
    restrict: Callable[[SubjectId, Fields, Actor], object],
    refuse: Callable[[SubjectId, str, Actor], object],
) -> Ways:
    """Return what the rest of the house does for requests."""
    return Ways(
        prepare=lambda what: copies.prepare(
            what.subject, what.number, language=what.language, left_out=what.left_out
        ),
        preview=copies.preview,
        release=copies.release,
        erase=erase,
        correct=correct,
        restrict=restrict,
        refuse=refuse,
        withdraw=bench.withdraw,
        limit_sensitive=lambda subject, by: limits.limit_sensitive(subject, by=by),
        opt_out=lambda subject, by: limits.opt_out(subject, by=by),
        discover=bench.discover or (lambda subject: held_here(gate, subject)),
        elsewhere=bench.elsewhere,
        covers=bench.covers,
    )


def held_here(gate: Gate, subject: SubjectId) -> tuple[Found, ...]:
    """Say what our own vault and the controller's other databases hold, by names and counts."""
    own = tuple(gate.standing(subject).held)
    found = {"vault": (len(own), set(own))}
    gathered = gate.gather(subject, by=SYSTEM)
    for store in gathered.stores:
        found.setdefault(store, (0, set()))
    for record in gathered:
        rows, fields = found.setdefault(record.store, (0, set()))
        found[record.store] = (rows + 1, fields | set(record.categories.values()))
    # Who answered is certain only when all has been read.
    silent = set(gathered.unanswered)
    return tuple(
        Found(
            store=store,
            fields=tuple(sorted(fields)),
            rows=rows,
            state="silent" if store in silent else "found" if rows else "empty",
        )
        for store, (rows, fields) in {**{name: (0, set[str]()) for name in silent}, **found}.items()
    )
