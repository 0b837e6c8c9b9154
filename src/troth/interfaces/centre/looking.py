"""Who looked, when, why and under which clause; and all else that was done, with proofs (7.1, 9.1).

Every entry can be taken along with its proof, which anybody checks offline with the public key.
"""

from typing import Final

from markupsafe import Markup
from msgspec import Struct

from troth.interfaces.pages.doors import me
from troth.interfaces.pages.page import Call, Page, Seen, download, house, show, tongue
from troth.interfaces.pages.pictures import Lane, Told, pictured, timeline
from troth.interfaces.pages.words import Tongue
from troth.model.clock import DAY, HOUR, Moment

MOST: Final = 20
ZIP: Final = "application/zip"
CHECK: Final = 'troth ledger verify proof.zip --key "$(cat key.txt)"'
"""What somebody types to check a proof."""

SORTS: Final[dict[str, tuple[str, ...]]] = {
    "all": ("",),
    "looks": ("data.shown", "use.denied"),
    "used": ("data.used", "data.shown", "data.found", "data.exported"),
    "given": ("data.shared", "data.entrusted", "data.transferred", "data.disclosed"),
    "changed": (
        *("data.collected", "data.corrected", "data.erased"),
        *("data.restricted", "data.released"),
    ),
    "said": ("consent.", "terms.", "purpose.", "objection.", "duty."),
    "told": ("notice.",),
    "refused": ("use.denied",),
}
"""How entries can be sorted out: a filter's name, and how the kinds begin that it lets through."""
STAFF_ONLY: Final = "looks"
LANES: Final = {
    "looks": "late",
    "used": "node",
    "given": "late",
    "changed": "node",
    "said": "good",
    "told": "node",
}
"""What is drawn in lanes of time, and how each looks."""
TICKS: Final = 12


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


class Filter(Struct, frozen=True, kw_only=True):
    """One filter of the list: its name, how many entries it lets through, whether it is on."""

    name: str
    count: int
    on: bool


def trail(request: Call) -> Page:
    """Tell who looked, refused tries included, then everything that was done; newest first."""
    who, words = me(request), tongue(request)
    troth = house(request)
    looks = sorted(troth.staff.who_looked(who.subject), key=lambda look: -look.at)
    entries = list(reversed(troth.gate.trail(who.subject)))
    wanted = request.query_params.get("kind", "all")
    wanted = wanted if wanted in SORTS else "all"
    chosen = [entry for entry in entries if _lets(wanted, entry)]
    start = _start(request, len(chosen))
    return show(
        request,
        "centre/trail.html",
        looks=looks,
        deeds=[_deed(entry, words) for entry in chosen[start : start + MOST]],
        filters=_filters(entries, wanted),
        wanted=wanted,
        first=start + 1,
        last=min(start + MOST, len(chosen)),
        count=len(chosen),
        newer=max(0, start - MOST) if start else None,
        older=start + MOST if start + MOST < len(chosen) else None,
        region=who.subject.region,
        check=CHECK,
        picture=_picture(entries, troth.clock.now(), words),
    )


def _picture(entries: list[Seen], at: Moment, words: Tongue) -> Markup:
    """Draw what was done and when, a lane for each sort; the filters tell the same in figures."""
    age = at - min((entry.at for entry in entries), default=at)
    unit = DAY if age > TICKS * HOUR else HOUR
    step = max(1, -(-(age + 1) // (TICKS * unit))) * unit
    start = at - TICKS * step + 1
    ends = [Moment(start + step * nth + step - 1) for nth in range(TICKS)]
    ticks = [words.day(end)[5:] if unit == DAY else words.moment(end)[11:16] for end in ends]
    lanes = [
        Lane(label=words.say(f"sort.{name}"), counts=counts, look=look)
        for name, look in LANES.items()
        if any(counts := _counted(name, entries, start, step))
    ]
    told = Told(
        key="timeline",
        title=words.say("trail_picture"),
        description=words.listed(f"{lane.label} {sum(lane.counts)}" for lane in lanes),
    )
    return pictured(lambda width: timeline(lanes, ticks, width), told)


def _counted(name: str, entries: list[Seen], start: int, step: int) -> tuple[int, ...]:
    counts = [0] * TICKS
    for entry in entries:
        if _lets(name, entry):
            counts[min(TICKS - 1, max(0, (entry.at - start) // step))] += 1
    return tuple(counts)


def _filters(entries: list[Seen], wanted: str) -> list[Filter]:
    counted = {name: sum(_lets(name, entry) for entry in entries) for name in SORTS}
    return [
        Filter(name=name, count=count, on=name == wanted)
        for name, count in counted.items()
        if count or name in ("all", wanted)
    ]


def _lets(name: str, entry: Seen) -> bool:
    """Tell whether a filter lets an entry through."""
    of_staff = name != STAFF_ONLY or entry.by.startswith("staff")
    return of_staff and str(entry.kind).startswith(SORTS[name])


def _start(request: Call, most: int) -> int:
    asked = request.query_params.get("from", "0")
    place = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    return place if place < most else 0


def proof(request: Call) -> Page:
    """Give one entry and its proof as a file. Raises ``NotFound`` for somebody else's."""
    who = me(request)
    entry = str(request.path_params["entry"])
    packed = house(request).rights.papers.proof(who.subject, entry)
    return download(request, packed, f"proof-{entry[:12]}.zip", ZIP)


def _deed(entry: Seen, words: Tongue) -> Deed:
    fields = entry.what.get("fields")
    purpose = str(entry.what.get("purpose", ""))
    event = str(entry.what.get("event", ""))
    return Deed(
        at=entry.at,
        kind=words.maybe(f"event.{event}", words.kind(entry.kind)),
        by=words.actor(entry.by),
        fields=words.fields(map(str, fields)) if isinstance(fields, list) else "",
        purpose=words.purpose(purpose) if purpose else "",
        to=_about(entry, words),
        clauses=entry.clauses,
        entry=entry.id,
    )


def _about(entry: Seen, words: Tongue) -> str:
    """Say what else an entry is about: a recipient, a consent, a message, a request."""
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
    if "duty" in what:
        asked, _, about = str(what.get("what", "")).partition("/")
        known = words.maybe(f"request.{asked}")
        return known or (words.recipient(about) if about else str(what["duty"]))
    return str(what.get("deposit", ""))
