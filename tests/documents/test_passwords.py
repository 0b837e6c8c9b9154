"""Passwords: long, not guessable, hashed; and each refusal says which rule, never the password."""

import hashlib
import re
import threading
from pathlib import Path

import nacl.pwhash
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.proof import passwords as module
from troth.documents.proof.passwords import (
    MOST_AT_ONCE,
    NOBODY,
    Passwords,
    Pool,
    breached,
    cores,
)
from troth.documents.proof.strength import LONGEST, blocklist, left_over
from troth.model.errors import BadInput, Misconfigured, TooMany, WeakPassword
from troth.model.secret import Secret

GOOD = Secret("violet harbour skates uphill")


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


@pytest.mark.clause("2.1.2b")
def test_only_an_argon2id_hash_is_kept(passwords: Passwords) -> None:
    kept = passwords.hash(GOOD)
    assert kept.reveal().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(kept, GOOD)
    assert not passwords.verify(kept, Secret("violet harbour skates downhill"))


def test_nobody_has_no_password(passwords: Passwords) -> None:
    assert not passwords.verify(None, GOOD)
    assert NOBODY.reveal().startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_two_spellings_of_one_character_are_one_password(passwords: Passwords) -> None:
    kept = passwords.hash(Secret("café und kuchen am see"))
    assert passwords.verify(kept, Secret("cafe\u0301 und kuchen am see"))


@pytest.mark.clause("2.1.2b")
def test_an_unconfirmed_password_names_the_field(passwords: Passwords) -> None:
    with pytest.raises(BadInput) as refused:
        passwords.judge(GOOD, Secret("violet harbour skates"))
    assert refused.value.field == "password_confirm"


@pytest.mark.clause("7.2a")
@pytest.mark.parametrize(
    "weak",
    [
        "short",
        "fourteen chars",
        "passwordpassword",
        "Password12345678!",
        "qwertyuiop123456",
        "1qaz2wsx3edc4rfv5tgb",
        "aaaaaaaaaaaaaaaaaaaa",
        "abababababababababab",
        "woaini5201314520",
        "WoAiNi1314520_2024",
        "zhongguo19901231beijing",
        "我爱你我爱你我爱你我爱你我爱你",
        "iloveyouforever2024!",
        "itnio-troth-admin-2026",
        "letmein letmein letmein",
        "0987654321 0987654321",
        "!@#$%^&*()_+!@#$%^&*()_+",
        "p@ssw0rd p@ssw0rd p@ssw0rd",
        "dragon monkey sunshine",
        "x" * (LONGEST + 1),
    ],
)
def test_a_weak_password_is_refused_in_words(passwords: Passwords, weak: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        passwords.judge(Secret(weak), Secret(weak))
    assert weak not in str(refused.value)
    assert refused.value.clause == "7.2"


@pytest.mark.parametrize(
    "good",
    [
        "violet harbour skates uphill",
        "正确的马电池订书钉与紫色的海港船",
        "Tr4velling-On-Foot-Through-Rain",
        "kx9-VbQ2-mmTz-81Lw",
        "my neighbour's ladder leaks",
    ],
)
@pytest.mark.clause("7.2a")
def test_a_long_unpredictable_password_is_accepted(passwords: Passwords, good: str) -> None:
    passwords.judge(Secret(good), Secret(good), about=[Secret("li.na@mail.example")])


@pytest.mark.clause("7.2a")
def test_a_password_made_of_ones_own_address_is_refused(passwords: Passwords) -> None:
    own = Secret("wangxiaoli.1990@mail.example")
    with pytest.raises(WeakPassword):
        passwords.judge(Secret("wangxiaoli.1990!!!!"), Secret("wangxiaoli.1990!!!!"), about=[own])


def test_eight_characters_do_beside_a_second_factor(passwords: Passwords) -> None:
    passwords.judge(Secret("kx9VbQ2m"), Secret("kx9VbQ2m"), second_factor=True)


@pytest.mark.clause("7.2a")
@pytest.mark.parametrize("letters", [40, 16])
def test_a_breached_password_is_found_in_the_operators_list(tmp_path: Path, letters: int) -> None:
    words = [f"some stolen password {number}" for number in range(500)]
    lines = sorted(hashlib.sha1(word.encode()).hexdigest().upper()[:letters] for word in words)
    path = tmp_path / "breached.txt"
    path.write_text("".join(f"{line}:{at}\n" for at, line in enumerate(lines)))
    assert all(breached(path, word) for word in words)
    assert not any(breached(path, f"a password of my own {number}") for number in range(500))
    with pytest.raises(WeakPassword):
        Passwords(breached=path).judge(Secret(words[7]), Secret(words[7]))


def test_a_breach_list_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        Passwords(breached=tmp_path / "none.txt")


def test_an_empty_breach_list_breaches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.touch()
    assert not breached(path, "anything")


# --- strength in words ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "level", "reasons"),
    [
        ("violet harbour skates uphill", "strong", ()),
        ("一只猫坐在屋顶上看着月亮升起来", "good", ()),
        ("teapot woaini5201314", "fair", ("common",)),
        ("kitchen lamp 123456789", "good", ("run",)),
        ("woaini5201314", "refused", ("short", "common")),
        ("lixiaoming 19900102", "refused", ("common", "date")),
        ("13912345678 13912345678", "refused", ("number",)),
        ("京A12345 京B54321 沪C98765", "refused", ("number",)),
        ("11010519900307123x", "refused", ("number",)),
        ("q1w2e3r4 qwe123asd456", "refused", ("common",)),
        ("p455w0rd p4$$w0rd p@ssw0rd", "refused", ("common",)),
        ("xyxyxyxyxyxyxyxy", "refused", ("repeat",)),
        ("liwei.1985 violet harbour", "good", ("own_name",)),
        ("liwei.1985 x", "refused", ("short", "own_name")),
        ("x" * (LONGEST + 1), "refused", ("long", "repeat")),
    ],
)  # fmt: skip
def test_strength_is_told_in_words(
    passwords: Passwords, password: str, level: str, reasons: tuple[str, ...]
) -> None:
    found = passwords.describe(Secret(password), about=[Secret("liwei.1985@mail.example")])
    assert (found.level, found.reasons) == (level, reasons)


@given(st.text(max_size=40))
def test_what_is_described_as_refused_is_what_is_refused(text: str) -> None:
    password, refused = Secret(text), False
    try:
        Passwords().judge(password, password)
    except WeakPassword:
        refused = True
    assert (Passwords().describe(password).level == "refused") is refused


def test_a_breached_password_is_described_as_such(tmp_path: Path) -> None:
    path = tmp_path / "breached.txt"
    path.write_text(hashlib.sha1(GOOD.reveal().encode()).hexdigest().upper() + "\n")
    found = Passwords(breached=path).describe(GOOD)
    assert (found.level, found.reasons) == ("refused", ("breached",))


# --- the pool ------------------------------------------------------------------------------------


CHEAP = {"ops": 1, "memory": 8192}


def test_hashing_is_bounded(passwords: Passwords) -> None:
    kept = passwords.hash(GOOD)
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append(passwords.verify(kept, GOOD)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 6


def test_whoever_comes_when_too_many_wait_is_sent_away_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passwords = Passwords(at_once=1, waiting=3, **CHEAP)
    inside, go = threading.Semaphore(0), threading.Event()
    told: list[str] = []

    def slowly(*_: object) -> bytes:
        inside.release()
        go.wait(10)
        return b"$argon2id$"

    def hash_one() -> None:
        try:
            passwords.hash(GOOD)
            told.append("done")
        except TooMany:
            told.append("sent away")

    monkeypatch.setattr(nacl.pwhash.argon2id, "str", slowly)
    threads = [threading.Thread(target=hash_one) for _ in range(9)]
    for thread in threads:
        thread.start()
    assert inside.acquire(timeout=10)
    for _ in range(200):
        if told.count("sent away") == 5:
            break
        threading.Event().wait(0.01)
    assert told == ["sent away"] * 5
    go.set()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["done"] * 4 + ["sent away"] * 5
    assert passwords.hash(GOOD)


def test_whoever_waits_too_long_is_sent_away_and_leaves_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
    pool = Pool(1, 1)
    with pool:
        for _ in range(3):
            with pytest.raises(TooMany), pool:
                pass
    with pool:
        pass


@pytest.mark.parametrize(("ours", "hashing"), [(1, 1), (2, 1), (4, 3), (64, MOST_AT_ONCE)])
def test_every_core_but_one_may_hash(
    ours: int, hashing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda _: set(range(ours)), raising=False)
    assert cores() == hashing


def test_a_cheap_hash_takes_as_long_for_nobody() -> None:
    cheap = Passwords(**CHEAP)
    assert not cheap.verify(None, GOOD)
    assert cheap.verify(cheap.hash(GOOD), GOOD)


def test_the_blocklist_knows_chinese_habits() -> None:
    assert {"woaini", "5201314", "mima", "password"} <= blocklist()
    assert len(blocklist()) >= 3000


@given(st.text(max_size=60))
def test_what_is_left_over_is_never_longer_than_what_went_in(text: str) -> None:
    assert len(left_over(text.casefold())) <= len(text.casefold())


@given(st.lists(st.sampled_from(sorted(blocklist())), min_size=1, max_size=6))
def test_of_common_words_strung_together_less_is_left_than_went_in(words: list[str]) -> None:
    # A run may be taken out of a word first; what it leaves is two letters at most for each word.
    assert len(re.sub(r"\W", "", left_over(" ".join(words)))) < sum(map(len, words))
