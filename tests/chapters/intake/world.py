"""What comes to a house from outside, and what it does about it."""

import json
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from tests.chapters.people import House
from tests.documents.intake.hostile import OURS, mail
from troth.chapters.intake import Taken
from troth.documents.intake.agents import Agent
from troth.egress.channels import MemoryChannel
from troth.model.acts import Actor
from troth.model.clock import MINUTE, Moment, iso
from troth.model.terms import SubjectId

ENVIRONMENT = {
    "TROTH_IDENTITY_AUTHORITY": "fake",
    "TROTH_INTAKE_ADDRESS": OURS,
    "TROTH_INTAKE_BUSINESS": "TROTH",
    "TROTH_INTAKE_CALLBACKS": "https://controller.example",
}
KEY = SigningKey(b"a" * 32)
DESK = Actor(kind="staff", id="s4", role="privacy")
CONTROLLER = Actor(kind="service", id="0123456789abcdef")


@dataclass
class World:
    """A house with its channels, and strangers who write to it."""

    house: House
    channels: dict[str, MemoryChannel]
    folder: Path

    def __post_init__(self) -> None:
        self.troth = self.house.troth
        self.intake = self.troth.intake
        self.desk = self.troth.rights.desk
        self.clock = self.house.clock

    # --- mail ----------------------------------------------------------------------------------

    def write(self, text: str = "Please delete my account.", **lines: str) -> Taken:
        return self.intake.take_mail(mail(text, **lines))

    def letters(self, channel: str = "email") -> list[str]:
        """Return the titles and texts of everything that went out."""
        self.house.deliver()
        sent = self.channels[channel].sent
        return [f"{message.title}\n{message.text.reveal()}" for message in sent]

    def titles(self) -> list[str]:
        self.house.deliver()
        return [message.title for message in self.channels["email"].sent]

    # --- requests ------------------------------------------------------------------------------

    def requests(self) -> Counter[str]:
        """Count the requests there are, by kind."""
        rows = [
            row
            for rooms in self.house.gate.regions.values()
            for row in rooms.store.query("SELECT kind FROM requests")
        ]
        return Counter(kind for (kind,) in rows)

    def file_of(self, number: str) -> SubjectId:
        return self.desk.find(number)

    def words(self, number: str) -> str:
        """Return what was written on a request, as staff read it."""
        return self.desk.thread(self.file_of(number), number, by=DESK).reveal()

    def found(self) -> int:
        """Count how often anybody was looked up."""
        return sum(
            len(rooms.log.recent("data.found", 100)) for rooms in self.house.gate.regions.values()
        )

    # --- agents --------------------------------------------------------------------------------

    def agent(self, *origins: str) -> Agent:
        return self.intake.add_agent(
            "PERMISSION", "Permission", bytes(KEY.verify_key).hex(), origins
        )

    def said(self, **changes: object) -> dict[str, object]:
        now = self.clock.now()
        told: dict[str, object] = {
            "agent-id": "PERMISSION",
            "business-id": "TROTH",
            "issued-at": iso(now),
            "expires-at": iso(Moment(now + 10 * MINUTE)),
            "drp.version": "1.0",
            "exercise": "deletion",
            "regime": "ccpa",
            "name": "Li Na",
            "email": "li.na@mail.example",
        }
        ours = ("status_callback", "power_of_attorney", "phone_number")
        return told | {
            name if name in ours else name.replace("_", "-"): value
            for name, value in changes.items()
        }


def signed(told: dict[str, object], key: SigningKey = KEY) -> bytes:
    return b64encode(bytes(key.sign(json.dumps(told).encode())))
