"""One-time codes: once, in time, for their flow and address, five tries whatever the haste."""

import multiprocessing
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.stores import SqliteMaker
from troth.documents.proof import codes as module
from troth.documents.proof.codes import PER_HOUR, TRIES, WRONG_PER_DAY, Codes, Issued, Sent, plain
from troth.documents.proof.origin import Origin
from troth.documents.proof.pace import Share
from troth.model.clock import DAY, HOUR, MINUTE, Moment, after
from troth.model.errors import NotProved, TooMany
from troth.model.secret import Secret
from troth.store.sql import Store
from troth.store.sqlite import SqliteStore

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
    "twist",
    [
        *(" {}", "{} ", "+{}", "-{}", "{}\n", "\t{}", "0{}", "{}0", "{}.", "{}.0", "0x{}", "{}e0"),
        *("\u200b{}", "{}\u200d", "\ufeff{}", "\u00a0{}", "\u2007{}", "{}\u0300", "{}\x00", ""),
    ],
    ids=repr,
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


ZEROS = [
    chr(point)
    for point in range(0x80, 0x1FBFA)
    if unicodedata.category(chr(point)) == "Nd" and unicodedata.decimal(chr(point)) == 0
]
"""The zero of every other script; its other digits follow it."""


def test_digits_of_other_scripts_are_refused(codes: Codes, at: Moment) -> None:
    issued = codes.issue("login", MAIL, at=at)
    assert len(ZEROS) > 50
    for zero in ZEROS:
        other = issued.code.reveal().translate({ord("0") + n: ord(zero) + n for n in range(10)})
        with pytest.raises(NotProved):
            codes.redeem(issued.challenge, "login", MAIL, Secret(other), at=at)
    codes.redeem(issued.challenge, "login", MAIL, issued.code, at=at)


def test_a_number_without_its_leading_zeros_is_no_code(
    codes: Codes, at: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.secrets, "choice", lambda _: "0")
    issued = codes.issue("login", MAIL, at=at)
    for short in ("0", "00000", "0000000"):
        with pytest.raises(NotProved):
            codes.redeem(issued.challenge, "login", MAIL, Secret(short), at=at)
    codes.redeem(issued.challenge, "login", MAIL, issued.code, at=at)


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


def guess(
    path: str, challenge: str, at: int, wrong: str, told: "multiprocessing.Queue[int]"
) -> None:
    """Guess five hundred times in a process of its own; tell how often a guess was compared."""
    codes, judged = Codes(SqliteStore(path), KEY), list[bool]()
    compare = module.hmac.compare_digest
    module.hmac.compare_digest = lambda a, b: judged.append(True) or compare(a, b)

    def some() -> None:
        for _ in range(20):
            with pytest.raises(NotProved):
                codes.redeem(challenge, "login", MAIL, Secret(wrong), at=Moment(at))

    threads = [threading.Thread(target=some) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put(len(judged))


def test_of_a_thousand_guesses_from_two_processes_five_are_judged(
    tmp_path: Path, sqlite_maker: SqliteMaker, at: Moment
) -> None:
    store, end = sqlite_maker.make(tmp_path, "data")
    issued = Codes(store, KEY).issue("login", MAIL, at=at)
    spawn = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[int] = spawn.Queue()
    given = (store.name, issued.challenge, at, wrong(issued).reveal(), told)
    processes = [spawn.Process(target=guess, args=given) for _ in range(2)]
    for process in processes:
        process.start()
    judged = [told.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert sum(judged) == TRIES
    assert store.query("SELECT tries FROM codes") == [(TRIES,)]
    end()


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


def test_an_address_takes_a_hundred_wrong_tries_a_day_over_all_its_codes(
    codes: Codes, data_store: Store, at: Moment
) -> None:
    now, tried = at, 0
    while tried < WRONG_PER_DAY:
        issued = codes.issue("login", MAIL, at=now)
        for _ in range(TRIES):
            with pytest.raises(NotProved):
                codes.redeem(issued.challenge, "login", MAIL, wrong(issued), at=now)
        tried, now = tried + TRIES, Moment(now + 10 * MINUTE)
    last = codes.issue("recover", MAIL, at=now)
    with pytest.raises(NotProved):
        codes.redeem(last.challenge, "recover", MAIL, last.code, at=now)
    tries = "SELECT SUM(tries) FROM codes"
    assert data_store.query(tries) == [(WRONG_PER_DAY,)]
    after_a_day = codes.issue("login", MAIL, at=Moment(now + DAY))
    codes.redeem(after_a_day.challenge, "login", MAIL, after_a_day.code, at=Moment(now + DAY))


def test_codes_that_proved_something_do_not_count_as_wrong(codes: Codes, at: Moment) -> None:
    now = at
    for _ in range(30):
        issued = codes.issue("login", MAIL, at=now)
        for _ in range(TRIES - 1):
            with pytest.raises(NotProved):
                codes.redeem(issued.challenge, "login", MAIL, wrong(issued), at=now)
        codes.redeem(issued.challenge, "login", MAIL, issued.code, at=now)
        now = Moment(now + 10 * MINUTE)


@pytest.mark.clause("7.1c")
def test_an_address_gets_only_so_many_codes_an_hour(codes: Codes, at: Moment) -> None:
    for _ in range(PER_HOUR):
        codes.issue("login", MAIL, at=at)
    with pytest.raises(TooMany):
        codes.issue("recover", Secret("LI.NA@mail.example "), at=at)
    codes.issue("login", MAIL, at=Moment(at + HOUR + 1))


@pytest.mark.parametrize(
    "spelling", ["139 0000 1111", "+8613900001111", "0086-13900001111", "(+86) 139.0000.1111"]
)
def test_no_spelling_of_an_address_brings_more_codes(
    codes: Codes, at: Moment, spelling: str
) -> None:
    for _ in range(PER_HOUR):
        codes.issue("login", Secret("13900001111"), at=at)
    with pytest.raises(TooMany):
        codes.issue("login", Secret(spelling), at=at)


def sent(codes: Codes, addresses: list[str], at: Moment, network: str = "") -> int:
    """Ask for a code for each address; return how many were made."""
    made = 0
    for address in addresses:
        try:
            codes.issue("register", Secret(address), at=at, origin=Origin(network=network))
            made += 1
        except TooMany:
            pass
    return made


LITTLE = Sent(network=Share(4, 60), block=Share(5, 60), mails=Share(9, 60), calls=Share(7, 60))


def test_codes_are_paced_by_network_by_block_of_numbers_and_in_all(
    data_store: Store, at: Moment
) -> None:
    codes = Codes(data_store, KEY, LITTLE)
    block = [f"+86139000011{nth:02}" for nth in range(9)]
    numbers = [f"+8613{nth}00001111" for nth in range(1, 9)]
    mails = [f"a{nth}@mail.example" for nth in range(20)]
    assert sent(codes, mails, at, "192.0.2.1") == 4
    assert sent(codes, mails[10:], at, "192.0.2.2") == 0
    assert sent(codes, mails[4:], at) == 9 - 4
    assert sent(codes, block, at) == 5
    assert sent(codes, numbers, at) == 7 - 5
    assert sent(codes, [*mails, *numbers], Moment(at + HOUR)) == 9 + 7


def test_decoys_are_paced_like_codes(data_store: Store, at: Moment) -> None:
    codes = Codes(data_store, KEY, LITTLE)
    for nth in range(7):
        codes.issue("login", Secret(f"+8613{nth}00001111"), at=at, real=bool(nth % 2))
    with pytest.raises(TooMany):
        codes.issue("login", Secret("+8613800001111"), at=at, real=False)


def test_what_is_refused_counts_for_nothing(data_store: Store, at: Moment) -> None:
    codes = Codes(data_store, KEY, LITTLE)
    home = Origin(network="192.0.2.1")
    assert sent(codes, [f"a{nth}@mail.example" for nth in range(30)], at, home.network) == 4
    assert sent(codes, [f"b{nth}@mail.example" for nth in range(30)], at) == 9 - 4


def test_a_house_says_how_many_codes_it_sends() -> None:
    limits = Sent.hourly(mails=600, calls=50)
    assert (limits.mails, limits.calls) == (Share(60, 600), Share(10, 50))


@given(st.emails())
def test_the_one_spelling_of_an_address_is_its_own_spelling(address: str) -> None:
    once = plain(Secret(address))
    assert plain(Secret(once)) == once


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
