"""The desk: requests that people answer, in time and on lawful grounds (policy 9.1 to 9.7).

Two doors lead in. ``request(subject, kind, ...)`` is for somebody whose file is known: signed in,
or named by staff. ``open_unproved(kind, claim, channel=..., ...)`` is for whatever comes from
outside without a sign-in: mail, letter, telephone, an agent, another controller's OpenDSR. ::

    opened = desk.open_unproved(
        "delete",
        Claim(values={"contact.email": Secret(...)}, reply={"email": Secret(...)}),
        channel="email",              # api, desk, email, letter, telephone, agent, opendsr
        text=Secret(...), language="en", residence="EEA", ground="", received=None, by=VISITOR,
    )
    opened.requester, opened.number   # whose file the words lie in until it is proved who asks

``residence`` is the regime that is claimed, as the policy's residences name it; unknown: ``"*"``.
``Claim`` (``documents/requests/claims``) holds who they say they are (``values`` by field), where
they want their answer (``reply`` by channel), an ``agent`` and a ``company``; all of it ``Secret``.

Nothing is looked up and nothing said of whether anybody is known. The words and the claim lie in a
provisional file: a subject of its own (kind ``requester``), in the region of that residence, under
a key of its own. ``verify(requester, number, subject=..., method=..., by=staff)`` binds a request
to a subject: the request moves to their file under the same number, with the moment it was received
and the moment it was proved, and the provisional file is erased. It is erased as well with every
other decision: denied, taken back, expired. Mail that comes later on a thread: ``find(number)``
tells whose file it lies in now, ``status(number)`` how far it is even after that file has gone,
``write(...)`` adds a message, ``attach(...)`` a paper.

Nothing is handed out, changed or ended before it was proved that *this* request is *this*
subject's, in whatever order and however often anything is called (reliability A21).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from troth.chapters.rights.deciding import Deciding
from troth.chapters.rights.fulfilling import Fulfilling, Particulars
from troth.chapters.rights.ground import ASKED, DISPUTES, REPLIES, Found, Ground
from troth.chapters.rights.knowing import Knowing, Status
from troth.chapters.rights.opening import TICKET, Opened, Opening
from troth.chapters.rights.proving import Brought, Method, Proving
from troth.chapters.rights.watching import Watching
from troth.chapters.rights.writing import Writing
from troth.documents.agreement import Shown, Tick
from troth.documents.proof.codes import wrong_code
from troth.documents.requests.answer import Kind
from troth.documents.requests.claims import Channel, Claim, Company
from troth.documents.requests.register import Matter
from troth.gate import Outcome
from troth.model.acts import SUBJECT, Actor
from troth.model.clock import Moment
from troth.model.errors import BadInput, Erased, NotFound, NotProved, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

__all__ = ["ASKED", "DISPUTES", "REPLIES", "Desk", "Opened", "Status"]

VISITOR: Final = Actor(kind="visitor")
NOTHING: Final = Particulars()


class Desk(Knowing):
    """Takes requests and answers them."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._writing = Writing(ground)
        self._opening = Opening(ground, self._writing)
        self._proving = Proving(ground, self._writing)
        self._fulfilling = Fulfilling(ground, self._working, self._writing)
        self._deciding = Deciding(ground, self._opening, self._writing)
        self._watching = Watching(ground, self._deciding.expire, self._fulfilling.release)

    # What faces hand over, who know the app and the model alone.
    brought = staticmethod(Brought)
    particulars = staticmethod(Particulars)
    claim = staticmethod(Claim)
    company = staticmethod(Company)

    # --- asking --------------------------------------------------------------------------------

    def request(
        self,
        subject: SubjectId,
        kind: Kind,
        *,
        text: Secret | None = None,
        ground: str = "",
        by: Actor = SUBJECT,
        channel: Channel = "centre",
        received: Moment | None = None,
    ) -> str:
        """Take a request that people have to answer, and return its number (policy 9.1, 9.2, 9.7).

        The clock starts at receipt; its words are personal data and go to the vault. A deletion may
        name one of the three grounds of 6.3; one for want of consent is done at once where the
        ledger shows none. It costs nothing. What waits already is not taken twice. A sign-in proves
        it as far as it is sure enough; else it waits for a proof. Raises ``BadInput``.
        """
        number = self._opening.request(
            subject, kind, text=text, ground=ground, by=by, channel=channel, received=received
        )
        if ground == "no_consent":
            self._fulfilling.grant_at_once(subject, number)
        return number

    def open_unproved(
        self,
        kind: Kind,
        claim: Claim,
        *,
        channel: Channel,
        text: Secret | None = None,
        language: str = "zh",
        residence: str = "*",
        ground: str = "",
        received: Moment | None = None,
        once: bytes = b"",
        by: Actor = VISITOR,
    ) -> Opened:
        """Take a request from outside, of whom nobody knows yet; see the top of this page.

        A company's lacks its licence and a power of attorney until they are there (11.3). ``once``
        is a keyed digest of what came: the same again is the same request, wherever whoever took it
        was interrupted. Raises ``BadInput`` for another kind, ground, channel or claim,
        ``UnknownTerm`` for a residence.
        """
        return self._opening.open_unproved(
            kind,
            claim,
            channel=channel,
            text=text,
            language=language,
            residence=residence,
            ground=ground,
            received=received,
            once=once,
            by=by,
        )

    def acknowledge(self, subject: SubjectId, number: str, *, by: Actor) -> Outcome:
        """Note that receipt was confirmed by letter or telephone. Raises ``Refused``."""
        return self._opening.acknowledge(subject, number, by=by)

    def write(
        self, subject: SubjectId, number: str, text: Secret, *, by: Actor = SUBJECT, key: str = ""
    ) -> Outcome:
        """Add a subject's message to an open request. Raises ``NotFound`` for one that is not.

        Under a ``key`` that was used it raises ``KeyReused``: the message stands there already.
        """
        number = self._ground.register.stands_for(subject, number)
        return self._writing.write(subject, number, text, by=by, key=key)

    def revoke(self, subject: SubjectId, number: str, *, by: Actor = SUBJECT) -> Outcome:
        """Take a request back, as its subject may at any time. Raises ``NotFound``."""
        number = self._ground.register.stands_for(subject, number)
        return self._deciding.revoke(subject, number, by=by)

    def accept_fee(self, subject: SubjectId, number: str, *, by: Actor = SUBJECT) -> Outcome:
        """Say yes to what a request costs, as it was told (9.7d). Raises ``BadInput``."""
        return self._deciding.accept_fee(subject, number, by=by)

    def appeal(self, subject: SubjectId, number: str, text: Secret, *, by: Actor = SUBJECT) -> str:
        """Ask that somebody else looks at a refusal; return the new request's number.

        Raises ``BadInput`` for what was not refused, or was appealed before.
        """
        return self._deciding.appeal(subject, number, text, by=by)

    # --- proving -------------------------------------------------------------------------------

    def attach(
        self,
        subject: SubjectId,
        number: str,
        field: str,
        file: Secret,
        ticks: Sequence[Tick] = (),
        *,
        shown: Shown | None = None,
        means: str = "checkbox",
        by: Actor = SUBJECT,
    ) -> Outcome:
        """Keep a picture of a paper for a request, drawn anew; it goes with the decision.

        Raises ``BadInput`` for no paper of a request, ``ConsentMissing`` for an identity document
        without its own consent, ``BadFile`` with its ``reason``.
        """
        return self._proving.attach(
            subject, number, field, file, ticks, shown=shown, means=means, by=by
        )

    def supply(self, subject: SubjectId, number: str, company: Company, *, by: Actor) -> None:
        """Add the address, e-mail and contact that a company had left out (11.3)."""
        self._proving.supply(subject, number, company, by=by)

    def look(self, subject: SubjectId, number: str, *, by: Actor) -> dict[str, Secret]:
        """Show the claim and the papers of a request; recorded first. Raises ``Refused``."""
        return self._proving.look(subject, number, by=by)

    def residence(self, subject: SubjectId, number: str, *, shown: bool, by: Actor) -> Outcome:
        """Say whether a paper shows where somebody lives; it is erased (9.5c, 9.6d)."""
        return self._proving.residence(subject, number, shown=shown, by=by)

    def begin_verification(
        self, requester: SubjectId, number: str, subject: SubjectId, *, by: Actor
    ) -> str:
        """Send a code to a contact that was a subject's for thirty days; return its challenge.

        It is good for this request of this subject alone. Raises ``Refused`` where there is none.
        """
        return self._proving.begin(requester, number, subject, by=by)

    def verify(
        self,
        requester: SubjectId,
        number: str,
        *,
        subject: SubjectId,
        method: Method,
        by: Actor,
        brought: Brought | None = None,
    ) -> Matter:
        """Say that a request is this subject's, and bind it to their file.

        ``method`` is ``signed_in``, ``code``, ``documents`` or ``points``. Every contact of the
        subject is told where it was no sign-in. Raises ``NotProved`` where it is not sure enough
        for the harm that a mistake would do, ``BadInput`` (``needs_documents``) while a company's
        papers are missing, ``Refused`` where no power covers what an agent asks, ``NotFound``.
        """
        after = self._proving.verify(
            requester, number, subject=subject, method=method, by=by, brought=brought or Brought()
        )
        if after.said.ground == "no_consent" and self._fulfilling.grant_at_once(subject, number):
            return after
        # What is asked again in a file is one at once; from outside it is known only by the proof.
        return self._deciding.join(after) if requester != subject else after

    def linked(self, token: Secret) -> str:
        """Return the number of the request that a letter's link leads to. Raises ``NotProved``."""
        tickets = self._ground.proof.tickets
        return tickets.open(TICKET, token, at=self._ground.now).request

    def prove(self, token: Secret, code: Secret) -> Matter:
        """Prove a request by the code that was sent to an old contact, typed behind its link (9.7).

        Raises ``NotProved`` in the same words whatever is wrong: the code, its time, that none was
        sent, or that nothing waits for one.
        """
        number = self.linked(token)
        try:
            matter = self._ground.register.any(number)
            sent = matter.said.candidate
            return self.verify(
                matter.subject,
                number,
                subject=SubjectId(sent) if sent else matter.subject,
                method="code",
                by=VISITOR,
                brought=Brought(challenge=matter.said.challenge, code=code),
            )
        except (BadInput, Erased, NotFound, NotProved, Refused):
            raise wrong_code() from None

    def pause(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Note that a proof is waited for; shown, and counted only where the law lets it."""
        return self._proving.pause(subject, number, by=by)

    def resume(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Note that it has come."""
        return self._proving.resume(subject, number, by=by)

    # --- working -------------------------------------------------------------------------------

    def take(self, subject: SubjectId, number: str, *, by: Actor) -> Outcome:
        """Say that somebody works on a request; its subject is told.

        Raises ``NotFound``, ``Refused`` for another role, as every step of staff does.
        """
        return self._working.take(subject, number, by=by)

    def assign(self, subject: SubjectId, number: str, to: str, *, by: Actor) -> Outcome:
        """Give a request to a member of staff, by their random id; empty: to nobody."""
        return self._working.assign(subject, number, to, by=by)

    def reply(self, subject: SubjectId, number: str, text: Secret, *, by: Actor) -> Outcome:
        """Write to who asked about an open request; they are told that there is a message.

        A stranger gets the words themselves where they asked to. Raises ``NotFound``, ``Refused``.
        """
        return self._writing.reply(subject, number, text, by=by)

    def discover(self, subject: SubjectId, number: str, *, by: Actor) -> Sequence[Found]:
        """Ask every store what it holds, by names alone; only once it is proved who asks."""
        return self._working.discover(subject, number, by=by)

    def leave_out(
        self, subject: SubjectId, number: str, parts: Mapping[str, str], *, by: Actor
    ) -> Matter:
        """Say which parts the package leaves out, each with why. Raises ``BadInput``."""
        return self._working.leave_out(subject, number, parts, by=by)

    def prepare(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Have the package packed, to be looked at before it goes. Raises ``NotProved``."""
        return self._working.prepare(subject, number, by=by)

    def preview(self, subject: SubjectId, number: str, *, by: Actor) -> object:
        """Say exactly what the packed package holds: files, sizes, what is left out; no value.

        Raises ``NotFound`` before it is packed, ``NotProved``.
        """
        return self._working.preview(subject, number, by=by)

    def propose(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Propose to hand over what was asked for, as the first of two."""
        return self._working.propose(subject, number, by=by)

    def send_back(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Let a colleague's proposal fall."""
        return self._working.send_back(subject, number, by=by)

    # --- deciding ------------------------------------------------------------------------------

    def answer(
        self, subject: SubjectId, number: str, what: Particulars = NOTHING, *, by: Actor
    ) -> Matter | None:
        """Do what a request asks, and settle it; ``None`` where its subject is gone by it.

        Access, copy and port hand over the package, which settles it once it can be fetched. Raises
        ``NotFound``, ``NotProved``, ``Refused``; ``BadInput`` where it waits, or takes two.
        """
        return self._fulfilling.fulfil(subject, number, what, by=by)

    def warrant(
        self, subject: SubjectId, act: str, number: str = "", ground: str = "", *, by: Actor
    ) -> Matter | None:
        """Return the request on which somebody ends (``erase``) or hands out (``copy``); 9.7, A21.

        Staff and programs need one: of this subject, open, proved, ripe, of a kind that fits; or
        for an end one of the grounds of the law that need none (``documents/requests/warrants``).
        Others prove themselves: ``None``. Raises ``Refused``, ``NotProved``, ``NotFound``,
        ``BadInput`` where it waits or takes two.
        """
        return self._fulfilling.warrant(subject, act, number, ground, by=by)

    def rested(self, matter: Matter, *, by: Actor) -> None:
        """Note that what a request asks was done outside the desk."""
        self._fulfilling.rested(matter, by=by)

    def extend(self, subject: SubjectId, number: str, reason: str, *, by: Actor) -> Outcome:
        """Take longer for an answer, once, where the law lets us; the subject is told why (9.7).

        ``reason`` is ``complex`` or ``many``. Raises ``NotFound``, and ``BadInput`` for another
        reason, too late, or where no law allows it.
        """
        return self._deciding.extend(subject, number, reason, by=by)

    def quote(self, subject: SubjectId, number: str, amount: str, *, by: Actor) -> Outcome:
        """Tell what a repeated request costs, before anything is done (9.7d)."""
        return self._deciding.quote(subject, number, amount, by=by)

    def deny(
        self,
        subject: SubjectId,
        number: str,
        code: str,
        *,
        by: Actor,
        text: Secret | None = None,
    ) -> Outcome:
        """Refuse a request on a ground the law lets stand; the subject is told why (9.5, 9.7).

        The letter names where to complain. Raises ``BadInput`` for another ground.
        """
        return self._deciding.deny(subject, number, code, by=by, text=text)

    # --- reading, and the clock ----------------------------------------------------------------

    def thread(self, subject: SubjectId, number: str, *, by: Actor = SUBJECT) -> Secret:
        """Show what was written on a request, by both sides, as JSON; recorded first."""
        return self._writing.thread(subject, number, by=by)

    def tick(self) -> int:
        """Do what the clock brings: alarms, what expires, what goes; return how many rang."""
        return self._watching.tick()
