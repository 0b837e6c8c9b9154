"""Consents: what each opens, what a no means, given and taken back in one step (2.2.6, 9.3).

Only what can be said in general is offered here; what needs an occasion (a number for a real-name
check, a partner) is asked for there, and can be taken back here.
"""

from typing import Final

from msgspec import Struct

from troth.app import Shown, Tick
from troth.interfaces.centre.glance import law
from troth.interfaces.pages.doors import Me, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, download, house, show, tongue
from troth.interfaces.pages.words import Tongue
from troth.model.clock import Moment
from troth.model.errors import NotFound

PLACE: Final = "/me/consents"
ON_OCCASION: Final = ("approved",)
JSON: Final = "application/json"
LINKED: Final = "jsonld"
LINKED_MEDIA: Final = "application/ld+json"
VALID: Final = ("given", "renewed")
"""The states in which a consent stands."""
FEW: Final = 5
"""A longer list of data is folded away."""


class Done(Struct, frozen=True, kw_only=True):
    """What becomes, or became, of one field when a consent is taken back: ``gone``, ``held``, ..

    ``why`` says it in words; ``clauses`` are those of the purpose that keeps it.
    """

    what: str
    name: str
    why: str
    clauses: tuple[str, ...] = ()


class Switch(Struct, frozen=True, kw_only=True):
    """One consent as the page shows it; ``no`` says what a no means, ``then`` what would go.

    ``stands``: it is given, and has not ended.
    """

    key: str
    name: str
    why: str
    state: str
    since: Moment | None
    expires: Moment | None
    about: str
    count: int
    clauses: tuple[str, ...]
    sensitive: bool
    no: str
    stands: bool
    then: tuple[Done, ...]


def consents(request: Call) -> Page:
    """Show every consent with its switch, and what was said before."""
    return _page(request, me(request))


def say(request: Call, form: Form) -> Page:
    """Give a consent, or take one back: one button, either way."""
    who, words = me(request), tongue(request)
    consent = house(request).consent
    key = form.text("key")
    choices = {choice.key: choice for choice in consent.choices(who.subject)}
    if key not in choices:
        raise NotFound("no such consent")
    if form.text("answer") != "withdraw":
        edition = house(request).gate.policy().edition.hash
        consent.give(
            who.subject,
            (Tick(keys=(key,), ticked=True, notice="centre"),),
            shown=Shown(edition=edition, language=words.language, surface="centre"),
            by=who.by,
        )
        return _page(request, who, given=True, key=key)
    if choices[key].state not in VALID:
        # Sent twice: what was taken back stays so, and the page says how it stands now.
        return _page(request, who)
    done: Seen = consent.withdraw(who.subject, key, by=who.by)
    return _page(request, who, withdrawn=_told(done.effect, words), key=key)


def receipt(request: Call) -> Page:
    """Give the receipt of a consent as a signed file (ISO/IEC TS 27560), or of one word about it.

    Plain, or with the terms of W3C DPV as JSON-LD; either verifies offline.
    """
    who, asked = me(request), request.query_params
    as_linked = asked.get("form", "") == LINKED
    paper = house(request).consent.papers.signed(
        who.subject, asked.get("key", ""), asked.get("entry", ""), as_linked=as_linked
    )
    name = "receipt.jsonld" if as_linked else "receipt.json"
    return download(request, paper, name, LINKED_MEDIA if as_linked else JSON)


def _page(
    request: Call,
    who: Me,
    *,
    withdrawn: tuple[Done, ...] | None = None,
    given: bool = False,
    key: str = "",
) -> Page:
    troth = house(request)
    choices = troth.consent.choices(who.subject)
    purposes = troth.gate.policy().edition.purposes
    general = [one for one in choices if _general(one.key, purposes)]
    special = [one for one in choices if one not in general and one.state != "unknown"]
    return show(
        request,
        "centre/consents.html",
        place=PLACE,
        general=[_switch(request, who, choice) for choice in general],
        special=[_switch(request, who, choice) for choice in special],
        history=list(reversed(troth.consent.history(who.subject))),
        withdrawn=withdrawn,
        given=given,
        key=key,
        few=FEW,
    )


def _general(key: str, purposes: Seen) -> bool:
    return key in purposes and purposes[key].switch and key not in ON_OCCASION


def _switch(request: Call, who: Me, choice: Seen) -> Switch:
    words, consent = tongue(request), house(request).consent
    opens = consent.consequence(choice.key)
    given = choice.state in VALID
    return Switch(
        key=choice.key,
        name=choice.words[words.language],
        why=words.maybe(f"consent_why.{choice.key}"),
        state=choice.state,
        since=choice.since,
        expires=choice.expires,
        about=words.fields(opens.fields),
        count=len(opens.fields),
        clauses=choice.clauses,
        sensitive=choice.sensitive,
        no=_no(request, opens, words),
        stands=given,
        then=_told(consent.would(who.subject, choice.key), words) if given else (),
    )


def _no(request: Call, opens: Seen, words: Tongue) -> str:
    """Say what a no means, as the policy has it: which services wait for it, if any."""
    if not opens.services:
        return words.say("no_changes_nothing")
    services = house(request).gate.policy().edition.services
    named = words.listed(services[name].words[words.language] for name in opens.services)
    return words.say("no_stops", services=named)


def _told(effect: Seen, words: Tongue) -> tuple[Done, ...]:
    """Say field by field what goes, what a law holds and what stays, and why."""
    gone = [
        Done(what="gone", name=words.field(field), why=words.say("effect_gone"))
        for field in effect.gone
    ]
    held = [
        Done(
            what="held",
            name=words.field(each.field),
            why=words.say("effect_held", law=law(each, words), day=words.day(each.until)),
        )
        for each in effect.held
    ]
    stays = [
        Done(
            what="stays",
            name=words.field(field),
            why=words.say("effect_stays", purpose=words.purpose(why.purpose)),
            clauses=why.clauses,
        )
        for field, why in effect.stays.items()
    ]
    return (*gone, *held, *stays)
