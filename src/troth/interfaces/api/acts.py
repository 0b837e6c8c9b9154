"""Acts over HTTP: what would be decided, and what is done (policy P.1, 9.3; reliability A7, A8)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from troth.interfaces.api.answers import (
    Checked,
    Done,
    Heard,
    Judged,
    Replied,
    each,
    released,
    shaped,
)
from troth.interfaces.api.bodies import Question, Wish
from troth.interfaces.http.endpoint import Arrival, Call
from troth.model.acts import Act, Erase, Export, Give
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput

CONTRACT: Final = "contract"
"""The condition that nobody can claim: whether an agreement is in force is looked up."""
COPY: Final = "rights"
"""The purpose for which a subject's copy is made."""
FURTHEST: Final = Moment(250 * 366 * DAY)
"""The last moment that may be named: about the year 2220; what is later is a mistake."""


def decide(call: Call[Question]) -> tuple[Judged, ...]:
    """Say what the policy would decide; nothing is done and nothing recorded."""
    acts = _prepared(call, call.body.acts)
    by = call.caller.speaking(acts, on_behalf=call.body.on_behalf)
    return each(call.troth.gate.ask(*acts, by=by), Judged)


def perform(call: Call[Wish]) -> Done:
    """Do acts in one transaction, all or none. An idempotency key makes asking twice safe."""
    wish, gate = call.body, call.troth.gate
    acts = _prepared(call, wish.acts)
    call.caller.need_for(acts)
    _demand_warrants(call, acts)
    by = call.caller.speaking(acts, on_behalf=wish.on_behalf)
    if wish.dry_run:
        return Done(at=gate.clock.now(), decisions=each(gate.ask(*acts, by=by), Judged))
    outcome = gate.perform(*acts, by=by, key=call.once)
    certificate = outcome.certificate
    return Done(
        at=outcome.at,
        entries=outcome.entries,
        decisions=each(outcome.decisions, Judged),
        values=released(outcome.values),
        replies={name: shaped(reply, Replied) for name, reply in outcome.replies.items()},
        certificate=shaped(certificate, Checked) if certificate else None,
        replayed=outcome.replayed,
    )


def _demand_warrants(call: Call[Wish], acts: Sequence[Act]) -> None:
    """Raise ``Refused`` for an end or a copy that stands on nobody's proved request (6.3.3b, 9.7a).

    A bare act knows no request: those have addresses of their own, which look it up.
    """
    desk = call.troth.rights.desk
    for act in acts:
        if act.subject is None:
            continue
        if isinstance(act, Erase):
            desk.warrant(act.subject, "erase", ground=act.ground, by=call.by)
        elif isinstance(act, Export) and act.purpose == COPY:
            desk.warrant(act.subject, "copy", by=call.by)


def called(call: Call[Arrival]) -> Heard:
    """Take a call of an identity authority: no key, but its signature over id, time and body.

    The headers are those of Standard Webhooks (``webhook-id``, ``webhook-timestamp``,
    ``webhook-signature``); a call that is repeated, late or out of order changes nothing.
    """
    headers = {
        name.decode("latin-1"): told.decode("latin-1") for name, told in call.body.headers.items()
    }
    return Heard(ended=call.troth.realname.called(headers, call.body.body))


def _prepared(call: Call[Question] | Call[Wish], acts: Sequence[Act]) -> list[Act]:
    """Return acts as the gate may get them from a program.

    Raises ``BadInput`` for a moment out of all reason, for a ground of §4.4, which people establish
    with their paper, and for what a law keeps, which the house works out for itself.
    """
    for act in acts:
        if isinstance(act, Erase) and (act.held or act.methods):
            raise BadInput(
                "what a law keeps, and how stores forget, is not for a program to say",
                clause="9.4-5",
                remedy="leave it out",
                field="held" if act.held else "methods",
            )
        for name in act.__struct_fields__:
            at = getattr(act, name)
            if isinstance(at, int) and not isinstance(at, bool) and not 0 <= at <= FURTHEST:
                raise BadInput(
                    "this is no moment: give milliseconds since 1970",
                    clause="7.2c",
                    remedy="see /openapi.json for what this address takes",
                    field=name,
                )
    return [_looked_up(call, act) if isinstance(act, Give) else act for act in acts]


def _looked_up(call: Call[Question] | Call[Wish], act: Give) -> Give:
    if act.ground:
        raise BadInput(
            "a ground that needs no consent is established by people, with its paper",
            clause="4.4",
            remedy="let the desk share it, or ask the person for consent",
            field="ground",
        )
    at = call.troth.clock.now()
    known = call.troth.contracts.facts(act.recipient, act.purpose, act.fields, at=at)
    return msgspec.structs.replace(act, facts=act.facts - {CONTRACT} | known)
