"""The address that is asked for most goes around the router, and nobody can tell."""

import pytest

from tests.interfaces.api.office import Office, problem
from tests.interfaces.api.test_gather import read_all
from troth.interfaces.api.routes import Shortcuts, endpoints
from troth.model.terms import SubjectId

ASKED = {"fields": ["contact.email"], "purpose": "support"}


def test_a_hot_address_ends_in_a_part_and_a_word_of_its_own() -> None:
    hot = [endpoint for endpoint in endpoints() if endpoint.hot]
    words = [endpoint.path.rpartition("/")[2] for endpoint in hot]
    assert len(set(words)) == len(hot) > 0
    for endpoint in hot:
        assert endpoint.path.count("{") == 1
        found = Shortcuts().find(endpoint.method, endpoint.path.format(subject="x"))
        assert found == (endpoint, {"subject": "x"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/subjects/x/use"),
        ("POST", "/v1/subjects//use"),
        ("POST", "/v1/subjects/use"),
        ("POST", "/v1/subjects/x/use/"),
        ("POST", "/v2/subjects/x/use"),
        ("POST", "/use"),
        ("POST", ""),
    ],
)
def test_every_other_address_is_the_routers(method: str, path: str) -> None:
    assert Shortcuts().find(method, path) is None


def test_both_ways_answer_alike(office: Office, key: str, subject: SubjectId) -> None:
    path = f"/v1/subjects/{subject}/use"
    for body in (ASKED, {**ASKED, "purpose": "marketing"}, {"fields": 1}):
        short, long = (office.post(way, body, key) for way in (path, f"{path}/"))
        assert (short.status_code, short.headers.keys()) == (long.status_code, long.headers.keys())
        assert short.json().keys() == long.json().keys()


def test_a_fault_on_the_short_way_says_nothing_either(
    office: Office, key: str, subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("13988887777")

    monkeypatch.setattr(office.gate, "perform", broken)
    (response,) = read_all(office, key, [(subject, "support")])
    problem(response, 500, "error")
    assert "13988887777" not in response.text
