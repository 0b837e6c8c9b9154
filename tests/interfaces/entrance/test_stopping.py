"""One click in a message stops advertisements, without signing in (policy 2.1.2, 2.2.4)."""

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.model.errors import Refused

BASE = "https://centre.test/stop/"


@pytest.fixture
def link(troth: Troth, member: Visitor) -> str:
    """Return the way to stop that stands in an advertisement to somebody who agreed to it."""
    page = member.get("/me/consents")
    member.send(page, "/me/consents", key="marketing", answer="give")
    return "/stop/" + troth.proof.links.write(member.subject, "stop/marketing")


@pytest.mark.clause("2.1.2e", "2.2.4")
def test_one_click_stops_before_the_next_message(troth: Troth, member: Visitor, link: str) -> None:
    troth.contact.advertise(member.subject, "新品上线", base=BASE)
    stopped = Visitor(troth).client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200
    with pytest.raises(Refused):
        troth.contact.advertise(member.subject, "新品上线", base=BASE)


def test_opening_the_link_stops_nothing_yet(troth: Troth, member: Visitor, link: str) -> None:
    assert "停止发送" in Visitor(troth).get(link).text
    assert troth.gate.standing(member.subject).consents["marketing"].state == "given"


def test_stopping_twice_is_no_error(troth: Troth, link: str) -> None:
    visitor = Visitor(troth, "en")
    for _ in range(2):
        assert "It is stopped" in visitor.client.post(link).text


@pytest.mark.parametrize("token", ["x", "Y24tYWE.AAAA", "%3Cscript%3E"])
def test_a_link_that_is_not_ours_stops_nothing(token: str, troth: Troth) -> None:
    assert Visitor(troth).client.post(f"/stop/{token}").status_code == 404
