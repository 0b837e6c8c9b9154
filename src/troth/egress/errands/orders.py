"""Orders to other databases: what is to be done, what of it lies sealed, which ends which (9.4).

A subject can be owed several: corrected on Monday, restricted on Tuesday, erased on Wednesday,
while a database was down all the time. Then the erasure is done, and nothing else: what an order
covers of an older one it takes over, and never the other way.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from troth.egress.courier import Sealer
from troth.egress.databases.port import Known, Lead, Order, Reach, Task, grown
from troth.model.acts import Kept, Notify
from troth.model.clock import DAY, Moment
from troth.model.errors import NotFound, Sealed, StoreBusy
from troth.model.secret import Secret
from troth.model.terms import ALL, Fields, KeyId, SubjectId, matches

TERM: Final = 30 * DAY
"""When an order is overdue, where nobody says otherwise."""
SUBJECT: Final = "subject"
"""What a subject is known by everywhere: our id."""
OVER: Final[Mapping[Task, frozenset[Task]]] = {
    "erase": frozenset(("erase", "correct", "restrict", "release")),
    "correct": frozenset(("correct",)),
    "restrict": frozenset(("release", "restrict")),
    "release": frozenset(("restrict", "release")),
}
"""What a later order takes over from older ones, as far as it covers them."""
Values = Mapping[str, tuple[str | bytes, ...]]


class Letter(Struct, frozen=True, kw_only=True, array_like=True):
    """What the subject is told when all of it is done at last, and where; sealed with the order."""

    addresses: tuple[tuple[str, str], ...]
    notice: str
    title: str
    text: str
    language: str
    purpose: str

    def __repr__(self) -> str:
        return f"Letter(notice={self.notice!r})"


def letter(act: Notify, addresses: Iterable[tuple[str, Secret]]) -> Letter:
    """Return a notice that waits until an erasure is complete, as it is sealed beside the order."""
    return Letter(
        addresses=tuple((channel, address.reveal()) for channel, address in addresses),
        notice=act.notice,
        title=act.title,
        text=act.text.reveal(),
        language=act.language,
        purpose=act.purpose,
    )


class Wish(Struct, frozen=True, kw_only=True):
    """What an act orders. ``who`` is the pseudonym the ledger has for the subject.

    ``known`` is what the subject is known by besides our id; ``covered`` are the policy's
    categories that an erasure covers, ``held`` those of them that a law keeps. ``values`` are new
    ones (of a correction), or those that are looked for afterwards. ``due``: when it is overdue;
    ``duty``: what is owed to the subject until it is done.
    """

    subject: SubjectId
    who: str
    task: Task
    categories: Fields = ALL
    known: Known = {}
    values: Known = {}
    held: Mapping[str, Kept] = {}
    covered: Fields = ()
    until: Moment | None = None
    due: Moment | None = None
    duty: str = ""
    letter: Letter | None = None


class Told(Struct, frozen=True, array_like=True):
    """What is sealed. The first three are what an older version sealed."""

    subject_id: str
    ref: str = ""
    who: str = ""
    known: Values = {}
    values: Values = {}
    reaches: Mapping[str, Reach] = {}
    covered: Fields = ()
    letter: Letter | None = None
    duty: str = ""

    def __repr__(self) -> str:
        return "Told(…)"

    @property
    def names(self) -> Known:
        """What the subject is known by, our id among it."""
        first = {SUBJECT: (Secret(self.ref or self.subject_id),)}
        return first | secret(self.known)


class _Sealed(Struct, frozen=True, array_like=True):
    """The same as it is sealed: values keep what they are, text or octets, but not their types."""

    subject_id: str
    ref: str = ""
    who: str = ""
    known: Mapping[str, tuple[Any, ...]] = {}
    values: Mapping[str, tuple[Any, ...]] = {}
    reaches: Mapping[str, tuple[Any, ...]] = {}
    covered: Fields = ()
    letter: Letter | None = None
    duty: str = ""


# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.msgpack.Decoder(_Sealed)
_HELD: Final = msgspec.json.Decoder(dict[str, Kept])


class Errand(Struct, frozen=True, kw_only=True):
    """One order under lease, with the state of every database that it is for.

    ``tries`` counts this one too; ``not_before``: until then an older order may still be at work.
    """

    subject_id: str
    id: str
    task: Task
    categories: Fields
    held: Mapping[str, Kept]
    until: Moment | None
    key_id: KeyId
    sealed: bytes
    tries: int
    ordered_at: Moment
    due_at: Moment
    alarmed: bool
    not_before: Moment
    next_at: Moment
    lease: str
    places: Mapping[str, str] = {}

    @property
    def whose(self) -> tuple[str, str]:
        """The key of its row."""
        return self.subject_id, self.id

    def order(self, told: Told, at: Moment) -> Order:
        """Return it as a database gets it: what no law keeps any more is to go."""
        kept = {name: each.until for name, each in self.held.items() if _lasts(each, at)}
        return Order(
            id=self.id,
            task=self.task,
            at=self.ordered_at,
            categories=self.categories,
            held=kept,
            values=secret(told.values),
            until=self.until,
        )


def secret(values: Values) -> dict[str, tuple[Secret, ...]]:
    """Veil what was unsealed."""
    return {name: tuple(map(Secret, each)) for name, each in values.items()}


def plain(known: Known) -> dict[str, tuple[str | bytes, ...]]:
    """Reveal what is about to be sealed."""
    return {name: tuple(one.reveal_raw() for one in each) for name, each in known.items()}


def read_held(text: str) -> dict[str, Kept]:
    """Read what a law keeps, as its row has it."""
    return _HELD.decode(text)


def write(told: Told) -> bytes:
    """Return what is to be sealed."""
    return msgspec.msgpack.encode(told)


def read(octets: bytes) -> Told:
    """Read what was sealed. Raises ``msgspec.DecodeError``."""
    sealed = _READER.decode(octets)
    return Told(
        sealed.subject_id,
        sealed.ref,
        sealed.who,
        sealed.known,
        sealed.values,
        {name: tuple(map(_lead, each)) for name, each in sealed.reaches.items()},
        sealed.covered,
        sealed.letter,
        sealed.duty,
    )


def _lead(told: Sequence[Any]) -> Lead:
    store, table, columns, values, how, through = told
    return Lead(store, table, tuple(columns), tuple(map(tuple, values)), how, through)


def unseal(sealer: Sealer, errand: Errand) -> Told | None:
    """Open an order; ``None`` where it cannot be opened now.

    Its key dies when it is done: an order without one came back from a backup. What is left to find
    its subject by is our id, and that is tried.
    """
    try:
        told = read(sealer.open_parcel(errand.key_id, errand.sealed))
    except NotFound:
        return Told(errand.subject_id)
    except (Sealed, StoreBusy, msgspec.DecodeError):
        return None
    return told if told.subject_id == errand.subject_id else None


def drawn() -> str:
    """Draw an order's id."""
    return secrets.token_hex(8)


def _lasts(kept: Kept, at: Moment) -> bool:
    return kept.until is None or kept.until > at


def told_of(wish: Wish) -> Told:
    """Return what of a wish is sealed."""
    known: Known = {name: each for name, each in wish.known.items() if name != SUBJECT}
    return Told(
        str(wish.subject),
        who=wish.who,
        known=plain(known),
        values=plain(wish.values),
        covered=wish.covered,
        letter=wish.letter,
        duty=wish.duty,
    )


# --- which ends which --------------------------------------------------------------------------


def covered(patterns: Iterable[str], by: Iterable[str]) -> bool:
    """Tell whether some patterns say everything that others do.

    >>> covered(("contact.email",), by=("contact",)), covered(("*",), by=("contact",))
    (True, False)
    """
    wide = tuple(by)
    return all(any(matches(each, pattern) for each in wide) for pattern in patterns)


def left_of(old: Errand, task: Task, categories: Fields) -> Fields:
    """Return what remains of an older order under a new one; nothing: it is taken over."""
    if old.task not in OVER[task]:
        return old.categories
    return tuple(one for one in old.categories if not covered((one,), categories))


def still_wanted(wish: Wish, older: Iterable[Errand]) -> Fields:
    """Return what of a new order makes sense beside older ones: what is being erased is erased."""
    if wish.task == "erase":
        return wish.categories
    gone = [one for one in older if one.task == "erase"]
    return tuple(
        each
        for each in wish.categories
        if not any(covered((each,), one.categories) and each not in one.held for one in gone)
    )


def joined(told: Told, older: Iterable[Told]) -> Told:
    """Return an order that knows what older ones of the same subject knew.

    An e-mail address that was corrected may still be the old one where nobody answered yet.
    """
    known = {name: list(each) for name, each in told.known.items()}
    reaches = dict(told.reaches)
    for one in older:
        for name, values in one.known.items():
            kept = known.setdefault(name, [])
            kept += [value for value in values if value not in kept]
        for place, reach in one.reaches.items():
            reaches[place] = grown(reaches.get(place, ()), reach)
    return msgspec.structs.replace(
        told, known={name: tuple(each) for name, each in known.items()}, reaches=reaches
    )
