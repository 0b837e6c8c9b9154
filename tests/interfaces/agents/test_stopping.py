"""A power of attorney is stopped by whoever reads the letter about it (11.3b)."""

import re
from typing import Any

from litestar.testing import TestClient

from tests.interfaces.terminal import admitted
from troth.app import Troth
from troth.model.acts import Actor
from troth.model.clock import DAY, Moment

DESK = Actor(kind="staff", id="s4", role="privacy")
TAGS = re.compile(r"<[^>]+>")


def test_a_power_is_shown_in_both_languages_and_stopped_without_signing_in(
    troth: Troth, client: TestClient[Any]
) -> None:
    who = admitted(troth)
    until = Moment(troth.clock.now() + 30 * DAY)
    made = troth.intake.powers.enter(who, "PERMISSION", ("delete",), until=until, by=DESK)
    place = "/powers/" + troth.proof.links.write(who, f"powers/{made.id}")
    for language, word in (("zh-CN", "停止"), ("en", "Stop")):
        headers = {"accept-language": language, "accept": "text/html"}
        page = client.get(place, headers=headers)
        assert page.status_code == 200
        assert word in TAGS.sub("", page.text)
    assert troth.intake.powers.covers(who, "PERMISSION", "delete")
    done = client.post(place, headers=headers)
    assert done.status_code == 200
    assert not troth.intake.powers.covers(who, "PERMISSION", "delete")
    assert '<form method="post" action="/powers' not in client.get(place, headers=headers).text


def test_a_link_that_is_not_ours_is_a_page_that_says_so(client: TestClient[Any]) -> None:
    for found in (client.get("/powers/x.y"), client.post("/powers/x.y")):
        assert found.status_code == 404
