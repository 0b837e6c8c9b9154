"""Recipients at the desk: who is told by people, told once, and whether or not anybody is left."""

import re

import pytest

from tests.chapters.people import PROVED, ticks
from tests.interfaces.console.office import officer, shown, someone
from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.model.acts import Share
from troth.model.secret import Secret
from troth.model.terms import SubjectId

ADDRESS = "contact.address"


@pytest.fixture(scope="module")
def privacy(troth: Troth) -> Visitor:
    return officer(troth, "privacy")


@pytest.fixture
def subject(troth: Troth) -> SubjectId:
    """Return somebody whose address a partner was given."""
    subject = SubjectId(someone(troth).subject)
    troth.rights.correct(subject, {ADDRESS: Secret("上海市黄浦区 2 号")}, by=PROVED)
    troth.agree(
        "partners", reference=f"C-{subject[-8:]}", purposes=("approved",), fields=(ADDRESS,)
    )
    troth.consent.give(subject, ticks("share/partners/approved"), shown=shown(troth))
    troth.gate.perform(
        Share(
            subject=subject,
            recipient="partners",
            fields=(ADDRESS,),
            purpose="approved",
            facts=frozenset({"contract"}),
        )
    )
    return subject


def tell(privacy: Visitor) -> str:
    """Note everything that waits as told; return what the last page says."""
    page = privacy.get("/desk/recipients")
    for place in re.findall(r'action="(/desk/recipients/\w+/\w+)"', page.text):
        page = privacy.send(page, place)
        assert "Noted" in page.text
    return page.text


@pytest.mark.clause("9.2")
def test_who_had_what_was_corrected_is_told_by_people(
    troth: Troth, privacy: Visitor, subject: SubjectId
) -> None:
    troth.rights.correct(subject, {ADDRESS: Secret("北京市朝阳区 9 号")}, by=PROVED)
    assert "Tell a recipient" in privacy.get("/desk").text
    page = privacy.get("/desk/recipients").text
    assert "data corrected" in page
    assert "上海" not in page
    assert str(subject) not in page
    assert "Nobody has to be told" in tell(privacy)
    (owed,) = (one for one in troth.gate.owed(subject).values() if "partners" in one.what)
    assert (owed.state, owed.code) == ("fulfilled", "by_staff")


def test_an_erasure_is_told_by_people_when_its_subject_is_gone(
    troth: Troth, privacy: Visitor, subject: SubjectId
) -> None:
    certificate = troth.rights.erase(subject, by=PROVED)
    assert list(certificate.recipients.values()) == ["partners"]
    page = f"/erasure/{subject.region}/{certificate.who}"
    assert "yet to be told" in privacy.get(page).text
    assert "data erased" in privacy.get("/desk/recipients").text
    tell(privacy)
    assert "yet to be told" not in privacy.get(page).text
    (newest,) = troth.gate.certified(subject.region, certificate.who)[-1:]
    assert newest.recipients == {"partners": "fulfilled"}


def test_what_was_told_is_not_told_again(
    troth: Troth, privacy: Visitor, subject: SubjectId
) -> None:
    troth.rights.erase(subject, by=PROVED)
    page = privacy.get("/desk/recipients")
    (place,) = re.findall(r'action="(/desk/recipients/\w+/\w+)"', page.text)
    privacy.send(page, place)
    assert privacy.send(page, place).status_code == 404


def test_staff_of_another_region_see_none_of_it(troth: Troth, subject: SubjectId) -> None:
    troth.rights.erase(subject, by=PROVED)
    elsewhere = officer(troth, "privacy", region="eu")
    assert "Nobody has to be told" in elsewhere.get("/desk/recipients").text
