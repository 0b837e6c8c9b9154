"""Every store asked again after an erasure, other databases pursued, and what is said of it (9.4).

"Complete" is what they answered, not what they were told. A database that was not clean is asked
until it is; then the certificate is made out anew, and who was told "not yet" is told once.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
from msgspec import Struct

from troth.egress.errands import CLEAN, OPEN, UNMAPPED, Ended, Errand, Place, Visit
from troth.egress.webhooks.outbox import TELL
from troth.gate import again, owing
from troth.gate.after import keep
from troth.gate.ordering import Ending, Sent
from troth.gate.rooms import Certificate, Rooms
from troth.ledger import entry as entries
from troth.model.acts import SYSTEM, Act, Certify, Erase, Event, Record, Settle
from troth.model.acts.answers import UNASKED, Answer, Remaining, Sort
from troth.model.clock import DAY, Moment
from troth.model.errors import Erased, NotFound
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.store.sql import Tx
from troth.vault.cells import Doomed

CLEANED: Final = "erasure.completed"
OVERDUE: Final = "errand.overdue"
TOLD: Final = "databases.told"
"""What the ledger remembers: a database that is clean at last, a term that is over, a correction
or restriction that other databases were told of."""
ENDS: Final = re.compile(r"(?:DELETE FROM|UPDATE) (\w+)(?: SET .+)? WHERE (\w+) = \?")
"""A statement that takes a subject out of a table, and the column that named them there."""
AT_ONCE: Final = 64
"""How many orders one round takes up."""


class Terms(Struct, frozen=True, kw_only=True):
    """Under what an erasure is certified: when, under which edition, and how long an epoch is."""

    at: Moment
    edition: str
    epoch_days: int

    def irreversible(self, effective: Moment) -> Moment:
        """Return the day by which the last copy of a key is destroyed (house decision 8)."""
        return Moment(effective + self.epoch_days * DAY)


# --- certificates ------------------------------------------------------------------------------


def certify(rooms: Rooms, ending: Ending, terms: Terms, *, farewells: int) -> Certificate:
    """Ask every store again what it holds of what was erased, and remember the answer.

    The subject's link with their pseudonym is gone by now, if they are: the entry speaks of nobody.
    ``farewells`` is how many notices of the same passage still wait in the outbox, each under a key
    of its own that dies when it is delivered; anything beyond them is residue. Other databases are
    gone to first, with bounded patience.
    """
    visit, places = _now(rooms, ending, terms) if ending.order else (None, ())
    word = _word(
        (*own(rooms, ending, terms.at, farewells), *theirs(rooms, places)), terms, terms.at
    )

    def work(tx: Tx) -> tuple[str, Certify, Doomed]:
        # Ended and certified in one: whoever is killed here begins again, and certifies once.
        ended = rooms.errands.settle(tx, visit, terms.at) if visit else None
        if word.complete:
            _fulfil(tx, rooms, ending.subject, ending.who, ending.act.duty, terms)
        said = _naming(tx, rooms, ending.who, word, terms.at)
        kept = _keep(tx, rooms, ending.who, said, terms)
        return kept, said, rooms.vault.doom(tx, ended.keys) if ended else Doomed()

    kept, said, doomed = rooms.store.transact(work, urgent=True)
    rooms.vault.finish(doomed)
    if word.complete and ending.everything:
        rooms.webhooks.completed(ending.subject, word.stores, terms.at)
    return Certificate(
        who=ending.who,
        fields=ending.act.fields,
        effective=terms.at,
        irreversible_by=word.irreversible_by,
        stores=dict(word.stores),
        complete=word.complete,
        entries=(kept,),
        answers=word.answers,
        recipients=said.recipients,
    )


def _word(answers: Iterable[Answer], terms: Terms, effective: Moment) -> Certify:
    by = terms.irreversible(effective)
    backups = Answer(store="backups", sort="backup", method="shred_key", until=by)
    told = (*answers, backups)
    return Certify(
        subject=None,
        complete=all(each.done for each in told),
        stores=residues(told),
        irreversible_by=by,
        answers=told,
    )


def _naming(tx: Tx, rooms: Rooms, who: str, word: Certify, since: Moment) -> Certify:
    """Return a certificate that names who has to hear of the erasure of one moment."""
    owed = rooms.standings.load(tx, who).owed if who else {}
    told = {
        duty: each.what.removeprefix(TELL)
        for duty, each in owed.items()
        if each.since == since and each.what.startswith(TELL)
    }
    return msgspec.structs.replace(word, recipients=told) if told else word


def residues(answers: Iterable[Answer]) -> dict[str, int]:
    """Return how much each store still holds of what should have gone; -1: it did not answer."""
    found: dict[str, int] = {}
    for each in answers:
        if each.sort != "backup":
            found[each.store] = each.residue
    return found


def _keep(tx: Tx, rooms: Rooms, who: str, act: Act, terms: Terms) -> str:
    kept = entries.of(act, who=who, at=terms.at, by=SYSTEM, edition=terms.edition)
    return keep(tx, rooms, kept).id


def _fulfil(tx: Tx, rooms: Rooms, subject: str, who: str, duty: str, terms: Terms) -> None:
    """Settle the duty that an erasure everywhere fulfils, where it is still open."""
    owed = rooms.standings.load(tx, who).owed.get(duty) if duty and who else None
    if owed is not None and owed.state == "open":
        _keep(tx, rooms, who, Settle(subject=None, duty=duty, state="fulfilled"), terms)
        tx.run(owing.DROP, (subject, duty))


# --- our own stores ----------------------------------------------------------------------------


def own(rooms: Rooms, ending: Ending, at: Moment, farewells: int = 0) -> tuple[Answer, ...]:
    """Ask every store of ours again: rows, queues, copies that wait, what is remembered.

    ``at`` is when the erasure was done: words about it were written then, and no sooner.
    """
    subject = ending.subject
    copies = _answer("deposits", "queue", {"deposits": rooms.deposits.held(subject)})
    if not ending.everything:
        handle = rooms.vault.handle(subject)
        left = rooms.vault.open(handle, ending.act.fields)
        waiting = rooms.courier.held_to(subject, ending.addresses)
        return (
            _answer("vault", "vault", {"cells": len(left)}),
            _answer("outbox", "queue", {"outbox": max(0, waiting - farewells)}),
            copies,
        )
    return (
        _answer("vault", "vault", rooms.vault.residue(subject)),
        _answer("outbox", "queue", {"outbox": rooms.courier.held(subject) - farewells}),
        copies,
        _answer("webhooks", "queue", {"webhooks": rooms.webhooks.held(subject, at)}),
        _answer("usage_log", "vault", {"lines": rooms.logs.held(subject)}),
        _answer("tables", "cache", _besides(rooms, subject), method="delete_row"),
        *_elsewhere(rooms, subject),
    )


def _elsewhere(rooms: Rooms, subject: SubjectId) -> Iterator[Answer]:
    """Ask what no statement can erase: paper, until somebody has destroyed it (9.4-7)."""
    for store, asked in rooms.asked.items():
        left = int(rooms.store.query(asked, (subject,))[0][0])
        yield _answer(store, "files", {store: left}, method=store)


def _besides(rooms: Rooms, subject: SubjectId) -> dict[str, int]:
    """Count what tables besides the vault's still hold under a subject's id."""
    ended = map(ENDS.match, (again.FORGET, *rooms.besides))
    columns = dict.fromkeys(each.groups() for each in ended if each)
    found: dict[str, int] = {}
    for table, column in columns:
        if not any(f" FROM {table} " in asked for asked in rooms.asked.values()):
            asked = f"SELECT COUNT(*) FROM {table} WHERE {column} = ?"
            found[table] = found.get(table, 0) + int(rooms.store.query(asked, (subject,))[0][0])
    return found


def _answer(store: str, sort: Sort, counts: dict[str, int], method: str = "shred_key") -> Answer:
    return Answer(
        store=store,
        sort=sort,
        method=method,
        remains=tuple(
            Remaining(place=place, category="*", count=count)
            for place, count in counts.items()
            if count
        ),
    )


# --- other databases ---------------------------------------------------------------------------


def theirs(rooms: Rooms, places: Iterable[Place]) -> tuple[Answer, ...]:
    """Return what other databases answered as a certificate tells it."""
    return tuple(
        Answer(
            store=each.name,
            sort=_sort(rooms, each.name),
            method="connector" if rooms.errands.is_database(each.name) else "",
            remains=each.remains or (_unasked(each) if each.state == OPEN else ()),
        )
        for each in places
        if each.name not in rooms.asked
    )


def _sort(rooms: Rooms, place: str) -> Sort:
    if place == UNMAPPED:
        return "map"
    return "database" if rooms.errands.is_database(place) else "files"


def _unasked(place: Place) -> tuple[Remaining, ...]:
    return (Remaining(place=place.name, category="*", count=0, why=UNASKED),)


def _now(rooms: Rooms, ending: Ending, terms: Terms) -> tuple[Visit | None, tuple[Place, ...]]:
    """Go to other databases now; return what each answered of this erasure, not yet written."""
    for errand in rooms.errands.due(terms.at, subject=ending.subject):
        visit = pursue(rooms, errand, terms.at)
        if visit is not None and errand.id == ending.order:
            return visit, visit.places
        if visit is not None:
            settle(rooms, visit, terms)
    for one in rooms.errands.open_of(ending.subject, terms.at):
        if one.id == ending.order:
            return None, one.places
    # Another clerk was faster, and it is done.
    names = rooms.errands.holding(ending.act.elsewhere or ending.act.fields)
    return None, tuple(Place(name=name, state=CLEAN, remains=(), asked=terms.at) for name in names)


def pursue(rooms: Rooms, errand: Errand, at: Moment, skip: Collection[str] = ()) -> Visit | None:
    """Trace, keep what was found, do it and ask again; ``None`` where it is another's by now.

    What a trace found is written *before* anything is done. Never call it inside a transaction.
    """
    trace = rooms.errands.trace(errand, skip=skip)
    if trace.grown:
        traced = trace

        def work(tx: Tx) -> tuple[bool, Doomed]:
            nonlocal traced
            kept, keys = rooms.errands.keep(tx, trace)
            traced = kept or trace
            return kept is not None, rooms.vault.doom(tx, keys)

        ours, doomed = rooms.store.transact(work, urgent=True)
        rooms.vault.finish(doomed)
        if not ours:
            return None
        trace = traced
    return rooms.errands.sweep(trace, at)


def settle(rooms: Rooms, visit: Visit, terms: Terms, *, ordered: bool = False) -> Ended:
    """Write what the databases answered, and what follows from it, in one transaction.

    ``ordered``: by an act just now; who was told then is remembered, whatever they answered.
    """
    answers = _answers(rooms, visit) if visit.done else ()

    def work(tx: Tx) -> tuple[Ended, Doomed]:
        ended = rooms.errands.settle(tx, visit, terms.at)
        if ended.state != "gone":
            _follow(tx, rooms, visit, ended, answers, terms, ordered=ordered)
        return ended, rooms.vault.doom(tx, ended.keys)

    ended, doomed = rooms.store.transact(work, urgent=True)
    rooms.vault.finish(doomed)
    return ended


def _answers(rooms: Rooms, visit: Visit) -> tuple[Answer, ...]:
    """Return what all stores answer by now, for a certificate that is made out anew."""
    if visit.errand.task != "erase":
        return ()
    subject = SubjectId(visit.errand.subject_id)
    try:
        rooms.vault.handle(subject)
        mine: tuple[Answer, ...] = ()
    except (NotFound, Erased):
        ending = Ending(Erase(subject=subject), subject, visit.who, True)
        mine = own(rooms, ending, visit.errand.ordered_at)
    return (*mine, *theirs(rooms, visit.places))


def _follow(
    tx: Tx,
    rooms: Rooms,
    visit: Visit,
    ended: Ended,
    answers: tuple[Answer, ...],
    terms: Terms,
    *,
    ordered: bool,
) -> None:
    """Remember what changed; make a certificate out anew, and tell the subject, once."""
    errand = visit.errand
    words: list[Act] = []
    if errand.task == "erase":
        words += [
            Event(subject=None, name=CLEANED, detail={"store": name, "residue": 0})
            for name in ended.clean
            if rooms.errands.is_database(name)
        ]
    elif ended.clean or ordered:
        words.append(told(visit))
    if ended.late:
        words.append(_overdue(visit))
    if answers and ended.state in ("complete", "held"):
        again_said = _word(answers, terms, errand.ordered_at)
        words.append(_naming(tx, rooms, visit.who, again_said, errand.ordered_at))
        duty = visit.told.duty if visit.told else ""
        _fulfil(tx, rooms, errand.subject_id, visit.who, duty, terms)
        _tell(tx, rooms, visit, terms.at)
    for word in words:
        _keep(tx, rooms, visit.who, word, terms)


def _tell(tx: Tx, rooms: Rooms, visit: Visit, at: Moment) -> None:
    """Tell the subject that all of it is done, who had been told "not yet"."""
    letter = visit.told.letter if visit.told else None
    waited = any(state == OPEN for state in visit.errand.places.values())
    if letter is None or not waited:
        return
    rooms.courier.queue(
        tx,
        subject=None,
        who=visit.who,
        notice=letter.notice,
        addresses=[(channel, Secret(address)) for channel, address in letter.addresses],
        title=letter.title,
        text=Secret(letter.text),
        language=letter.language,
        at=at,
        purpose=letter.purpose,
    )


def told(visit: Visit) -> Event:
    """Return what is remembered of a correction, restriction or release in other databases."""
    stores: Record = {each.name: _state(each) for each in visit.places}
    detail: Record = {"task": visit.errand.task, "order": visit.errand.id, "stores": stores}
    return Event(subject=None, name=TOLD, detail=detail)


def _overdue(visit: Visit) -> Event:
    waiting: Record = {each.name: _state(each) for each in visit.places if each.state == OPEN}
    detail: Record = {"task": visit.errand.task, "order": visit.errand.id, "stores": waiting}
    return Event(subject=None, name=OVERDUE, detail=detail)


def _state(place: Place) -> str:
    return "silent" if any(one.why == UNASKED for one in place.remains) else place.state


def send(rooms: Rooms, sent: Sent, terms: Terms) -> None:
    """Go at once with what was corrected, restricted or released; remember who was told."""
    for errand in rooms.errands.due(terms.at, subject=sent.subject):
        visit = pursue(rooms, errand, terms.at)
        if visit is not None:
            settle(rooms, visit, terms, ordered=errand.id == sent.order)


def run_errands(rooms: Rooms, terms: Terms) -> int:
    """Go to other databases with what is due; return how many orders were tried.

    Whoever was silent once in this round is not waited for again in it.
    """
    silent, tried = set[str](), 0
    for errand in rooms.errands.due(terms.at, AT_ONCE):
        visit = pursue(rooms, errand, terms.at, silent)
        tried += 1
        if visit is None:
            continue
        silent |= visit.silent
        ended = settle(rooms, visit, terms)
        if ended.state == "complete" and errand.task == "erase":
            stores = {each.name: 0 for each in visit.places}
            rooms.webhooks.completed(SubjectId(errand.subject_id), stores, terms.at)
    return tried
