"""The words of the pages, in Chinese and English, and the names that the policy gives (1.2, 11.4).

A text stands in ``texts/*.yaml`` under one key in every language; a key that lacks one is found by
the suite. Errors are told in these words, never in the program's own: they exist in both languages.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any, Final
from urllib.parse import urlsplit

import yaml
from markupsafe import Markup, escape
from msgspec import Struct

from troth.app import Troth
from troth.model.clock import DAY, HOUR, MINUTE, Moment, date, iso
from troth.model.errors import BadInput, Refused, TrothError

LANGUAGES: Final = ("zh", "en")
TAGS: Final = {"zh": "zh-CN", "en": "en"}
LISTED: Final = {"zh": "、", "en": ", "}
SAYS: Final = {"zh": "：", "en": ": "}
PARTS: Final = "troth.interfaces.pages"
ADDRESS: Final = re.compile(r"https?://[^\s<>\"'，。；、）)]+")
REL: Final = "external noopener noreferrer nofollow"
MARK: Final = Markup('<a class="outside" href="{}" rel="{}">{}</a> <small>{}</small>')


@lru_cache(maxsize=1)
def texts() -> Mapping[str, Mapping[str, str]]:
    """Return every text of the pages, by key, in each language."""
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted((resources.files(PARTS) / "texts").iterdir(), key=lambda file: file.name):
        found |= yaml.safe_load(file.read_text("utf-8"))
    return found


class Trouble(Struct, frozen=True, kw_only=True):
    """What went wrong, for a person: at which field, what, and what to do."""

    field: str
    what: str
    remedy: str
    clauses: tuple[str, ...] = ()


class Tongue:
    """One language of the pages, and the policy's own names in it."""

    def __init__(self, troth: Troth, language: str) -> None:
        self.language = language
        self.tag = TAGS[language]
        self.comma = LISTED[language]
        self.colon = SAYS[language]
        self._troth = troth
        self._edition = troth.gate.policy().edition

    def say(self, key: str, **values: object) -> str:
        """Return a text, with ``{places}`` filled. Raises ``KeyError`` for an unknown key."""
        text = texts()[key][self.language]
        for place, value in values.items():
            text = text.replace("{" + place + "}", str(value))
        return text

    def maybe(self, key: str, otherwise: str = "") -> str:
        """Return a text where there is one."""
        return self.say(key) if key in texts() else otherwise

    def listed(self, words: Iterable[str]) -> str:
        """Join words as the language does."""
        return self.comma.join(words)

    # --- names that the policy gives -----------------------------------------------------------

    def field(self, name: str) -> str:
        """Name a field; all of them, for the pattern that covers all."""
        return self.say("everything") if name == "*" else self._named("categories", name)

    def fields(self, names: Iterable[str]) -> str:
        """Name several fields."""
        return self.listed(self.field(name) for name in names)

    def purpose(self, name: str) -> str:
        """Name a purpose."""
        return self._named("purposes", name)

    def recipient(self, name: str) -> str:
        """Name a recipient."""
        return self._named("recipients", name)

    def group(self, name: str) -> str:
        """Name a group of fields: the first part of their names."""
        return self.maybe(f"group.{name}", name)

    def kind(self, name: str) -> str:
        """Say what a kind of ledger entry means."""
        return self.maybe(f"kind.{name}", name)

    def consent(self, key: str) -> str:
        """Say what a consent key is about."""
        words: Mapping[str, str] = self._troth.gate.policy().describe(key)
        return words[self.language]

    def actor(self, by: str) -> str:
        """Say who did something: never a name, staff by their random id."""
        kind, _, name = by.partition(":")
        told = self.maybe(f"by.{kind}", kind)
        return f"{told} {name[:8]}" if kind in ("staff", "service") and name else told

    def clause(self, name: str) -> str:
        """Return the text of a clause; empty for one the edition does not have."""
        return self._clauses.get(name, {}).get(self.language, "")

    @cached_property
    def _clauses(self) -> Mapping[str, Mapping[str, str]]:
        return {clause.id: clause.words for clause in self._edition.clauses}

    @staticmethod
    def foremost(names: Sequence[str]) -> Sequence[str]:
        """Return the one clause of several to quote: who may look (7.1) before all others."""
        return [name for name in names if name.startswith("7.1")][:1] or names[:1]

    def _named(self, table: str, name: str) -> str:
        part = getattr(self._edition, table).get(name)
        return part.words.get(self.language, name) if part else name

    # --- time ----------------------------------------------------------------------------------

    @staticmethod
    def day(at: Moment | None) -> str:
        """Write the date of a moment (UTC)."""
        return date(at) if at is not None else ""

    @staticmethod
    def moment(at: Moment) -> str:
        """Write a moment for people: date and time in UTC."""
        return iso(at).replace("T", " ").removesuffix(":00Z").removesuffix("Z") + " UTC"

    @staticmethod
    def stamp(at: Moment) -> str:
        """Write a moment for programs, as a ``<time>`` carries it."""
        return iso(at)

    def over(self, at: Moment) -> bool:
        """Tell whether a moment has passed."""
        return at <= self._troth.clock.now()

    def left(self, at: Moment) -> str:
        """Say how long it is until a moment: in days, hours or minutes, or that it has passed."""
        if self.over(at):
            return self.say("left.none")
        time = at - self._troth.clock.now()
        for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
            count = time // unit
            if count >= 1:
                return self.say(f"left.{name}{'_one' if count == 1 else ''}", count=count)
        return self.say("left.soon")

    # --- quantities ----------------------------------------------------------------------------

    def span(self, count: str, unit: str) -> str:
        """Write a number of days (``D``), months (``M``) or years (``Y``)."""
        one = self.maybe(f"span.{unit}_one") if count == "1" else ""
        return one or self.maybe(f"span.{unit}", "{count}").replace("{count}", count)

    def lasting(self, term: str) -> str:
        """Write a term as a policy writes it, ``P90D``; what is no such term stays as it is."""
        plain = term[:1] == "P" and term[1:-1].isdigit() and term[-1:] in ("D", "M", "Y")
        return self.span(term[1:-1], term[-1]) if plain else term

    def size(self, count: int) -> str:
        """Say how large something is, to a thousand bytes or to a million."""
        for unit, key in ((1_000_000, "size_mega"), (1_000, "size_kilo")):
            if count >= unit:
                return self.say(key, count=round(count / unit, 1 if unit > 1_000 else None))
        return self.say("size_bytes", count=count)

    # --- errors --------------------------------------------------------------------------------

    def trouble(self, error: TrothError) -> Trouble:
        """Say what happened, why and what to do."""
        key = next(
            key
            for key in (f"error.{error.code}.{error.field}", f"error.{error.code}", "error")
            if key in texts()
        )
        decision: Any = error.decision if isinstance(error, Refused) else None
        what = decision.reason[self.language] if decision else self.say(key)
        clauses = decision.clauses if decision else (error.clause,) if error.clause else ()
        remedy = self.maybe("remedy.decided" if decision else key.replace("error", "remedy", 1))
        return Trouble(field=error.field, what=what, remedy=remedy, clauses=tuple(clauses))

    def instead(self, trouble: Trouble, code: str, *, field: str) -> Trouble:
        """Return a trouble with the words of another code, at a field; its clauses stay."""
        return Trouble(
            field=field,
            what=self.say(f"error.{code}"),
            remedy=self.say(f"remedy.{code}"),
            clauses=trouble.clauses,
        )

    def missing(self, *names: str) -> tuple[Trouble, ...]:
        """Say for each of some fields that it was left empty."""
        return tuple(self.trouble(BadInput("a field is empty", field=name)) for name in names)


# --- links that lead away ----------------------------------------------------------------------


def outward(text: str, notice: str, hosts: tuple[str, ...] = ()) -> Markup:
    """Return a text, escaped, in which every address outside ``hosts`` is a marked link.

    >>> marked = outward("see https://example.org/a", "(not ours)")
    >>> 'rel="external' in marked, marked.endswith("<small>(not ours)</small>")
    (True, True)
    >>> print(outward("<b>", ""))
    &lt;b&gt;
    """
    told, at = Markup(), 0
    for found in ADDRESS.finditer(text):
        told += escape(text[at : found.start()])
        ours = urlsplit(found[0]).hostname in hosts
        told += escape(found[0]) if ours else MARK.format(found[0], REL, found[0], notice)
        at = found.end()
    return told + escape(text[at:])
