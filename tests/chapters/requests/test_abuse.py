"""Whoever poses as somebody else gets nothing, in whatever order they try (reliability A21).

A machine takes every step there is, in any order, twice and with other people's proofs; beside it
a model knows which request was really proved to be whose. Nothing is handed out, ended or changed
for any other.
"""

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.chapters.people import House
from tests.chapters.requests.strangers import FIRST, ME, OTHER, SECOND, claim, opened, paper
from troth.chapters.rights.fulfilling import Particulars
from troth.chapters.rights.proving import Brought
from troth.model.acts import SUBJECT, AcceptTerms, Actor, Admit, Collect
from troth.model.errors import TrothError
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

KINDS = ("access", "copy", "port", "delete", "cancel", "restrict", "correct", "explain")
STAFF = (FIRST, SECOND, OTHER)
NOBODY = Actor(kind="visitor")
PROGRAM = Actor(kind="service", id="k-1")
SPEAKERS = (NOBODY, SUBJECT, ME)
STEPS = ("take", "propose", "send_back", "prepare", "preview", "discover", "pause", "resume")
PAPER = paper()
WHAT = Particulars(values={"contact.address": Secret("Elsewhere 1")}, text=Secret("so it is"))


class Requests(RuleBasedStateMachine):
    """Two people, staff, and somebody who would be either of them."""

    requests = Bundle("requests")
    codes = Bundle("codes")

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house
        self.desk = house.rights.desk
        self.number = 0
        self.whose: dict[str, SubjectId] = {}
        self.proved: set[tuple[str, SubjectId]] = set()

    @initialize()
    def people(self) -> None:
        self.subjects = [self._admit(), self._admit()]
        self.house.clock.forward(days=31)

    def _admit(self) -> SubjectId:
        gate, drawn = self.house.gate, self.house.gate.new_subject("CN")
        salt = f"{drawn[-10:]}@mail.example"
        gate.perform(
            Admit(subject=drawn, residence="CN", regimes=("cn",), age=AgeBand.ADULT),
            AcceptTerms(subject=drawn, edition=gate.policy().hash, language="en", means="checkbox"),
            Collect(subject=drawn, values={"contact.email": Secret(salt)}, purpose="register"),
        )
        return drawn

    # --- asking --------------------------------------------------------------------------------

    @rule(target=requests, kind=st.sampled_from(KINDS))
    def ask_from_outside(self, kind: str) -> str:
        found = opened(self.house, kind, claim=claim())
        self.whose[found.number] = found.requester
        return found.number

    @rule(
        target=requests,
        kind=st.sampled_from(KINDS),
        who=st.integers(0, 1),
        by=st.sampled_from((ME, SUBJECT, ME, FIRST)),
    )
    def ask_in_a_file(self, kind: Any, who: int, by: Actor) -> str:
        subject = self.subjects[who]
        if self._gone(subject):
            return ""
        number: str = self.desk.request(subject, kind, text=Secret("please"), by=by)
        self.whose[number] = subject
        enough = 2 if kind in ("copy", "port", "delete", "cancel") else 1
        if by.kind == "subject" and by.assurance >= enough:
            self.proved.add((number, subject))
        return number

    # --- proofs, right and wrong ---------------------------------------------------------------

    @rule(target=codes, number=requests, who=st.integers(0, 1), by=st.sampled_from(STAFF))
    def send_a_code(self, number: str, who: int, by: Actor) -> Any:
        self.house.clock.forward(seconds=3600)
        with contextlib.suppress(TrothError):
            where = self.whose.get(number)
            if where is not None:
                challenge = self.desk.begin_verification(where, number, self.subjects[who], by=by)
                code = self.house.code(self.house.email)
                return multiple((number, who, challenge, code))
        return multiple()

    @rule(code=codes, number=requests, who=st.integers(0, 1), by=st.sampled_from(STAFF))
    def redeem(self, code: Any, number: str, who: int, by: Actor) -> None:
        of, whose, challenge, digits = code
        self._verify(
            number,
            self.subjects[who],
            "code",
            by,
            Brought(challenge=challenge, code=Secret(digits)),
            right=(of, whose) == (number, who),
        )

    @rule(number=requests, who=st.integers(0, 1), by=st.sampled_from((*STAFF, *SPEAKERS)))
    def pretend_by_papers(self, number: str, who: int, by: Actor) -> None:
        self._verify(number, self.subjects[who], "documents", by, Brought(), right=False)

    @rule(number=requests, who=st.integers(0, 1), by=st.sampled_from((*STAFF, *SPEAKERS)))
    def pretend_by_points(self, number: str, who: int, by: Actor) -> None:
        brought = Brought(declared=True)
        self._verify(number, self.subjects[who], "points", by, brought, right=False)

    @rule(number=requests, who=st.integers(0, 1), by=st.sampled_from((NOBODY, *STAFF)))
    def pretend_to_be_signed_in(self, number: str, who: int, by: Actor) -> None:
        self._verify(number, self.subjects[who], "signed_in", by, Brought(), right=False)

    def _verify(
        self, number: str, subject: SubjectId, method: Any, by: Actor, brought: Any, *, right: bool
    ) -> None:
        where = self.whose.get(number)
        if where is None:
            return
        with contextlib.suppress(TrothError):
            self.desk.verify(where, number, subject=subject, method=method, by=by, brought=brought)
            assert right, (number, method)
            self.whose[number] = subject
            self.proved.add((number, subject))

    # --- staff -----------------------------------------------------------------------------------

    @rule(number=requests, by=st.sampled_from((FIRST, SECOND)))
    def answer(self, number: str, by: Actor) -> None:
        with contextlib.suppress(TrothError):
            if number in self.whose:
                self.desk.answer(self.whose[number], number, WHAT, by=by)

    @rule(
        number=requests, who=st.integers(0, 1), by=st.sampled_from((FIRST, SECOND, OTHER, PROGRAM))
    )
    def go_past_the_desk(self, number: str, who: int, by: Actor) -> None:
        subject, rights = self.subjects[who], self.house.rights
        for act in (
            lambda: rights.copy(subject, request=number, by=by),
            lambda: rights.erase(subject, settles=number, by=by),
        ):
            with contextlib.suppress(TrothError):
                act()
                assert (number, subject) in self.proved, number

    @rule(number=requests, by=st.sampled_from(STAFF), do=st.sampled_from(STEPS))
    def work(self, number: str, by: Actor, do: str) -> None:
        with contextlib.suppress(TrothError):
            if number in self.whose:
                getattr(self.desk, do)(self.whose[number], number, by=by)

    @rule(number=requests, by=st.sampled_from((*STAFF, *SPEAKERS)))
    def send_a_paper(self, number: str, by: Actor) -> None:
        with contextlib.suppress(TrothError):
            if number in self.whose:
                field = "rights.power_of_attorney"
                self.desk.attach(self.whose[number], number, field, PAPER, by=by)

    @rule(days=st.sampled_from((-2, 0, 1, 3, 40)))
    def time(self, days: int) -> None:
        self.house.clock.forward(days=days)
        self.house.troth.tick()

    # --- what must hold ------------------------------------------------------------------------

    @invariant()
    def nothing_was_done_for_who_did_not_prove_it(self) -> None:
        for number, where in self.whose.items():
            if (number, where) in self.proved:
                continue
            assert self.desk.status(number).state != "fulfilled", number
            if not self._gone(where):
                packed = self.house.rights.copies.of(where)
                assert number not in {one.id for one in packed}, number

    @invariant()
    def nobody_was_erased_frozen_or_changed_without_their_proof(self) -> None:
        for subject in getattr(self, "subjects", ()):
            mine = {number for number, whose in self.proved if whose == subject}
            if not mine:
                standing = self.house.gate.standing(subject)
                assert standing.life == "active"
                assert not standing.restrictions
                assert "contact.address" not in standing.held

    def _gone(self, subject: SubjectId) -> bool:
        try:
            return self.house.gate.standing(subject).life != "active"
        except TrothError:
            return True


@pytest.mark.clause("6.3.3b", "9.7a")
def test_no_path_leads_to_anything_without_a_proof_of_this_request_and_this_subject(
    house: House,
) -> None:
    run_state_machine_as_test(
        lambda: Requests(house),
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
