"""Requests from outside, for tests: who asks, what they claim, and the staff who decide."""

import io

from PIL import Image

from tests.chapters.people import EMAIL, NAME, PHONE, House
from troth.chapters.rights.desk import Opened
from troth.documents.requests.claims import Claim, Company
from troth.model.acts import Actor
from troth.model.secret import Secret
from troth.model.terms import SubjectId

FIRST = Actor(kind="staff", id="s-first", role="privacy", assurance=2)
SECOND = Actor(kind="staff", id="s-second", role="privacy", assurance=2)
OTHER = Actor(kind="staff", id="s-support", role="support", assurance=2)
STRANGER = Secret("stranger@elsewhere.example")
ME = Actor(kind="subject", assurance=2)


def claim(**more: object) -> Claim:
    """Somebody who says that they are Li Na, and writes from another address."""
    values = {"contact.email": EMAIL, "contact.phone": PHONE, "identity.name": NAME}
    told: dict[str, object] = {"values": values, "reply": {"email": STRANGER}, **more}
    return Claim(**told)  # type: ignore[arg-type]


def company(**said: Secret) -> Company:
    return Company(name=Secret("海风科技有限公司"), **said)


def opened(house: House, kind: str = "access", **more: object) -> Opened:
    """Return a request that came by mail from a stranger."""
    told: dict[str, object] = {
        "channel": "email",
        "text": Secret("请提供我的信息"),
        "residence": "CN",
        **more,
    }
    said = told.pop("claim", claim())
    return house.rights.desk.open_unproved(kind, said, **told)  # type: ignore[arg-type]


def paper() -> Secret:
    """Return a picture of a paper."""
    buffer = io.BytesIO()
    Image.new("RGB", (640, 400), "white").save(buffer, "JPEG")
    return Secret(buffer.getvalue())


def seasoned(house: House, **more: object) -> SubjectId:
    """Return somebody whose contacts were theirs for long."""
    subject = house.register(**more).subject
    house.clock.forward(days=40)
    return subject
