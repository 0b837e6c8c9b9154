"""Subjects over HTTP: their values for a purpose, and what may be known of them (policy 9.1).

A value is found by its body, never by an address; addresses hold random ids only. What is read is
recorded before it is released, and a key for another region reads nothing that is not exported.
"""

import msgspec

from troth.interfaces.api.answers import (
    Checked,
    ConsentState,
    Drawn,
    Entries,
    Erased,
    Found,
    Holding,
    Plan,
    Read,
    Remembered,
    StandingNow,
    each,
    released,
    shaped,
)
from troth.interfaces.api.bodies import Answering, Ending, Newcomer, Paging, Reading, Sought
from troth.interfaces.http.endpoint import Call, Raw
from troth.model.acts import Find, Use
from troth.model.standing import Standing


def newcomer(call: Call[Newcomer]) -> Drawn:
    """Draw an id in the region that keeps people who live there; nothing is kept yet."""
    return Drawn(call.troth.gate.new_subject(call.body.residence))


def find(call: Call[Sought]) -> Found:
    """Find who holds a value, through the blind index; the search is recorded."""
    sought = call.body
    act = Find(subject=None, field=sought.field, value=sought.value, purpose=sought.purpose)
    outcome = call.troth.gate.perform(act, by=call.by)
    return Found(outcome.found, outcome.entries)


async def read(call: Call[Reading]) -> Read:
    """Open fields for a purpose; recorded before they are released."""
    act = Use(subject=call.subject, fields=call.body.fields, purpose=call.body.purpose)
    outcome = await call.house.reads.use(act, call.by)
    return Read(outcome.at, outcome.entries, released(outcome.values))


def standing(call: Call[None]) -> StandingNow:
    """Tell what a subject has said, what is checked, restricted and held, and what is owed."""
    subject, gate = call.near(), call.troth.gate
    found = gate.standing(subject)
    consents = _states(call, found)
    return msgspec.structs.replace(shaped(found, StandingNow), consents=consents)


def consents(call: Call[None]) -> dict[str, ConsentState]:
    """Tell the last word on each consent."""
    return _states(call, call.troth.gate.standing(call.near()))


def _states(call: Call[None], standing: Standing) -> dict[str, ConsentState]:
    """Tell how every consent stands, asked for or spoken of."""
    found = {}
    for key, state in call.troth.consent.states(standing).items():
        said = standing.consents.get(key)
        last = standing.asked[key] if said is None else said
        expires = None if said is None else said.expires
        told = {"state": state, "at": last.at, "expires": expires, "entry": last.entry}
        found[key] = msgspec.convert(told, ConsentState)
    return found


def inventory(call: Call[None]) -> tuple[Holding, ...]:
    """Say what is held, why, until when and with whom it is shared; no values."""
    return each(call.troth.gate.inventory(call.near()), Holding)


def trail(call: Call[Paging]) -> Entries:
    """Tell who did what with a subject's data, when and under which clauses; oldest first."""
    subject, pages = call.near(), call.house.pages
    start, limit = pages.start(call.body.cursor, of=subject), call.body.limit
    found = call.troth.gate.trail(subject)
    items = each(found[start : start + limit], Remembered)
    return Entries(items, pages.after(start + limit, of=subject, last=len(found)))


def export(call: Call[Answering]) -> Raw:
    """Give a copy in a portable format, for the proved request that it answers and settles.

    A zip of JSON, CSV and a manifest with checksums. Refused without such a request.
    """
    copy = call.troth.rights.copy(call.subject, request=call.body.request, by=call.by)
    archive = copy.archive.reveal_raw()
    headers = {"content-disposition": 'attachment; filename="copy.zip"'}
    octets = archive if isinstance(archive, bytes) else archive.encode()
    return Raw(octets, "application/zip", headers)


def erase(call: Call[Ending]) -> Erased:
    """Show the plan (``dry_run``), or erase what no law holds and tell what every store answers.

    Everything (the default) closes the account as well and tells the subject. It rests on the
    subject's own proved request, or on a ground of the law that needs none; else it is refused.
    """
    subject, asked, rights = call.near(), call.body, call.troth.rights
    plan = shaped(rights.plan(subject, asked.fields), Plan)
    if asked.dry_run:
        return Erased(plan=plan)
    done = rights.erase(
        subject, asked.fields, ground=asked.ground, by=call.by, settles=asked.request
    )
    return Erased(plan=plan, checked=shaped(done, Checked), entries=tuple(done.proofs))
