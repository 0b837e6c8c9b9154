"""Papers: every receipt and certificate ever issued, to read, print, keep and check (9.3, 6.4).

A paper is an entry of the ledger, told in words. As a file it carries the proof that it stands
there.
"""

from typing import Final

import msgspec
from msgspec import Struct

from troth.interfaces.centre.looking import CHECK
from troth.interfaces.pages.doors import me
from troth.interfaces.pages.page import Call, Page, Seen, download, house, show, tongue
from troth.interfaces.pages.words import Tongue
from troth.model.acts import Json
from troth.model.clock import Moment

JSON: Final = "application/json"
MOMENTS: Final = ("by", "until", "expires")
QUIET: Final = ("duty", "edition", "method", "means", "language", "surface", "reference", "ticket")
"""What stands in the file and need not be read on the page."""


class Listed(Struct, frozen=True, kw_only=True):
    """One paper in the list: its title and what it is about, in words."""

    entry: str
    at: Moment
    title: str
    about: str


def papers(request: Call) -> Page:
    """List every paper, newest first."""
    who, words = me(request), tongue(request)
    found = house(request).rights.papers.list(who.subject)
    listed = [
        Listed(entry=one.entry, at=one.at, title=_title(one, words), about=_about(one, words))
        for one in found
    ]
    return show(request, "centre/papers.html", papers=listed)


def paper(request: Call) -> Page:
    """Show one paper, fit to be printed."""
    who, words = me(request), tongue(request)
    troth = house(request)
    found = troth.rights.papers.one(who.subject, str(request.path_params["entry"]))
    told = troth.rights.papers.statement(who.subject, found.entry)
    return show(
        request,
        "centre/paper.html",
        title=_title(found, words),
        about=_about(found, words),
        paper=found,
        told=told,
        facts=_facts(found.what, words),
        consent=str(found.what.get("to", "")) if found.kind.startswith("consent.") else "",
        check=CHECK,
    )


def file(request: Call) -> Page:
    """Give one paper as a file, with its proof."""
    who = me(request)
    entry = str(request.path_params["entry"])
    told = house(request).rights.papers.statement(who.subject, entry)
    packed = msgspec.json.format(msgspec.json.encode(told.record()), indent=1)
    return download(request, packed, f"paper-{entry[:12]}.json", JSON)


def _title(paper: Seen, words: Tongue) -> str:
    return words.say(f"paper.{paper.title}")


def _about(paper: Seen, words: Tongue) -> str:
    """Say in a line what a paper is about."""
    what = paper.what
    fields = what.get("fields")
    if isinstance(fields, list):
        return words.fields(map(str, fields))
    if paper.kind.startswith("consent."):
        return words.consent(str(what.get("to", "")))
    if "purpose" in what:
        return words.purpose(str(what["purpose"]))
    if paper.kind == "fact.verified":
        return words.maybe(f"fact.{what.get('fact')}", str(what.get("fact", "")))
    if "duty" in what:
        asked = words.maybe(f"request.{str(what.get('what', '')).partition('/')[0]}")
        return words.listed(told for told in (asked, str(what["duty"])) if told)
    return ""


def _facts(what: dict[str, Json], words: Tongue) -> list[tuple[str, str]]:
    """Tell what an entry says, name by name, as far as a person has use of it."""
    found = []
    for name, value in what.items():
        label = words.maybe(f"paper_says.{name}")
        if label and value not in ("", None, []) and name not in QUIET:
            found.append((label, _said(name, value, words)))
    return found


def _said(name: str, value: Json, words: Tongue) -> str:
    if name in MOMENTS and isinstance(value, int):
        return words.moment(Moment(value))
    if name == "state":
        return words.maybe(f"request_state.{value}", str(value))
    if name == "code":
        return words.maybe(f"denial.{value}", str(value))
    if name == "ground":
        return words.maybe(f"erased_for.{value}", str(value))
    return str(value)
