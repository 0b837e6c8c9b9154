"""Papers: every receipt ever issued, and proofs that hold offline and break when altered (9.3)."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chapters.people import PRIVACY, PROVED, House, ticks
from troth.app import offline
from troth.chapters.rights.fulfilling import Particulars
from troth.ledger.verify import Report
from troth.model.clock import DAY, iso
from troth.model.errors import NotFound
from troth.model.secret import Secret
from troth.model.terms import SubjectId

ADDRESS = Secret("北京市朝阳区 1 号")


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register(ticks=ticks("marketing"), values={"contact.address": ADDRESS}).subject


@pytest.fixture
def examined(house: House, tmp_path: Path) -> Callable[[bytes], Report]:
    """Return a function that examines a zip with the key of the region ``cn``."""

    def examine(packed: bytes, key: str = "") -> Report:
        path = tmp_path / "proof.zip"
        path.write_bytes(packed)
        return offline.examine_bundle(path, key or house.troth.checkpoints()["cn"][1])

    return examine


def altered(packed: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """Return a zip with one of its files changed."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as kept, zipfile.ZipFile(written, "w") as out:
        for each in kept.namelist():
            data = kept.read(each)
            out.writestr(each, data.replace(old, new) if each == name else data)
    return written.getvalue()


def titles(house: House, subject: SubjectId) -> list[str]:
    return [paper.title for paper in house.rights.papers.list(subject)]


def test_the_agreement_and_every_word_on_consents_are_papers(
    house: House, subject: SubjectId
) -> None:
    house.consent.withdraw(subject, "marketing")
    assert titles(house, subject) == ["consent.withdrawn", "consent.given", "terms.accepted"]


def test_requests_answers_corrections_and_erasures_are_papers(
    house: House, subject: SubjectId
) -> None:
    number = house.rights.desk.request(subject, "explain", text=Secret("?"))
    answer = Particulars(text=Secret("因为……"))
    house.rights.desk.answer(subject, number, answer, by=PRIVACY)
    house.rights.correct(subject, {"contact.address": Secret("上海市")})
    house.rights.restrict(subject, ("contact.address",))
    house.rights.erase(subject, ("contact.address",), by=PROVED)
    assert titles(house, subject)[:-2] == [
        *("erasure.certified", "data.erased", "request.settled", "request.received"),
        *("data.restricted", "data.corrected", "request.settled", "request.received"),
    ]


def test_a_paper_holds_no_value_and_says_what_who_when_under_which_edition(
    house: House, subject: SubjectId
) -> None:
    house.rights.erase(subject, ("contact.address",), by=PROVED)
    _, paper, *_ = house.rights.papers.list(subject)
    told = house.rights.papers.statement(subject, paper.entry).record()
    assert told["what"] == "data.erased"
    assert told["details"]["fields"] == ["contact.address"]
    assert told["details"]["irreversible_by"] == iso(paper.at + 7 * DAY)
    assert told["policy"].startswith("itnio-privacy/2023-05-31 sha256:")
    assert told["entry"] == paper.entry
    assert ADDRESS.reveal() not in str(told)


def test_somebody_elses_paper_and_proof_are_not_found(house: House, subject: SubjectId) -> None:
    other = house.register(email=Secret("b@mail.example"), phone=Secret("+8613900003333")).subject
    entry = house.rights.papers.list(subject)[0].entry
    for ask in (house.rights.papers.one, house.rights.papers.statement, house.rights.papers.proof):
        with pytest.raises(NotFound):
            ask(other, entry)


# --- proofs ----------------------------------------------------------------------------------


def test_every_entry_about_somebody_has_a_proof_that_holds_offline(
    house: House, subject: SubjectId, examined: Callable[[bytes], Report]
) -> None:
    for entry in house.gate.trail(subject):
        report = examined(house.rights.papers.proof(subject, entry.id))
        assert (report.ok, report.entry) == (True, entry.id)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("entry.json", b"marketing", b"marketinG"),
        ("entry.json", b'"at":', b'"at": '),
        ("proof.txt", b"index ", b"index 1"),
        ("proof.txt", b"tlog-proof@v1", b"tlog-proof@v2"),
        ("proof.txt", "— ".encode(), b"- "),
    ],
)
def test_an_altered_proof_does_not_hold(
    house: House,
    subject: SubjectId,
    examined: Callable[[bytes], Report],
    name: str,
    old: bytes,
    new: bytes,
) -> None:
    entry = next(each for each in house.gate.trail(subject) if each.kind == "consent.given")
    packed = altered(house.rights.papers.proof(subject, entry.id), name, old, new)
    report = examined(packed)
    assert not report.ok
    assert report.problem


def test_a_proof_signed_by_another_key_does_not_hold(
    house: House, subject: SubjectId, examined: Callable[..., Report]
) -> None:
    entry = house.gate.trail(subject)[0].id
    other = house.troth.checkpoints()["global"][1]
    assert not examined(house.rights.papers.proof(subject, entry), other).ok


def test_a_proof_tells_how_to_check_it_in_both_languages(house: House, subject: SubjectId) -> None:
    packed = house.rights.papers.proof(subject, house.gate.trail(subject)[0].id)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == ["entry.json", "proof.txt", "key.txt", "how-to-check.txt"]
        how = archive.read("how-to-check.txt").decode()
    assert "troth ledger verify" in how
    assert "离线核验" in how
