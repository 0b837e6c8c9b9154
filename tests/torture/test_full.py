"""A full disk stops no withdrawal, no erasure and no warning; everything else says so (F4)."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.gate.house import ADDRESS, EMAIL, PHONE, House, opened
from troth.model.acts import (
    SYSTEM,
    Act,
    ConsentRefused,
    ConsentWithdrawn,
    Correct,
    Erase,
    Notify,
    Object,
    Restrict,
    Use,
)
from troth.model.clock import Moment, SetClock
from troth.model.errors import Erased, StoreFull
from troth.model.secret import Secret
from troth.model.terms import SubjectId

SIZE = "40m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own that is soon full."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "none", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("skipped, because only root can make a small disk, and not on every machine")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.fixture
def full(small_disk: Path, built: Path, at: Moment) -> Iterator[House]:
    """Return a house on that disk with some people in it; ``fill`` leaves no octet free."""
    folder = small_disk / "house"
    shutil.copytree(built, folder)
    with opened(folder, SetClock(at)) as house:
        yield house


def fill(house: House) -> Path:
    """Take every octet that is left."""
    filler = house.folder.parent / "filler"
    with filler.open("ab", buffering=0) as handle, contextlib.suppress(OSError):
        while True:
            handle.write(b"\0" * (1 << 16))
    with filler.open("ab", buffering=0) as handle, contextlib.suppress(OSError):
        while True:
            handle.write(b"\0")
    return filler


@pytest.fixture
def people(full: House) -> list[SubjectId]:
    first = full.admit(
        "CN", "marketing", contact_email=EMAIL, contact_phone=PHONE, contact_address=ADDRESS
    )
    return [first, *(full.admit("CN", "marketing") for _ in range(6))]


def write_until_full(house: House, subject: SubjectId) -> None:
    """Write until the database itself has no page left to grow into."""
    fill(house)
    acts = (
        Correct(subject=subject, values={"contact.address": Secret(os.urandom(200).hex())})
        for _ in range(20_000)
    )
    assert until_full(house, acts) < 20_000


def until_full(house: House, acts: Iterable[Act]) -> int:
    """Perform until the disk is full; return how many were done."""
    done = 0
    for act in acts:
        try:
            house.perform(act)
        except StoreFull:
            break
        done += 1
    return done


@pytest.mark.clause("9.3b", "9.3c", "6.4b", "7.4b")
def test_a_full_disk_stops_no_withdrawal_no_erasure_and_no_warning(
    full: House, people: list[SubjectId]
) -> None:
    write_until_full(full, people[0])
    one, two, three, four, five, six = people[1:]
    full.perform(ConsentWithdrawn(subject=one, to="marketing"))
    (use,) = full.gate.ask(Use(subject=one, fields=("contact.email",), purpose="marketing"))
    assert use.code == "consent_withdrawn"
    assert full.perform(Erase(subject=two)).certificate.complete
    with pytest.raises(Erased):
        full.gate.standing(two)
    full.perform(Erase(subject=three, fields=("contact.phone",)))
    full.perform(Restrict(subject=four), Object(subject=four, purpose="marketing"))
    full.perform(ConsentRefused(subject=five, to="improve"))
    warning = Notify(
        subject=six, notice="breach", purpose="notify.service", text=Secret("read by others")
    )
    assert full.perform(warning, by=SYSTEM).entries


def test_everything_else_says_that_the_disk_is_full(full: House, people: list[SubjectId]) -> None:
    write_until_full(full, people[0])
    full.perform(ConsentWithdrawn(subject=people[1], to="marketing"))
    use = Use(subject=people[2], fields=("contact.email",), purpose="marketing")
    released = until_full(full, [use] * 20_000)
    assert [entry.kind for entry in full.gate.trail(people[2])].count("data.used") == released
    assert released < 20_000


def test_room_made_is_used_again_and_nothing_was_lost(full: House, people: list[SubjectId]) -> None:
    write_until_full(full, people[0])
    full.perform(Erase(subject=people[1]))
    (full.folder.parent / "filler").unlink()
    use = Use(subject=people[2], fields=("contact.email",), purpose="marketing")
    assert full.perform(use).values
    for report in full.troth.audit().values():
        report.demand()
    assert len(list(full.folder.glob("regions/*/data.db.ballast"))) == 2
