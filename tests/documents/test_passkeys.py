"""Passkeys: what a browser is asked, whose handle it is, and what lies in the vault."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.authenticator import ORIGIN
from troth.documents.proof import passkeys as module
from troth.documents.proof.passkeys import Passkey, Passkeys, for_vault, in_vault, named_in
from troth.model.clock import Moment
from troth.model.errors import BadInput, Misconfigured, NotProved, Sealed
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

WHO = SubjectId("cn-" + "a" * 26)
OURS = Passkeys(b"k" * 32, ORIGIN)
CHALLENGE = Secret("c" * 43)
HAD = Passkey(
    id="Y3JlZA",
    key=b"\xa1\x01\x02",
    name=Secret("手机"),
    made=Moment(7),
    count=3,
    transports=("usb",),
)


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- handles -------------------------------------------------------------------------------------


@pytest.mark.parametrize("region", ["cn", "global", "z" * 12])
def test_a_handle_is_short_and_gives_the_account_id_to_nobody(region: str) -> None:
    subject = SubjectId.new(Region(region))
    handle = OURS.handle(subject)
    assert len(raw(handle)) <= 64
    assert OURS.owner(handle) == subject
    assert subject.partition("-")[2].encode() not in raw(handle)


def test_one_subject_has_one_handle_and_another_house_another() -> None:
    theirs = Passkeys(b"x" * 32, ORIGIN)
    assert OURS.handle(WHO) == OURS.handle(WHO)
    assert theirs.handle(WHO) != OURS.handle(WHO)
    assert theirs.owner(OURS.handle(WHO)) is None


@given(st.binary(max_size=80) | st.text(max_size=80))
def test_what_is_no_handle_is_nobodys(text: bytes | str) -> None:
    told = text if isinstance(text, str) else base64.urlsafe_b64encode(text).decode()
    assert OURS.owner(told) is None


# --- what is asked -------------------------------------------------------------------------------


def test_what_is_asked_to_make_one_is_json_of_the_standard() -> None:
    told = json.loads(
        OURS.creation(
            WHO, challenge=CHALLENGE, label=Secret("li@mail.example"), service="ITNIO", had=[HAD]
        ).reveal()
    )
    assert told["rp"] == {"id": "localhost", "name": "ITNIO"}
    assert told["user"]["name"] == told["user"]["displayName"] == "li@mail.example"
    assert OURS.owner(told["user"]["id"]) == WHO
    assert told["challenge"] == CHALLENGE.reveal()
    assert [each["alg"] for each in told["pubKeyCredParams"]] == [-8, -7, -257]
    assert told["excludeCredentials"] == [
        {"type": "public-key", "id": HAD.id, "transports": ["usb"]}
    ]
    assert told["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert told["attestation"] == "none"


def test_what_is_asked_to_sign_names_nobody_unless_it_is_known_who() -> None:
    told = json.loads(OURS.request(challenge=CHALLENGE).reveal())
    assert (told["rpId"], told["userVerification"]) == ("localhost", "required")
    assert told["allowCredentials"] == []
    known = json.loads(OURS.request(challenge=CHALLENGE, had=[HAD]).reveal())
    assert [each["id"] for each in known["allowCredentials"]] == [HAD.id]


def test_without_an_address_nothing_is_asked() -> None:
    with pytest.raises(Misconfigured) as refused:
        Passkeys(b"k" * 32, "").request(challenge=CHALLENGE)
    assert "origin under [server]" in refused.value.remedy


def test_a_challenge_has_256_bits() -> None:
    drawn = {module.new_challenge().reveal() for _ in range(50)}
    assert len(drawn) == 50
    assert {len(raw(each)) for each in drawn} == {32}


# --- what is kept --------------------------------------------------------------------------------


def test_passkeys_come_back_from_the_vault_as_they_went() -> None:
    (back,) = in_vault(for_vault([HAD]))
    assert back == HAD
    assert in_vault(None) == ()


def test_no_two_states_of_the_vault_are_written_alike() -> None:
    assert for_vault([HAD]) != for_vault([HAD])


def test_a_passkey_does_not_print_its_name() -> None:
    assert "手机" not in repr(HAD)


def test_something_else_in_the_vault_is_said_to_be_unreadable() -> None:
    with pytest.raises(Sealed):
        in_vault(Secret("{}"))


def test_a_name_is_tidied_and_bounded() -> None:
    assert module.called(Secret(" 我的  手机 ")).reveal() == "我的 手机"
    for text in ("", "  ", "x" * 61, "a\u202eb"):
        with pytest.raises(BadInput) as refused:
            module.called(Secret(text))
        assert refused.value.field == "passkey_name"


# --- whose an answer says it is ------------------------------------------------------------------


def test_an_answer_names_its_passkey_and_its_handle() -> None:
    told = {"id": "abc", "rawId": "abc", "response": {"userHandle": "def"}, "type": "public-key"}
    assert named_in(Secret(json.dumps(told))) == module.Named(id="abc", handle="def")
    told["response"] = {"userHandle": None}
    assert named_in(Secret(json.dumps(told))).handle == ""


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": 5}', "nonsense", '{"id": "x"}', "\ud800"])
def test_what_no_browser_sends_is_one_answer(text: str) -> None:
    with pytest.raises(NotProved) as refused:
        named_in(Secret(text))
    assert refused.value.field == "passkey"
