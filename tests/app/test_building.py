"""Rooms are put together as the settings say: here, who is asked about a real name."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chapters.conftest import instance
from tests.chapters.people import AUTHORITY_KEYS, ID_NUMBER, NAME, House, opened, ticks
from troth.app import Troth, settings
from troth.app.settings.identity import authority_of, elements_of
from troth.egress.authorities import Check
from troth.egress.channels import MemoryChannel
from troth.egress.loopback import HttpSink
from troth.model.clock import Moment, SetClock
from troth.model.errors import Misconfigured
from troth.model.terms import Region

__all__ = ["instance"]
SHAPES = Path(__file__).parents[1] / "egress" / "shapes"
SIGNING = "whsec_" + "QUJD" * 8
CN = Region("cn")


@pytest.fixture
def folder(instance: Path, tmp_path: Path) -> Path:
    """Return an instance's folder with a shape and a secret in it."""
    folder = tmp_path / "house"
    shutil.copytree(instance, folder)
    shutil.copy(SHAPES / "name_and_number.toml", folder)
    (folder / "identity.secret").write_text(SIGNING)
    return folder


def named(folder: Path, **more: str) -> settings.Settings:
    told = {"authority": "https://id.example.com/v1", "secret": "file:identity.secret"} | more
    return settings.load(folder, {f"TROTH_IDENTITY_{key.upper()}": told[key] for key in told})


@contextmanager
def house(folder: Path, at: Moment, **more: str) -> Iterator[House]:
    clock, email, sms = SetClock(at), MemoryChannel("email"), MemoryChannel("sms")
    told = named(folder, **more)
    with Troth(told, clock=clock, channels={"email": email, "sms": sms}) as troth:
        yield opened(troth, clock, email, sms)


def test_a_bridge_is_asked_for_name_and_number_unless_more_is_named(folder: Path) -> None:
    assert authority_of(named(folder), CN).checks == {Check.PERSON_2}
    more = named(folder, checks="person_2,face")
    assert authority_of(more, CN).checks == {Check.PERSON_2, Check.FACE}


def test_a_shape_says_what_can_be_asked(folder: Path) -> None:
    authority = authority_of(named(folder, shape="name_and_number.toml"), CN)
    assert (authority.name, authority.checks) == ("name_and_number", {Check.PERSON_2})


@pytest.mark.parametrize(
    "wrong",
    [
        {"checks": "palm"},
        {"checks": "face", "shape": "name_and_number.toml"},
        {"shape": "none.toml"},
        {"secret": ""},
        {"authority": "http://id.example.com"},
        {"authority": "https://id.example.com/?key=1"},
    ],
)
def test_what_is_wrong_is_found_before_anybody_is_asked(
    folder: Path, wrong: dict[str, str]
) -> None:
    with pytest.raises(Misconfigured):
        authority_of(named(folder, **wrong), CN)


def test_a_further_element_is_a_field_of_the_policy() -> None:
    assert elements_of(["valid_from = identity.since"]) == {"identity.since": "valid_from"}
    for wrong in ("valid_from", "=identity.since", "valid_from="):
        with pytest.raises(Misconfigured):
            elements_of([wrong])


@pytest.mark.parametrize(("code", "result"), [("1", "verified"), ("2", "failed"), ("3", "pending")])
def test_a_provider_is_asked_over_the_wire_as_its_shape_says(
    folder: Path, at: Moment, code: str, result: str
) -> None:
    answer = {"Code": "200", "RequestId": "Q-1", "ResultObject": {"BizCode": code}}
    with HttpSink(json.dumps(answer).encode()) as sink:
        told = {"authority": sink.url, "shape": "name_and_number.toml"}
        with house(folder, at, **told) as living:
            living.sign_with_authority()
            subject = living.register().subject
            values = {"identity.name": NAME, "identity.id_number": ID_NUMBER}
            checked = living.realname.verify(
                subject, values, ticks(*AUTHORITY_KEYS), shown=living.shown()
            )
            (shared,) = living.sharing.register(subject)
    (posted,) = sink.posts
    body = json.loads(posted.body)
    assert (checked.result, checked.reference) == (result, "Q-1")
    assert (body["UserName"], body["IdentifyNum"]) == (NAME.reveal(), ID_NUMBER.reveal())
    assert body["OuterOrderNo"] == posted.headers["webhook-id"] == shared.entry


def test_an_authority_that_is_down_leaves_it_to_people(folder: Path, at: Moment) -> None:
    with HttpSink() as sink:
        sink.mood = "temporary"
        with house(folder, at, authority=sink.url) as living:
            living.sign_with_authority()
            subject = living.register().subject
            values = {"identity.name": NAME, "identity.id_number": ID_NUMBER}
            checked = living.realname.verify(
                subject, values, ticks(*AUTHORITY_KEYS), shown=living.shown()
            )
            assert (checked.result, checked.code) == ("pending", "unavailable")
            assert living.realname.progress(subject).reviews == (checked.case,)
