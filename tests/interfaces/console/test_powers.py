"""Powers of attorney at the desk: entered, told, stopped (11.3b)."""

import pytest

from tests.interfaces.console.office import officer, paper
from tests.interfaces.terminal import admitted
from tests.interfaces.visitor import BASE, Visitor, hidden
from troth.app import Troth
from troth.model.clock import DAY, Moment, date
from troth.model.terms import SubjectId


@pytest.fixture(scope="module")
def desk(troth: Troth) -> Visitor:
    return officer(troth, "privacy")


@pytest.fixture(scope="module")
def who(troth: Troth) -> str:
    return str(admitted(troth))


def enter(desk: Visitor, troth: Troth, who: str, **changes: str):
    page = desk.get("/desk/powers")
    told = {
        "subject": who,
        "agent": "PERMISSION",
        "scope_delete": "on",
        "until": date(Moment(troth.clock.now() + 30 * DAY)),
    }
    fields = {**hidden(page.text, "/desk/powers"), **told, **changes}
    files = {"paper": ("p.jpg", paper().reveal_raw(), "image/jpeg")}
    return desk.client.post(
        "/desk/powers", data=fields, files=files, headers={"origin": BASE}, follow_redirects=True
    )


def test_a_power_is_entered_and_stopped(troth: Troth, desk: Visitor, who: str) -> None:
    assert enter(desk, troth, who).status_code == 200
    (made,) = troth.intake.powers.of(SubjectId(who))
    assert (made.state, made.scope) == ("stands", ("delete",))
    token = hidden(desk.get("/desk/powers").text, "/desk/powers")
    desk.post("/desk/powers", {**token, "do": "stop", "subject": who, "power": made.id})
    assert troth.intake.powers.of(SubjectId(who))[0].state == "stopped"


@pytest.mark.parametrize(
    "changes",
    [{"subject": "nobody"}, {"agent": ""}, {"scope_delete": ""}, {"until": "soon"}],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_wrong_is_said_at_its_field(
    troth: Troth, desk: Visitor, who: str, changes: dict[str, str]
) -> None:
    page = enter(desk, troth, who, **changes)
    assert page.status_code in (404, 422)
    assert "/desk/powers" in page.text


def test_no_other_desk_enters_powers(troth: Troth) -> None:
    assert officer(troth, "support").get("/desk/powers").status_code == 403
