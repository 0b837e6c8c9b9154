"""The policy in layers: summary, text, past editions, what changed since one agreed (10.2, 11.4).

Every edition stays readable in full. What a change means is told by the comparison of the rules;
what it says, by the words that went and came, clause by clause.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

from markupsafe import Markup, escape
from msgspec import Struct

from troth.interfaces.entrance.summary import layers, picture, routes
from troth.interfaces.pages.doors import me
from troth.interfaces.pages.page import Call, Page, Seen, document, house, show, tongue, visitor
from troth.interfaces.pages.words import LANGUAGES, Tongue
from troth.model.clock import Moment
from troth.model.errors import NotFound, TrothError

TOKENS: Final = re.compile(r"[A-Za-z0-9_'’.-]+|\s+|.", re.DOTALL)
TERM: Final = re.compile(r"\bP(\d+)([DMY])\b")
EVENT: Final = re.compile(r"\b[a-z]+(?:_[a-z]+)*\b")
SORTS: Final = ("category", "purpose", "recipient", "retention", "region")
"""What a reader asks of a change first; the rest follows under one heading."""


class Shelved(Struct, frozen=True, kw_only=True):
    """A published edition and the time it is, was or will be in force."""

    hash: str
    name: str
    since: Moment
    until: Moment | None
    state: str


class Changed(Struct, frozen=True, kw_only=True):
    """One change of meaning, in words."""

    how: str
    wider: bool
    clauses: tuple[str, ...]


class Sort(Struct, frozen=True, kw_only=True):
    """The changes of one sort."""

    key: str
    changes: tuple[Changed, ...]


class Reworded(Struct, frozen=True, kw_only=True):
    """A clause whose words changed: before and now, with what went and came marked."""

    clause: str
    old: Markup
    new: Markup


class Difference(Struct, frozen=True, kw_only=True):
    """What one edition changes of an older one."""

    old: Shelved
    new: Shelved
    sorts: tuple[Sort, ...]
    texts: tuple[Reworded, ...]


# --- the text ----------------------------------------------------------------------------------


def policy(request: Call) -> Page:
    """Show the policy in force: in short, as a picture, and the whole text."""
    words, edition = tongue(request), house(request).gate.policy().edition
    shown = document(request)
    return show(
        request,
        "entrance/policy.html",
        document=shown,
        draft=bool(edition.policy.draft),
        edition_shown=None,
        layers=layers(edition, words),
        picture=picture(shown, edition, words),
        routes=routes(shown, edition, words),
        hosts=_hosts(edition),
        shelf=shelf(request),
    )


def one_edition(request: Call) -> Page:
    """Show an edition in full, whenever it was or will be in force. Raises ``NotFound``."""
    slot = _slot(shelf(request), str(request.path_params["name"]))
    each = {name: house(request).document(name, slot.hash) for name in LANGUAGES}
    return show(
        request,
        "entrance/policy.html",
        document=each[tongue(request).language],
        draft=any(one.draft for one in each.values()),
        edition_shown=slot,
        layers=(),
        picture="",
        routes=(),
        hosts=_hosts(house(request).gate.policy().edition),
        shelf=shelf(request),
    )


def _hosts(edition: Seen) -> tuple[str, ...]:
    return tuple(host for service in edition.services.values() for host in service.hosts)


# --- the shelf ---------------------------------------------------------------------------------


def editions(request: Call) -> Page:
    """List every edition with the time it was in force, the newest first."""
    return show(request, "entrance/editions.html", shelf=shelf(request))


def shelf(request: Call) -> tuple[Shelved, ...]:
    """Return the published editions, the newest first: past, in force, or still to come."""
    gate = house(request).gate
    now, digest = house(request).clock.now(), gate.policy().hash
    slots = gate.editions()
    found = []
    for nth, slot in enumerate(slots):
        state = "now" if slot.hash == digest else "next" if slot.effective > now else "past"
        since = max(slot.effective, slot.published) if nth else slot.effective
        later = [max(one.effective, one.published) for one in slots[nth + 1 : nth + 2]]
        until = later[0] if later else None
        found.append(
            Shelved(hash=slot.hash, name=slot.edition, since=since, until=until, state=state)
        )
    return tuple(reversed(found))


def _slot(kept: Iterable[Shelved], digest: str) -> Shelved:
    for slot in kept:
        if slot.hash == digest:
            return slot
    raise NotFound("no such edition was published", clause="11.5", remedy="see all editions")


# --- what changed ------------------------------------------------------------------------------


def changes(request: Call) -> Page:
    """Show what changed since the reader agreed, and what the edition in force changed."""
    kept, words = shelf(request), tongue(request)
    now = next(slot for slot in kept if slot.state == "now")
    asked = request.query_params
    if "old" in asked:
        new = _slot(kept, asked.get("new", now.hash))
        pair = difference(request, _slot(kept, asked["old"]), new, words)
        return _changes(request, pair, None, None)
    agreed, at = _agreed(request, kept)
    since = difference(request, agreed, now, words) if agreed and agreed is not now else None
    before = kept[kept.index(now) + 1 :][:1]
    last = None
    if before and (since is None or since.old is not before[0]):
        last = difference(request, before[0], now, words)
    return _changes(request, last, since, at, agreed)


def _changes(
    request: Call,
    last: Difference | None,
    since: Difference | None,
    at: Moment | None,
    agreed: Shelved | None = None,
) -> Page:
    return show(
        request,
        "entrance/changes.html",
        last=last,
        since=since,
        agreed=agreed,
        agreed_at=at,
        chosen="old" in request.query_params,
    )


def _agreed(request: Call, kept: Sequence[Shelved]) -> tuple[Shelved | None, Moment | None]:
    """Return the edition that whoever is signed in accepted last, and when."""
    if visitor(request) != "subject":
        return None, None
    try:
        accepted = house(request).gate.standing(me(request).subject).accepted
    except TrothError:
        # A session that is over: the page is for everybody, and is not refused for that.
        return None, None
    if not accepted:
        return None, None
    return _slot(kept, accepted[-1].edition), accepted[-1].at


def difference(request: Call, old: Shelved, new: Shelved, words: Tongue) -> Difference:
    """Compare two editions in meaning and in the words of the page's language."""
    found = house(request).compared(old.hash, new.hash)
    return Difference(
        old=old,
        new=new,
        sorts=_sorts(found, words),
        texts=tuple(_reworded(text) for text in found.texts if text.language == words.language),
    )


def _sorts(found: Seen, words: Tongue) -> tuple[Sort, ...]:
    told: dict[str, list[Changed]] = {sort: [] for sort in (*SORTS, "other")}
    for wider, kept in ((True, found.widened), (False, found.narrowed)):
        for one in kept:
            sort = one.what if one.what in SORTS else "other"
            how = one.how[words.language]
            if sort == "retention":
                how = plainly(how, words)
            told[sort].append(Changed(how=how, wider=wider, clauses=one.clauses))
    return tuple(Sort(key=key, changes=tuple(kept)) for key, kept in told.items() if kept)


def plainly(how: str, words: Tongue) -> str:
    """Say terms and events, which the comparison quotes as the document has them, in words."""
    how = TERM.sub(lambda found: words.span(found[1], found[2]), how)
    return EVENT.sub(lambda found: words.maybe(f"event.{found[0]}", found[0]), how)


def _reworded(text: Seen) -> Reworded:
    old, new = marked(text.old, text.new)
    return Reworded(clause=text.clause, old=old, new=new)


def marked(old: str, new: str) -> tuple[Markup, Markup]:
    """Return two texts in which what went and what came is marked, word by word.

    >>> [str(text) for text in marked("we keep it", "we erase it")]
    ['we <del>keep</del> it', 'we <ins>erase</ins> it']
    """
    before, after = TOKENS.findall(old), TOKENS.findall(new)
    was, now = Markup(), Markup()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        gone, come = escape("".join(before[i:j])), escape("".join(after[k:m]))
        was += gone if what == "equal" or not gone else Markup("<del>{}</del>").format(gone)
        now += come if what == "equal" or not come else Markup("<ins>{}</ins>").format(come)
    return was, now
