"""Furnishing: the chapters of one instance, each given the gate and the documents it reads.

A chapter knows no other. What one needs of another is handed to it here, as a function.
"""

from collections.abc import Mapping

from troth.app.building import Builder, proof_of
from troth.app.settings import Settings
from troth.app.wiring import bench_of, intake_of, minors_of, retention_of, together
from troth.chapters.accounts.people import People
from troth.chapters.accounts.security import Accounts
from troth.chapters.applications import Applications
from troth.chapters.calls import Calls
from troth.chapters.consent import Consent
from troth.chapters.contact import Contact
from troth.chapters.cookies import Cookies
from troth.chapters.evidence import Evidence
from troth.chapters.incidents import Incidents
from troth.chapters.intake import Intake
from troth.chapters.realname import Realname
from troth.chapters.rights.bench import Bench
from troth.chapters.rights.own import Rights
from troth.chapters.sharing import Sharing
from troth.chapters.staff import Staff
from troth.chapters.support import Support
from troth.chapters.updates import Updates
from troth.chapters.usage import Usage
from troth.documents.access import Access
from troth.documents.applications import open_papers
from troth.documents.applications.grants import RESTING
from troth.documents.cases import Cases
from troth.documents.consents.renewals import Renewals
from troth.documents.contract import Contracts
from troth.documents.cookies.receipts import Receipts
from troth.documents.cookies.signals import Signals
from troth.documents.imports.register import Imports
from troth.documents.notice import Notices
from troth.egress import backchannel
from troth.gate import Gate
from troth.gate.waiting.tellings import Tellings
from troth.model.clock import Clock
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store


class Furnished:
    """A gate and what hangs on it: one attribute for each chapter."""

    def __init__(self, settings: Settings, clock: Clock, builder: Builder, gate: Gate) -> None:
        self.settings = settings
        self.clock = clock
        self.home = Region(settings.instance.home)
        self.gate = gate
        self._builder = builder
        self._furnish()

    def _furnish(self) -> None:
        """Build the chapters, each with the documents it reads."""
        gate, named = self.gate, self._builder.named
        stores = {region: rooms.store for region, rooms in gate.regions.items()}
        self.notices = Notices()
        key = named(self.home, "proof")
        self.proof = proof_of(self.settings, stores, home=self.home, key=key)
        self.token_key = named(self.home, "token")
        self.contracts = Contracts(stores[self.home])
        self.access = Access(
            stores[self.home],
            hashed=self.proof.passwords.hash,
            matches=lambda given, kept: self.proof.passwords.verify(kept, given),
            throttle=self.proof.throttle,
        )
        self.minors = minors_of(
            self.settings, gate, self.notices, self.proof, lambda: self.rights, stores, key
        )
        self.rights = Rights(
            gate,
            self.notices,
            self.proof,
            irreversible_days=self.settings.instance.epoch_days,
            beside=together(People(gate, self.notices).beside, self.minors.beside),
            desk=self._bench(),
        )
        self.accounts = Accounts(
            gate,
            self.notices,
            self.proof,
            plan=self.rights.plan,
            end=lambda subject, by: self.rights.erase(subject, by=by),
            imports=Imports(stores[self.home], named(self.home, "imports")),
        )
        self.calls = Calls(gate)
        self.tellings = Tellings(gate)
        self.consent = self._consent(stores)
        self.applications = self._applications(stores)
        self.contact = Contact(gate, self.notices, self.proof)
        self.cookies = Cookies(
            gate,
            Receipts(stores[self.home], key),
            Signals(stores[self.home]),
            give=self.consent.give,
            withdraw=self.consent.withdraw,
        )
        self.incidents = Incidents(gate, self.notices)
        self.intake = self._intake(stores)
        self.realname = Realname(
            gate, self.notices, self.contracts, Cases(stores, named(self.home, "cases"))
        )
        self.retention = retention_of(gate, self.notices, stores, self.home)
        self.sharing = Sharing(gate, self.contracts)
        self.staff = Staff(gate)
        self.support = Support(gate)
        self.updates = Updates(gate, self.notices)
        self.usage = Usage(gate)
        self.evidence = Evidence(gate, self._builder.tested())

    def _intake(self, stores: Mapping[Region, Store]) -> Intake:
        """Open what takes requests from outside; everything it takes ends at the desk."""
        key = self._builder.named(self.home, "intake")
        return intake_of(
            self.settings, self.gate, self.notices, self.proof, lambda: self.rights, stores, key
        )

    def _mark(self, number: str) -> str:
        """Return what brings a reply by mail to its request; the intake opens after the desk."""
        return self.intake.mark(number)

    def _bench(self) -> Bench:
        """Give the desk what it needs of other chapters, and the operator's own days."""
        return bench_of(
            self.settings,
            withdraw=lambda subject, consent, by: self.consent.withdraw(subject, consent, by=by),
            elsewhere=lambda subject, number: number in self.realname.progress(subject).reviews,
            mark=self._mark,
            covers=self._covers,
        )

    def _covers(self, subject: SubjectId, agent: str, kind: str) -> bool:
        """Tell whether a power of attorney lets an agent ask for something now."""
        return self.intake.powers.covers(subject, agent, kind)

    def _consent(self, stores: Mapping[Region, Store]) -> Consent:
        named = self._builder.named
        return Consent(
            self.gate,
            self.notices,
            Renewals(stores),
            Imports(stores[self.home], named(self.home, "imports")),
            seed=lambda region: named(region, "signer"),
        )

    def _applications(self, stores: Mapping[Region, Store]) -> Applications:
        named, proof = self._builder.named, self.proof
        proof.sessions.bear(RESTING)
        papers = open_papers(
            stores,
            home=self.home,
            digests=named(self.home, "passes"),
            names=named(self.home, "pairwise"),
            seals=named(self.home, "signing"),
        )
        return Applications(
            self.gate,
            self.contracts,
            papers,
            give=self.consent.give,
            withdraw=self.consent.withdraw,
            stands=lambda subject, session: any(
                one.id == session for one in proof.sessions.of(subject, at=self.clock.now())
            ),
            carry=backchannel.tell,
        )
