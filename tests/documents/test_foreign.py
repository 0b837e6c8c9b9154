"""Password hashes of other systems: verified as they were made, bounded in cost, never confused."""

import base64
import hashlib
import os

import bcrypt
import nacl.pwhash
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.proof import foreign
from troth.documents.proof.passwords import Passwords
from troth.model.errors import BadValue
from troth.model.secret import Secret
from troth.vault.forms import Form, canonical

PASSWORD = "correct horse battery staple"
SALT = b"sixteen octets.."


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def ab64(raw: bytes) -> str:
    return b64(raw).replace("+", ".")


def scrypt(ln: int = 4, r: int = 8, p: int = 1) -> str:
    made = hashlib.scrypt(PASSWORD.encode(), salt=SALT, n=1 << ln, r=r, p=p, dklen=32)
    return f"$scrypt$ln={ln},r={r},p={p}${b64(SALT)}${b64(made)}"


def django(name: str = "sha256", rounds: int = 1000) -> str:
    made = hashlib.pbkdf2_hmac(name, PASSWORD.encode(), b"NaCl", rounds)
    return f"pbkdf2_{name}${rounds}$NaCl${base64.b64encode(made).decode()}"


def passlib(name: str = "sha256", rounds: int = 1000) -> str:
    made = hashlib.pbkdf2_hmac(name, PASSWORD.encode(), SALT, rounds)
    tail = "" if name == "sha1" else f"-{name}"
    return f"$pbkdf2{tail}${rounds}${ab64(SALT)}${ab64(made)}"


def ldap(name: str) -> str:
    digest = hashlib.new(name, PASSWORD.encode() + SALT).digest()
    scheme = "SSHA" if name == "sha1" else f"SSHA{name.removeprefix('sha')}"
    return f"{{{scheme}}}{base64.b64encode(digest + SALT).decode()}"


def argon2(kind: str, passes: int = 3) -> str:
    make = nacl.pwhash.argon2i if kind == "i" else nacl.pwhash.argon2id
    return make.str(PASSWORD.encode(), passes, 8 * 1024 * 1024).decode()  # type: ignore[no-any-return]


HASHES = {
    "bcrypt 2b": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
    "bcrypt 2a": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, b"2a")).decode(),
    "scrypt": scrypt(),
    "django sha256": django(),
    "django sha1": django("sha1"),
    "passlib sha256": passlib(),
    "passlib sha512": passlib("sha512"),
    "passlib sha1": passlib("sha1"),
    "ssha": ldap("sha1"),
    "ssha256": ldap("sha256"),
    "ssha512": ldap("sha512"),
    "argon2id": argon2("id"),
    "argon2i": argon2("i"),
    # Made by four lanes, as the commonest library of Python does by default.
    "argon2id of four lanes": "$argon2id$v=19$m=65536,t=3,p=4$NCKZrBNzJfq8S8xgEmeAww"
    "$0000000000000000000000000000000000000000000",
}
TOO_DEAR = (
    "$2b$16$" + "a" * 53,
    "$2b$31$" + "a" * 53,
    scrypt().replace("ln=4", "ln=20"),
    scrypt().replace("ln=4", "ln=62"),
    scrypt().replace("p=1", "p=999"),
    django().replace("$1000$", "$10000001$"),
    passlib().replace("$1000$", "$999999999$"),
    argon2("id").replace("m=8192", "m=99999999"),
    argon2("id").replace("t=3", "t=9999"),
    scrypt().replace("ln=4", "ln=0"),
    django().replace("$1000$", "$0$"),
)
UNKNOWN = (
    "",
    PASSWORD,
    "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    "{SSHA}short",
    "$2b$12$" + "a" * 52,
    "$2b$12$" + "a" * 53 + "\n",
    "$2b$１２$" + "a" * 53,
    django() + "x" * 300,
)


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


# Four lanes: only that it is recognised and computed, and does not match what it was not made from.
MATCHING = [name for name in HASHES if "lanes" not in name]


@pytest.mark.parametrize("name", MATCHING)
def test_a_hash_is_verified_as_it_was_made(passwords: Passwords, name: str) -> None:
    kept = Secret(HASHES[name])
    assert passwords.verify(kept, Secret(PASSWORD))
    assert not passwords.verify(kept, Secret(PASSWORD.upper()))
    assert not passwords.verify(kept, Secret(""))


@pytest.mark.parametrize("name", HASHES)
def test_every_kind_is_known_and_may_lie_in_the_vault(name: str) -> None:
    kept = Secret(HASHES[name])
    assert foreign.demand(kept)
    assert canonical("account.password", kept, Form("password_hash")) == kept


def test_four_lanes_are_computed() -> None:
    assert not foreign.same(Secret(HASHES["argon2id of four lanes"]), PASSWORD)


def test_bcrypt_counts_72_octets_and_no_more(passwords: Passwords) -> None:
    long = "x" * 80
    kept = Secret(bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode())
    assert passwords.verify(kept, Secret(long))


def test_a_password_is_taken_as_it_was_typed_and_in_our_normal_form(passwords: Passwords) -> None:
    typed = "ｆｕｌｌ width"
    for made_of in (typed, "full width"):
        kept = Secret(bcrypt.hashpw(made_of.encode(), bcrypt.gensalt(4)).decode())
        assert passwords.verify(kept, Secret(typed))


def test_only_ours_is_not_replaced(passwords: Passwords) -> None:
    assert not passwords.needs_rehash(passwords.hash(Secret(PASSWORD)))
    assert not passwords.needs_rehash(None)
    assert all(passwords.needs_rehash(Secret(text)) for text in HASHES.values())


@pytest.mark.parametrize("text", TOO_DEAR, ids=range(len(TOO_DEAR)))
def test_a_hash_that_would_keep_the_server_busy_is_refused_and_never_computed(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        foreign.demand(Secret(text))
    assert refused.value.field == "account.password"
    assert text not in str(refused.value)
    assert not foreign.same(Secret(text), PASSWORD)


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_no_known_hash_is_refused_and_matches_nothing(text: str) -> None:
    with pytest.raises(BadValue):
        foreign.demand(Secret(text))
    assert not foreign.same(Secret(text), PASSWORD)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert not foreign.same(Secret(text), PASSWORD)


@given(st.sampled_from(sorted(HASHES)), st.integers(0, 299), st.characters())
def test_a_changed_hash_is_read_without_breaking(name: str, place: int, put: str) -> None:
    text = HASHES[name]
    changed = text[:place] + put + text[place + 1 :]
    try:
        foreign.demand(Secret(changed))
    except BadValue:
        assert not foreign.same(Secret(changed), PASSWORD)


def test_a_cheap_hash_answers_no_sooner_than_nobodys(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[bytes] = []
    verify = nacl.pwhash.verify
    monkeypatch.setattr(nacl.pwhash, "verify", lambda *a: worked.append(a[0]) or verify(*a))
    passwords.verify(None, Secret(PASSWORD))
    passwords.verify(Secret(HASHES["ssha512"]), Secret(PASSWORD))
    assert len(worked) == 2
    assert worked[0] == worked[1]


def test_a_hash_says_nothing_of_other_salts() -> None:
    kept = f"{{SSHA}}{base64.b64encode(os.urandom(20)).decode()}"
    with pytest.raises(BadValue):
        foreign.demand(Secret(kept))
