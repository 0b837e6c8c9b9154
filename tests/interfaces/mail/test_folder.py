"""A real maildir: each mail settled once, none lost by a crash (9.1b; F7)."""

import mailbox
from pathlib import Path

import pytest

from tests.documents.intake.hostile import REFUSED, mail
from troth.interfaces.mail.folder import Folder
from troth.model.errors import BadInput, Misconfigured, StoreBusy, TrothError


class Books:
    """What the folder hands mail to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.fails: TrothError | None = None

    def take(self, raw: bytes, *, envelope: str | None = None) -> None:
        assert envelope is None
        if self.fails is not None:
            raise self.fails
        if raw in REFUSED.values():
            raise BadInput("no")
        self.taken.append(raw)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    mailbox.Maildir(tmp_path / "mail", create=True)
    return tmp_path / "mail"


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def folder(place: Path, books: Books) -> Folder:
    return Folder(place, books.take, max_size=100_000)


def put(place: Path, *raws: bytes) -> None:
    box = mailbox.Maildir(place)
    for raw in raws:
        box.add(raw)


def test_mail_is_taken_and_leaves_the_folder(place: Path, folder: Folder, books: Books) -> None:
    put(place, mail(), mail("second"))
    assert folder.read().taken == 2
    assert len(books.taken) == 2
    assert not list((place / "new").iterdir())
    assert folder.read().taken == 0


def test_what_cannot_be_read_is_put_aside(place: Path, folder: Folder, books: Books) -> None:
    put(place, REFUSED["noise"], mail("x" * 200_000), mail())
    told = folder.read()
    assert (told.taken, told.refused) == (1, 2)
    assert len(list((place / ".refused").iterdir())) == 2


def test_what_fails_for_now_waits(place: Path, folder: Folder, books: Books) -> None:
    put(place, mail())
    books.fails = StoreBusy()
    assert folder.read().left == 1
    books.fails = None
    assert folder.read().taken == 1


def test_a_crash_after_the_taking_repeats_and_loses_nothing(place: Path, books: Books) -> None:
    put(place, mail())

    def dies(raw: bytes, *, envelope: str | None = None) -> None:
        books.take(raw, envelope=envelope)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Folder(place, dies, max_size=100_000).read()
    assert Folder(place, books.take, max_size=100_000).read().taken == 1
    assert len(set(books.taken)) == 1


def test_links_in_the_folder_are_left_alone(
    place: Path, folder: Folder, books: Books, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(mail())
    (place / "new" / "link").symlink_to(secret)
    assert folder.read().taken == 0
    assert secret.exists()


def test_what_is_no_maildir_is_misconfigured(tmp_path: Path, books: Books) -> None:
    with pytest.raises(Misconfigured):
        Folder(tmp_path, books.take, max_size=1)
