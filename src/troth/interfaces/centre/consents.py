"""Consents: what each is about, given and taken back in one step alike (policy 2.2.6, 9.3).

Only what can be said in general is offered here; what needs an occasion (a number for a real-name
check, a partner) is asked for there, and can be taken back here.
"""

from typing import Final

import msgspec
from msgspec import Struct

from troth.app import Shown, Tick
from troth.interfaces.pages.doors import Me, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, download, house, show, tongue
from troth.model.clock import Moment
from troth.model.errors import NotFound
from troth.model.terms import matches

PLACE: Final = "/me/consents"
ON_OCCASION: Final = ("approved",)


class Switch(Struct, frozen=True, kw_only=True):
    """One consent as the page shows it."""

    key: str
    name: str
    state: str
    since: Moment | None
    about: str
    clauses: tuple[str, ...]
    sensitive: bool


def consents(request: Call) -> Page:
    """Show every consent with its switch, and what was said before."""
    return _page(request, me(request))


def say(request: Call, form: Form) -> Page:
    """Give a consent, or take one back: one button, either way."""
    who, words = me(request), tongue(request)
    consent = house(request).consent
    key = form.text("key")
    if key not in {choice.key for choice in consent.choices(who.subject)}:
        raise NotFound("no such consent")
    if form.text("answer") == "withdraw":
        done: Seen = consent.withdraw(who.subject, key, by=who.by)
        return _page(request, who, withdrawn=done, key=key)
    edition = house(request).gate.policy().edition.hash
    consent.give(
        who.subject,
        (Tick(keys=(key,), ticked=True, notice="centre"),),
        shown=Shown(edition=edition, language=words.language, surface="centre"),
        by=who.by,
    )
    return _page(request, who, given=True, key=key)


def receipt(request: Call) -> Page:
    """Give the receipt of a consent as a file (ISO/IEC TS 27560)."""
    who = me(request)
    found = house(request).consent.receipt(who.subject, request.query_params.get("key", ""))
    return download(
        request, msgspec.json.encode(found.record()), "receipt.json", "application/json"
    )


def _page(
    request: Call, who: Me, *, withdrawn: Seen = None, given: bool = False, key: str = ""
) -> Page:
    troth = house(request)
    switches = [_switch(request, choice) for choice in troth.consent.choices(who.subject)]
    purposes = troth.gate.policy().edition.purposes
    general = [one for one in switches if _general(one.key, purposes)]
    history = list(reversed(troth.consent.history(who.subject)))
    return show(
        request,
        "centre/consents.html",
        place=PLACE,
        general=general,
        special=[one for one in switches if one not in general and one.state != "unknown"],
        history=history,
        withdrawn=withdrawn,
        given=given,
        key=key,
    )


def _general(key: str, purposes: Seen) -> bool:
    return key in purposes and purposes[key].switch and key not in ON_OCCASION


def _switch(request: Call, choice: Seen) -> Switch:
    words = tongue(request)
    return Switch(
        key=choice.key,
        name=choice.words[words.language],
        state=choice.state,
        since=choice.since,
        about=words.fields(_fields(request, choice.key)),
        clauses=choice.clauses,
        sensitive=choice.sensitive,
    )


def _fields(request: Call, key: str) -> list[str]:
    """Return the fields that a consent opens: the one it names, or those of its purpose's rules."""
    edition = house(request).gate.policy().edition
    parts = key.split("/")
    if len(parts) == 2:
        return [parts[1]]
    patterns = {
        pattern
        for rule in edition.rules.values()
        if rule.verb == "permit"
        and parts[-1] in rule.purposes
        and {"collect", "use"} & {*rule.operations}
        for pattern in rule.categories
    }
    return [
        field
        for field, category in edition.categories.items()
        if not category.closed
        and category.sensitive is None
        and any(matches(pattern, field) for pattern in patterns)
    ]
