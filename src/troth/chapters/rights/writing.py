"""What is written on a request, by both sides, kept where its words belong (policy 9.1b, 9.7b)."""

from collections.abc import Mapping
from typing import Final

from troth.chapters.rights.ground import ASKED, DISPUTES, PURPOSE, REPLIES, Ground
from troth.chapters.rights.timeline import REPLIED, WRITTEN
from troth.documents.requests import thread
from troth.documents.requests.register import Matter
from troth.gate import Outcome
from troth.model.acts import Act, Actor, Collect, Show, Use
from troth.model.errors import BadInput
from troth.model.secret import Secret, veiled
from troth.model.terms import SubjectId

LONGEST: Final = 20_000
"""Letters of one message."""
NONE: Final = Secret("[]")


class Writing:
    """Messages on requests."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gate = ground.gate

    def write(
        self, subject: SubjectId, number: str, text: Secret, *, by: Actor, key: str = ""
    ) -> Outcome:
        """Add a subject's message, or one of somebody who asks from outside; see ``Desk.write``."""
        matter = self._ground.live(subject, number)
        if by.kind == "staff":
            self._ground.demand_desk(by, subject)
        kept = self.put(subject, ASKED, number, text, by)
        return self._gate.perform(kept, self._ground.event(matter, WRITTEN), by=by, key=key)

    def reply(self, subject: SubjectId, number: str, text: Secret, *, by: Actor) -> Outcome:
        """Write to who asked; see ``Desk.reply``.

        A stranger is told where they asked to be, and is told nothing of anybody's file: staff
        write to them what they need to prove.
        """
        self._ground.demand_desk(by, subject)
        matter = self._ground.live(subject, number)
        return self._gate.perform(*self.replied(matter, text, by), by=by)

    def replied(self, matter: Matter, text: Secret, by: Actor) -> list[Act]:
        """Return the acts of writing to who asked."""
        standing = self._gate.standing(matter.subject)
        values: dict[str, str | Secret] = {"request": matter.number}
        told = (
            self._ground.tell(matter, standing, "request_asks", {**values, "text": text})
            if matter.said.provisional
            else self._ground.tell(matter, standing, "request_reply", values)
        )
        kept = self.put(matter.subject, REPLIES, matter.number, text, by)
        return [kept, self._ground.event(matter, REPLIED), *told]

    def thread(self, subject: SubjectId, number: str, *, by: Actor) -> Secret:
        """Show what was written on a request, by both sides, as JSON; recorded first."""
        if by.kind == "staff":
            self._ground.demand_desk(by, subject)
        held = self._gate.standing(subject).held
        fields = tuple(field for field in (ASKED, REPLIES, DISPUTES) if field in held)
        if not fields:
            return NONE
        act = Show(subject=subject, fields=fields, purpose=PURPOSE)
        shown = self._gate.perform(act, by=by).values
        linked = (one.number for one in self._ground.register.linked(subject, number))
        numbers = {number, *linked}
        return veiled(
            lambda opened: thread.about(numbers, [str(text) for text in opened.values()]), shown
        )

    def put(self, subject: SubjectId, field: str, number: str, text: Secret, by: Actor) -> Collect:
        """Return the act that puts a message after those before it. Raises ``BadInput``."""
        return self._after(self._before(subject, field, by), subject, field, number, text, by)

    def first(self, requester: SubjectId, number: str, text: Secret, by: Actor) -> Collect:
        """Return the act that puts a message into a file that is opened by it."""
        return self._after(Secret(""), requester, ASKED, number, text, by)

    def _after(
        self,
        before: Secret,
        subject: SubjectId,
        field: str,
        number: str,
        text: Secret,
        by: Actor,
    ) -> Collect:
        at = self._ground.now
        line = veiled(
            lambda opened: thread.added(
                str(opened["before"]), number, at, by.kind, _bounded(str(opened["text"]))
            ),
            {"before": before, "text": text},
        )
        return Collect(
            subject=subject,
            values={field: line},
            purpose=PURPOSE,
            source="observed" if field == REPLIES else "provided",
        )

    def _before(self, subject: SubjectId, field: str, by: Actor) -> Secret:
        if field not in self._gate.standing(subject).held:
            return Secret("")
        act = Use(subject=subject, fields=(field,), purpose=PURPOSE)
        return self._gate.perform(act, by=by).values[field]

    def moved(self, requester: SubjectId, subject: SubjectId) -> list[Collect]:
        """Return the acts that put the words of a request into the file of whose it is."""
        held = self._gate.standing(requester).held
        acts = []
        for field in (ASKED, REPLIES):
            if field not in held:
                continue
            values = {
                "before": self._own(subject, field),
                "more": self._ground.used(requester, field),
            }
            line = veiled(_joined, values)
            source = "observed" if field == REPLIES else "provided"
            acts.append(
                Collect(
                    subject=subject,
                    values={field: line},
                    purpose=PURPOSE,
                    source=source,  # type: ignore[arg-type]  # one of DPV's two
                )
            )
        return acts

    def _own(self, subject: SubjectId, field: str) -> Secret:
        held = field in self._gate.standing(subject).held
        return self._ground.used(subject, field) if held else Secret("")


def _joined(opened: Mapping[str, str | bytes]) -> str:
    return "\n".join(str(opened[part]) for part in ("before", "more") if opened[part])


def _bounded(text: str) -> str:
    if len(text) > LONGEST:
        raise BadInput(
            f"a message has at most {LONGEST} letters",
            clause="9.7",
            remedy="write less, or send it as a letter",
            field="text",
        )
    return text
