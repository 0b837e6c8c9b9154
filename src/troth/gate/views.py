"""What is held, why and until when; what would be erased; what is owed. No value is opened here."""

from typing import Literal

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.standing import Standing
from troth.model.terms import ALL, Fields, matches
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


class Fate(Struct, frozen=True, kw_only=True):
    """What an erasure would do to one field: erase it, or restrict it while a law holds it."""

    field: str
    action: Literal["erase", "restrict"]
    hold: str = ""
    law: str = ""
    until: Moment | None = None


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
        sensitive=category.sensitive is not None,
        until=due(field, held.since, policy),
        hold=hold[1].law if hold else "",
        restricted=bool({field, "*"} & standing.restrictions.keys()),
        recipients=recipients_of(field, policy),
    )


def due(field: str, since: Moment, policy: Policy) -> Moment | None:
    """Return when a field falls due; ``None`` when its term starts with something yet to come."""
    row = policy.retention_of(field)
    return policy.kept_until(field, since) if row.start in ("collected", "recorded") else None


def recipients_of(field: str, policy: Policy) -> tuple[str, ...]:
    """Name the recipients that a rule lets a field go to."""
    found = (
        recipient
        for rule in policy.edition.rules.values()
        if rule.verb == "permit" and any(matches(each, field) for each in rule.categories)
        for recipient in rule.to
    )
    return tuple(dict.fromkeys(found))


def plan(standing: Standing, fields: Fields, at: Moment) -> list[Fate]:
    """Say what erasing would do, field by field, before anything happens (policy 6.4)."""
    fates = []
    for field in sorted(standing.held):
        if fields != ALL and not any(matches(pattern, field) for pattern in fields):
            continue
        held = standing.holding(field, at)
        if held is None:
            fates.append(Fate(field=field, action="erase"))
        else:
            name, hold = held
            fates.append(
                Fate(field=field, action="restrict", hold=name, law=hold.law, until=hold.until)
            )
    return fates
