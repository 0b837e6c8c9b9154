"""What an authenticator answers: every rule of the two ceremonies, each broken on its own."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.authenticator import (
    AT,
    BE,
    BS,
    EDDSA,
    ES256,
    RS256,
    UP,
    UV,
    Authenticator,
    Manner,
    b64,
    unpadded,
)
from troth import documents
from troth.documents.proof.passkeys import Passkey, Passkeys, new_challenge
from troth.model.clock import Moment
from troth.model.errors import NotProved
from troth.model.secret import Secret
from troth.model.terms import SubjectId

OURS = Passkeys(b"k" * 32, "https://account.example.com")
WHO = SubjectId("cn-" + "a" * 26)
GOOD = Manner(origin=OURS.origin)
WRONG = {
    "another origin": Manner(origin="https://example.com"),
    "a neighbour under the same name": Manner(origin="https://evil.account.example.com"),
    "another port": Manner(origin="https://account.example.com:8443"),
    "without TLS": Manner(origin="http://account.example.com"),
    "another name": Manner(origin=OURS.origin, party="example.com"),
    "the user was not verified": Manner(origin=OURS.origin, flags=UP),
    "nobody was there": Manner(origin=OURS.origin, flags=UV),
    "another challenge": Manner(origin=OURS.origin, challenge=b64(b"x" * 32)),
    "another ceremony": Manner(origin=OURS.origin, type="payment.get"),
    "in a frame of another site": Manner(origin=OURS.origin, cross_origin=True),
    "backed up, and cannot be": Manner(origin=OURS.origin, flags=UP | UV | BS),
}


def made(device: Authenticator, challenge: Secret, manner: Manner = GOOD) -> Passkey:
    """Make a passkey and have it judged."""
    asked = OURS.creation(WHO, challenge=challenge, label=Secret("li"), service="us")
    answer = Secret(device.create(asked.reveal(), manner))
    told = documents.webauthn.made(answer, challenge=challenge, passkeys=OURS)
    return Passkey(
        id=told.id,
        key=told.key,
        name=Secret("x"),
        made=Moment(0),
        count=told.count,
        transports=told.transports,
    )


def counted(device: Authenticator, passkey: Passkey, manner: Manner = GOOD) -> int:
    """Sign a new challenge and have it judged."""
    challenge = new_challenge()
    asked = OURS.request(challenge=challenge).reveal()
    answer = Secret(device.get(asked, manner))
    return documents.webauthn.counted(answer, passkey, challenge=challenge, passkeys=OURS)


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_a_passkey_is_made_and_signs(algorithm: int) -> None:
    device = Authenticator(algorithm)
    passkey = made(device, new_challenge())
    assert passkey.transports == ("hybrid", "internal")
    assert counted(device, passkey) == 0


def test_a_security_key_counts_its_signatures() -> None:
    device = Authenticator(counts=True)
    passkey = made(device, new_challenge())
    assert passkey.count == 1
    assert [counted(device, passkey) for _ in range(3)] == [2, 3, 4]


def test_a_passkey_that_is_backed_up_is_as_good() -> None:
    manner = Manner(origin=OURS.origin, flags=UP | UV | BE | BS)
    device = Authenticator()
    passkey = made(device, new_challenge(), manner)
    assert counted(device, passkey, manner) == 0


@pytest.mark.parametrize("manner", WRONG.values(), ids=WRONG)
def test_a_passkey_made_in_a_wrong_way_is_refused(manner: Manner) -> None:
    with pytest.raises(NotProved):
        made(Authenticator(), new_challenge(), manner)


@pytest.mark.parametrize("manner", WRONG.values(), ids=WRONG)
def test_a_signature_given_in_a_wrong_way_is_refused(manner: Manner) -> None:
    device = Authenticator()
    passkey = made(device, new_challenge())
    with pytest.raises(NotProved):
        counted(device, passkey, manner)


def test_a_signature_of_another_passkey_is_refused() -> None:
    device, other = Authenticator(), Authenticator()
    passkey = made(device, new_challenge())
    made(other, new_challenge())
    with pytest.raises(NotProved):
        counted(other, passkey)
    other.made[-1].id = device.made[-1].id
    with pytest.raises(NotProved):
        counted(other, passkey)


def test_an_algorithm_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(NotProved):
        made(Authenticator(algorithm=-35), new_challenge())


def test_an_answer_without_a_credential_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.authenticator.AT", 0)
    with pytest.raises(NotProved):
        made(Authenticator(), new_challenge())
    assert AT == 0x40


@pytest.mark.parametrize("changed", [("id",), ("rawId",), ("id", "rawId")])
def test_an_id_that_is_not_the_credentials_is_refused(changed: tuple[str, ...]) -> None:
    challenge = new_challenge()
    asked = OURS.creation(WHO, challenge=challenge, label=Secret("li"), service="us")
    told = json.loads(Authenticator().create(asked.reveal(), GOOD))
    told |= dict.fromkeys(changed, b64(b"another credential"))
    with pytest.raises(NotProved):
        documents.webauthn.made(Secret(json.dumps(told)), challenge=challenge, passkeys=OURS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
PART = st.binary(max_size=120).map(b64) | JSON


@given(
    st.fixed_dictionaries(
        {
            "id": st.just("aWQ") | PART,
            "rawId": st.just("aWQ") | PART,
            "type": st.just("public-key") | JSON,
            "response": JSON
            | st.fixed_dictionaries(
                {
                    "clientDataJSON": PART | JSON.map(lambda v: b64(json.dumps(v).encode())),
                    "attestationObject": PART,
                    "authenticatorData": PART,
                    "signature": PART,
                    "transports": JSON,
                }
            ),
        }
    )
    | JSON
)
def test_whatever_comes_is_refused_and_never_breaks(told: object) -> None:
    answer, challenge = Secret(json.dumps(told)), new_challenge()
    with pytest.raises(NotProved):
        documents.webauthn.made(answer, challenge=challenge, passkeys=OURS)
    with pytest.raises(NotProved):
        documents.webauthn.counted(answer, KNOWN, challenge=challenge, passkeys=OURS)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_bytes_changed_anywhere_are_refused_and_never_break(place: int, change: bytes) -> None:
    challenge = new_challenge()
    told = json.loads(DEVICE.get(OURS.request(challenge=challenge).reveal(), GOOD))
    part = ("clientDataJSON", "authenticatorData", "signature")[place % 3]
    raw = unpadded(told["response"][part])
    at = place % len(raw)
    changed = raw[:at] + change + raw[at + len(change) :]
    if changed == raw:
        return
    told["response"][part] = b64(changed)
    with pytest.raises(NotProved):
        documents.webauthn.counted(
            Secret(json.dumps(told)), KNOWN, challenge=challenge, passkeys=OURS
        )


def test_a_deep_answer_does_not_exhaust_anything() -> None:
    deep = "[" * 50_000
    with pytest.raises(NotProved):
        documents.webauthn.made(Secret(deep), challenge=new_challenge(), passkeys=OURS)
    nested = b64(b"\x81" * 20_000)
    told = {"id": "aWQ", "rawId": "aWQ", "type": "public-key", "response": {}}
    told["response"] = {"clientDataJSON": b64(b"{}"), "attestationObject": nested}
    with pytest.raises(NotProved):
        documents.webauthn.made(Secret(json.dumps(told)), challenge=new_challenge(), passkeys=OURS)


def test_no_credential_is_written_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    device = Authenticator()
    counted(device, made(device, new_challenge()))
    assert caplog.text == ""


DEVICE = Authenticator()
KNOWN = made(DEVICE, new_challenge())
