"""The rules of a decision written a second time, plainly and slowly, to hold the first to them.

No bits, no tables, no memory: it walks the edition's rules and the standing for every question.
"""

from troth.model.clock import Moment
from troth.model.standing import Standing
from troth.model.terms import AgeBand, Effect, Operation, matches
from troth.policy.case import Ask
from troth.policy.edition import Edition, Rule
from troth.policy.regimes import abroad
from troth.policy.words import BASIS, MECHANISMS

Answer = tuple[Effect, frozenset[str]]
"""Allow, or deny, or ask with the consents that are missing."""

YES: Answer = (Effect.ALLOW, frozenset())
NO: Answer = (Effect.DENY, frozenset())
GIVING = {"entrust", "share", "transfer", "disclose", "sell"}


def decide(edition: Edition, ask: Ask, standing: Standing, at: Moment) -> Answer:
    """Answer an ask by walking everything."""
    open_fields = [name for name, field in edition.categories.items() if not field.closed]
    fields = open_fields if ask.fields == ("*",) else list(ask.fields)
    if standing.life == "erased" or not fields or not declared(edition, ask, fields):
        return NO
    if standing.life == "closed" and not protective(ask):
        return NO
    if not staff_may(edition, ask, fields) or not contracted(edition, ask):
        return NO
    return together(answer(edition, ask, standing, at, field) for field in fields)


def together(answers) -> Answer:
    """Return the strictest of some answers; what is missing adds up."""
    told = list(answers)
    if any(effect is Effect.DENY for effect, _ in told):
        return NO
    missing = frozenset().union(*(keys for _, keys in told))
    return (Effect.ASK, missing) if missing else YES


def declared(edition: Edition, ask: Ask, fields: list[str]) -> bool:
    regions = {place.region for place in edition.residences.values()}
    return (
        ask.purpose in edition.purposes
        and all(field in edition.categories for field in fields)
        and (ask.recipient is None or ask.recipient in edition.recipients)
        and (ask.operation not in GIVING or ask.recipient is not None)
        and (not ask.role or ask.role in edition.staff)
        and (ask.to_region is None or ask.to_region in regions)
    )


def protective(ask: Ask) -> bool:
    return any(matches(one, ask.purpose) for one in ("security", "legal", "rights"))


def staff_may(edition: Edition, ask: Ask, fields: list[str]) -> bool:
    if not ask.role:
        return True
    role = edition.staff[ask.role]
    return ask.purpose in role.purposes and all(
        any(matches(one, field) for one in role.shows) for field in fields
    )


def contracted(edition: Edition, ask: Ask) -> bool:
    if ask.operation not in GIVING or not ask.recipient:
        return True
    return not edition.recipients[ask.recipient].contract or "contract" in ask.facts


def answer(edition: Edition, ask: Ask, standing: Standing, at: Moment, field: str) -> Answer:
    """Answer for one field: forbids, then a permit under each regime, then the border."""
    if edition.categories[field].closed or (
        restricted(standing, field, at) and not protective(ask)
    ):
        return NO
    place, residence = edition.residence(standing.residence or "*")
    regimes = standing.regimes or residence.regimes
    told = [
        forbid(edition, rule, ask, standing, at, field, place, regimes)
        for rule in edition.rules.values()
        if rule.verb == "forbid"
    ]
    region, minding = border(edition, ask, place, regimes)
    if not (region and ask.operation == "export"):
        told += [
            permit(edition, ask, standing, at, field, place, regime, ask.operation, "")
            for regime in regimes
        ]
    told += [
        permit(edition, ask, standing, at, field, place, regime, Operation.EXPORT, region)
        for regime in minding
    ]
    return together(told)


def restricted(standing: Standing, field: str, at: Moment) -> bool:
    return any(
        name in (field, "*") and (one.until is None or at < one.until)
        for name, one in standing.restrictions.items()
    )


def border(edition: Edition, ask: Ask, place: str, regimes) -> tuple[str, list[str]]:
    if ask.to_region is not None and ask.to_region != edition.residences[place].region:
        return ask.to_region, list(regimes)
    one = edition.recipients.get(ask.recipient or "")
    if one is None or ask.operation not in GIVING or one.kind in ("authority", "public"):
        return "", []
    minding = [regime for regime in regimes if abroad(regime, place, one.country)]
    return (one.region or one.country.lower(), minding) if minding else ("", [])


def about(edition: Edition, rule: Rule, operation, ask, standing, field, place, regimes) -> bool:
    """Tell whether a rule is about this operation, field, purpose, recipient and person."""
    one = edition.recipients.get(ask.recipient or "")
    ages = {AgeBand.MINOR: "minor", AgeBand.CHILD: "child"}
    return (
        (operation in rule.operations or "*" in rule.operations)
        and any(matches(pattern, field) for pattern in rule.categories)
        and (not rule.purposes or any(matches(each, ask.purpose) for each in rule.purposes))
        and not any(matches(each, ask.purpose) for each in rule.purposes_except)
        and (
            ask.operation not in GIVING
            or (
                (not rule.to or ask.recipient in rule.to)
                and (not rule.to_kind or (one and one.kind in rule.to_kind))
                and (one is None or one.kind not in rule.to_kind_not)
            )
        )
        and (not rule.when.regimes or any(regime in rule.when.regimes for regime in regimes))
        and (not rule.when.age or ages.get(standing.age) in rule.when.age)
        and (not rule.when.residence or place in rule.when.residence)
    )


def holds(
    word: str, edition: Edition, ask: Ask, standing: Standing, at: Moment, field: str
) -> bool:
    young = standing.age in (AgeBand.MINOR, AgeBand.CHILD)
    match word:
        case "minor":
            return young
        case "child":
            return standing.age is AgeBand.CHILD
        case "guardian":
            return guardian(standing, at)
        case "guardian_disclosure":
            return guardian(standing, at, "guardian/disclose")
        case "accepted":
            return bool(standing.accepted)
        case "objected":
            return ask.purpose in standing.objections
        case "restricted":
            return restricted(standing, field, at)
        case "separate_consent" | "consent":
            alone = edition.categories[field].sensitive is not None
            keys = keys_for(ask, ask.operation, field, "", alone)
            return all(word_on(standing, ask, key, field, at) == "given" for key in keys)
    fact = standing.facts.get(word)
    return word in ask.facts or (fact is not None and fact.result == "verified")


def established(rule: Rule, *case) -> bool:
    only, ask = rule.only_if, case[1]
    return (
        all(holds(word, *case) for word in only.all)
        and (not only.any or any(holds(word, *case) for word in only.any))
        and (not only.ground or ask.ground in only.ground)
    )


def forbid(edition, rule, ask, standing, at, field, place, regimes) -> Answer:
    case = (edition, ask, standing, at, field)
    if not about(edition, rule, ask.operation, ask, standing, field, place, regimes):
        return YES
    if not established(rule, *case) or any(holds(word, *case) for word in rule.unless):
        return YES
    if "separate_consent" in rule.unless:
        alone = edition.categories[field].sensitive is not None
        return consents(keys_for(ask, ask.operation, field, "", alone), ask, standing, field, at)
    return NO


def permit(edition, ask, standing, at, field, place, regime, operation, region) -> Answer:
    """Return the best answer of the permits under one regime."""
    best = NO
    for rule in edition.rules.values():
        crosses = MECHANISMS & {*rule.only_if.all, *rule.only_if.any}
        if rule.verb != "permit" or (region and not crosses):
            continue
        if rule.basis and regime not in rule.basis:
            continue
        if about(edition, rule, operation, ask, standing, field, place, (regime,)):
            got = opens(edition, rule, ask, standing, at, field, regime, operation, region)
            if got == YES:
                return YES
            best = got if got[0] is Effect.ASK and best == NO else best
    return best


def opens(edition, rule, ask, standing, at, field, regime, operation, region) -> Answer:
    case = (edition, ask, standing, at, field)
    if any(holds(word, *case) for word in rule.unless) or not established(rule, *case):
        return NO
    basis = BASIS.get((regime, rule.basis.get(regime, "")))
    kind = basis.kind if basis else "duty"
    heeded = kind not in ("duty", "contract") or edition.purposes[ask.purpose].switch
    if heeded and not rule.necessary and ask.purpose in standing.objections:
        return NO
    young = standing.age in (AgeBand.MINOR, AgeBand.CHILD)
    if kind == "contract":
        first = standing.life == "unknown" and operation == "use"
        return YES if standing.accepted or first or "on_behalf" in ask.facts else NO
    if kind == "parental":
        return NO if standing.age is AgeBand.CHILD and not guardian(standing, at) else YES
    if kind in ("duty", "interest") or (kind == "opt_in_minor" and not young):
        return YES
    sensitive = edition.categories[field].sensitive is not None
    alone = sensitive and (kind == "separate" or regime == "cn")
    return consents(keys_for(ask, operation, field, region, alone), ask, standing, field, at)


def guardian(standing: Standing, at: Moment, *more: str) -> bool:
    keys = ("guardian/collect", *more)
    return all(last_word(standing, key, at) == "given" for key in keys)


def keys_for(ask: Ask, operation: str, field: str, region: str, alone: bool) -> list[str]:
    own = [f"{ask.purpose}/{field}"] if alone else []
    if operation in GIVING:
        return [f"{operation}/{ask.recipient}/{ask.purpose}", *own]
    if operation == "export" and region:
        return [f"export/{region}/{ask.purpose}", *own]
    return own or [ask.purpose]


def consents(keys, ask, standing, field, at) -> Answer:
    words = {key: word_on(standing, ask, key, field, at) for key in keys}
    if set(words.values()) & {"withdrawn", "refused"}:
        return NO
    missing = frozenset(key for key, word in words.items() if word != "given")
    return (Effect.ASK, missing) if missing else YES


def word_on(standing: Standing, ask: Ask, key: str, field: str, at: Moment) -> str:
    if key == ask.purpose:
        own = last_word(standing, f"{key}/{field}", at)
        return own if own != "nothing" else last_word(standing, key, at)
    return last_word(standing, key, at)


def last_word(standing: Standing, key: str, at: Moment) -> str:
    consent = standing.consents.get(key)
    if consent is None:
        return "nothing"
    if consent.state == "given" and consent.expires is not None and consent.expires <= at:
        return "nothing"
    whole = standing.consents.get(key.split("/")[0]) if key.count("/") == 1 else None
    if consent.state == "given" and whole and whole.state != "given" and whole.at >= consent.at:
        return whole.state
    return consent.state
