"""What an act orders of the controller's other databases, in its own transaction (9.2, 9.4).

Written with the act or not at all: what the subject is known by there is opened before it goes, and
sealed under a key of its own. What a law holds there is worked out by the one predicate of holds;
where only another database knows since when it holds something, the law's term counts from now.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Final, NamedTuple

import msgspec

from troth.egress.databases.port import Task
from troth.egress.errands import Errands, Letter, Ordered, Wish
from troth.gate.judge import ADDRESSES
from troth.gate.rooms import Rooms
from troth.ledger import given
from troth.ledger.entry import Entry
from troth.model.acts import Act, Collect, Correct, Erase, Kept, Owe, Release, Restrict
from troth.model.clock import Moment
from troth.model.errors import Erased, NotFound, Sealed
from troth.model.secret import Secret
from troth.model.standing import Held, Standing
from troth.model.terms import Fields, KeyId, SubjectId, matches
from troth.policy.decide import Policy
from troth.policy.keeping.holds import laws
from troth.store.sql import Tx
from troth.vault.cells import Doomed, Handle
from troth.vault.forms import Form

Known = dict[str, tuple[Secret, ...]]
ADDRESSED: Final = frozenset(field for fields in ADDRESSES.values() for field in fields)
"""The fields that messages go to."""


class Ending(NamedTuple):
    """An erasure that was done: what has to be asked again after the commit.

    ``everything``: the subject is gone. ``order``: the one to other databases, if there is one.
    ``addresses`` were erased: nothing may go there any more.
    """

    act: Erase
    subject: SubjectId
    who: str
    everything: bool
    order: str = ""
    addresses: tuple[Secret, ...] = ()


class Draft(NamedTuple):
    """An erasure that is about to be done, and what was opened before it goes."""

    act: Erase
    handle: Handle
    wish: Wish | None
    addresses: tuple[Secret, ...]


class Sent(NamedTuple):
    """A correction, restriction or release that other databases were ordered to follow."""

    subject: SubjectId
    who: str
    order: str
    task: Task


def lawful(act: Erase, standing: Standing, policy: Policy, errands: Errands, at: Moment) -> Erase:
    """Return an erasure that says what laws keep in other databases of what it covers.

    Of what the vault holds the judge has seen to it; the rest is held there alone.
    """
    held = dict(act.held)
    for category in reach_of(act, policy):
        if category in held or category in standing.held or not errands.holds(category):
            continue
        since = Held(at, (), "")
        found = [
            each for each in laws(category, since, standing, policy.edition, at) if each.until > at
        ]
        if found:
            longest = max(found, key=lambda each: each.until)
            held[category] = Kept(law=longest.law, until=longest.until)
    return msgspec.structs.replace(act, held=held) if held else act


def reach_of(act: Erase, policy: Policy) -> tuple[str, ...]:
    """Name the policy's categories that an erasure is about, in other databases too."""
    return tuple(
        name
        for name, category in policy.edition.categories.items()
        if not category.closed and any(matches(each, name) for each in patterns_of(act))
    )


def patterns_of(act: Erase) -> Fields:
    """Return what other databases are to erase: what the vault does, and what lies only there."""
    return act.elsewhere or act.fields


class Orders:
    """Writes the orders of one passage, and keeps what has to be seen to after the commit."""

    def __init__(self, tx: Tx, rooms: Rooms, forms: Mapping[str, Form], at: Moment) -> None:
        self._tx = tx
        self._rooms = rooms
        self._forms = forms
        self._at = at
        self.letters: dict[str, Letter] = {}
        self.doomed: list[Doomed] = []
        self.endings: list[Ending] = []
        self.sent: list[Sent] = []

    def lawful(self, act: Act, standing: Standing, policy: Policy) -> Act:
        """Return an erasure with what laws keep elsewhere of what it covers; others as they are."""
        if not isinstance(act, Erase) or not self._rooms.errands.databases:
            return act
        return lawful(act, standing, policy, self._rooms.errands, self._at)

    def ending(self, act: Erase, handle: Handle, standing: Standing, policy: Policy) -> Draft:
        """Open what has to be known of a subject before it goes."""
        errands = self._rooms.errands
        gone = {name for name in standing.held if any(matches(one, name) for one in act.fields)}
        sought = {name for name in gone if errands.sought and self._tells_apart(name)}
        mailed = gone & ADDRESSED if self._rooms.courier.held(handle.subject) else set()
        opened = self._opened(handle, standing, errands.known_by | sought | mailed)
        wish = self._wish(act, handle, opened, sought, policy) if errands.sought else None
        addresses = (opened.get(name, ()) for name in sorted(mailed))
        return Draft(act, handle, wish, tuple(one for each in addresses for one in each))

    def _wish(
        self, act: Erase, handle: Handle, opened: Known, sought: set[str], policy: Policy
    ) -> Wish:
        known_by = self._rooms.errands.known_by
        return Wish(
            subject=handle.subject,
            who=handle.who,
            task="erase",
            categories=patterns_of(act),
            known={name: each for name, each in opened.items() if name in known_by},
            values={name: each for name, each in opened.items() if name in sought},
            held=act.held,
            covered=reach_of(act, policy),
            due=act.due,
            duty=act.duty,
            letter=self.letters.pop(handle.subject, None),
        )

    def erase(self, draft: Draft, *, everything: bool, keep: Sequence[str]) -> None:
        """Write the order of an erasure, and that it has to be certified.

        Messages to an address that is erased are taken back, but those of this passage (``keep``).
        """
        act, handle, wish, addresses = draft
        ordered = self._rooms.errands.order(self._tx, wish, self._at) if wish else Ordered()
        self._doom(ordered.keys)
        if addresses and not everything:
            self._doom(self._rooms.courier.recall_to(self._tx, handle.subject, addresses, keep))
        self.endings.append(
            Ending(act, handle.subject, handle.who, everything, ordered.id, addresses)
        )

    def tellings(
        self,
        act: Erase,
        standing: Standing,
        gone: Iterable[str],
        policy: Policy,
        earlier: Iterable[Entry],
    ) -> list[Owe]:
        """Return what is owed to whoever was given what an erasure takes: to hear of it (GDPR 19).

        ``earlier`` are the entries of this passage, which the log does not have yet.
        """
        who = standing.pseudonym
        own = (entry for entry in earlier if entry.who == who)
        known = policy.edition.recipients.items()
        deaf = {name for name, recipient in known if recipient.kind in given.NOT_TOLD}
        to = given.of_fields(chain(self._rooms.log.giving(who, self._tx), own), gone, deaf)
        return given.owed(act.subject, to, self._at, event=act.kind, told={})

    def changing(self, act: Collect | Correct, handle: Handle, standing: Standing) -> Known:
        """Open what other databases know a subject by, before a new value takes its place."""
        changed = act.values.keys() & standing.held.keys()
        if not self._rooms.errands.holding(tuple(changed)) or not changed:
            return {}
        return self._opened(handle, standing, self._rooms.errands.known_by)

    def change(
        self, act: Collect | Correct, handle: Handle, standing: Standing, known: Known
    ) -> None:
        """Order a correction of what was held before with another value."""
        errands = self._rooms.errands
        fields = tuple(
            sorted(name for name in act.values if name in standing.held and errands.holds(name))
        )
        if not fields:
            return
        both = dict(known)
        for name in act.values.keys() & errands.known_by:
            both[name] = (*known.get(name, ()), act.values[name])
        self._send(
            Wish(
                subject=handle.subject,
                who=handle.who,
                task="correct",
                categories=fields,
                known=both,
                values={name: (act.values[name],) for name in fields},
            )
        )

    def limit(self, act: Restrict | Release, handle: Handle, standing: Standing) -> None:
        """Order a restriction, or the end of one."""
        errands = self._rooms.errands
        if not errands.holding(act.fields):
            return
        self._send(
            Wish(
                subject=handle.subject,
                who=handle.who,
                task="restrict" if isinstance(act, Restrict) else "release",
                categories=act.fields,
                known=self._opened(handle, standing, errands.known_by),
                until=act.until if isinstance(act, Restrict) else None,
            )
        )

    def _send(self, wish: Wish) -> None:
        ordered = self._rooms.errands.order(self._tx, wish, self._at)
        self._doom(ordered.keys)
        if ordered.id:
            self.sent.append(Sent(wish.subject, wish.who, ordered.id, wish.task))

    def _doom(self, keys: Sequence[KeyId]) -> None:
        if keys:
            self.doomed.append(self._rooms.vault.doom(self._tx, keys))

    def _tells_apart(self, field: str) -> bool:
        """Whether a value of a field is one person's: a name or a city is many people's."""
        form = self._forms.get(field)
        return form is not None and (form.unique or form.searchable)

    def _opened(self, handle: Handle, standing: Standing, wanted: Iterable[str]) -> Known:
        fields = sorted(set(wanted) & standing.held.keys())
        if not fields:
            return {}
        # What cannot be opened any more does not keep the rest from going.
        with suppress(Sealed, Erased, NotFound):
            opened = self._rooms.vault.open(handle, fields, self._tx)
            return {name: (value,) for name, value in opened.items()}
        return {}
