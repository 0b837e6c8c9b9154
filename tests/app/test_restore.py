"""Old data comes back and the erased do not; old or new, never something in between (F11)."""

import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from tests.app.files import altered, asked, contents, prints
from tests.gate.house import PROVED, House
from troth.app import create, restore, switch, upkeep
from troth.model.acts import Collect, Correct, Erase, Use
from troth.model.clock import SetClock
from troth.model.errors import (
    BadInput,
    DatabaseTooNew,
    Erased,
    Misconfigured,
    NotFound,
    NotProved,
    StoreBusy,
)
from troth.model.secret import Secret
from troth.model.terms import SubjectId

Enter = Callable[[], AbstractContextManager[House]]
PEOPLE, GONE = 100, 10


def use(subject: SubjectId, field: str = "contact.email") -> Use:
    return Use(subject=subject, fields=(field,), purpose="authenticate")


def email(house: House, subject: SubjectId) -> str:
    return house.perform(use(subject)).values["contact.email"].reveal()


@pytest.fixture
def backup(folder: Path) -> Path:
    """Return where the test's backup is made."""
    return folder.parent / "backup.tar.gz"


@pytest.fixture
def bring(folder: Path, backup: Path, clock: SetClock) -> Callable[[], dict[str, object]]:
    """Return a function that restores the backup."""
    return lambda: restore(folder, backup, clock=clock)


# --- who comes back ----------------------------------------------------------------------------


@pytest.mark.clause("6.4b", "9.4-6")
def test_of_a_hundred_people_ten_were_erased_and_ninety_come_back(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]], folder: Path
) -> None:
    with enter() as house:
        people = [house.admit("CN" if n % 2 else "EEA") for n in range(PEOPLE)]
        house.troth.back_up(backup)
        for subject in people[:GONE]:
            house.perform(Erase(subject=subject))
    gone, here = people[:GONE], people[GONE:]
    bring()
    for table in ("subjects", "cells", "blind"):
        rows = [
            subject
            for region in ("cn", "global")
            for (subject,) in asked(
                folder / f"regions/{region}/data.db", f"SELECT DISTINCT subject_id FROM {table}"
            )
        ]
        assert set(rows) == set(here)
    with enter() as house:
        assert len({email(house, subject) for subject in here}) == PEOPLE - GONE
        for subject in gone:
            with pytest.raises(Erased):
                house.perform(use(subject))
            with pytest.raises(Erased):
                house.troth.rights.copy(subject, by=PROVED)
        assert email(house, here[0]) in copied(house, here[0])


def copied(house: House, subject: SubjectId) -> str:
    archive = house.troth.rights.copy(subject, by=PROVED).archive.reveal_raw()
    assert isinstance(archive, bytes)
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return packed.read("data.json").decode()


@pytest.mark.clause("9.4-6")
def test_a_part_that_was_erased_stays_erased_and_the_rest_stays(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]]
) -> None:
    with enter() as house:
        subject = house.admit()
        house.troth.back_up(backup)
        house.perform(Erase(subject=subject, fields=("contact.phone",)))
    bring()
    with enter() as house:
        assert email(house, subject)
        assert not house.perform(use(subject, "contact.phone")).values


def test_whoever_came_since_stays(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]]
) -> None:
    with enter() as house:
        before = house.admit()
        house.troth.back_up(backup)
        since = house.admit()
    told = bring()
    assert told["regions"]["cn"] == {"restored": 1, "kept": 1, "buried": 0}  # type: ignore[index]
    with enter() as house:
        assert email(house, before) != email(house, since)


def test_values_are_those_of_the_backup(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]]
) -> None:
    with enter() as house:
        subject = house.admit(contact_email=Secret("old@mail.example"))
        house.troth.back_up(backup)
        new = {"contact.email": Secret("new@mail.example")}
        house.perform(Correct(subject=subject, values=new), by=PROVED)
    bring()
    with enter() as house:
        assert email(house, subject) == "old@mail.example"


def test_what_was_done_under_a_key_since_the_backup_can_be_done_again(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]]
) -> None:
    with enter() as house:
        subject = house.admit()
        house.troth.back_up(backup)
        values = {"contact.email": Secret("new@mail.example")}
        act = Correct(subject=subject, values=values)
        house.perform(act, key="once")
    bring()
    with enter() as house:
        assert email(house, subject) != "new@mail.example"
        assert not house.perform(act, key="once").replayed
        assert email(house, subject) == "new@mail.example"


def test_an_address_that_somebody_else_has_now_is_theirs(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]]
) -> None:
    def to(address: str, subject: SubjectId) -> Correct:
        return Correct(subject=subject, values={"contact.email": Secret(address)})

    with enter() as house:
        first = house.admit(contact_email=Secret("shared@mail.example"))
        second = house.admit(contact_email=Secret("second@mail.example"))
        house.troth.back_up(backup)
        house.perform(to("moved@mail.example", first), by=PROVED)
        newcomer = house.admit(contact_email=Secret("shared@mail.example"))
        house.perform(to("changed@mail.example", second), by=PROVED)
    bring()
    with enter() as house:
        assert email(house, newcomer) == "shared@mail.example"
        assert email(house, first) == "moved@mail.example"
        assert email(house, second) == "second@mail.example"


def test_rows_that_were_lost_come_back(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]], folder: Path
) -> None:
    with enter() as house:
        subject = house.admit()
        house.troth.back_up(backup)
    asked(folder / "regions/cn/data.db", "DELETE FROM cells")
    asked(folder / "regions/cn/data.db", "DELETE FROM subjects")
    bring()
    with enter() as house:
        assert email(house, subject)


def test_a_tombstone_is_set_for_whoever_is_buried(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]], folder: Path
) -> None:
    with enter() as house:
        subject = house.admit()
        house.troth.back_up(backup)
        house.perform(Erase(subject=subject))
    (folder / "regions/cn/data.db").unlink()
    told = bring()
    assert told["regions"]["cn"]["buried"] == 1  # type: ignore[index]
    with enter() as house:
        with pytest.raises(Erased):
            house.gate.standing(subject)
        with pytest.raises(NotFound):
            house.gate.standing(SubjectId.new(subject.region))


# --- what does not come back -------------------------------------------------------------------


def test_the_ledger_does_not_turn_back(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]]
) -> None:
    with enter() as house:
        subject = house.admit()
        house.troth.back_up(backup)
        house.perform(use(subject))
        trail = house.kinds(subject)
        old = house.troth.checkpoints()["cn"][0]
    bring()
    with enter() as house:
        assert house.kinds(subject) == trail
        assert house.troth.checkpoints()["cn"][0].splitlines()[:3] == old.splitlines()[:3]
        assert all(report.ok for report in house.troth.audit().values())


def test_ended_sessions_keys_and_staff_stay_ended(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]], clock: SetClock
) -> None:
    with enter() as house:
        access, at = house.troth.access, clock.now()
        session = house.troth.proof.sessions.start(house.admit(), at=at)
        key = access.make_key("shop", ["read"], [], at)
        house.troth.add_staff("anna", "support", password=Secret("granite-lemon-saddle-64"))
        token = access.sign_in("anna", Secret("granite-lemon-saddle-64"), at)
        house.troth.back_up(backup)
        house.troth.proof.sessions.end(session)
        access.end_key(str(access.keys()[0]["id"]), at)
        access.end_staff("anna", at)
    bring()
    with enter() as house:
        access = house.troth.access
        for recognise in (
            lambda: house.troth.proof.sessions.check(session, at=at),
            lambda: access.key(key.reveal()),
            lambda: access.staff(token.reveal(), at),
        ):
            with pytest.raises(NotProved):
                recognise()


def test_where_the_database_is_lost_nobody_is_signed_in_and_everybody_is_let_in_anew(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]], folder: Path
) -> None:
    with enter() as house:
        at = house.clock.now()
        subject = house.admit()
        session = house.troth.proof.sessions.start(subject, at=at)
        key = house.troth.access.make_key("shop", ["read"], [], at)
        house.troth.back_up(backup)
    for region in ("cn", "global"):
        (folder / f"regions/{region}/data.db").unlink()
    bring()
    with enter() as house:
        assert email(house, subject)
        with pytest.raises(NotProved):
            house.troth.proof.sessions.check(session, at=at)
        with pytest.raises(NotProved):
            house.troth.access.key(key.reveal())


# --- all of it or nothing ----------------------------------------------------------------------


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("where", ["bring_back", "_migrated", "commit", "_make", "second _make"])
def test_an_interrupted_restore_leaves_the_old_state_or_the_new(
    enter: Enter,
    backup: Path,
    bring: Callable[[], dict[str, object]],
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with enter() as house:
        subjects = [house.admit("CN", contact_email=Secret("old@cn.example")), house.admit("EEA")]
        house.troth.back_up(backup)
        for subject in subjects:
            new = {"contact.email": Secret(f"new@{subject.region}.example")}
            house.perform(Correct(subject=subject, values=new), by=PROVED)
    with monkeypatch.context() as patched:
        kill_in(where, patched)
        with suppress(Killed):
            bring()
    with enter() as house:
        values = {email(house, subject).startswith("new@") for subject in subjects}
    assert values == ({False} if "_make" in where else {True})


def kill_in(where: str, patched: pytest.MonkeyPatch) -> None:
    name = where.split()[-1]
    owner = {"bring_back": upkeep.merge, "_migrated": upkeep}.get(name, switch)
    real, left = getattr(owner, name), [1 if where.startswith("second") else 0]

    def killed(*args: object, **kwargs: object) -> object:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return real(*args, **kwargs)

    patched.setattr(owner, name, killed)


def test_nothing_of_the_preparation_is_left(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]], folder: Path
) -> None:
    with enter() as house:
        house.admit()
        house.troth.back_up(backup)
    before = {path for path in prints(folder) if "before-restore" not in path}
    bring()
    after = {path for path in prints(folder) if "before-restore" not in path}
    assert after == before


# --- what is refused ---------------------------------------------------------------------------


@pytest.fixture
def kept(enter: Enter, backup: Path) -> Path:
    """Make a backup of an instance with somebody in it, and close."""
    with enter() as house:
        house.admit()
        house.troth.back_up(backup)
    return backup


def test_nobody_may_have_the_instance_open(
    enter: Enter, kept: Path, bring: Callable[[], dict[str, object]]
) -> None:
    with enter(), pytest.raises(StoreBusy, match="in use"):
        bring()
    bring()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda files: files.update({"cn.db": b"x" + files["cn.db"][1:]}),
        lambda files: files.update({"manifest.json": files["manifest.json"] + b" "}) or flip(files),
        lambda files: files.update({"../cn.db": files.pop("cn.db")}),
    ],
    ids=["data", "manifest", "path"],
)
def test_an_altered_backup_changes_nothing(
    kept: Path, folder: Path, clock: SetClock, spoil: Callable[[dict[str, bytes]], object]
) -> None:
    before = prints(folder)
    with pytest.raises(BadInput):
        restore(folder, altered(kept, spoil), clock=clock)
    assert prints(folder) == before


def flip(files: dict[str, bytes]) -> None:
    files["manifest.json"] = files["manifest.json"].replace(b"troth.local", b"troth.other")


def test_a_backup_of_another_instance_buries_nobody(
    kept: Path, clock: SetClock, tmp_path: Path
) -> None:
    create(tmp_path / "other", clock=clock).close()
    before = prints(tmp_path / "other")
    with pytest.raises(BadInput, match="another instance"):
        restore(tmp_path / "other", kept, clock=clock)
    assert prints(tmp_path / "other") == before


def test_a_backup_of_a_newer_database_is_refused(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]], folder: Path
) -> None:
    with enter() as house:
        note = "INSERT INTO migrations (number, name, at) VALUES (9999, 'of the future', 0)"
        house.rooms().store.transact(lambda tx: tx.run(note))
        house.troth.back_up(backup)
        house.rooms().store.transact(
            lambda tx: tx.run("DELETE FROM migrations WHERE number = 9999")
        )
    before = prints(folder)
    with pytest.raises(DatabaseTooNew):
        bring()
    assert prints(folder) == before


def test_without_its_keys_nobody_is_brought_back_and_nobody_buried(
    kept: Path, bring: Callable[[], dict[str, object]], folder: Path
) -> None:
    (folder / "regions/cn/keys.db").rename(folder / "keys.db")
    with pytest.raises(Misconfigured, match="key database of `cn` is missing") as refused:
        bring()
    assert "troth keys restore" in refused.value.remedy
    assert not (folder / "regions/cn/keys.db").exists()


def test_a_damaged_database_of_now_is_named(
    kept: Path, bring: Callable[[], dict[str, object]], folder: Path
) -> None:
    data = folder / "regions/cn/data.db"
    data.write_bytes(b"not a database" * 1000)
    with pytest.raises(Misconfigured):
        bring()
    data.rename(folder / "damaged.db")
    bring()


@pytest.mark.clause("7.1b")
def test_a_backup_holds_no_key_and_no_value(enter: Enter, backup: Path, folder: Path) -> None:
    with enter() as house:
        house.admit(contact_email=Secret("canary-in-a-mine@mail.example"))
        house.troth.back_up(backup)
    keys = [
        wrapped
        for (wrapped,) in asked(folder / "regions/cn/keys.db", "SELECT wrapped FROM wrapped_keys")
    ]
    files = [path.read_bytes() for path in folder.rglob("*.key")]
    everything = b"".join(contents(backup).values())
    assert keys
    assert not any(bytes(key) in everything for key in (*keys, *files))  # type: ignore[arg-type]
    assert b"canary-in-a-mine" not in everything


def test_a_collected_field_survives(
    enter: Enter, backup: Path, bring: Callable[[], dict[str, object]]
) -> None:
    with enter() as house:
        subject = house.admit()
        house.perform(
            Collect(
                subject=subject,
                values={"contact.address": Secret("Lindenallee 4")},
                purpose="account",
            )
        )
        house.troth.back_up(backup)
    bring()
    with enter() as house:
        assert "contact.address" in house.rooms().vault.held(house.rooms().vault.handle(subject))
