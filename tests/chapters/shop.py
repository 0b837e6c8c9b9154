"""An application for tests of chapters, and somebody who signs in there."""

import base64
import hashlib
from collections.abc import Collection
from typing import Any

from msgspec.structs import replace

from tests.chapters.people import House
from tests.gate.house import REGIMES
from troth.chapters.applications import Question, Told
from troth.documents.applications.grants import Proved
from troth.documents.applications.passes import Bound
from troth.documents.applications.register import Application, Said
from troth.documents.contract import Contract
from troth.documents.proof.sessions import Session
from troth.model.acts import AcceptTerms, Admit, Collect, ConsentGiven, Verified
from troth.model.clock import DAY, Moment
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

BACK = "https://shop.example/back"
VERIFIER = "a verifier has forty three characters or more".replace(" ", "-")
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
SAID = Said(
    name="Shop",
    operator="Shop Ltd",
    contact="privacy@shop.example",
    recipient="affiliates-cn",
    redirects=(BACK,),
    scopes=("openid", "profile", "email", "phone", "address", "realname", "offline_access"),
    backchannel="https://shop.example/out",
)
ABROAD = ("business_need", "impact_assessed", "standard_contract")


class Shop:
    """An application, the agreement with its recipient, and what people do there."""

    def __init__(self, house: House, *, signed: bool = True, **changed: Any) -> None:
        self.house = house
        self.all = house.troth.applications
        said = replace(SAID, **changed)
        self.made: Application
        self.made, self.secret = self.all.add(said)
        if signed:
            self.sign()

    def sign(self, *, days: int = 365, reference: str = "") -> None:
        """Sign an agreement with its recipient."""
        at = self.house.clock.now()
        contract = Contract(
            reference=reference or f"C-{self.made.recipient}",
            recipient=self.made.recipient,
            purposes=("sign_in",),
            fields=("account", "contact", "identity"),
            since=at,
            until=Moment(at + days * DAY),
        )
        self.house.troth.contracts.keep(contract)

    def question(self, who: SubjectId, *scopes: str, again: bool = False) -> Question:
        """Ask what somebody has to be asked; for every scope unless told."""
        return self.all.question(who, self.made, scopes or self.made.scopes, again=again)

    def agree(self, who: SubjectId, *ticked: str, scopes: Collection[str] = ()) -> None:
        """Say yes to signing in there, and to some scopes besides."""
        question = self.question(who, *scopes)
        self.all.agree(who, question, ticked=ticked, keys=question.keys, shown=self.house.shown())

    def code(self, who: SubjectId, session: Session, *scopes: str) -> Secret:
        """Have a code made for somebody who agreed."""
        bound = Bound(redirect=BACK, challenge=CHALLENGE, nonce="n")
        proved = Proved(session=session.id, at=session.made, means=("pwd",))
        return self.all.issue(who, self.made, scopes or self.made.scopes, bound, proved)

    def exchange(self, code: Secret, **changed: str) -> Told:
        """Exchange a code."""
        given = {"redirect": BACK, "verifier": VERIFIER} | changed
        return self.all.exchange(self.made, code, **given)

    def sign_in(self, who: SubjectId, *ticked: str, session: Session | None = None) -> Told:
        """Agree and sign in there."""
        self.agree(who, *ticked)
        return self.exchange(self.code(who, session or self.session(who)))

    def session(self, who: SubjectId) -> Session:
        """Begin a session here."""
        return self.house.troth.proof.sessions.check(
            session_token(self.house, who), at=self.house.clock.now()
        )


def session_token(house: House, who: SubjectId) -> Secret:
    """Sign somebody in here."""
    return house.troth.proof.sessions.start(who, at=house.clock.now())


def person(
    house: House,
    *consents: str,
    residence: str = "CN",
    age: AgeBand = AgeBand.ADULT,
    **values: str,
) -> SubjectId:
    """Open the file of somebody who accepted the terms; ``contact_email=...`` keeps a value."""
    who = house.gate.new_subject(residence)
    edition = house.gate.policy().hash
    named = {
        name.replace("_", ".", 1): Secret(value)
        for name, value in (values or {"contact_email": f"{who[-8:]}@mail.example"}).items()
    }
    house.gate.perform(
        Admit(subject=who, residence=residence, regimes=REGIMES[residence], age=age),
        AcceptTerms(subject=who, edition=edition, language="zh", means="checkbox"),
        *(ConsentGiven(subject=who, to=key) for key in consents),
        *(
            Collect(
                subject=who,
                values={name: value},
                purpose="realname" if name.startswith("identity") else "account",
            )
            for name, value in named.items()
        ),
    )
    return who


def verify(house: House, who: SubjectId, fact: str, method: str = "code") -> None:
    """Have a fact about somebody checked."""
    house.gate.perform(Verified(subject=who, fact=fact, result="verified", method=method))
