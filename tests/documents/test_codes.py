"""One-time codes: once, in time, for their flow and address, five tries whatever the haste."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.proof import codes as module
from troth.documents.proof.codes import PER_HOUR, TRIES, Codes, Issued
from troth.model.clock import DAY, HOUR, MINUTE, Moment, after
from troth.model.errors import NotProved, TooMany
from troth.model.secret import Secret
from troth.store.sql import Store

MAIL = Secret("li.na@mail.example")
KEY = b"k" * 32


@pytest.fixture
def codes(data_store: Store) -> Codes:
    return Codes(data_store, KEY)


def wrong(issued: Issued) -> Secret:
    """A well-formed code that is not the one issued."""
    return Secret("000000" if issued.code.reveal() != "000000" else "111111")


@pytest.mark.clause("2.1.2c")
def test_a_code_proves_its_address_once(codes: Codes, at: Moment) -> None:
    issued = codes.issue("login", MAIL, at=at)
    codes.redeem(issued.challenge, "login", MAIL, issued.code, at=at)
    with pytest.raises(NotProved):
        codes.redeem(issued.challenge, "login", MAIL, issued.code, at=at)


@pytest.mark.clause("2.1.2c")
@pytest.mark.parametrize("flow", ["register", "login", "bind", "recover", "confirm"])
def test_a_code_works_only_in_the_flow_that_asked(codes: Codes, at: Moment, flow: str) -> None:
    other = "login" if flow != "login" else "recover"
    issued = codes.issue(flow, MAIL, at=at)  # type: ignore[arg-type]  # parametrised
    with pytest.raises(NotProved):
        codes.redeem(issued.challenge, other, MAIL, issued.code, at=at)  # type: ignore[arg-type]
    codes.redeem(issued.challenge, flow, MAIL, issued.code, at=at)  # type: ignore[arg-type]


def test_a_code_works_only_for_its_address(codes: Codes, at: Moment) -> None:
    issued = codes.issue("login", MAIL, at=at)
    with pytest.raises(NotProved):
        codes.redeem(issued.challenge, "login", Secret("x@mail.example"), issued.code, at=at)


def test_a_code_works_only_for_what_it_is_about(codes: Codes, at: Moment) -> None:
    issued = codes.issue("confirm", MAIL, at=at, about="erase")
    with pytest.raises(NotProved):
        codes.redeem(issued.challenge, "confirm", MAIL, issued.code, at=at, about="export")


@pytest.mark.parametrize("late", [10 * MINUTE, DAY])
def test_a_late_code_is_no_proof_even_if_the_clock_is_put_back(
    codes: Codes, at: Moment, late: int
) -> None:
    issued = codes.issue("login", MAIL, at=at)
    for moment in (Moment(at + late), after(at, minutes=1)):
        with pytest.raises(NotProved):
            codes.redeem(issued.challenge, "login", MAIL, issued.code, at=moment)


@pytest.mark.parametrize(
    "twist", [" {}", "{} ", "+{}", "-{}", "{}\n", "0{}", "{}.", "\u200b{}"], ids=repr
)
def test_a_twisted_spelling_is_refused_and_costs_no_try(
    codes: Codes, at: Moment, twist: str
) -> None:
    issued = codes.issue("login", MAIL, at=at)
    for _ in range(TRIES + 1):
        with pytest.raises(NotProved):
            codes.redeem(
                issued.challenge, "login", MAIL, Secret(twist.format(issued.code.reveal())), at=at
            )
    codes.redeem(issued.challenge, "login", MAIL, issued.code, at=at)


def test_full_width_digits_are_refused(codes: Codes, at: Moment) -> None:
    issued = codes.issue("login", MAIL, at=at)
    wide = Secret(issued.code.reveal().translate({ord("0") + n: 0xFF10 + n for n in range(10)}))
    with pytest.raises(NotProved):
        codes.redeem(issued.challenge, "login", MAIL, wide, at=at)


def test_five_wrong_tries_end_a_code(codes: Codes, at: Moment) -> None:
    issued = codes.issue("login", MAIL, at=at)
    for _ in range(TRIES):
        with pytest.raises(NotProved):
            codes.redeem(issued.challenge, "login", MAIL, wrong(issued), at=at)
    with pytest.raises(NotProved):
        codes.redeem(issued.challenge, "login", MAIL, issued.code, at=at)


@pytest.mark.clause("7.1c")
def test_five_tries_are_judged_whatever_the_concurrency(
    codes: Codes, at: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = codes.issue("login", MAIL, at=at)
    judged: list[bool] = []
    compare = module.hmac.compare_digest
    monkeypatch.setattr(
        module.hmac, "compare_digest", lambda a, b: judged.append(True) or compare(a, b)
    )

    def guess() -> None:
        for _ in range(5):
            with pytest.raises(NotProved):
                codes.redeem(issued.challenge, "login", MAIL, wrong(issued), at=at)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(judged) == TRIES


def test_two_who_prove_it_at_once_are_one(codes: Codes, at: Moment) -> None:
    issued = codes.issue("login", MAIL, at=at)
    proved: list[bool] = []

    def redeem() -> None:
        try:
            codes.redeem(issued.challenge, "login", MAIL, issued.code, at=at)
            proved.append(True)
        except NotProved:
            pass

    threads = [threading.Thread(target=redeem) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert proved == [True]


def test_every_failure_answers_with_the_same_words(codes: Codes, at: Moment) -> None:
    issued = codes.issue("login", MAIL, at=at)
    told = set()
    for challenge, code in [("unknown", issued.code), (issued.challenge, wrong(issued))]:
        with pytest.raises(NotProved) as refused:
            codes.redeem(challenge, "login", MAIL, code, at=at)
        told.add(str(refused.value))
    assert len(told) == 1


def test_a_decoy_looks_like_a_code_and_never_works(codes: Codes, at: Moment) -> None:
    real, decoy = codes.issue("login", MAIL, at=at), codes.issue("login", MAIL, at=at, real=False)
    assert len(real.challenge) == len(decoy.challenge)
    with pytest.raises(NotProved):
        codes.redeem(decoy.challenge, "login", MAIL, decoy.code, at=at)


def test_a_code_given_back_works_again_but_its_tries_stay(codes: Codes, at: Moment) -> None:
    issued = codes.issue("register", MAIL, at=at)
    for _ in range(TRIES):
        codes.redeem(issued.challenge, "register", MAIL, issued.code, at=at)
        codes.give_back(issued.challenge, at=at)
    with pytest.raises(NotProved):
        codes.redeem(issued.challenge, "register", MAIL, issued.code, at=at)


@pytest.mark.clause("7.1c")
def test_an_address_gets_only_so_many_codes_an_hour(codes: Codes, at: Moment) -> None:
    for _ in range(PER_HOUR):
        codes.issue("login", MAIL, at=at)
    with pytest.raises(TooMany):
        codes.issue("recover", Secret("LI.NA@mail.example "), at=at)
    codes.issue("login", MAIL, at=Moment(at + HOUR + 1))


def test_the_table_holds_neither_code_nor_address(
    codes: Codes, data_store: Store, at: Moment
) -> None:
    issued = codes.issue("login", Secret("13900001111"), at=at)
    row = data_store.query("SELECT * FROM codes")
    told = b"".join(
        bytes(part) if isinstance(part, bytes | memoryview) else str(part).encode()
        for part in row[0]
    )
    assert b"13900001111" not in told
    assert issued.code.reveal().encode() not in told


def test_the_sweep_takes_codes_that_are_over(codes: Codes, data_store: Store, at: Moment) -> None:
    codes.issue("login", MAIL, at=at)
    assert codes.purge(at) == 0
    assert codes.purge(Moment(at + 2 * DAY)) == 1
    assert data_store.query("SELECT COUNT(*) FROM codes") == [(0,)]


@given(st.integers(0, 999_999))
def test_codes_keep_their_leading_zeros(number: int) -> None:
    assert module.SHAPE.fullmatch(f"{number:06d}")
