"""Other controllers: requests about data that we hold for them, by OpenDSR 2.0 (policy 5.1, 9.7).

Who calls is known by a service key. The controller has its person before it; whom the identities
lead to here is found out by people all the same, before anything is released or erased.
"""

from typing import Final

from msgspec import Struct

from troth.chapters.intake.ground import LIVE, Ground, kind_of, residence_of
from troth.documents.intake import opendsr
from troth.documents.intake.agents import demand_origin
from troth.documents.intake.opendsr import Accepted, Cancelled, Discovery, Request, Told
from troth.documents.intake.register import Came, Sealing
from troth.documents.requests.claims import Claim
from troth.model.acts import Actor
from troth.model.clock import iso
from troth.model.errors import KeyReused, NotFound, Refused
from troth.model.secret import Secret

WAY: Final = "opendsr"


class Signed(Struct, frozen=True, kw_only=True):
    """The domain and the signature that an answer carries; both empty where none is set up."""

    domain: str = ""
    signature: str = ""


class Controllers:
    """Takes what other controllers ask; they are known by the id of their service key."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def discovery(self) -> Discovery:
        """Say what is taken, and where the certificate lies."""
        return opendsr.discovery(f"{self._ground.terms.base}{opendsr.CERTIFICATE}")

    def certificate(self) -> bytes:
        """Return the certificate that answers are signed by. Raises ``NotFound`` for none."""
        if self._ground.seal is None:
            raise NotFound("nothing is signed here", remedy="set `certificate` under [intake]")
        return self._ground.seal.certificate

    def sign(self, body: bytes) -> Signed:
        """Sign an answer, where a certificate is set up."""
        seal = self._ground.seal
        return Signed(domain=seal.domain, signature=seal.sign(body)) if seal else Signed()

    def take(self, raw: bytes, *, by: Actor) -> Accepted:
        """Take a request, once under its ``subject_request_id``.

        Raises ``BadInput`` for what is not well formed, ``KeyReused`` for an id that was another's.
        """
        at = self._ground.gate.clock.now()
        told = opendsr.read(raw, at=at)
        for address in told.status_callback_urls:
            demand_origin(address, self._ground.terms.callbacks)
        came = self._known(by, told) or self._open(by, told)
        known = self._ground.ways.status(came.number)
        return opendsr.accepted(told, raw, controller=by.id, received=known.received, by=known.due)

    def _known(self, by: Actor, told: Request) -> Came | None:
        found = self._ground.register.by_reference(self._reference(by, told.subject_request_id))
        if found is not None and found.sealing.kind != told.subject_request_type:
            raise KeyReused("this id is another request's", field="subject_request_id")
        return found

    def _open(self, by: Actor, told: Request) -> Came:
        opened = self._ground.ways.open(
            kind_of(opendsr.TYPES[told.subject_request_type]),
            Claim(values=told.claimed()),
            channel=WAY,
            text=Secret(told.words()),
            language="en",
            residence=residence_of(self._ground.gate, opendsr.REGULATIONS.get(told.regulation, "")),
            received=opendsr.submitted(told, self._ground.gate.clock.now()),
            once=self._ground.once(self._reference(by, told.subject_request_id)),
            by=by,
        )
        self._ground.enter(
            opened,
            WAY,
            party=by.id,
            reference=self._reference(by, told.subject_request_id),
            sealing=Sealing(
                callbacks=told.status_callback_urls,
                reference=told.subject_request_id,
                kind=told.subject_request_type,
            ),
        )
        return self._ground.came(opened.number, by.id)

    def status(self, reference: str, *, by: Actor) -> Told:
        """Say how far a request is. Raises ``NotFound`` for what is not this controller's."""
        return told_of(self._ground, self._own(reference, by))

    def cancel(self, reference: str, *, by: Actor) -> Cancelled:
        """Take a request back, before somebody works on it; taken back before, it stays so.

        Raises ``NotFound``, ``Refused`` for one that is past that.
        """
        came = self._own(reference, by)
        state = self._ground.ways.status(came.number).state
        if state in LIVE:
            self._ground.ways.revoke(self._ground.ways.find(came.number), came.number, by)
        elif state != "revoked":
            raise Refused("this request has ended", clause="9.7", remedy="ask how it ended")
        return Cancelled(
            controller_id=by.id,
            received_time=iso(self._ground.gate.clock.now()),
            subject_request_id=reference,
        )

    def _own(self, reference: str, by: Actor) -> Came:
        found = self._ground.register.by_reference(self._reference(by, reference))
        if found is None or found.party != by.id:
            raise NotFound("no request of yours has this id", clause="9.7")
        return found

    def _reference(self, by: Actor, reference: str) -> bytes:
        return self._ground.register.digest("opendsr", by.id, reference)


def told_of(ground: Ground, came: Came) -> Told:
    """Say how far a request is, in the words of OpenDSR."""
    known = ground.ways.status(came.number)
    return Told(
        controller_id=came.party,
        expected_completion_time=iso(known.due),
        subject_request_id=came.sealing.reference,
        request_status=opendsr.status_of(known.state),
    )
