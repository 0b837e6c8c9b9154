"""A restore brings nobody back into an application, and no application that was ended."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.chapters.shop import BACK, CHALLENGE, SAID, VERIFIER
from tests.gate.house import House
from troth import app
from troth.chapters.applications import Told
from troth.documents.agreement import Shown
from troth.documents.applications.grants import Proved
from troth.documents.applications.passes import Bound
from troth.documents.applications.register import Application
from troth.model.clock import SetClock
from troth.model.errors import NotFound, NotProved
from troth.model.secret import Secret
from troth.model.terms import SubjectId

Enter = Callable[[], AbstractContextManager[House]]


def signed_in(house: House) -> tuple[SubjectId, Application, Secret | None, Told]:
    """Sign somebody in to an application, to stay."""
    all_of_them = house.troth.applications
    house.troth.agree("affiliates-cn", reference="C", purposes=("sign_in",), fields=("account",))
    made, secret = all_of_them.add(SAID)
    who, at = house.admit(), house.clock.now()
    scopes = ("openid", "offline_access")
    question = all_of_them.question(who, made, scopes)
    shown = Shown(edition=house.gate.policy().hash, language="zh", surface="centre")
    all_of_them.agree(who, question, ticked=scopes, keys=question.keys, shown=shown)
    token = house.troth.proof.sessions.start(who, at=at)
    session = house.troth.proof.sessions.check(token, at=at)
    bound = Bound(redirect=BACK, challenge=CHALLENGE)
    code = all_of_them.issue(who, made, scopes, bound, Proved(session=session.id, at=at))
    return who, made, secret, all_of_them.exchange(made, code, redirect=BACK, verifier=VERIFIER)


@pytest.mark.parametrize("lost", [False, True])
def test_what_was_ended_stays_ended(
    enter: Enter, clock: SetClock, folder: Path, tmp_path: Path, lost: bool
) -> None:
    backup = tmp_path / "data.tar.gz"
    with enter() as house:
        who, made, secret, told = signed_in(house)
        house.troth.back_up(backup)
        house.troth.applications.revoke(who, made.id)
        house.troth.applications.end(made.id)
    if lost:
        for region in ("cn", "global"):
            (folder / f"regions/{region}/data.db").unlink()
    app.restore(folder, backup, clock=clock)
    with enter() as house:
        again = house.troth.applications
        assert again.mine(who) == []
        with pytest.raises(NotFound):
            again.one(made.id)
        assert told.refresh
        for proved in (
            lambda: again.proved(made.id, secret),
            lambda: again.refresh(made, told.refresh),
            lambda: again.claims(told.access),
        ):
            with pytest.raises(NotProved):
                proved()
        assert again.keys.published() == []
