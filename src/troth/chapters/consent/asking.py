"""Asking for a consent: not sooner than the law lets, and in time before one ends (9.3; PIPL 16).

Whoever asks somebody (a program, a page, an advertisement of the switch) says so here first. What
is asked for once is not asked for again until the pause is over, whoever asks.
"""

from collections.abc import Iterable
from typing import Final

from troth.documents.agreement import in_words
from troth.documents.consents.asking import demand_may_ask, renewable_from
from troth.documents.consents.renewals import Renewals
from troth.documents.notice import Notices, channels_of, language_of
from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, SYSTEM, Act, Actor, ConsentDeferred, ConsentRequested
from troth.model.clock import Moment, date
from troth.model.errors import BadInput, Erased, NotFound, Refused, TooSoon
from troth.model.standing import Standing
from troth.model.terms import SubjectId

RENEWAL: Final = "consent_renewal"


class Asking:
    """Asks subjects for consents, each by itself."""

    def __init__(self, gate: Gate, notices: Notices, renewals: Renewals) -> None:
        self._gate = gate
        self._notices = notices
        self._renewals = renewals

    def ask(
        self,
        subject: SubjectId,
        key: str,
        *,
        by: Actor = SYSTEM,
        notice: str = "",
        language: str = "",
        once: str = "",
    ) -> Outcome:
        """Note that a subject is asked now. ``notice`` names the text that they are shown.

        Raises ``TooSoon`` while the pause after their last word lasts, ``BadInput`` where the
        consent stands and does not end, ``UnknownTerm`` for one that no rule asks for.
        """
        standing = self._gate.standing(subject)
        demand_may_ask(standing, key, self._gate.clock.now())
        act = ConsentRequested(
            subject=subject, to=key, notice=notice, language=language or language_of(standing)
        )
        return self._gate.perform(act, by=by, key=once)

    def later(
        self, subject: SubjectId, key: str, *, by: Actor = SUBJECT, once: str = ""
    ) -> Outcome:
        """Note that a subject was asked and will answer later."""
        return self._gate.perform(ConsentDeferred(subject=subject, to=key), by=by, key=once)

    def askable(self, subject: SubjectId) -> tuple[str, ...]:
        """Name the consents that a subject may be asked for now."""
        standing, at = self._gate.standing(subject), self._gate.clock.now()
        offers = self._gate.policy().offers(standing.regimes)
        return tuple(offer.key for offer in offers if _may(standing, offer.key, at))

    def tick(self) -> int:
        """Ask whoever's consent is about to end whether to renew it; return how many."""
        asked = 0
        while due := self._renewals.due(self._gate.clock.now()):
            for subject, key in due:
                asked += self._renew(subject, key)
                self._renewals.drop(subject, key)
        return asked

    def _renew(self, subject: SubjectId, key: str) -> bool:
        at = self._gate.clock.now()
        try:
            standing = self._gate.standing(subject)
            acts = self._request(subject, standing, key, at)
            if acts:
                self._gate.perform(*acts, by=SYSTEM)
        except (BadInput, Erased, NotFound, Refused):
            # Nobody to ask, no way to them, or a policy that asks no more: it ends on its day.
            return False
        return bool(acts)

    def _request(
        self, subject: SubjectId, standing: Standing, key: str, at: Moment
    ) -> Iterable[Act]:
        kept = standing.consents.get(key)
        ends = kept.expires if kept and standing.consents_to(key, at) else None
        if ends is None or at < renewable_from(ends):
            return ()
        language, policy = language_of(standing), self._gate.policy()
        ways = channels_of(standing)[:1]
        told = self._notices.notify(
            subject,
            RENEWAL,
            {"what": in_words(key, policy.edition, language), "until": date(ends)},
            channels=ways,
            language=language,
        )
        request = ConsentRequested(subject=subject, to=key, notice=RENEWAL, language=language)
        return (request, told) if ways else ()


def _may(standing: Standing, key: str, at: Moment) -> bool:
    try:
        demand_may_ask(standing, key, at)
    except (BadInput, TooSoon):
        return False
    return True
