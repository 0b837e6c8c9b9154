"""Ending: what an erasure takes, what a law holds until when, and the acts for it (6.4, 9.4).

An erasure is a plan, then acts, then a check (house decision 9). What a law holds is not erased but
restricted, with the law and its date; everything else goes in the same transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct, structs

from troth.documents.certificate import StillHeld
from troth.model.acts import Act, Close, Erase, Hold, Kept, Notify, Owe, Restrict, Settle
from troth.model.clock import Moment, after, date
from troth.model.standing import BY_CLOCK, Standing
from troth.model.terms import ALL, Fields, SubjectId, matches
from troth.policy.edition import Edition
from troth.policy.keeping.holds import Kept as Keeping
from troth.policy.keeping.holds import keeping


class Plan(Struct, frozen=True, kw_only=True):
    """What an erasure would do: the fields that go, and those a law holds."""

    gone: tuple[str, ...]
    held: tuple[StillHeld, ...]

    @property
    def everything(self) -> bool:
        """Whether nothing at all would stay."""
        return not self.held


def plan(standing: Standing, fields: Fields, edition: Edition, at: Moment) -> Plan:
    """Say what an erasure of some fields (``("*",)``: all) would do, before anything happens."""
    return planned(_asked(standing, fields), lambda field: keeping(field, standing, edition, at))


def planned(fields: Iterable[str], asked: Callable[[str], Keeping | None]) -> Plan:
    """Say the same of fields by their names; ``asked`` answers what forbids erasing one."""
    held = {field: _still_held(field, asked(field)) for field in fields}
    return Plan(
        gone=tuple(field for field, kept in held.items() if kept is None),
        held=tuple(kept for kept in held.values() if kept is not None),
    )


def _asked(standing: Standing, fields: Fields) -> list[str]:
    if fields == ALL:
        return sorted(standing.held)
    named = set(fields)
    patterns = named - standing.held.keys()
    return [
        field
        for field in sorted(standing.held)
        if field in named or any(matches(pattern, field) for pattern in patterns)
    ]


def _still_held(field: str, kept: Keeping | None) -> StillHeld | None:
    if kept is None:
        return None
    return StillHeld(field=field, hold=kept.hold, law=kept.law, until=kept.until)


def longest(held: Iterable[StillHeld]) -> StillHeld | None:
    """Return the hold that lasts longest; one without an end outlasts all."""
    return max(held, key=lambda each: (each.until is None, each.until or 0), default=None)


def acts(
    subject: SubjectId,
    what: Plan,
    *,
    ground: str,
    farewell: Sequence[Notify] = (),
    duty: Owe | None = None,
    close: bool = False,
    placed: Iterable[str] = (),
    elsewhere: Fields = (),
) -> tuple[Act, ...]:
    """Return the acts of an erasure in their one order.

    The farewell goes first, while its address can still be opened; then the duty is owed and, since
    all of this is one transaction, settled; what laws hold is held and restricted; then the account
    closes and the rest is erased. ``placed`` names the holds that stand already. ``elsewhere`` are
    patterns of what other databases erase: then the duty is settled when they have.
    """
    told: list[Act] = [*farewell]
    if duty is not None:
        told.append(duty)
    if duty is not None and not elsewhere:
        told.append(Settle(subject=subject, duty=duty.duty, state="fulfilled"))
    told += _holds(subject, what.held, set(placed))
    if close:
        told.append(Close(subject=subject))
    whole = what.everything and close
    if whole or what.gone or elsewhere:
        erase = Erase(subject=subject, fields=ALL if whole else what.gone, ground=ground)
        told.append(_everywhere(erase, what, elsewhere, duty) if elsewhere else erase)
    return tuple(told)


def _everywhere(erase: Erase, what: Plan, elsewhere: Fields, duty: Owe | None) -> Erase:
    """Return an erasure that other databases follow: what a law holds here is held there."""
    return structs.replace(
        erase,
        elsewhere=elsewhere,
        held={each.field: Kept(law=each.law, until=each.until) for each in what.held},
        due=duty.by if duty else None,
        duty=duty.duty if duty else "",
    )


def freed(
    subject: SubjectId,
    standing: Standing,
    edition: Edition,
    at: Moment,
    *,
    ground: str,
    fields: Fields = ALL,
) -> tuple[Act, ...]:
    """Return the acts of an erasure that takes what it may, and sets aside what a law holds."""
    what = plan(standing, fields, edition, at)
    if what.everything:
        return (Erase(subject=subject, fields=fields, ground=ground),)
    return acts(subject, what, ground=ground, close=fields == ALL, placed=standing.holds)


def _holds(subject: SubjectId, held: Iterable[StillHeld], placed: set[str]) -> list[Act]:
    grouped: dict[str, list[StillHeld]] = {}
    for each in held:
        grouped.setdefault(each.hold, []).append(each)
    told: list[Act] = []
    for name, group in grouped.items():
        fields = tuple(each.field for each in group)
        last = longest(group)
        until = last.until if last is not None else None
        if name not in placed and until is not None:
            law = group[0].law
            told.append(Hold(subject=subject, name=name, law=law, fields=fields, until=until))
        told.append(Restrict(subject=subject, fields=fields, ground=name, until=until))
    return told


CHILD_FOUND: Final = "child_found"
ERASE_CHILD: Final = f"{BY_CLOCK}erase_child"
TELL_CHILD_FOUND: Final = f"{BY_CLOCK}tell_child_found"
"""What the clock does after a finding: it tells the contacts that are bound, and erases in time."""
ERASE_WITHIN_DAYS: Final = 15
"""What "in time" means where no law says (policy 8.2, 8.3)."""


def child_found(
    subject: SubjectId, duty: str, at: Moment, *, days: int = ERASE_WITHIN_DAYS
) -> tuple[Act, ...]:
    """Return what a finding does at once: everything frozen, telling and erasure owed."""
    erase_by = after(at, days=days)
    return (
        Restrict(subject=subject, fields=ALL, ground=CHILD_FOUND),
        Owe(subject=subject, duty=duty, what=ERASE_CHILD, by=erase_by),
        Owe(subject=subject, duty=f"{duty}-told", what=TELL_CHILD_FOUND, by=at),
    )


def in_words(fields: Iterable[str], edition: Edition, language: str) -> str:
    """Name fields as the policy does, for a notice; "nothing" in words when there are none."""
    named = [
        edition.categories[field].words.get(language, field)
        if field in edition.categories
        else field
        for field in fields
    ]
    nothing = "nothing" if language == "en" else "无"
    return (", " if language == "en" else "、").join(named) or nothing


def held_in_words(held: Iterable[StillHeld], edition: Edition, language: str) -> str:
    """Name what a law holds, with the law and the last day."""
    told = [
        f"{in_words([each.field], edition, language)} ({each.law}"
        + (f", {date(each.until)})" if each.until is not None else ")")
        for each in held
    ]
    return "; ".join(told) or in_words((), edition, language)
