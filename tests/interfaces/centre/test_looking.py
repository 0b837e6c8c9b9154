"""Who looked, with proofs to take along: sorted out, page by page, and nobody else's (7.1, 9.1)."""

import io
import re
import zipfile
from pathlib import Path

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth, offline
from troth.interfaces.centre import looking
from troth.model.acts import Actor
from troth.model.errors import Refused


@pytest.mark.clause("7.1d")
def test_the_trail_says_who_looked_when_why_and_what_was_refused(
    troth: Troth, member: Visitor
) -> None:
    by = Actor(kind="staff", id="f00dfeed00", role="support", region=member.subject.region)
    troth.staff.look(by, member.subject, ("contact.email",), purpose="support", ticket="T-77")
    with pytest.raises(Refused):
        troth.staff.look(by, member.subject, ("contact.email",))
    page = member.get("/me/trail?lang=en").text
    for told in ("staff f00dfeed", "T-77", "To answer when you ask for help", "no purpose given"):
        assert told in page
    assert page.count(">refused</span>") == 1


def proofs(page: str) -> list[str]:
    """Return the addresses of the proofs that a page offers."""
    return re.findall(r'href="(/me/trail/[0-9a-f]{32}/proof)"', page)


def test_every_entry_of_the_trail_has_a_proof_that_holds_offline(
    member: Visitor, tmp_path: Path
) -> None:
    found = proofs(member.get("/me/trail").text)
    assert len(found) == len(member.troth.gate.trail(member.subject))
    answer = member.get(found[0])
    assert answer.headers["content-type"] == "application/zip"
    assert ".zip" in answer.headers["content-disposition"]
    path = tmp_path / "proof.zip"
    path.write_bytes(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        key = archive.read("key.txt").decode().strip()
    report = offline.examine_bundle(path, key)
    assert report.ok
    assert report.entry in found[0]
    assert key == member.get("/ledger/cn/key").text.strip()


def test_the_page_says_how_to_check_a_proof(member: Visitor) -> None:
    page = member.get("/me/trail?lang=en").text
    assert "troth ledger verify proof.zip" in page
    assert 'href="/ledger/cn/key"' in page


def test_nobody_gets_a_proof_of_somebody_else(troth: Troth, member: Visitor) -> None:
    entry = troth.gate.trail(member.subject)[0].id
    other = Visitor(troth)
    other.register()
    assert other.get(f"/me/trail/{entry}/proof").status_code == 404


# --- sorted out ------------------------------------------------------------------------------


def test_a_filter_lets_through_what_it_says(member: Visitor) -> None:
    page = member.get("/me/trail?kind=said&lang=en").text
    trail = member.troth.gate.trail(member.subject)
    assert len(proofs(page)) == sum(
        entry.kind.startswith(("consent.", "terms.")) for entry in trail
    )
    assert "consent refused" in page
    assert "message to you" not in page.partition("<tbody>")[2]


def test_a_filter_that_is_none_shows_everything(member: Visitor) -> None:
    everything = len(member.troth.gate.trail(member.subject))
    assert len(proofs(member.get("/me/trail?kind=everything").text)) == everything


def test_a_long_trail_is_shown_page_by_page(
    member: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST", 5)
    trail = [entry.id for entry in reversed(member.troth.gate.trail(member.subject))]
    first = member.get("/me/trail").text
    assert [address.split("/")[3] for address in proofs(first)] == trail[:5]
    assert "from=5#all" in first
    second = member.get("/me/trail?from=5").text
    assert [address.split("/")[3] for address in proofs(second)] == trail[5:10]
    assert "from=0#all" in second


@pytest.mark.parametrize("start", ["-1", "x", "９", "99999999999", "9999"])
def test_a_place_that_is_none_is_the_first(member: Visitor, start: str) -> None:
    assert member.get(f"/me/trail?from={start}").text.count("第 1 至") == 1
