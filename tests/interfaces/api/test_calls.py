"""An identity authority calls: no key, but its signature; a forged call ends nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Response

from tests.chapters.people import AUTHORITY_KEYS, ID_NUMBER, NAME, ticks
from tests.gate.house import House, SqliteHouses
from tests.interfaces.api.office import Office, problem
from troth.app import Shown, Troth, settings
from troth.chapters.realname import Pending
from troth.egress.authorities import Result
from troth.egress.channels import MemoryChannel
from troth.egress.fake import call
from troth.egress.post import SigningKey
from troth.model.clock import Moment, SetClock
from troth.model.secret import Secret

PLACE = "/v1/identity/calls"
SIGNING = "whsec_" + "QUJD" * 8


@pytest.fixture
def house(sqlite_houses: SqliteHouses, tmp_path: Path, at: Moment) -> Iterator[House]:
    """Return a house whose authority calls."""
    folder = tmp_path / "house"
    shutil.copytree(sqlite_houses.template, folder)
    (folder / "calls.secret").write_text(SIGNING)
    told = {"AUTHORITY": "fake", "CALLBACK_SECRET": "file:calls.secret"}
    named = settings.load(folder, {f"TROTH_IDENTITY_{key}": told[key] for key in told})
    channels = {name: MemoryChannel(name) for name in ("email", "sms")}
    clock = SetClock(at)
    with Troth(named, clock=clock, channels=channels) as troth:
        yield House(troth, clock, channels, folder)


@pytest.fixture
def face(house: House) -> str:
    """Return what the authority calls a check of a face that waits."""
    house.troth.agree("id-authority", reference="C-1", purposes=("realname",), fields=("identity",))
    shown = Shown(edition=house.gate.policy().edition.hash, language="zh", surface="centre")
    values = {"identity.name": NAME, "identity.id_number": ID_NUMBER}
    begun = house.troth.realname.start(
        house.admit(), "face", values, ticks(*AUTHORITY_KEYS), shown=shown
    )
    assert isinstance(begun, Pending)
    return begun.url.rpartition("/")[2]


def send(office: Office, body: bytes, *, signed: bytes = b"", off: int = 0) -> Response:
    """Call as the authority does; ``signed`` is what was signed, if it is another body."""
    at = Moment(office.house.clock.now() + off)
    stamp, signature = SigningKey(Secret(SIGNING)).sign("c1", at, signed or body)
    headers = {
        "webhook-id": "c1",
        "webhook-timestamp": stamp,
        "webhook-signature": signature,
    }
    return office.call("POST", PLACE, content=body, headers=headers)


def test_a_signed_call_ends_a_check_once(office: Office, face: str) -> None:
    body = call(face, Result.MATCH)
    assert [send(office, body).json() for _ in range(2)] == [
        {"ended": True},
        {"ended": False},
    ]


def test_a_forged_or_old_call_is_refused_and_ends_nothing(office: Office, face: str) -> None:
    right, other = call(face, Result.MATCH), call(face, Result.MISMATCH)
    problem(send(office, right, signed=other), 422, "unverifiable")
    problem(send(office, right, off=-301_000), 422, "unverifiable")
    problem(office.call("POST", PLACE, content=right), 422, "unverifiable")
    assert send(office, right).json() == {"ended": True}


def test_a_signed_call_that_says_nothing_is_bad_input(office: Office, face: str) -> None:
    assert face
    for body in (b"", b"[]", b'{"flow": 1}'):
        problem(send(office, body), 422, "bad_input")


def test_a_call_about_somebody_elses_check_ends_nothing(office: Office, face: str) -> None:
    assert send(office, call(f"{face}0", Result.MATCH)).json() == {"ended": False}
