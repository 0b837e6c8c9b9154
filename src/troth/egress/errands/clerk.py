"""The clerk of errands: orders, leases, traces, sweeps, settles; never gives up (policy 9.2, 9.4).

1. ``order`` seals an order in the transaction of the act, and takes over what it covers of others;
2. ``due`` leases orders: another clerk does not see them until the lease ends;
3. ``trace`` follows the subject through every database, outside any transaction;
4. ``keep`` seals how far that got, *before* anything is done: a clerk that is killed midway finds
   by it what its first half made unfindable;
5. ``sweep`` does it and asks again, every database at the same time;
6. ``settle`` writes what each answered. Only when all are clean is the order gone, key and all.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from troth.egress.courier import Sealer
from troth.egress.databases.conductor import Sweep, Swept, sweep_each, trace_all
from troth.egress.databases.map import UNKNOWN
from troth.egress.databases.port import Database, Reach, grown
from troth.egress.errands import book
from troth.egress.errands.book import CLEAN, HELD, OPEN, Counts, Open, Place
from troth.egress.errands.orders import (
    SUBJECT,
    TERM,
    Errand,
    Told,
    Wish,
    drawn,
    joined,
    left_of,
    still_wanted,
    told_of,
    unseal,
    write,
)
from troth.egress.errands.visits import (
    Ended,
    Ordered,
    Trace,
    Visit,
    again,
    clean,
    remaining,
    silent,
)
from troth.model.acts.answers import Remaining
from troth.model.clock import MINUTE, Moment
from troth.model.terms import Fields, KeyId, SubjectId, matches
from troth.store.sql import Store, Tx

LEASE_FOR: Final = 5 * MINUTE
PATIENCE: Final = 10.0
"""Seconds that all databases together have for a trace, and for a sweep."""
UNMAPPED: Final = "unmapped"
"""The place of what no map knows: it is done when every category has one."""


class Errands:
    """What other databases are owed in one region. Safe from many threads and processes.

    ``places`` are stores of our own besides that are asked for values after an erasure (folders);
    ``ours`` are patterns of categories that lie in no other database.
    """

    def __init__(
        self,
        store: Store,
        databases: Sequence[Database],
        sealer: Sealer,
        *,
        places: Sequence[Database] = (),
        ours: Fields = (),
        patience: float = PATIENCE,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._ours = ours
        self._named = {each.name: each for each in (*databases, *places)}
        self._folders = frozenset(each.name for each in places)
        self.databases = tuple(databases)
        self.patience = patience

    # --- what the databases know ---------------------------------------------------------------

    @property
    def known_by(self) -> frozenset[str]:
        """The categories that any of them finds people by, besides our id."""
        found: frozenset[str] = frozenset()
        return found.union(*(each.known_by for each in self.databases)) - {SUBJECT}

    @property
    def sought(self) -> bool:
        """Whether anybody looks for values after an erasure."""
        return bool(self._named)

    def holds(self, field: str) -> bool:
        """Tell whether a database holds a category, as the maps say."""
        return any(matches(one, field) for each in self.databases for one in each.categories)

    def holding(self, categories: Fields) -> tuple[str, ...]:
        """Name the databases that hold something of some categories, or something nobody named."""
        return tuple(
            each.name
            for each in self.databases
            if UNKNOWN in each.categories
            or any(
                matches(pattern, one) or matches(one, pattern)
                for pattern in categories
                for one in each.categories
            )
        )

    def is_database(self, place: str) -> bool:
        """Tell another system from a folder of our own."""
        return place not in self._folders and place != UNMAPPED

    def unmapped(self, covered: Iterable[str]) -> tuple[str, ...]:
        """Name the categories that no map knows, though there are maps."""
        if not self.databases:
            return ()
        return tuple(
            each
            for each in covered
            if not self.holds(each) and not any(matches(ours, each) for ours in self._ours)
        )

    # --- ordering ------------------------------------------------------------------------------

    def order(self, tx: Tx, wish: Wish, at: Moment) -> Ordered:
        """Write an order in the transaction of its act; what it covers of older ones is its own.

        Keys of what was taken over are to die after the commit.
        """
        older = book.of_subject(tx, wish.subject)
        categories = still_wanted(wish, older)
        places = self._asked(wish, categories, older)
        if not categories or not places:
            return Ordered()
        opened = [told for one in older if (told := unseal(self._sealer, one)) is not None]
        told = joined(told_of(wish), opened)
        keys, busy = _take_over(tx, wish, categories, older)
        key_id, sealed = self._sealer.seal_parcel(write(told))
        errand = Errand(
            subject_id=wish.subject,
            id=drawn(),
            task=wish.task,
            categories=categories,
            held=wish.held,
            until=wish.until,
            key_id=key_id,
            sealed=sealed,
            tries=0,
            ordered_at=at,
            due_at=wish.due or Moment(at + TERM),
            alarmed=False,
            not_before=busy,
            next_at=at,
            lease="",
        )
        book.write(tx, errand, places)
        return Ordered(id=errand.id, keys=keys)

    def _asked(self, wish: Wish, categories: Fields, older: Sequence[Errand]) -> tuple[str, ...]:
        """Name who has to be asked: who holds something, and who an older order still waits for."""
        found = dict.fromkeys(self.holding(categories) if categories else ())
        if wish.task == "erase":
            found |= dict.fromkeys(sorted(self._folders))
            found |= dict.fromkeys(place for one in older for place in one.places)
            found |= {UNMAPPED: None} if self.unmapped(wish.covered) else {}
        return tuple(found)

    # --- doing ---------------------------------------------------------------------------------

    def due(self, at: Moment, limit: int = 16, *, subject: SubjectId | None = None) -> list[Errand]:
        """Lease orders that are due: any, or those of one subject."""
        # Most of the time nothing waits, and then nobody is kept from writing.
        if not self._store.query(book.READY, (at, 1)):
            return []
        token, end = secrets.token_hex(8), Moment(at + LEASE_FOR)
        return self._store.transact(
            lambda tx: book.lease(tx, token, at, end, limit, subject), urgent=True
        )

    def trace(self, errand: Errand, *, skip: Collection[str] = ()) -> Trace:
        """Follow a subject through the databases; never call it inside a transaction.

        ``skip`` names those that were silent a moment ago: they are not waited for again. A
        database that is clean is followed only where another leads to it: what came there since
        the erasure is somebody's new account.
        """
        told = unseal(self._sealer, errand)
        if told is None:
            return Trace(errand=errand, told=None)
        clean_ones = {name for name, state in errand.places.items() if state == CLEAN}
        reaches, answered = self._followed(told, dict(told.reaches), {*clean_ones, *skip})
        led = {name for name in clean_ones if reaches.get(name, ()) != told.reaches.get(name, ())}
        if led - set(skip):
            reaches, more = self._followed(told, reaches, clean_ones - led | set(skip))
            answered |= more
        longer = (name for name in reaches if reaches[name] != told.reaches.get(name, ()))
        return Trace(
            errand=errand,
            told=told,
            reaches=reaches,
            answered=frozenset(answered),
            grown=frozenset(longer),
        )

    def _followed(
        self, told: Told, reaches: Mapping[str, Reach], without: Collection[str]
    ) -> tuple[dict[str, Reach], set[str]]:
        asked = [each for each in self._named.values() if each.name not in without]
        found = trace_all(asked, told.names, reaches, self.patience)
        return {name: one.reach for name, one in found.items()}, {
            name for name, one in found.items() if one.answered
        }

    def keep(self, tx: Tx, trace: Trace) -> tuple[Trace | None, tuple[KeyId, ...]]:
        """Seal how far a trace got, in the caller's transaction; return the keys that are to die.

        ``None`` where the order is gone, or another clerk's by now: then nothing may be done.
        """
        if trace.told is None or not trace.grown:
            return trace, ()
        fresh, key = self._reseal(tx, trace.errand, trace.told, trace.reaches)
        if fresh is None:
            return None, (key,)
        return msgspec.structs.replace(trace, errand=fresh), (key,)

    def _reseal(
        self, tx: Tx, errand: Errand, told: Told, reaches: Mapping[str, Reach]
    ) -> tuple[Errand | None, KeyId]:
        """Seal an order with other reaches; return it, and the key that is to die."""
        whole = msgspec.structs.replace(told, reaches=reaches)
        key_id, sealed = self._sealer.seal_parcel(write(whole))
        if not tx.change(book.RESEAL, (key_id, sealed, *errand.whose, errand.lease)):
            return None, key_id
        return msgspec.structs.replace(errand, key_id=key_id, sealed=sealed), errand.key_id

    def sweep(self, trace: Trace, at: Moment) -> Visit:
        """Do it in every database that is not clean, and ask again; never inside a transaction."""
        errand, told = trace.errand, trace.told
        if told is None:
            places = tuple(silent(name, None) for name in errand.places)
            return Visit(errand=errand, who="", places=places)
        order, names = errand.order(told, at), told.names
        asked = [
            Sweep(
                database=self._named[name],
                order=order,
                reach=trace.reaches.get(name, ()),
                known=names,
            )
            for name in self._wanted(trace)
            if name in trace.answered and name in self._named
        ]
        answers = {one.name: one for one in sweep_each(asked, self.patience)}
        reaches, reopened = _longer(trace.reaches, answers)
        return Visit(
            errand=errand,
            who=told.who,
            places=tuple(
                self._place(name, trace, answers.get(name), at) for name in self._of(errand)
            ),
            told=told,
            reaches=reaches,
            reopened=reopened & set(self._of(errand)),
        )

    def _of(self, errand: Errand) -> tuple[str, ...]:
        """Name the places of an order; a database that was mapped since has to be asked too."""
        found = dict.fromkeys(errand.places)
        if errand.task == "erase":
            found |= dict.fromkeys(self.holding(errand.categories))
        return tuple(found)

    def _wanted(self, trace: Trace) -> tuple[str, ...]:
        """Name the databases to be swept: not clean, or more of the subject was found there."""
        states = trace.errand.places
        return tuple(
            name
            for name in self._of(trace.errand)
            if states.get(name) != CLEAN or name in trace.grown
        )

    def _place(self, name: str, trace: Trace, swept: Swept | None, at: Moment) -> Place:
        if name == UNMAPPED:
            return self._unknown(trace.told, at)
        if swept is None:
            return silent(name, None) if name in self._wanted(trace) else clean(name, at)
        if swept.state == "unreachable":
            return silent(name, at)
        if swept.state == "clean":
            # An older order may still be at work there, and undo it.
            early = at < trace.errand.not_before
            return silent(name, at) if early else clean(name, at)
        remains = tuple(remaining(each, trace.errand) for each in swept.remains)
        state = HELD if swept.state == "held" else OPEN
        return Place(name=name, state=state, remains=remains, asked=at)

    def _unknown(self, told: Told | None, at: Moment) -> Place:
        missing = self.unmapped(told.covered if told else ())
        remains = tuple(
            Remaining(place=UNMAPPED, category=each, count=0, why=UNMAPPED) for each in missing
        )
        return Place(name=UNMAPPED, state=OPEN if missing else CLEAN, remains=remains, asked=at)

    def settle(self, tx: Tx, visit: Visit, at: Moment) -> Ended:
        """Write what the databases answered, in the caller's transaction.

        Where a sweep found leads to others they are sealed with the rest, and the order stays open.
        """
        errand = visit.errand
        if visit.over:
            gone = book.drop(tx, errand, leased=True)
            if gone is None:
                return Ended(state="gone")
            return Ended(state="complete", keys=(gone,), clean=visit.cleaned)
        keys: tuple[KeyId, ...] = ()
        if visit.reaches and visit.told is not None:
            _, key = self._reseal(tx, errand, visit.told, visit.reaches)
            keys = (key,)
        late = errand.due_at <= at and not visit.done and not errand.alarmed
        next_at, tries = again(visit, at)
        told = (next_at, int(late or errand.alarmed), tries)
        if not tx.change(book.LATER, (*told, *errand.whose, errand.lease)):
            return Ended(state="gone", keys=keys)
        for place in visit.places:
            reopened = place.name in visit.reopened
            book.note(tx, errand, silent(place.name, place.asked) if reopened else place)
        state = "held" if visit.done else "open"
        return Ended(state=state, keys=keys, clean=visit.cleaned, late=late)  # type: ignore[arg-type]  # one of the two

    # --- looking after it ----------------------------------------------------------------------

    def open_of(self, subject: SubjectId, at: Moment) -> list[Open]:
        """Return what a subject is owed, oldest first, and what each database answered."""
        return book.read(self._store, subject, at)

    def open(self, at: Moment, limit: int = 100) -> list[Open]:
        """List what is open, the soonest due first."""
        return book.listed(self._store, at, limit, overdue=False)

    def overdue(self, at: Moment, limit: int = 100) -> list[Open]:
        """List what is not done though its term is over, the longest overdue first."""
        late = book.listed(self._store, at, limit, overdue=True)
        return [one for one in late if any(place.state == OPEN for place in one.places)]

    def counts(self, at: Moment) -> Counts:
        """Count what is open."""
        return book.counts(self._store, at)

    def hurry(self, subject: str, order: str, at: Moment) -> bool:
        """Let an order be tried at once; tell whether it waits and nobody is at it."""
        changed = self._store.transact(lambda tx: tx.change(book.HURRY, (at, subject, order)))
        return changed == 1


def _take_over(
    tx: Tx, wish: Wish, categories: Fields, older: Sequence[Errand]
) -> tuple[tuple[KeyId, ...], Moment]:
    """End older orders as far as this one covers them; say until when one may be at work."""
    keys, busy = list[KeyId](), Moment(0)
    for one in older:
        left = left_of(one, wish.task, categories)
        if left == one.categories:
            continue
        busy = max(busy, one.not_before, one.next_at if one.lease else Moment(0))
        if left:
            book.trim(tx, one, left)
        else:
            gone = book.drop(tx, one, leased=False)
            keys += [gone] if gone else []
    return tuple(keys), busy


def _longer(
    before: Mapping[str, Reach], answers: Mapping[str, Swept]
) -> tuple[dict[str, Reach], frozenset[str]]:
    """Return all reaches if sweeps made any longer, and to whom others lead anew."""
    found = dict(before) | {name: one.reach for name, one in answers.items()}
    reopened = set[str]()
    for lead in (lead for one in answers.values() for lead in one.leads):
        more = grown(found.get(lead.store, ()), (lead,))
        if more != found.get(lead.store, ()):
            found[lead.store] = more
            reopened.add(lead.store)
    return (found if found != dict(before) else {}), frozenset(reopened)
