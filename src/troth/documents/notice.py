"""Notices: what a subject is told, in Chinese (authoritative) and English (policy 7.4, 10.2, 11.4).

The texts are data (``notices.yaml``) that an operator may replace. A template knows ``{name}`` and
nothing else: each notice lists its variables, a text that asks for another is refused when it is
read, and a value is put in once and never read as a template itself.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Final

import yaml
from msgspec import Struct

from troth.model.acts import Announce, Notify
from troth.model.errors import BadInput, Misconfigured, NotFound
from troth.model.secret import Secret, veiled
from troth.model.standing import Standing
from troth.model.terms import SubjectId

LANGUAGES: Final = ("zh", "en")
AUTHORITATIVE: Final = "zh"
PLACE: Final = re.compile(r"\{([a-z_]+)\}")
STRAY: Final = re.compile(r"[{}]")

Texts = Mapping[str, str]
"""A text in every language, by ``zh`` and ``en``."""


class Notice(Struct, frozen=True, kw_only=True):
    """One kind of notice: its clause, the purpose it is sent for, its variables and its texts."""

    id: str
    clause: str
    purpose: str
    variables: tuple[str, ...] = ()
    title: Texts
    text: Texts


class Breach(Struct, frozen=True, kw_only=True):
    """What policy 7.4 and PIPL 57 say a breach notice must tell, each in both languages."""

    facts: Texts
    measures: Texts
    advice: Texts
    remedy: Texts


def read(source: str, name: str = "notices.yaml") -> dict[str, Notice]:
    """Read a document of notices.

    Raises ``Misconfigured`` naming the notice and what is wrong: a missing language, a variable
    that is not listed, or braces that are no variable.
    """
    try:
        raw = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise Misconfigured(f"`{name}` is not YAML", remedy=str(error)) from error
    if not isinstance(raw, dict):
        raise Misconfigured(f"`{name}` holds no notices")
    return {str(named): _notice(str(named), entry, name) for named, entry in raw.items()}


def _notice(notice_id: str, entry: Mapping[str, object], name: str) -> Notice:
    # A missing part reads as empty, and an empty text is refused below, by name.
    notice = Notice(
        id=notice_id,
        clause=str(entry.get("clause", "")),
        purpose=str(entry.get("purpose", "")),
        variables=tuple(_list(entry.get("variables"))),
        title=_texts(entry.get("title")),
        text=_texts(entry.get("text")),
    )
    for part, texts in (("title", notice.title), ("text", notice.text)):
        for language in LANGUAGES:
            _check(texts.get(language, ""), notice, f"{name}: {notice_id}.{part}.{language}")
    if any(PLACE.search(title) for title in notice.title.values()):
        raise Misconfigured(
            f"{name}: {notice_id}.title holds a variable", remedy="a subject line is sent unsealed"
        )
    return notice


def _check(template: str, notice: Notice, where: str) -> None:
    if not template.strip():
        raise Misconfigured(f"{where} is missing", clause="11.4", remedy="write it in zh and en")
    unknown = set(PLACE.findall(template)) - set(notice.variables)
    if unknown:
        raise Misconfigured(
            f"{where} uses `{min(unknown)}`, which this notice does not know",
            remedy=f"use one of: {', '.join(notice.variables) or 'none'}",
        )
    if STRAY.search(PLACE.sub("", template)):
        raise Misconfigured(f"{where} has a brace that is no variable", remedy="write {name}")


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(language): str(text).strip() for language, text in value.items()}


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Notice]:
    """Return the notices that ship with the house."""
    return read((resources.files("troth.documents") / "notices.yaml").read_text("utf-8"))


class Notices:
    """Writes notices; ``replaced`` are an operator's own texts in place of shipped ones."""

    def __init__(self, replaced: Mapping[str, Notice] | None = None) -> None:
        self._notices = {**shipped(), **(replaced or {})}

    def get(self, notice: str) -> Notice:
        """Return one notice. Raises ``NotFound``."""
        try:
            return self._notices[notice]
        except KeyError:
            raise NotFound(f"there is no notice `{notice}`") from None

    def write(
        self, notice: str, values: Mapping[str, str | Secret] | None = None, *, language: str = "zh"
    ) -> tuple[str, Secret]:
        """Return the title and the text with its variables filled in.

        A language that is not there falls back to the authoritative one. Raises ``BadInput`` when
        a variable is missing or not on the notice's list, ``NotFound``.
        """
        found = self.get(notice)
        given = dict(values or {})
        for name in (*found.variables, *given):
            if name not in given or name not in found.variables:
                raise BadInput(
                    f"the notice `{notice}` takes no `{name}`"
                    if name in given
                    else f"the notice `{notice}` lacks its `{name}`",
                    field=name,
                )
        language = language if language in LANGUAGES else AUTHORITATIVE
        sealed = {
            name: value if isinstance(value, Secret) else Secret(value)
            for name, value in given.items()
        }
        template = found.text[language]
        return found.title[language], veiled(lambda opened: fill(template, opened), sealed)

    def notify(
        self,
        subject: SubjectId | None,
        notice: str,
        values: Mapping[str, str | Secret] | None = None,
        *,
        channels: tuple[str, ...],
        language: str = "zh",
        purpose: str = "",
        to: Mapping[str, Secret] | None = None,
    ) -> Notify:
        """Return the act that tells one subject; see ``write`` for what it raises."""
        title, text = self.write(notice, values, language=language)
        return Notify(
            subject=subject,
            notice=notice,
            purpose=purpose or self.get(notice).purpose,
            title=title,
            text=text,
            language=language,
            channels=channels,
            to=to,
        )

    def tell(
        self,
        subject: SubjectId,
        standing: Standing,
        notice: str,
        values: Mapping[str, str | Secret] | None = None,
    ) -> list[Notify]:
        """Return the act that tells a subject in their language, by every way we have to them.

        Empty when no address is held: what has to be known all the same is announced.
        """
        ways = channels_of(standing)
        if not ways:
            return []
        language = language_of(standing)
        return [self.notify(subject, notice, values, channels=ways, language=language)]

    def breach(
        self, subject: SubjectId, told: Breach, *, channels: tuple[str, ...], language: str = "zh"
    ) -> Notify:
        """Return the act that tells a subject of a breach of their data.

        Raises ``BadInput`` naming the part, when one of the four is missing in either language:
        a notice without it cannot be built.
        """
        values = {part: text[language] for part, text in complete(told).items()}
        return self.notify(subject, "breach", values, channels=channels, language=language)

    def announce(self, notice: str, *, reference: str) -> Announce:
        """Return the act that tells everybody, where the text stands at ``reference``."""
        self.get(notice)
        return Announce(subject=None, notice=notice, reference=reference)


def complete(told: Breach) -> dict[str, Texts]:
    """Return a breach notice's four parts, or raise ``BadInput`` naming what is missing."""
    parts = {part: getattr(told, part) for part in Breach.__struct_fields__}
    for part, texts in parts.items():
        for language in LANGUAGES:
            if not texts.get(language, "").strip():
                raise BadInput(
                    f"a breach notice without `{part}` in `{language}` cannot be sent",
                    clause="7.4",
                    remedy="state facts and impact, measures, advice and remedy",
                    field=part,
                )
    return parts


def fill(template: str, values: Mapping[str, str | bytes]) -> str:
    """Put values in their places, once; what a value holds is never read as a place.

    >>> fill("{a} and {b}", {"a": "{b}", "b": "2"})
    '{b} and 2'
    """
    return PLACE.sub(lambda place: str(values[place[1]]), template)


# --- to whom, and how ----------------------------------------------------------------------------

CHANNEL_OF: Final = {
    "contact.email": "email",
    "handler.email": "email",
    "contact.phone": "sms",
    "handler.phone": "sms",
    "guardian.email": "email",
    "guardian.phone": "sms",
    "contact.address": "letter",
}
"""The channel that each address opens, in the order in which they are tried."""


def channels_of(standing: Standing, *, letters: bool = False) -> tuple[str, ...]:
    """Return the ways to reach a subject, first choice first; by letter only where asked."""
    open_to = (channel for field, channel in CHANNEL_OF.items() if field in standing.held)
    return tuple(dict.fromkeys(one for one in open_to if letters or one != "letter"))


def language_of(standing: Standing) -> str:
    """Return the language in which a subject last accepted the terms."""
    return standing.accepted[-1].language if standing.accepted else AUTHORITATIVE
