"""Papers: each receipt ever issued, to read, download and check; nobody else's (9.3, 6.4)."""

import re

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.model.acts import Actor
from troth.model.secret import Secret

PROVED = Actor(kind="subject", assurance=2)


def opened(member: Visitor) -> list[str]:
    """Return the addresses of every paper in the list."""
    return re.findall(r'href="(/me/papers/[0-9a-f]{32})"', member.get("/me/papers").text)


def test_the_agreement_and_every_word_are_in_the_list(member: Visitor) -> None:
    assert len(opened(member)) == len(member.troth.rights.papers.list(member.subject))
    assert "接受隐私政策" in member.get("/me/papers").text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_paper_opens_in_both_languages(member: Visitor, language: str) -> None:
    subject, rights = member.subject, member.troth.rights
    rights.correct(subject, {"contact.address": Secret("一号")})
    rights.correct(subject, {"contact.address": Secret("二号")})
    rights.restrict(subject, ("contact.address",))
    rights.release(subject, ("contact.address",))
    rights.object(subject, "research.stats")
    rights.lift_objection(subject, "research.stats")
    number = rights.desk.request(subject, "explain", text=Secret("?"))
    rights.desk.revoke(subject, number)
    rights.copy(subject, by=PROVED)
    rights.erase(subject, ("contact.address",), by=PROVED)
    for address in opened(member):
        page = member.get(f"{address}?lang={language}")
        assert page.status_code == 200
        assert "troth ledger verify" in page.text


def test_a_paper_as_a_file_carries_its_proof(member: Visitor) -> None:
    address = opened(member)[0]
    answer = member.get(f"{address}/file")
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert told["entry"] == address.rpartition("/")[2]
    assert told["proof"].startswith("c2sp.org/tlog-proof@v1")
    assert told["key"] == member.get("/ledger/cn/key").text.strip()


def test_nobody_opens_another_subjects_paper(troth: Troth, member: Visitor) -> None:
    address = opened(member)[0]
    other = Visitor(troth)
    other.register()
    assert other.get(address).status_code == 404
    assert other.get(f"{address}/file").status_code == 404
