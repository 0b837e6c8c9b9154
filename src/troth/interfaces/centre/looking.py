"""Who looked, when, why and under which clause; and everything else that was done (7.1, 9.1)."""

from typing import Final

from msgspec import Struct

from troth.interfaces.pages.doors import me
from troth.interfaces.pages.page import Call, Page, Seen, house, show, tongue
from troth.interfaces.pages.words import Tongue
from troth.model.clock import Moment

MOST: Final = 50


class Deed(Struct, frozen=True, kw_only=True):
    """One entry of the trail, in words."""

    at: Moment
    kind: str
    by: str
    fields: str
    purpose: str
    to: str
    clauses: tuple[str, ...]
    entry: str


def trail(request: Call) -> Page:
    """Tell who looked, refused tries included, then everything that was done; newest first."""
    who, words = me(request), tongue(request)
    troth = house(request)
    looks = sorted(troth.staff.who_looked(who.subject), key=lambda look: -look.at)
    entries = list(reversed(troth.gate.trail(who.subject)))
    start = _start(request, len(entries))
    return show(
        request,
        "centre/trail.html",
        looks=looks,
        deeds=[_deed(entry, words) for entry in entries[start : start + MOST]],
        region=who.subject.region,
        more=start + MOST if start + MOST < len(entries) else 0,
        count=len(entries),
    )


def _start(request: Call, most: int) -> int:
    asked = request.query_params.get("from", "0")
    return min(int(asked), most) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0


def _deed(entry: Seen, words: Tongue) -> Deed:
    fields = entry.what.get("fields")
    purpose = str(entry.what.get("purpose", ""))
    return Deed(
        at=entry.at,
        kind=words.kind(entry.kind),
        by=words.actor(entry.by),
        fields=words.fields(map(str, fields)) if isinstance(fields, list) else "",
        purpose=words.purpose(purpose) if purpose else "",
        to=_about(entry, words),
        clauses=entry.clauses,
        entry=entry.id,
    )


def _about(entry: Seen, words: Tongue) -> str:
    """Say what else an entry is about: a recipient, a consent, a message."""
    what = entry.what
    if entry.kind.startswith("consent."):
        return words.consent(str(what.get("to", "")))
    if entry.kind == "fact.verified":
        fact = str(what.get("fact", ""))
        return words.maybe(f"fact.{fact}", words.field(fact))
    if "recipient" in what:
        return words.recipient(str(what["recipient"]))
    if "notice" in what:
        return words.maybe(f"notice.{what['notice']}", str(what["notice"]))
    return ""
