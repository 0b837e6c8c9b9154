"""What came is kept once, sealed, on both databases; a claim that was left lying is taken over."""

import pytest

from troth.documents.intake.agents import Agents
from troth.documents.intake.powers import Powers
from troth.documents.intake.register import KEPT_DAYS, LEASE, MOST_TRIES, Register, Sealing
from troth.documents.proof.pace import Share
from troth.model.clock import DAY, HOUR, Moment
from troth.model.errors import NotFound, NotProved, Sealed, StoreBusy, Taken
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

WHO = SubjectId("cn-" + "a" * 26)
URL = "https://agent.example/person/4711"


@pytest.fixture
def register(data_store: Store) -> Register:
    return Register(data_store, b"k" * 32)


def enter(register: Register, number: str, at: Moment, reference: str = "", url: str = "") -> None:
    register.enter(
        number,
        "agent",
        at=at,
        party="A",
        reference=register.digest(reference) if reference else b"",
        sealing=Sealing(callbacks=(url,) if url else (), reference="their own id"),
    )


def test_a_message_is_claimed_once_and_known_afterwards(register: Register, at: Moment) -> None:
    digest = register.digest("one")
    assert register.claim(digest, at) is None
    with pytest.raises(StoreBusy):
        register.claim(digest, at)
    register.settle(digest, "r-1")
    assert register.claim(digest, at) == "r-1"


def test_a_claim_left_by_a_crash_is_taken_over_after_its_lease(
    register: Register, at: Moment
) -> None:
    digest = register.digest("one")
    register.claim(digest, at)
    assert register.claim(digest, Moment(at + LEASE)) is None
    register.let_go(digest)
    assert register.claim(digest, Moment(at + LEASE)) is None


def test_parts_of_a_digest_do_not_run_together(register: Register) -> None:
    assert register.digest("ab", "c") != register.digest("a", "bc")
    assert register.known_as(Secret("x")) != Register(None, b"z" * 32).known_as(Secret("x"))  # type: ignore[arg-type]


def test_one_reference_is_one_request(register: Register, at: Moment) -> None:
    enter(register, "r-1", at, "ref")
    enter(register, "r-2", at, "ref")
    found = register.by_reference(register.digest("ref"))
    assert found is not None
    assert found.number == "r-1"
    assert register.find("r-2") is None


def test_requests_without_a_reference_do_not_get_in_each_others_way(
    register: Register, at: Moment
) -> None:
    enter(register, "r-1", at)
    enter(register, "r-2", at)
    assert register.find("r-1") is not None
    assert register.find("r-2") is not None


def test_an_address_lies_sealed_and_belongs_to_its_row(
    register: Register, data_store: Store, at: Moment
) -> None:
    enter(register, "r-1", at, url=URL)
    enter(register, "r-2", at)
    rows = data_store.query("SELECT number, sealed FROM intake ORDER BY number")
    assert all(b"4711" not in bytes(sealed) for _, sealed in rows)
    move = "UPDATE intake SET sealed = ? WHERE number = 'r-2'"
    data_store.transact(lambda tx: tx.run(move, (bytes(rows[0][1]),)))
    with pytest.raises(Sealed):
        register.find("r-2")


def test_a_state_is_looked_at_by_one_and_tried_ever_more_slowly(
    register: Register, at: Moment
) -> None:
    enter(register, "r-1", at, url=URL)
    (came,) = register.due(at)
    assert register.due(at) == []
    assert register.failed(came, at)
    now = Moment(at + 2 * HOUR)
    for _ in range(MOST_TRIES - 1):
        (came,) = register.due(now)
        again = register.failed(came, now)
        now = Moment(now + 2 * HOUR)
    assert not again
    assert register.due(now) == []


def test_what_was_told_for_good_is_looked_at_no_more(register: Register, at: Moment) -> None:
    enter(register, "r-1", at, url=URL)
    (came,) = register.due(at)
    register.told(came, "revoked", over=True)
    assert register.due(Moment(at + DAY)) == []


def test_who_sent_it_is_known_by_a_digest(register: Register, at: Moment) -> None:
    register.enter("r-1", "email", at=at, sender=register.digest("a"))
    assert register.sent_by("r-1", register.digest("a"))
    assert not register.sent_by("r-1", register.digest("b"))


def test_a_share_is_used_up_and_comes_back(register: Register, at: Moment) -> None:
    what, share = register.digest("x"), Share(2, 1)
    assert [register.may(what, share, at) for _ in range(3)] == [True, True, False]
    assert register.may(what, share, Moment(at + HOUR))


def test_what_is_old_goes(register: Register, at: Moment) -> None:
    enter(register, "r-1", at)
    register.note(register.digest("id"), "r-1", at)
    assert register.purge(Moment(at + KEPT_DAYS * DAY - 1)) == 0
    assert register.purge(Moment(at + KEPT_DAYS * DAY)) == 2
    assert register.became(register.digest("id")) == ""


def test_agents_and_their_tokens_on_both_databases(data_store: Store, at: Moment) -> None:
    agents = Agents(data_store)
    made = agents.add("A", "Agent", "00" * 32, ["https://a.example/x"], at)
    assert agents.one("A") == made
    token = agents.pair(made, at).reveal()
    assert agents.known(token).id == "A"
    with pytest.raises(Taken):
        agents.add("A", "Agent", "00" * 32, [], at)
    agents.end("A", at)
    with pytest.raises(NotProved):
        agents.known(token)
    with pytest.raises(NotFound):
        agents.one("A")


def test_powers_on_both_databases(data_store: Store, at: Moment) -> None:
    powers = Powers({Region("cn"): data_store})
    made = powers.add(WHO, "A", ("delete",), until=Moment(at + DAY), checked_by="s1", at=at)
    assert powers.of(WHO) == [made]
    assert powers.lapse(at) == 0
    assert powers.lapse(Moment(at + DAY)) == 1
    assert not powers.end(WHO, made.id, "stopped", at=at)
