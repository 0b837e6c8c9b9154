"""What is held of a subject, why and until when. No value is opened here."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from troth.ledger.entry import Entry
from troth.model.acts.answers import Answer
from troth.model.clock import Moment
from troth.model.standing import Owed, Standing
from troth.model.terms import AgeBand, matches
from troth.policy.decide import Policy
from troth.policy.keeping.alike import Alike
from troth.policy.keeping.terms import term, waits
from troth.policy.keeping.warnings import next_step


class Holding(Struct, frozen=True, kw_only=True):
    """One thing we hold about a subject, told without its value (policy 9.1)."""

    field: str
    name: dict[str, str]
    since: Moment
    purposes: tuple[str, ...]
    source: str
    sensitive: bool
    until: Moment | None
    hold: str
    restricted: bool
    recipients: tuple[str, ...]


def inventory(standing: Standing, policy: Policy, at: Moment) -> list[Holding]:
    """List what is held of a subject, in the policy's order of categories."""
    return [
        _holding(field, standing, policy, at)
        for field in policy.edition.categories
        if field in standing.held
    ]


def _holding(field: str, standing: Standing, policy: Policy, at: Moment) -> Holding:
    category = policy.edition.categories[field]
    held = standing.held[field]
    hold = standing.holding(field, at)
    return Holding(
        field=field,
        name={"en": category.en, "zh": category.zh},
        since=held.since,
        purposes=held.purposes,
        source=held.source,
        # What concerns a child is sensitive, whatever it is (2.3, PIPL 28).
        sensitive=category.sensitive is not None or standing.age is AgeBand.CHILD,
        until=due(field, standing, policy),
        hold=hold[1].law if hold else "",
        restricted=bool({field, "*"} & standing.restrictions.keys()),
        recipients=recipients_of(field, policy),
    )


def due(field: str, standing: Standing, policy: Policy) -> Moment | None:
    """Return when a field falls due; ``None`` when its term starts with something yet to come."""
    return term(field, standing, policy).ends


def next_due(standing: Standing, policy: Policy, at: Moment) -> Moment | None:
    """Return when the sweeps have to look at a subject next; ``None``: not by a date.

    What a law holds is looked at when it lets go; what a closed account left, now; what the house
    owes and does by itself, at its moment.
    """
    found = min((owed.by for owed in standing.owed.values() if owed.by_clock), default=None)
    alike = Alike(standing, policy)
    for field in standing.held:
        looks = _look(field, standing, alike, at)
        if looks is not None:
            found = looks if found is None else min(found, looks)
    return found


def _look(field: str, standing: Standing, alike: Alike, at: Moment) -> Moment | None:
    """Return when one field has to be looked at."""
    if waits(field, standing):
        ends: Moment | None = at
    else:
        one = alike.term(field)
        ends = one.ends
        if one.then == "restrict" and field in standing.restrictions:
            return None
        if ends is not None and one.warn:
            return next_step(one, standing, ends)
    if ends is None:
        return None
    kept = alike.keeping(field, ends)
    return ends if kept is None else max(ends, kept.until)


def recipients_of(field: str, policy: Policy) -> tuple[str, ...]:
    """Name the recipients that a rule lets a field go to."""
    found = (
        recipient
        for rule in policy.edition.rules.values()
        if rule.verb == "permit" and any(matches(each, field) for each in rule.categories)
        for recipient in rule.to
    )
    return tuple(dict.fromkeys(found))


class Certified(Struct, frozen=True, kw_only=True):
    """What every store answered once: one entry of an erasure, for whoever holds its number.

    ``recipients`` had to hear of it: by name, ``open`` or ``fulfilled`` as it is now.
    """

    entry: str
    at: Moment
    complete: bool
    irreversible_by: Moment
    answers: tuple[Answer, ...]
    recipients: Mapping[str, str] = {}

    @property
    def state(self) -> str:
        """``complete``, ``held`` or ``incomplete``."""
        if not self.complete:
            return "incomplete"
        return "held" if any(each.state == "held" for each in self.answers) else "complete"


def certified(entry: Entry, owed: Mapping[str, Owed]) -> Certified:
    """Read the entry of a certificate; one of an older version names no answers.

    ``owed`` says how far the duties to tell recipients are.
    """
    what = entry.what
    named = msgspec.convert(what.get("recipients", {}), dict[str, str])
    return Certified(
        entry=entry.id,
        at=entry.at,
        complete=bool(what.get("complete")),
        irreversible_by=msgspec.convert(what.get("irreversible_by", 0), Moment),
        answers=msgspec.convert(what.get("answers", ()), tuple[Answer, ...]),
        recipients={
            name: owed[duty].state if duty in owed else "open" for duty, name in named.items()
        },
    )
