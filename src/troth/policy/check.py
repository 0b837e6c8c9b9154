"""Finds what contradicts in an edition before it can bind anybody (P.1, 2.3, 7.2d, 11.4, A.3).

Each function below checks one thing that must hold and says, for what does not, where it stands and
how to mend it. An error makes the document unusable; a warning is for a person to judge.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from troth.model.terms import Regime, matches
from troth.policy import words
from troth.policy.check_minors import MINORS_CHECKS
from troth.policy.check_rules import RULE_CHECKS
from troth.policy.cookies.check import COOKIE_CHECKS
from troth.policy.edition import LANGUAGES, Clause, Edition, Flag, Names
from troth.policy.finding import Findings, Path
from troth.policy.regimes import RIGHTS
from troth.policy.regimes.spans import span

Check = Callable[[Edition, Findings], None]
REGIMES: Final = frozenset(Regime)

NAMED: Final = (
    "services", "categories", "purposes", "recipients", "staff", "facts", "cookies", "rights",
    "controls", "sections", "clauses",
)  # fmt: skip
"""Sections whose parts have a name or a text in both languages."""
SECTIONS: Final = ("categories", "purposes", "recipients", "staff", "rules", "clauses")
WARNINGS: Final = 2
"""How often somebody is told at least before what they do not use is erased."""
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CITING: Final = (
    "services", "residences", "categories", "purposes", "recipients", "staff", "rules", "retention",
    "holds", "cookies", "rights",
)  # fmt: skip
"""Sections whose parts name the clause that gives them."""
KINDS: Final[tuple[tuple[str, str, str, frozenset[str]], ...]] = (
    ("services", "kind", "service kind", words.SERVICE_KINDS),
    ("categories", "source", "source", words.SOURCES),
    ("categories", "subject", "subject", words.SUBJECTS),
    ("recipients", "kind", "recipient kind", words.RECIPIENT_KINDS),
    ("recipients", "role", "role", words.ROLES),
    ("recipients", "service", "recipient service", words.RECIPIENT_SERVICES),
    ("retention", "then", "ending", words.ENDINGS),
    ("retention", "start", "event", words.STARTS),
    ("holds", "start", "event", words.HOLD_STARTS),
    ("rights", "handler", "handler", words.HANDLERS),
    ("cookies", "party", "party", words.PARTIES),
    ("cookies", "kind", "technology", words.TECHNOLOGIES),
    ("clauses", "practice", "practice", words.PRACTICES),
)
"""(section, key, what it is, the words it may be)."""
REFERENCES: Final[tuple[tuple[str, str, str, str | frozenset[str]], ...]] = (
    ("services", "requires", "requirement", frozenset(words.VERIFIED)),
    ("residences", "regimes", "regime", REGIMES),
    ("staff", "purposes", "purpose", "purposes"),
    ("cookies", "purpose", "purpose", "purposes"),
    ("rights", "regimes", "regime", REGIMES),
    ("retention", "purposes", "purpose", "purposes"),
    ("holds", "regimes", "regime", REGIMES),
    ("clauses", "rules", "rule", "rules"),
    ("clauses", "controls", "control", "controls"),
)
"""(section, key, what it names, the section or the words that declare it)."""


def check(edition: Edition, found: Findings) -> None:
    """Run every check over an edition; ``found`` knows the lines and takes the findings."""
    for one in (*CHECKS, *RULE_CHECKS, *MINORS_CHECKS, *COOKIE_CHECKS):
        one(edition, found)


def languages(edition: Edition, found: Findings) -> None:
    """Both languages stand there and one of them prevails (11.4); a draft awaits counsel."""
    head = edition.policy
    if sorted(head.languages) != sorted(LANGUAGES):
        message = "a policy is published in Chinese and in English"
        found.error(("policy", "languages"), message, clause="11.4", remedy="write `[zh, en]`")
    if head.authoritative not in head.languages:
        message = f"`{head.authoritative}` prevails and is no language of the policy"
        found.error(
            ("policy", "authoritative"), message, clause="11.4", remedy="name one of its languages"
        )
    for language, state in head.draft.items():
        message = f"the text in `{language}` is a draft: {state}"
        remedy = "have it confirmed, then remove `draft`"
        found.warn(("policy", "draft"), message, clause="11.4", remedy=remedy)


def translations(edition: Edition, found: Findings) -> None:
    """Whatever has a name or a text has it in both languages (11.4)."""
    for path, part, clause in _named(edition):
        for language in LANGUAGES:
            if not getattr(part, language).strip():
                found.error(
                    path,
                    f"`{path[-1]}` has no text in `{language}`",
                    clause=clause,
                    remedy=f"add `{language}: ...`",
                )


def _named(edition: Edition) -> Iterable[tuple[Path, object, str]]:
    for section in NAMED:
        for name, part in _parts(edition, section):
            yield (section, name), part, "".join(_clause(part)[:1])


def kinds(edition: Edition, found: Findings) -> None:
    """Parts are of kinds that the program knows (4.1.4c)."""
    for section, key, what, known in KINDS:
        for name, part in _parts(edition, section):
            found.unknown((section, name, key), what, (getattr(part, key),), known, _clause(part))


def references(edition: Edition, found: Findings) -> None:
    """Whatever is named elsewhere is declared."""
    for section, key, what, known in REFERENCES:
        declared = getattr(edition, known) if isinstance(known, str) else known
        for name, part in _parts(edition, section):
            named = getattr(part, key)
            asked = (named,) if isinstance(named, str) else named
            found.unknown((section, name, key), what, asked, declared, _clause(part))
    for section, key in (("services", "needs"), ("staff", "shows")):
        for name, part in _parts(edition, section):
            _fields(edition, found, (section, name, key), getattr(part, key), _clause(part))


def _parts(edition: Edition, section: str) -> Iterable[tuple[str, object]]:
    parts = getattr(edition, section)
    if isinstance(parts, dict):
        return parts.items()
    return [(getattr(part, "id", str(number)), part) for number, part in enumerate(parts)]


def _clause(part: object) -> Names:
    own: Names = getattr(part, "clause", ())
    return own or ((part.id,) if isinstance(part, Clause) else ())


def _fields(edition: Edition, found: Findings, path: Path, patterns: Names, clause: Names) -> None:
    unknown = [one for one in patterns if one != "*" and not edition.fields((one,))]
    found.unknown(path, "category", unknown, edition.categories, clause)


def clause_references(edition: Edition, found: Findings) -> None:
    """Every clause that a part relies on stands in the text."""
    known = {clause.id for clause in edition.clauses}
    if not known:
        message = "the policy has no clauses: there is nothing to read"
        found.error(("clauses",), message, clause="P.2", remedy="write its text under `clauses`")
        return
    for path, cited in _cited(edition):
        for one in cited:
            if one not in known:
                remedy = "write that clause under `clauses`, or name the one that is meant"
                found.error(path, f"clause `{one}` is unknown", clause=one, remedy=remedy)


def _cited(edition: Edition) -> Iterable[tuple[Path, Names]]:
    yield ("controller", "clause"), edition.controller.clause
    yield ("ages", "clause"), edition.ages.clause
    for section in CITING:
        for name, part in _parts(edition, section):
            yield (section, name, "clause"), _clause(part)
    for name, field in edition.categories.items():
        for key in ("sensitive", "nonpersonal_alone"):
            flag: Flag | None = getattr(field, key)
            if flag:
                yield ("categories", name, key), flag.clause


def plain_names(edition: Edition, found: Findings) -> None:
    """Names are plain, for they become part of consent keys and of file and page names."""
    for section in SECTIONS:
        for name, part in _parts(edition, section):
            if not PLAIN_NAME.fullmatch(name):
                message = f"`{name}` is no plain name"
                remedy = "use letters, digits, `.`, `_` and `-`"
                clause = "".join(_clause(part)[:1])
                found.error((section, name), message, clause=clause, remedy=remedy)


def categories(edition: Edition, found: Findings) -> None:
    """Each field is a leaf, is used by a rule and is kept for a stated time (7.2c, 7.2d)."""
    used = {
        field
        for rule in edition.rules.values()
        if rule.verb == "permit"
        for field in edition.fields(rule.categories)
    }
    kept = {field for row in edition.retention for field in edition.fields(row.categories)}
    for name, field in edition.categories.items():
        path, clause = ("categories", name), "".join(field.clause[:1])
        parent = next((one for one in edition.categories if one != name and matches(one, name)), "")
        if parent:
            message = f"`{parent}` is declared both as a field and as a parent of `{name}`"
            found.error(path, message, clause=clause, remedy=f"rename `{parent}` to a leaf of it")
        if name not in kept and not field.closed:
            message = f"`{name}` has no retention: it would be kept for ever"
            found.error(path, message, clause="7.2d", remedy="cover it in a row of `retention`")
        if name not in used and not field.closed:
            message = f"`{name}` is declared and no rule permits anything with it"
            found.warn(path, message, clause="7.2c", remedy="remove it, or write its rule")


def durations(edition: Edition, found: Findings) -> None:
    """Terms are durations, of fields and purposes that are declared (7.2d, 9.4-5)."""
    for number, row in enumerate(edition.retention):
        path = ("retention", str(number))
        _fields(edition, found, (*path, "categories"), row.categories, row.clause)
        for term in (row.keep, *(floor.keep for floor in row.floor), *row.warn):
            _duration(found, (*path, "keep"), term, row.clause)
        if row.start == words.LAST_ACTIVITY and len(row.warn) < WARNINGS:
            message = "data nobody uses any more goes only after two warnings"
            found.error(path, message, clause="7.2e", remedy="write `warn: [P30D, P7D]`")
    for name, hold in edition.holds.items():
        _fields(edition, found, ("holds", name, "categories"), hold.categories, hold.clause)
        _duration(found, ("holds", name, "keep"), hold.keep, hold.clause)
    for name, purpose in edition.purposes.items():
        if purpose.consent_for:
            _duration(found, ("purposes", name, "consent_for"), purpose.consent_for, purpose.clause)
    for name, cookie in edition.cookies.items():
        if cookie.life:
            _duration(found, ("cookies", name, "life"), cookie.life, cookie.clause)


def _duration(found: Findings, path: Path, term: str, clause: Names) -> None:
    try:
        span(term)
    except ValueError as error:
        first = "".join(clause[:1])
        found.error(path, str(error), clause=first, remedy="write how long, such as P365D")


def clauses(edition: Edition, found: Findings) -> None:
    """Each clause is kept by something, duties and rights leave an entry, warnings stand out."""
    for clause in edition.clauses:
        path, binding = ("clauses", clause.id), clause.kind in ("O", "R")
        if not clause.rules and not clause.controls:
            note = found.error if binding else found.warn
            message = f"nothing keeps clause `{clause.id}`: it has neither rule nor control"
            note(path, message, clause=clause.id, remedy="name its `rules` or `controls`")
        elif binding and not clause.entry:
            message = f"nothing in the ledger proves clause `{clause.id}`"
            remedy = "name the kind of entry it leaves under `entry`"
            found.warn(path, message, clause=clause.id, remedy=remedy)
        if clause.id in words.HIGHLIGHTED and not clause.emphasis:
            message = (
                f"clause `{clause.id}` limits liability or names a court and does not stand out"
            )
            found.warn(path, message, clause="A.3", remedy="add `emphasis: true`")


def whom_it_binds(edition: Edition, found: Findings) -> None:
    """Somebody from anywhere has regimes; every right has a handler."""
    if "*" not in edition.residences:
        message = "residences lack `*`: a subject from elsewhere would be under no law"
        found.error(("residences",), message, remedy='add `"*": {region: ..., regimes: [...]}`')
    bound = {regime for place in edition.residences.values() for regime in place.regimes}
    for right in RIGHTS:
        handled = edition.rights.get(right.name)
        if right.regime in bound and (not handled or right.regime not in handled.regimes):
            message = (
                f"nobody handles the right `{right.name}` under `{right.regime}` ({right.cite})"
            )
            remedy = f"add `{right.regime}` to `rights.{right.name}`"
            found.error(("rights", right.name), message, clause="9.0", remedy=remedy)
    controller = edition.controller
    from_abroad = "CN" in edition.residences and controller.country != "CN"
    if from_abroad and not controller.cn_representative:
        message = "a controller abroad that serves mainland residents names a representative"
        remedy = "name it under `cn_representative` (PIPL 53)"
        found.warn(("controller",), message, clause="11.1", remedy=remedy)


CHECKS: Final[tuple[Check, ...]] = (
    languages,
    translations,
    kinds,
    references,
    clause_references,
    plain_names,
    categories,
    durations,
    clauses,
    whom_it_binds,
)
