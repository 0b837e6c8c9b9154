"""An edition as people read it: sections, clauses, lists, in Chinese and in English (P.3, 11.4).

The result is structured, not marked up: pages, Markdown and terminals each print it in their own
way. Every clause has an anchor and says whether it must stand out. The list of collection and the
list of sharing are made from the rules, so that they cannot say less than what is done.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from troth.model.clock import date
from troth.model.terms import Operation
from troth.policy import words
from troth.policy.edition import Clause, Edition, Names, Rule, Words
from troth.policy.words import BASIS

HEADINGS: Final[dict[str, tuple[str, str]]] = {
    "collection": ("What we collect, and why", "个人信息收集清单"),
    "sharing": ("Who receives it", "个人信息对外提供清单"),
}


class Line(Struct, frozen=True, kw_only=True):
    """One clause in one language. ``anchor`` is its place on a page, such as ``c-4.1.3a``."""

    anchor: str
    id: str
    printed: str
    kind: str
    practice: str
    text: str
    emphasis: bool = False


class Section(Struct, frozen=True, kw_only=True):
    """A part of the text under one heading; the heading may be empty."""

    anchor: str
    title: str
    lines: tuple[Line, ...]


class Collected(Struct, frozen=True, kw_only=True):
    """One row of the list of collection: a field, a purpose, and the basis under each regime.

    ``key`` and ``aim`` are the names by which the document declares the field and the purpose.
    """

    key: str
    aim: str
    field: str
    purpose: str
    bases: Names
    sensitive: bool
    optional: bool
    clauses: Names


class Shared(Struct, frozen=True, kw_only=True):
    """One row of the list of sharing: who receives which fields, for which purpose.

    ``key``, ``aim`` and ``keys`` are the names by which the document declares the recipient, the
    purpose and the fields; ``ways`` are the operations by which they may be given.
    """

    key: str
    aim: str
    keys: Names
    ways: Names
    recipient: str
    country: str
    role: str
    purpose: str
    fields: Names
    url: str
    clauses: Names


class Document(Struct, frozen=True, kw_only=True):
    """A whole edition in one language."""

    title: str
    edition: str
    hash: str
    effective: str
    language: str
    authoritative: str
    draft: str
    sections: tuple[Section, ...]
    collection: tuple[Collected, ...]
    sharing: tuple[Shared, ...]

    @property
    def prevails(self) -> bool:
        """Whether this language prevails where the languages differ (11.4)."""
        return self.language == self.authoritative


def render(edition: Edition, language: str) -> Document:
    """Return an edition as a document in a language of the policy; others raise ``KeyError``."""
    head = edition.policy
    titles = head.title or {"en": "Privacy policy", "zh": "隐私政策"}
    return Document(
        title=titles[language],
        edition=head.edition,
        hash=edition.hash,
        effective=date(head.effective),
        language=language,
        authoritative=head.authoritative,
        draft=head.draft.get(language, ""),
        sections=tuple(_sections(edition, language)),
        collection=tuple(collection(edition, language)),
        sharing=tuple(sharing(edition, language)),
    )


def line(clause: Clause, language: str) -> Line:
    """Return one clause in one language."""
    return Line(
        anchor=f"c-{clause.id}",
        id=clause.id,
        printed=clause.printed,
        kind=clause.kind,
        practice=clause.practice,
        text=clause.words[language],
        emphasis=clause.emphasis,
    )


def prevailing(edition: Edition, clause: Clause) -> str:
    """Return the text that counts where the languages of a clause differ (11.4)."""
    return clause.words[edition.policy.authoritative]


def _sections(edition: Edition, language: str) -> Iterable[Section]:
    """Yield the clauses under the headings that stand before them."""
    headings = {heading.before: heading for heading in edition.sections}
    anchor, title, lines = "s-start", "", list[Line]()
    for clause in edition.clauses:
        heading = headings.get(clause.id)
        if heading:
            if lines:
                yield Section(anchor=anchor, title=title, lines=tuple(lines))
            anchor, title, lines = f"s-{heading.id}", heading.words[language], []
        lines.append(line(clause, language))
    if lines:
        yield Section(anchor=anchor, title=title, lines=tuple(lines))


# --- lists made from the rules (PIPL 17, NDSMR 21) -----------------------------------------------


def collection(edition: Edition, language: str) -> Iterable[Collected]:
    """Yield what is collected: each field with each purpose a rule collects or uses it for."""
    rows: dict[tuple[str, str], list[Rule]] = {}
    for rule in edition.rules.values():
        if rule.verb == "permit" and {Operation.COLLECT, Operation.USE} & {*rule.operations}:
            for field in edition.fields(rule.categories):
                for purpose in edition.covered(rule):
                    rows.setdefault((field, purpose), []).append(rule)
    for field in edition.categories:
        for purpose in edition.purposes:
            rules, category = rows.get((field, purpose)), edition.categories[field]
            if rules and not category.closed:
                yield Collected(
                    key=field,
                    aim=purpose,
                    field=category.words[language],
                    purpose=edition.purposes[purpose].words[language],
                    bases=_union(_bases(rule, language) for rule in rules),
                    sensitive=category.sensitive is not None,
                    optional=category.optional,
                    clauses=_union(rule.clause for rule in rules),
                )


def sharing(edition: Edition, language: str) -> Iterable[Shared]:
    """Yield who receives what: each recipient with each purpose a rule gives it data for."""
    rows: dict[tuple[str, str], list[Rule]] = {}
    for rule in edition.rules.values():
        if rule.verb == "permit" and words.GIVING & {*rule.operations}:
            for to in edition.given_to(rule):
                for purpose in edition.covered(rule):
                    rows.setdefault((to, purpose), []).append(rule)
    for name, recipient in edition.recipients.items():
        for purpose in edition.purposes:
            rules = rows.get((name, purpose))
            if rules:
                keys = _open_fields(edition, rules)
                yield Shared(
                    key=name,
                    aim=purpose,
                    keys=keys,
                    ways=_union(_giving(rule) for rule in rules),
                    recipient=recipient.words[language],
                    country=recipient.country,
                    role=recipient.role,
                    purpose=edition.purposes[purpose].words[language],
                    fields=tuple(edition.categories[field].words[language] for field in keys),
                    url=recipient.url,
                    clauses=_union(rule.clause for rule in rules),
                )


def _open_fields(edition: Edition, rules: Iterable[Rule]) -> Names:
    named = _union(edition.fields(rule.categories) for rule in rules)
    return tuple(field for field in named if not edition.categories[field].closed)


def _giving(rule: Rule) -> Names:
    return tuple(way for way in rule.operations if way in words.GIVING)


def _bases(rule: Rule, language: str) -> Names:
    found = (BASIS.get(pair) for pair in rule.basis.items())
    return tuple(f"{one.regime.upper()}: {getattr(one, language)}" for one in found if one)


def _union(parts: Iterable[Names]) -> Names:
    return tuple(dict.fromkeys(word for part in parts for word in part))


def heading(name: str) -> Words:
    """Return the title of a list that is made from the rules: ``collection`` or ``sharing``."""
    en, zh = HEADINGS[name]
    return {"en": en, "zh": zh}
