"""What is held of a subject, why and until when. No value is opened here."""

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.standing import Standing
from troth.model.terms import AgeBand, matches
from troth.policy.decide import Policy


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
        until=due(field, held.since, policy),
        hold=hold[1].law if hold else "",
        restricted=bool({field, "*"} & standing.restrictions.keys()),
        recipients=recipients_of(field, policy),
    )


def due(field: str, since: Moment, policy: Policy) -> Moment | None:
    """Return when a field falls due; ``None`` when its term starts with something yet to come."""
    row = policy.retention_of(field)
    return policy.kept_until(field, since) if row.start in ("collected", "recorded") else None


def next_due(standing: Standing, policy: Policy, at: Moment) -> Moment | None:
    """Return when the sweeps have to look at a subject next; ``None``: not by a date.

    What a law holds is looked at when it lets go; what a closed account left, now; what the house
    owes and does by itself, at its moment.
    """
    found = min((owed.by for owed in standing.owed.values() if owed.by_clock), default=None)
    for field, held in standing.held.items():
        ends = at if standing.life == "closed" else due(field, held.since, policy)
        if ends is None:
            continue
        hold = standing.holding(field, ends) if standing.holds else None
        ends = ends if hold is None else max(ends, hold[1].until)
        found = ends if found is None else min(found, ends)
    return found


def recipients_of(field: str, policy: Policy) -> tuple[str, ...]:
    """Name the recipients that a rule lets a field go to."""
    found = (
        recipient
        for rule in policy.edition.rules.values()
        if rule.verb == "permit" and any(matches(each, field) for each in rule.categories)
        for recipient in rule.to
    )
    return tuple(dict.fromkeys(found))
