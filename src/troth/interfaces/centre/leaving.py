"""The end of an account: what goes and what a law holds, proof, certificate (6.4, 9.4)."""

import base64
from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from troth.interfaces.centre.glance import law
from troth.interfaces.pages.doors import Me, me, proved
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, end_session, house, show, tongue
from troth.interfaces.pages.stores import lines, picture
from troth.interfaces.pages.words import Tongue, Trouble
from troth.model.errors import BadInput

PLACE: Final = "/me/cancel"
FILE: Final = "data:application/json;base64,"


class Kept(Struct, frozen=True, kw_only=True):
    """Something a law holds, in words: what, which law, which clause, until which day."""

    name: str
    law: str
    clauses: tuple[str, ...]
    until: str


def plan(request: Call) -> Page:
    """Say what an end of the account would do, before anything happens."""
    return _plan(request, me(request))


def _plan(request: Call, who: Me, trouble: Trouble | None = None) -> Page:
    troth, words = house(request), tongue(request)
    what = troth.accounts.closing_plan(who.token)
    edition = troth.gate.policy().edition
    standing, at = troth.gate.standing(who.subject), troth.clock.now()
    return show(
        request,
        "centre/cancel.html",
        status=422 if trouble else 200,
        place=PLACE,
        troubles=(trouble,) if trouble else (),
        groups=_grouped(what.gone, words),
        held=_held(request, what.held, words),
        services=[one.words[words.language] for one in edition.services.values() if one.needs],
        consents=[words.consent(key) for key in standing.consents if standing.consents_to(key, at)],
        open=[one for one in troth.rights.desk.requests(who.subject) if one.state == "open"],
    )


def _grouped(fields: Iterable[str], words: Tongue) -> dict[str, str]:
    """Name fields by their group, so that a long list can be read at a glance."""
    groups: dict[str, list[str]] = {}
    for field in fields:
        groups.setdefault(words.group(field.partition(".")[0]), []).append(words.field(field))
    return {group: words.listed(names) for group, names in groups.items()}


def _held(request: Call, held: Iterable[Seen], words: Tongue) -> list[Kept]:
    """Say which law holds what until when, and under which clause of the policy."""
    rules = house(request).gate.policy().edition.holds
    return [
        Kept(
            name=words.field(each.field),
            law=law(each, words),
            clauses=rules[each.hold].clause if each.hold in rules else (),
            until=words.day(each.until),
        )
        for each in held
    ]


def _cancel(request: Call, form: Form, who: Me) -> Page:
    if not form.ticked("understood"):
        trouble = tongue(request).trouble(BadInput("not confirmed", field="understood"))
        return _plan(request, who, trouble)
    certificate = house(request).accounts.close(who.token)
    end_session(request)
    return _certified(request, who, certificate)


cancel = proved(_cancel, why="step.cancel", place=PLACE)


def _certified(request: Call, who: Me, certificate: Seen) -> Page:
    """Show the certificate once, and give it as a file along: nothing of it can be asked again."""
    troth, words = house(request), tongue(request)
    region = who.subject.region
    proofs = {
        entry: {"proof": troth.gate.prove(region, entry).text()} for entry in certificate.proofs
    }
    proved_by = certificate.proved(proofs)
    told = msgspec.json.format(msgspec.json.encode(proved_by.record()), indent=1)
    stores = lines(certificate.answers, words)
    return show(
        request,
        "centre/certificate.html",
        place="/",
        certificate=proved_by,
        groups=_grouped((each.field for each in certificate.gone), words),
        held=_held(request, certificate.held, words),
        region=region,
        lines=stores,
        picture=picture(stores, words) if stores else "",
        file=FILE + base64.b64encode(told).decode(),
    )
