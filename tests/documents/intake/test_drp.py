"""What agents sign: theirs, ours, of now, and nothing else (A16; Data Rights Protocol 1.0)."""

import json
from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from troth.documents.intake import drp
from troth.documents.intake.agents import Agent, key_of, origin_of
from troth.model.clock import MINUTE, Moment, iso, moment
from troth.model.errors import BadInput, NotProved

KEY, OTHER = SigningKey(b"a" * 32), SigningKey(b"b" * 32)
NOW = moment("2026-11-22T10:00:00+00:00")
AGENT = Agent(
    id="PERMISSION",
    name="Permission",
    verify_key=bytes(KEY.verify_key),
    origins=("https://agent.example",),
    made=Moment(0),
)


def said(**changes: object) -> dict[str, object]:
    told: dict[str, object] = {
        "agent-id": "PERMISSION",
        "business-id": "TROTH",
        "issued-at": iso(NOW),
        "expires-at": iso(Moment(NOW + 10 * MINUTE)),
        "drp.version": "1.0",
        "exercise": "deletion",
        "regime": "ccpa",
        "relationships": ["customer"],
        "name": "Li Na",
        "email": "li.na@mail.example",
        "email_verified": True,
    }
    return told | {name.replace("_", "-", 1): value for name, value in changes.items()}


def signed(told: dict[str, object], key: SigningKey = KEY) -> bytes:
    return b64encode(bytes(key.sign(json.dumps(told).encode())))


def read(told: dict[str, object], at: Moment = NOW) -> drp.Exercise:
    return drp.exercise(AGENT, signed(told), business="TROTH", at=at)


def test_a_request_is_read_with_every_claim() -> None:
    told = read(said())
    assert (told.exercise, told.regime, told.relationships) == ("deletion", "ccpa", ("customer",))
    assert set(told.claimed()) == {"identity.name", "contact.email"}
    assert "verified by the agent: email" in told.words()


WRONG = {
    "another's key": signed(said(), OTHER),
    "another agent": signed(said(agent_id="ELSE")),
    "another business": signed(said(business_id="ELSE")),
    "not base64": b"{}",
    "no signature": b64encode(json.dumps(said()).encode()),
    "too short": b64encode(b"x" * 10),
    "expired": signed(said(expires_at=iso(NOW))),
    "of a time to come": signed(said(issued_at=iso(Moment(NOW + 5 * MINUTE)))),
    "for a week": signed(said(expires_at="2026-11-29T10:00:00Z")),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_the_agents_ours_and_of_now_is_not_proved(name: str) -> None:
    with pytest.raises(NotProved):
        drp.exercise(AGENT, WRONG[name], business="TROTH", at=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"exercise": "sale:opt_in"},
        {"exercise": 5},
        {"regime": "lgpd"},
        {"drp.version": "0.5"},
        {"expires_at": "tomorrow"},
        {"issued_at": "2026-11-22T10:00:00"},
        {"name": "", "email": ""},
    ],
    ids=str,
)
def test_what_the_protocol_does_not_know_is_bad_input(changes: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        read(said(**changes))


def test_one_altered_octet_is_noticed() -> None:
    octets = bytearray(signed(said()))
    octets[100] = octets[100] ^ 1 if octets[100] != 43 else 65
    with pytest.raises((NotProved, BadInput)):
        drp.exercise(AGENT, bytes(octets), business="TROTH", at=NOW)


@given(st.binary(max_size=300))
def test_any_octets_are_refused(raw: bytes) -> None:
    with pytest.raises(NotProved):
        drp.exercise(AGENT, raw, business="TROTH", at=NOW)


@given(st.dictionaries(st.sampled_from(sorted(said())), st.integers() | st.text(max_size=20)))
def test_any_signed_claims_are_read_or_refused(changes: dict[str, object]) -> None:
    with suppress(BadInput, NotProved):
        drp.exercise(AGENT, signed(said() | changes), business="TROTH", at=NOW)


@pytest.mark.parametrize(
    ("state", "code", "told"),
    [
        ("open", "", ("in_progress", "")),
        ("in_progress", "", ("in_progress", "")),
        ("fulfilled", "", ("fulfilled", "")),
        ("revoked", "", ("revoked", "")),
        ("expired", "", ("expired", "")),
        ("denied", "insuf_verification", ("denied", "insuf_verification")),
        ("denied", "held_by_law", ("denied", "claim_not_covered")),
        ("denied", "repetitive", ("denied", "too_many_requests")),
        ("denied", "impractical", ("denied", "other")),
    ],
)
def test_states_and_reasons_go_out_under_the_protocols_names(
    state: str, code: str, told: tuple[str, str]
) -> None:
    found = drp.status_of(
        number="r-1", state=state, reason=code, received=NOW, due=NOW, reference="mine"
    )
    assert (found.status, found.reason) == told
    assert found.agent_request_id == "mine"


def test_keys_are_read_in_both_spellings_and_nothing_else_is_one() -> None:
    octets = bytes(KEY.verify_key)
    assert key_of(octets.hex()) == key_of(b64encode(octets).decode()) == octets
    for wrong in ("", "x", "aGVsbG8=", "0" * 63):
        with pytest.raises(BadInput):
            key_of(wrong)


@pytest.mark.parametrize(
    "address",
    [
        "http://agent.example",
        "ftp://x",
        "https://",
        "https://u:p@agent.example",
        "javascript:x",
        "",
    ],
)
def test_callbacks_go_over_tls_and_carry_nobodys_password(address: str) -> None:
    with pytest.raises(BadInput):
        origin_of(address)
