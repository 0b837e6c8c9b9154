"""Entries into standings: what a subject has said and what we owe them (house decision 1).

``after`` is pure: the same entries in the same order always make the same standing, so a standing
can be rebuilt from the ledger at any time. Kinds that say nothing about a subject only count.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final, Literal, cast

import msgspec

from troth.ledger.entry import Entry
from troth.ledger.given import GIVING
from troth.ledger.log import Log
from troth.model.clock import Moment
from troth.model.errors import LedgerBroken
from troth.model.standing import (
    GIVEN,
    GUARDIAN_COLLECTS,
    GUARDIAN_DISCLOSES,
    Acceptance,
    Asked,
    Consent,
    ConsentHow,
    Fact,
    Held,
    HoldOn,
    Owed,
    Restriction,
    Standing,
)
from troth.model.terms import AgeBand, matches
from troth.store.sql import Store, Tx

Changes = dict[str, Any]
Fold = Callable[[Standing, Entry], Changes]
# --- reading what an entry says ----------------------------------------------------------------


def _text(entry: Entry, name: str) -> str:
    return cast(str, entry.what.get(name, ""))


def _fields(entry: Entry) -> tuple[str, ...]:
    return tuple(cast(list[str], entry.what.get("fields", ())))


def _until(entry: Entry, name: str) -> Moment | None:
    return cast("Moment | None", entry.what.get(name))


def _without(held: Mapping[str, Any], patterns: tuple[str, ...]) -> dict[str, Any]:
    """Leave out what a pattern covers."""
    if not held:
        return {}
    named = set(patterns)
    loose = named - held.keys()
    return {
        field: value
        for field, value in held.items()
        if field not in named and not any(matches(pattern, field) for pattern in loose)
    }


# --- what each kind changes --------------------------------------------------------------------


def _admitted(standing: Standing, entry: Entry) -> Changes:
    return {
        "life": "erased" if standing.life == "erased" else "active",
        "residence": _text(entry, "residence"),
        "regimes": tuple(cast(list[str], entry.what.get("regimes", ()))),
        "age": AgeBand(_text(entry, "age")),
    }


def _collected(standing: Standing, entry: Entry) -> Changes:
    held, purpose = dict(standing.held), _text(entry, "purpose")
    for field in _fields(entry):
        known = held.get(field)
        if known is None:
            held[field] = Held(entry.at, (purpose,), _text(entry, "source"))
        else:
            more = () if purpose in known.purposes else (purpose,)
            held[field] = Held(known.since, (*known.purposes, *more), known.source, entry.at)
    return {"held": held, **_corrected(standing, entry)}


def _corrected(standing: Standing, entry: Entry) -> Changes:
    """Forget what was checked of values that are others now: they have to be checked again."""
    checked = standing.facts.keys() & set(_fields(entry))
    if not checked:
        return {}
    return {"facts": {name: fact for name, fact in standing.facts.items() if name not in checked}}


def _erased(standing: Standing, entry: Entry) -> Changes:
    """Forget what is gone. Of an erased subject only what we still owe and must hold remains."""
    gone = _fields(entry)
    if "*" in gone:
        blank = Standing(pseudonym=standing.pseudonym)
        kept = {"pseudonym", "life", "entries", "owed", "holds"}
        names = [name for name in Standing.__struct_fields__ if name not in kept]
        return {name: getattr(blank, name) for name in names} | {"life": "erased"}
    return {
        "held": _without(standing.held, gone),
        "restrictions": _without(standing.restrictions, gone),
        "facts": _without(standing.facts, gone),
    }


def _closed(standing: Standing, entry: Entry) -> Changes:
    if standing.life == "erased":
        return {}
    return {"life": "closed", "marks": standing.marks | {"closed": entry.at}}


def _began(standing: Standing, entry: Entry) -> Changes:
    since = cast(Moment, entry.what["since"])
    return {"marks": standing.marks | {_text(entry, "what"): since}}


def _given(standing: Standing, entry: Entry) -> Changes:
    """Note that somebody else was given something, once: they have to hear when it is erased."""
    return {} if GIVEN in standing.marks else {"marks": standing.marks | {GIVEN: entry.at}}


def _restricted(standing: Standing, entry: Entry) -> Changes:
    restriction = Restriction(_text(entry, "ground"), _until(entry, "until"))
    return {"restrictions": standing.restrictions | dict.fromkeys(_fields(entry), restriction)}


def _released(standing: Standing, entry: Entry) -> Changes:
    return {"restrictions": _without(standing.restrictions, _fields(entry))}


def _accepted(standing: Standing, entry: Entry) -> Changes:
    acceptance = Acceptance(
        _text(entry, "edition"), entry.at, _text(entry, "language"), _text(entry, "means")
    )
    return {"accepted": (*standing.accepted, acceptance)}


def _consent(state: Literal["given", "refused", "withdrawn"]) -> Fold:
    """Note a word on a consent; a guardian's first one says whether a guardian stands by, too."""

    def fold(standing: Standing, entry: Entry) -> Changes:
        key = _text(entry, "to")
        how = _how(state, standing.consents.get(key), entry)
        consent = Consent(state, _said_at(entry), _until(entry, "expires"), entry.id, how)
        said: Changes = {"consents": standing.consents | {key: consent}}
        if key in standing.asked:
            said["asked"] = {name: one for name, one in standing.asked.items() if name != key}
        return said | ({"guardian": state == "given"} if key == GUARDIAN_COLLECTS else {})

    return fold


def _said_at(entry: Entry) -> Moment:
    """Return when a word was said: before it came here, where it was said elsewhere."""
    elsewhere = entry.what.get("elsewhere")
    return Moment(elsewhere["at"]) if isinstance(elsewhere, dict) else entry.at


def _how(state: str, before: Consent | None, entry: Entry) -> ConsentHow:
    if state == "given":
        return "renewed" if before is not None and before.state == "given" else ""
    if state == "withdrawn" and entry.what.get("invalid"):
        return "invalidated"
    own = entry.by.partition(":")[0] in ("subject", "guardian") or "elsewhere" in entry.what
    return "revoked" if state == "withdrawn" and not own else ""


def _asked(state: Literal["requested", "deferred"]) -> Fold:
    """Note that a subject was asked, or will answer later; the last word stands until they do."""

    def fold(standing: Standing, entry: Entry) -> Changes:
        asked = Asked(state, entry.at, entry.id)
        return {"asked": standing.asked | {_text(entry, "to"): asked}}

    return fold


def _aged(standing: Standing, entry: Entry) -> Changes:
    """Keep the band. At a birthday a guardian's words for others end, and at the last one all."""
    age = AgeBand(_text(entry, "age"))
    if _text(entry, "method") != "birthday":
        return {"age": age}
    kept = () if age is AgeBand.ADULT else (GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES)
    return {
        "age": age,
        "guardian": standing.guardian and bool(kept),
        "consents": {key: word for key, word in standing.consents.items() if key in kept},
    }


def _objected(standing: Standing, entry: Entry) -> Changes:
    return {"objections": standing.objections | {_text(entry, "purpose"): entry.at}}


def _lifted(name: str, key: str) -> Fold:
    def fold(standing: Standing, entry: Entry) -> Changes:
        gone = _text(entry, key)
        return {name: {k: v for k, v in getattr(standing, name).items() if k != gone}}

    return fold


def _verified(standing: Standing, entry: Entry) -> Changes:
    fact = Fact(_text(entry, "result"), entry.at, _text(entry, "method"))
    return {"facts": standing.facts | {_text(entry, "fact"): fact}}


def _held_back(standing: Standing, entry: Entry) -> Changes:
    until = cast(Moment, entry.what["until"])
    hold = HoldOn(_text(entry, "law"), _fields(entry), until)
    return {"holds": standing.holds | {_text(entry, "name"): hold}}


def _owed(standing: Standing, entry: Entry) -> Changes:
    """Note what is owed. One whose term is another by now is owed since it was first."""
    known = standing.owed.get(_text(entry, "duty"))
    since = known.since if known is not None and known.state == "open" else entry.at
    before = _until(entry, "since")
    owed = Owed(
        _text(entry, "what"),
        since if before is None else before,
        cast(Moment, entry.what["by"]),
    )
    return {"owed": standing.owed | {_text(entry, "duty"): owed}}


def _settled(standing: Standing, entry: Entry) -> Changes:
    duty = standing.owed.get(_text(entry, "duty"))
    if duty is None:
        return {}
    state = cast(Any, _text(entry, "state"))
    code = _text(entry, "code")
    done = msgspec.structs.replace(duty, state=state, code=code, ended=entry.at)
    return {"owed": standing.owed | {_text(entry, "duty"): done}}


FOLDS: Final[Mapping[str, Fold]] = {
    "subject.admitted": _admitted,
    "data.collected": _collected,
    "data.logged": _collected,
    "data.corrected": _corrected,
    "data.erased": _erased,
    "account.closed": _closed,
    "data.restricted": _restricted,
    "data.released": _released,
    "terms.accepted": _accepted,
    "age.learned": _aged,
    "consent.requested": _asked("requested"),
    "consent.deferred": _asked("deferred"),
    "consent.given": _consent("given"),
    "consent.refused": _consent("refused"),
    "consent.withdrawn": _consent("withdrawn"),
    "purpose.objected": _objected,
    "objection.lifted": _lifted("objections", "purpose"),
    "fact.verified": _verified,
    "hold.placed": _held_back,
    "hold.lifted": _lifted("holds", "name"),
    "duty.owed": _owed,
    "duty.settled": _settled,
    "term.began": _began,
    **dict.fromkeys(GIVING, _given),
}
"""What changes a standing."""

COUNTED: Final = frozenset(
    {
        *("data.used", "data.shown", "data.exported", "data.found"),
        *("notice.queued", "notice.delivered", "notice.failed", "notice.announced"),
        *("use.denied", "erasure.certified", "policy.published", "house.event"),
    }
)
"""What is remembered and leaves a standing as it is, but for the count; so does an unknown kind."""


def after(standing: Standing, entry: Entry) -> Standing:
    """Return the standing as it is after one more entry.

    Raises ``LedgerBroken`` for another subject's entry, or when one between is missing.

    >>> said = Entry(id="a", kind="consent.given", at=Moment(5), by="subject", who="w",
    ...              what={"to": "marketing"})
    >>> after(Standing(pseudonym="w"), said).consents_to("marketing", Moment(6))
    True
    """
    count = standing.entries + 1
    if entry.who != standing.pseudonym or entry.nth not in (0, count):
        raise LedgerBroken("this entry does not follow on this standing", field=entry.id)
    change = FOLDS.get(entry.kind)
    if change is None:
        return msgspec.structs.replace(standing, entries=count)
    return msgspec.structs.replace(standing, entries=count, **change(standing, entry))


# --- keeping -----------------------------------------------------------------------------------

CHUNK: Final = 200
# One subject's standing, locked until the transaction ends.
LOAD: Final = "SELECT standing FROM standings WHERE who = ? FOR UPDATE"
# Asked after the lock is held: another writer's entries are counted too.
COUNT: Final = "SELECT MAX(nth) FROM entries WHERE who = ?"
# The same at once, without a lock.
READ: Final = (
    "SELECT (SELECT standing FROM standings WHERE who = ?),"
    " (SELECT MAX(nth) FROM entries WHERE who = ?)"
)
SAID: Final = "SELECT standing FROM standings WHERE who = ?"
# Some subjects whose entries nobody else numbers until the transaction ends.
HOLD: Final = "SELECT who FROM standings WHERE who IN ({}) ORDER BY who FOR UPDATE"
SAVE: Final = (
    "INSERT INTO standings (who, standing) VALUES (?, ?)"
    " ON CONFLICT (who) DO UPDATE SET standing = excluded.standing"
)
# The next subjects who have entries; every subject has a first one.
SUBJECTS: Final = "SELECT who FROM entries WHERE nth = 1 AND who > ? ORDER BY who LIMIT ?"
# Standings that no entry supports.
FORGET: Final = (
    "DELETE FROM standings WHERE NOT EXISTS"
    " (SELECT 1 FROM entries WHERE entries.who = standings.who)"
)

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Standing)
_SAID: Final = tuple(name for name in Standing.__struct_fields__ if name != "entries")


class Standings:
    """The standings of one store, by pseudonym.

    A row is written only when an entry changed more than the count: most entries remember a use,
    and the number of the last one is read from the entries themselves.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, tx: Tx, who: str) -> Standing:
        """Return a subject's standing and keep others from changing it until ``tx`` ends."""
        rows = tx.run(LOAD, (who,))
        return _standing(who, rows[0][0] if rows else None, tx.run(COUNT, (who,))[0][0])

    def hold(self, tx: Tx, whos: Collection[str]) -> None:
        """Keep others from recording on some subjects until ``tx`` ends, without reading them.

        Everybody locks in the order of pseudonyms, so that two writers never wait for each other.
        """
        ordered = sorted(whos)
        for start in range(0, len(ordered), CHUNK):
            some = ordered[start : start + CHUNK]
            tx.run(HOLD.format(", ".join("?" * len(some))), some)

    def read(self, who: str) -> Standing:
        """Return a subject's standing as it is now; a blank one for a subject without entries."""
        return _standing(who, *self._store.query(READ, (who, who))[0])

    def said(self, who: str) -> Standing:
        """Return what ``read`` does, but for the count: all that judging asks, in half the work."""
        rows = self._store.query(SAID, (who,))
        return _DECODER.decode(rows[0][0]) if rows else Standing(pseudonym=who)

    def save(self, tx: Tx, standing: Standing, *, was: Standing | None = None) -> None:
        """Keep a standing; nothing is written if only the count differs from what it ``was``."""
        if was is None or changed(was, standing):
            tx.run(SAVE, (standing.pseudonym, _ENCODER.encode(standing)))

    def rebuild(self, log: Log) -> int:
        """Fold every standing again from the ledger, a few at a time; return how many."""
        count, last = 0, ""
        while whos := [who for (who,) in self._store.query(SUBJECTS, (last, CHUNK))]:
            self._store.transact(partial(self._refold, log, whos))
            count, last = count + len(whos), whos[-1]
        self._store.transact(lambda tx: tx.run(FORGET))
        return count

    def _refold(self, log: Log, whos: list[str], tx: Tx) -> None:
        for who in whos:
            tx.run(LOAD, (who,))
            standing = Standing(pseudonym=who)
            for entry in log.walk(who, tx):
                standing = after(standing, entry)
            self.save(tx, standing)


def changed(was: Standing, now: Standing) -> bool:
    """Tell whether entries that were folded onto a standing changed more than its count."""
    # A fold hands on what it leaves as it is, so identity tells, and costs no comparison.
    return any(getattr(was, name) is not getattr(now, name) for name in _SAID)


def _standing(who: str, blob: bytes | None, count: int | None) -> Standing:
    known = Standing(pseudonym=who) if blob is None else _DECODER.decode(blob)
    return msgspec.structs.replace(known, entries=count or 0)
