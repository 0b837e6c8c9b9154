"""What would be done with a minor's information, read from the policy for a parent (policy 8.1).

The direct notice (COPPA 312.4(c)) and the special rules for children's information (PIPL 31) say
the same things: what is taken and why, who gets it, how long it is kept, what is never done. All of
it comes from the rules that the gate decides by, so neither can promise something else.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from troth.model.clock import Moment, date
from troth.model.terms import Operation
from troth.policy.declared import closed_to_minors
from troth.policy.edition import Edition, Rule, Words
from troth.policy.regimes import METHODS
from troth.policy.regimes import Method as Method
from troth.policy.regimes.spans import span

OURS: Final = frozenset({"age", "guardian", "rights", "legal"})
"""Purposes that serve the minor's protection and rights, whatever a guardian answers."""
COMPANIES: Final = frozenset({"enterprise", "legal_rep", "handler", "bank", "business"})
"""Groups of fields that only a company has."""
LAW: Final = "authority"
THIRD: Final = (Operation.SHARE, Operation.TRANSFER, Operation.DISCLOSE)
KINDS: Final[dict[str, tuple[str, str]]] = {
    "affiliate": ("affiliate", "关联公司"),
    "supplier": ("supplier", "供应商"),
    "service_provider": ("service provider", "服务提供商"),
    "partner": ("partner", "合作伙伴"),
    "successor": ("successor", "业务承接方"),
    "public": ("the public", "社会公众"),
}
STARTS: Final[dict[str, tuple[str, str]]] = {
    "account_closed": ("until the account is closed", "账号注销前"),
    "recorded": ("from when it was recorded", "自记录之日起"),
    "collected": ("from when it was collected", "自收集之日起"),
    "settled": ("from when the request was settled", "自请求办结之日起"),
}


class Taken(Struct, frozen=True, kw_only=True):
    """What is taken for one purpose, once a guardian agrees; ``necessary``: not without it."""

    purpose: Words
    fields: tuple[str, ...]
    necessary: bool


class Given(Struct, frozen=True, kw_only=True):
    """Who gets data for which purposes; ``third``: for ends of their own, not on our behalf."""

    name: Words
    kind: str
    purposes: tuple[str, ...]
    third: bool


class Kept(Struct, frozen=True, kw_only=True):
    """How long some fields are kept, counted from what."""

    fields: tuple[str, ...]
    months: int
    days: int
    start: str


class Prospect(Struct, frozen=True, kw_only=True):
    """Everything that a guardian is told before they answer."""

    taken: tuple[Taken, ...]
    given: tuple[Given, ...]
    kept: tuple[Kept, ...]
    never: tuple[str, ...]


def prospect(edition: Edition) -> Prospect:
    """Read what a policy would do with the information of a minor whose guardian agrees."""
    closed = closed_to_minors(edition)
    rules = [rule for rule in edition.rules.values() if _for_minors(rule)]
    taken = [
        _taken(edition, purpose, rules) for purpose in edition.purposes if purpose not in closed
    ]
    found = tuple(one for one in taken if one.fields)
    fields = {field for one in found for field in one.fields}
    return Prospect(
        taken=found,
        given=tuple(_given(edition, rules, closed)),
        kept=tuple(_kept(edition, fields)),
        never=tuple(purpose for purpose in edition.purposes if purpose in closed),
    )


def _for_minors(rule: Rule) -> bool:
    return rule.verb == "permit" and not {"minor", "child"} & set(rule.unless)


def _personal(edition: Edition, fields: Iterable[str]) -> tuple[str, ...]:
    """Leave out what is about a company, a guardian, or not taken at all."""
    named = ((field, edition.categories[field]) for field in dict.fromkeys(fields))
    return tuple(
        field
        for field, one in named
        if (one.subject, one.owner) == ("person", "person")
        and not one.closed
        and field.partition(".")[0] not in COMPANIES
    )


def _taken(edition: Edition, purpose: str, rules: Iterable[Rule]) -> Taken:
    about = [rule for rule in rules if "collect" in rule.operations]
    shut = _shut(edition, purpose)
    fields = [
        field
        for rule in about
        if purpose not in OURS and purpose in edition.covered(rule)
        for field in edition.fields(rule.categories)
        if field not in shut
    ]
    named = edition.purposes[purpose]
    return Taken(purpose=named.words, fields=_personal(edition, fields), necessary=named.necessary)


def _shut(edition: Edition, purpose: str) -> set[str]:
    """Return the fields that nobody may collect for a purpose, whoever they are of."""
    return {
        field
        for rule in edition.rules.values()
        if rule.verb == "forbid"
        and {"collect", "*"} & set(rule.operations)
        and purpose in edition.covered(rule)
        and not (rule.unless or rule.only_if.all or rule.only_if.any or rule.only_if.ground)
        and not (rule.when.regimes or rule.when.age or rule.when.residence)
        for field in edition.fields(rule.categories)
    }


def _given(edition: Edition, rules: Iterable[Rule], closed: frozenset[str]) -> Iterable[Given]:
    told: dict[tuple[str, bool], dict[str, None]] = {}
    for rule in rules:
        purposes = [one for one in edition.covered(rule) if one not in closed | OURS]
        for third, operations in ((False, {Operation.ENTRUST}), (True, set(THIRD))):
            if operations & set(rule.operations) and _personal(
                edition, edition.fields(rule.categories)
            ):
                for name in edition.given_to(rule):
                    told.setdefault((name, third), {}).update(dict.fromkeys(purposes))
    for (name, third), purposes_of in told.items():
        one = edition.recipients[name]
        if purposes_of and one.kind != LAW:
            yield Given(name=one.words, kind=one.kind, purposes=tuple(purposes_of), third=third)


def _kept(edition: Edition, fields: set[str]) -> Iterable[Kept]:
    for row in edition.retention:
        covered = tuple(field for field in edition.fields(row.categories) if field in fields)
        if covered:
            months, rest = span(row.keep)
            yield Kept(fields=covered, months=months, days=rest // 86_400_000, start=row.start)


# --- in words ----------------------------------------------------------------------------------


def methods_at(at: Moment, *, discloses: bool = False) -> tuple[Method, ...]:
    """Return the methods of verification in force; those good for a disclosure only, if asked."""
    on = date(at)
    return tuple(row for row in METHODS if row.in_force(on) and (row.discloses or not discloses))


def method_of(name: str, at: Moment) -> Method | None:
    """Return a method of verification by its name, if there is one and it is in force."""
    return next((row for row in methods_at(at) if row.name == name), None)


def in_words(edition: Edition, at: Moment, language: str) -> dict[str, str]:
    """Return the parts of a notice by name, each a text in one language.

    ``items``, ``third_parties``, ``processors``, ``keep``, ``never``, ``methods``.
    """
    all_of_it = prospect(edition)
    purposes = {name: one.words for name, one in edition.purposes.items()}
    third = [_receiver(one, purposes, language) for one in all_of_it.given if one.third]
    ours = [_receiver(one, purposes, language) for one in all_of_it.given if not one.third]
    nobody = _say(language, "nobody", "无")
    return {
        "items": _list(_item(one, edition, language) for one in all_of_it.taken),
        "third_parties": _list(third) or nobody,
        "processors": _list(ours) or nobody,
        "keep": _list(_term(one, edition, language) for one in all_of_it.kept),
        "never": _join(language, (purposes[one][language] for one in all_of_it.never)) or nobody,
        "methods": _list(_method(row, language) for row in methods_at(at)),
    }


def _say(language: str, english: str, chinese: str) -> str:
    return english if language == "en" else chinese


def _join(language: str, told: Iterable[str]) -> str:
    return (", " if language == "en" else "、").join(told)


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _names(fields: Iterable[str], edition: Edition, language: str) -> str:
    return _join(language, (edition.categories[field].words[language] for field in fields))


def _item(one: Taken, edition: Edition, language: str) -> str:
    optional = "" if one.necessary else _say(language, " (optional)", "（可以不提供）")
    dash = _say(language, ": ", "：")
    return f"{one.purpose[language]}{optional}{dash}{_names(one.fields, edition, language)}"


def _receiver(one: Given, purposes: dict[str, Words], language: str) -> str:
    kind = KINDS.get(one.kind, (one.kind, one.kind))[0 if language == "en" else 1]
    why = _join(language, (purposes[each][language] for each in one.purposes))
    if language == "en":
        return f"{one.name['en']} ({kind}): {why}"
    return f"{one.name['zh']}（{kind}）：{why}"


def _term(one: Kept, edition: Edition, language: str) -> str:
    start = STARTS.get(one.start, (one.start, one.start))[0 if language == "en" else 1]
    names = _names(one.fields, edition, language)
    if not one.months and not one.days:
        return f"{names}{_say(language, ': ', '：')}{start}"
    term = (
        _say(language, f"{one.months} months", f"{one.months} 个月")
        if one.months
        else _say(language, f"{one.days} days", f"{one.days} 天")
    )
    return f"{names}: {term} {start}" if language == "en" else f"{names}：{start} {term}"


def _method(row: Method, language: str) -> str:
    told = row.en if language == "en" else row.zh
    only = _say(
        language, " (if nothing goes to third parties)", "（仅适用于不向第三方提供信息的情形）"
    )
    return told if row.discloses else told + only
