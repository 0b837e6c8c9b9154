"""People for tests of chapters: a house with its chapters, and somebody who registers in it."""

from dataclasses import dataclass
from typing import Any

import msgspec

from troth.app import Troth
from troth.app.rehearsal import code_in
from troth.chapters.accounts import Begun, Registration, Welcome
from troth.chapters.evidence import Evidence
from troth.chapters.incidents import Incidents
from troth.chapters.support import Support
from troth.chapters.updates import Updates
from troth.chapters.usage import Usage
from troth.documents.agreement import Shown, Tick
from troth.documents.contract import Contract
from troth.egress.channels import MemoryChannel, Message
from troth.gate import Gate
from troth.ledger.entry import Entry
from troth.model.acts import Actor
from troth.model.clock import DAY, Moment, SetClock
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

EMAIL = Secret("li.na@mail.example")
PHONE = Secret("+8613900001111")
PASSWORD = Secret("violet harbour skates uphill")
NAME = Secret("李娜")
ID_NUMBER = Secret("110105199003071802")
SUPPORT = Actor(kind="staff", id="s1", role="support")
IDENTITY = Actor(kind="staff", id="s2", role="identity")
SECOND = Actor(kind="staff", id="s3", role="identity")
PRIVACY = Actor(kind="staff", id="s4", role="privacy")
LEGAL = Actor(kind="staff", id="s5", role="legal")
PROVED = Actor(kind="subject", assurance=2)
AUTHORITY_KEYS = ("realname/identity.id_number", "share/id-authority/realname")


@dataclass
class House:
    """A house with every chapter, its clock in hand and its deliveries caught."""

    troth: Troth
    clock: SetClock
    email: MemoryChannel
    sms: MemoryChannel

    def __post_init__(self) -> None:
        gate, notices = self.troth.gate, self.troth.notices
        self.gate: Gate = gate
        self.rights = self.troth.rights
        self.accounts = self.troth.accounts
        self.consent = self.troth.consent
        self.contact = self.troth.contact
        self.minors = self.troth.minors
        self.realname = self.troth.realname
        self.retention = self.troth.retention
        self.sharing = self.troth.sharing
        self.staff = self.troth.staff
        self.evidence = Evidence(gate, {})
        self.incidents = Incidents(gate, notices)
        self.updates = Updates(gate, notices)
        self.support = Support(gate)
        self.usage = Usage(gate)

    # --- what a visitor does -------------------------------------------------------------------

    def begin(self, email: Secret = EMAIL, phone: Secret = PHONE, residence: str = "CN") -> Begun:
        begun = self.accounts.begin_registration(email, phone, residence=residence)
        self.deliver()
        return begun

    def form(self, begun: Begun, **changes: Any) -> Registration:
        filled = Registration(
            begun=begun,
            residence="CN",
            shown=self.shown(),
            means="checkbox",
            confirmed=True,
            email=EMAIL,
            email_code=Secret(self.code(self.email)),
            phone=PHONE,
            phone_code=Secret(self.code(self.sms)),
            password=PASSWORD,
            password_confirm=PASSWORD,
            born=Secret("1990-03-07"),
        )
        return msgspec.structs.replace(filled, **changes)

    def shown(self) -> Shown:
        return Shown(edition=self.gate.policy().edition.hash, language="zh", surface="centre")

    def register(self, **changes: Any) -> Welcome:
        begun = self.begin(
            changes.get("email", EMAIL),
            changes.get("phone", PHONE),
            changes.get("residence", "CN"),
        )
        welcome = self.accounts.register(self.form(begun, **changes))
        self.deliver()
        return welcome

    # --- what arrives, what is remembered ------------------------------------------------------

    def deliver(self) -> None:
        self.gate.tick()

    def last(self, channel: MemoryChannel) -> Message:
        self.deliver()
        return channel.sent[-1]

    def code(self, channel: MemoryChannel) -> str:
        return code_in(self.last(channel).text.reveal()) or "000000"

    def kinds(self, subject: SubjectId) -> list[str]:
        return [entry.kind for entry in self.gate.trail(subject)]

    def recent(self, kind: str, region: str = "cn") -> list[Entry]:
        return self.gate.regions[Region(region)].log.recent(kind, 20)

    def held(self, subject: SubjectId) -> set[str]:
        return set(self.gate.standing(subject).held)

    # --- what staff did before -----------------------------------------------------------------

    def sign_with_authority(self) -> None:
        at = self.clock.now()
        contract = Contract(
            reference="C-1",
            recipient="id-authority",
            purposes=("realname",),
            fields=("identity", "contact.phone", "enterprise", "legal_rep", "bank", "handler"),
            since=at,
            until=Moment(at + 365 * DAY),
        )
        self.sharing.sign(contract, by=PRIVACY)


def ticks(*keys: str) -> tuple[Tick, ...]:
    return tuple(Tick(keys=(key,), ticked=True) for key in keys)


def opened(troth: Troth, clock: SetClock, email: MemoryChannel, sms: MemoryChannel) -> House:
    return House(troth=troth, clock=clock, email=email, sms=sms)
