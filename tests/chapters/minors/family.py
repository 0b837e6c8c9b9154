"""A service for minors, a child who applies, a guardian who reads and answers, staff who look."""

import re
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from tests.chapters.people import House
from troth.app.traces import find_traces
from troth.chapters.minors import Answer, Application, Opened
from troth.documents.agreement import Shown
from troth.documents.guardian.speakers import Speaker
from troth.model.acts import Actor
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId
from troth.policy import packs

BORN = Secret("2014-05-01")
"""Twelve years old on the day of these tests, 22 November 2026."""
TEEN = Secret("2011-05-01")
LOGIN = Secret("little_fox")
MAIL = Secret("chen.jie@mail.example")
PHONE = Secret("+8613900007777")
BROWSER = Secret("a-random-token-of-the-form")
PASSWORD = Secret("violet harbour skates uphill")
FIRST = Actor(kind="staff", id="m1", role="minors")
SECOND = Actor(kind="staff", id="m2", role="minors")
BANK = Actor(kind="service", id="bank")
LINK = re.compile(r"/minors/(\S+)")


def minors_policy(**changes: str) -> str:
    """Return the shipped policy as it reads once the operator serves minors."""
    source, _ = packs.source("itnio")
    for old, new in (
        ("minors_service: false", "minors_service: true"),
        ('edition: "2023-05-31"', 'edition: "2026-11-01"'),
        ("effective: 2023-05-31", "effective: 2026-11-01"),
        *changes.items(),
    ):
        assert old in source
        source = source.replace(old, new)
    return source


def traces(house: House, *values: str) -> list[Any]:
    """Look for values in every file of an instance."""
    return find_traces(Path(house.troth.settings.folder), values)


@cache
def paper() -> Secret:
    """Return a photograph of some paper."""
    drawn = BytesIO()
    Image.new("RGB", (400, 300), "white").save(drawn, "PNG")
    return Secret(drawn.getvalue())


@dataclass
class Family:
    """One child and one guardian before a house that serves minors."""

    house: House

    def __post_init__(self) -> None:
        self.minors = self.house.minors
        self.speakers = self.minors._ground.speakers

    # --- what they do --------------------------------------------------------------------------

    def apply(self, **changes: Any) -> Speaker:
        """Have a child ask for an account; return whom that concerns."""
        form = Application(residence="CN", born=BORN, login=LOGIN, guardian_email=MAIL)
        form = msgspec.structs.replace(form, **changes)
        browser = Secret(f"of {form.login.reveal()}")
        asked = self.minors.ask(form, browser=browser)
        self.house.deliver()
        return next(
            one for one in self.speakers.since("asked", self.now()) if one.number == asked.number
        )

    def reply(self, one: Speaker, method: str = "signed_form", **changes: Any) -> str:
        """Have the guardian follow the newest link and answer."""
        return self.reply_by(self.link(one, "answer"), method, **changes)

    def reply_by(self, token: str, method: str = "signed_form", **changes: Any) -> str:
        """Answer by some link."""
        given = Answer(
            name=Secret("陈洁"),
            relation=Secret("母亲"),
            born=BORN,
            method=method,
            collect=True,
            disclose=False,
            confirmed=True,
            shown=self.shown(),
            evidence=paper() if method in ("signed_form", "government_id", "face_match") else None,
        )
        given = msgspec.structs.replace(given, **changes)
        return self.minors.answer(token, given)

    def stands(
        self, method: str = "signed_form", *, disclose: bool = False, **changes: Any
    ) -> Speaker:
        """Take a child and a guardian all the way to a verified consent."""
        one = self.apply(**changes)
        born = changes.get("born", BORN)
        self.reply(one, method, disclose=disclose, born=born)
        self.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
        self.house.deliver()
        return self.speakers.one(one.guardian)

    def opened(self, **changes: Any) -> tuple[Speaker, Opened]:
        """Take them to an account that is open."""
        one = self.stands(**changes)
        return one, self.minors.open(self.link(one, "open"), PASSWORD, PASSWORD)

    def actor(self, one: Speaker) -> Actor:
        return Actor(kind="guardian", id=one.number, assurance=2)

    def proved(self, one: Speaker) -> Actor:
        """Have the guardian prove by a code that it is they."""
        self.house.deliver()
        challenge = self.minors.guardian.begin(one.guardian)
        code = Secret(self.house.code(self.house.email))
        return self.minors.guardian.prove(one.guardian, challenge, code)

    def appeal(self, subject: SubjectId, proof: Secret | None = None) -> None:
        """Have somebody who was found say that they are of age, by the link in the letter."""
        self.house.deliver()
        sent = [each.text.reveal() for each in self.house.email.sent]
        (token, *_) = [found[1] for text in reversed(sent) if (found := LINK.search(text))]
        self.minors.appeal(token, proof or paper())

    # --- what is seen --------------------------------------------------------------------------

    def shown(self) -> Shown:
        return Shown(edition=self.house.gate.policy().hash, language="zh", surface="guardian")

    def link(self, one: Speaker, step: str) -> str:
        return self.minors._ground.link(one.guardian, one.number, step).rpartition("/minors/")[2]

    def letters(self, address: Secret = MAIL) -> list[str]:
        self.house.deliver()
        sent = (*self.house.email.sent, *self.house.sms.sent)
        return [each.text.reveal() for each in sent if each.address == address]

    def held(self, subject: SubjectId) -> set[str]:
        return self.house.held(subject)

    def age(self, subject: SubjectId) -> AgeBand:
        return self.house.gate.standing(subject).age

    def now(self) -> Any:
        return self.house.clock.now()

    def wait(self, days: float) -> None:
        """Let days pass, and the clock do what has come due."""
        self.house.clock.forward(days=days)
        self.house.troth.tick()

    def child(self, one: Speaker) -> SubjectId:
        assert one.ward is not None
        return one.ward
