"""Mail: a stranger's words become a request, once, all answered alike (9.1b, 9.2, 11.2; A1, A21).

Whom a mail says it is from is a claim. It is looked up nowhere: known and unknown senders cause the
same work and get the same letter, which says how to prove who they are. A mark brings a reply to
its request; what it brings are words, never a proof.
"""

from contextlib import suppress
from typing import Final, Literal

from msgspec import Struct

from troth.chapters.intake.ground import LIVE, VISITOR, Ground, Opened, kind_of
from troth.documents.intake import papers
from troth.documents.intake.mail import Mail, read
from troth.documents.proof.pace import Share
from troth.documents.requests.claims import Claim
from troth.model.acts import SYSTEM
from troth.model.errors import BadFile, Erased, KeyReused, NotFound, TooMany, TrothError
from troth.model.secret import Secret, veiled
from troth.model.terms import SubjectId

Outcome = Literal["opened", "written", "again", "set_aside"]
"""A new request; words on one there was; a mail that was taken before; none that a person wrote."""
NEW: Final = Share(5, 2)
"""How many requests one sender may open at once, and an hour after that."""
WORDS: Final = Share(30, 10)
"""How many messages one sender may put on requests."""
HOUSE: Final = Share(500, 500)
"""How many requests may be opened by mail in all: senders are forged by the thousand."""
LETTERS: Final = Share(5, 2)
"""How many letters an address gets from us: whoever forges a sender has us write to a stranger."""
REFUSED: Final = "intake_refused"


class Taken(Struct, frozen=True, kw_only=True):
    """What became of a mail, and the number of its request."""

    outcome: Outcome
    number: str = ""


class Mails:
    """Takes mail as it comes, from a server or a folder."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._register = ground.register

    def take(self, raw: bytes, *, envelope: str | None = None) -> Taken:
        """Take a mail; ``envelope`` is the sender its server was told.

        The same one again becomes nothing new. Raises ``BadInput`` for what is no mail of one
        sender, ``TooMany`` for more than one sender may send, ``StoreBusy`` while another takes it.
        """
        mail = read(raw, envelope=envelope)
        if mail.machine or mail.sender == Secret(self._ground.terms.address):
            self._ground.note("mail.set_aside", SYSTEM)
            return Taken(outcome="set_aside")
        digest = self._digest(mail)
        known = self._register.claim(digest, self._ground.gate.clock.now())
        if known is not None:
            return Taken(outcome="again", number=known)
        try:
            taken = self._taken(mail, digest)
        except TrothError:
            self._register.let_go(digest)
            raise
        self._register.settle(digest, taken.number)
        return taken

    def _taken(self, mail: Mail, digest: bytes) -> Taken:
        requester, number = self._thread(mail)
        if requester is not None:
            self._pace(mail, "words", WORDS)
            self._write(mail, digest, requester, number)
        else:
            self._pace(mail, "new", NEW)
            self._pace_all()
            opened = self._open(mail, digest)
            number = opened.number
        file = requester or opened.requester
        self._note_ids(mail, number)
        self._say_refused(mail, file, number, (*mail.refused, *self._attach(mail, file, number)))
        return Taken(outcome="opened" if requester is None else "written", number=number)

    # --- which request it is about -------------------------------------------------------------

    def _thread(self, mail: Mail) -> tuple[SubjectId | None, str]:
        """Return the live request that a mail belongs to, and whose file it lies in now."""
        for number in (self._ground.threads.find(mail.marks), self._by_reference(mail)):
            if not number:
                continue
            try:
                if self._ground.ways.status(number).state in LIVE:
                    return self._ground.ways.find(number), number
            except (NotFound, Erased):
                continue
        return None, ""

    def _by_reference(self, mail: Mail) -> str:
        """Return the request of an earlier mail that this one answers, if one sender wrote both.

        The id of a mail is no secret: by it alone nobody puts words on somebody else's request.
        """
        sender = self._sender(mail)
        for reference in reversed(mail.references):
            number = self._register.became(self._register.digest("id", reference))
            if number and self._register.sent_by(number, sender):
                return number
        return ""

    def _write(self, mail: Mail, digest: bytes, requester: SubjectId, number: str) -> None:
        key = f"mail-{self._ground.once(digest).hex()}"
        # Whoever took this mail before was interrupted after its words had been written.
        with suppress(KeyReused):
            self._ground.ways.write(requester, number, _whole(mail), VISITOR, key)

    # --- opening -------------------------------------------------------------------------------

    def _open(self, mail: Mail, digest: bytes) -> Opened:
        # The desk confirms receipt and says what proves them. Whom no program should answer, people
        # answer, who see the address in the claim.
        heard = not mail.silent and self._may_write(mail)
        claim = Claim(
            values={"contact.email": mail.sender},
            reply={"email": mail.sender} if heard else {},
        )
        opened = self._ground.ways.open(
            kind_of(mail.wish.kind),
            claim,
            channel="email",
            text=_whole(mail),
            language=mail.language,
            residence=self._ground.terms.residence,
            received=None,
            once=self._ground.once(digest),
            by=VISITOR,
        )
        self._ground.enter(opened, "email", sender=self._sender(mail))
        return opened

    def _note_ids(self, mail: Mail, number: str) -> None:
        if mail.message_id:
            at = self._ground.gate.clock.now()
            self._register.note(self._register.digest("id", mail.message_id), number, at)

    def _attach(self, mail: Mail, file: SubjectId, number: str) -> list[str]:
        """Keep the pictures that came along; return why others could not be."""
        refused = []
        for paper in mail.papers:
            try:
                self._ground.ways.attach(file, number, papers.FIELD, paper.file, VISITOR)
            except BadFile as error:
                refused.append(papers.reason_of(error))
        return refused

    # --- answering -----------------------------------------------------------------------------

    def _say_refused(
        self, mail: Mail, file: SubjectId, number: str, refused: tuple[str, ...]
    ) -> None:
        """Write back which papers were not taken, and how to send them; never to a program."""
        if mail.silent or not refused or not self._may_write(mail):
            return
        ground = self._ground
        told = ground.notices.notify(
            file,
            REFUSED,
            {"request": number, "papers": papers.in_words(refused, mail.language)},
            channels=("email",),
            language=mail.language,
            to={"email": mail.sender},
        )
        ground.gate.perform(ground.marked(told, number), by=SYSTEM)

    def _may_write(self, mail: Mail) -> bool:
        what = self._register.digest("letter", self._register.known_as(mail.sender))
        return self._register.may(what, LETTERS, self._ground.gate.clock.now())

    def _pace(self, mail: Mail, what: str, share: Share) -> None:
        who = self._register.digest(what, self._register.known_as(mail.sender))
        if not self._register.may(who, share, self._ground.gate.clock.now()):
            raise TooMany("this sender writes too often", clause="7.1c", remedy="wait an hour")

    def _pace_all(self) -> None:
        what, at = self._register.digest("house"), self._ground.gate.clock.now()
        if not self._register.may(what, HOUSE, at):
            raise TooMany("too much mail comes in", clause="7.1c", remedy="try again in an hour")

    def _sender(self, mail: Mail) -> bytes:
        return self._register.digest("sender", self._register.known_as(mail.sender))

    def _digest(self, mail: Mail) -> bytes:
        """Return what a mail is known by when it comes again: its id, its sender and its words.

        Its id alone would let somebody else send another's id first, and have theirs passed over.
        """
        known = self._register.known_as
        return self._register.digest("mail", mail.message_id, known(mail.sender), known(mail.words))


def _whole(mail: Mail) -> Secret:
    """Return what staff read of a mail: its subject line above its words."""
    told = {"subject": mail.subject, "words": mail.words}
    return veiled(lambda opened: "\n\n".join(map(str, opened.values())).strip() or "-", told)
