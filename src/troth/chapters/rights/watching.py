"""The clock at the desk: alarms before a day is over, what expires, what goes (9.1b; F6)."""

from collections.abc import Callable
from typing import Final

from troth.chapters.rights.ground import WAITS_FOR_PROOF, Ground
from troth.chapters.rights.timeline import ALARM
from troth.documents.requests import alarms
from troth.documents.requests.register import Matter
from troth.gate import Outcome
from troth.model.acts import SYSTEM, Act
from troth.model.clock import date
from troth.model.errors import Erased, NotFound
from troth.model.secret import Secret
from troth.model.terms import SubjectId

AT_ONCE: Final = 200


class Watching:
    """What the clock does about requests."""

    def __init__(
        self,
        ground: Ground,
        expire: Callable[[SubjectId, str], Outcome],
        release: Callable[[Matter], bool],
    ) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._expire = expire
        self._release = release

    def tick(self) -> int:
        """Ring what is due, end what nobody proved in time; return how many alarms rang.

        The register follows the ledger first. Records that no law keeps go (11 CCR 7101).
        """
        self._ground.complete()
        self._ground.reconcile(AT_ONCE)
        for matter in self._ground.register.waiting(AT_ONCE * 5):
            if matter.said.reason == "packing":
                self._release(matter)
        now = self._ground.now
        rung = sum(self._rings(matter) for matter in self._ground.register.ringing(now, AT_ONCE))
        self._ground.register.purge(now)
        return rung

    def _rings(self, matter: Matter) -> bool:
        """Ring one alarm: an entry, a letter to the desk; the latest of several that have come."""
        now, near = self._ground.now, self._ground.rules.alarm_days
        stage = alarms.ringing(matter, near, now)
        if not stage or matter.said.elsewhere:
            self._ground.register.change(matter, at=matter.moved, alarm=None)
            return False
        try:
            self._told(matter, stage)
        except (Erased, NotFound):
            self._ground.register.drop(matter)
            return False
        if stage == "late" and matter.said.reason in WAITS_FOR_PROOF:
            self._expire(matter.subject, matter.number)
        return True

    def _told(self, matter: Matter, stage: str) -> None:
        acts: list[Act] = [self._ground.event(matter, ALARM, stage=stage)]
        self._gate.perform(*acts, by=SYSTEM)
        rung = self._ground.rung(matter, stage)
        self._ground.register.change(matter, at=matter.moved, alarm=rung.alarm, said=rung.said)
        to = self._ground.rules.desk_email
        if not to:
            return
        values: dict[str, str | Secret] = {
            "request": matter.number,
            "by": date(matter.due),
            "stage_zh": STAGE_WORDS[stage][0],
            "stage_en": STAGE_WORDS[stage][1],
        }
        told = self._ground.notices.notify(
            None, "desk_alarm", values, channels=("email",), to={"email": Secret(to)}
        )
        self._gate.perform(told, by=SYSTEM)


STAGE_WORDS: Final = {
    "acknowledge": ("须尽快确认收到请求", "receipt has to be confirmed"),
    "internal": ("已到内部期限", "our own day has come"),
    "near": ("法定期限将至", "the legal day is near"),
    "late": ("已超过法定期限", "the legal day is over"),
}
"""What rang, in words: Chinese, English."""
