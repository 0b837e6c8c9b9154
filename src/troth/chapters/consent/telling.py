"""What a subject is told of a consent: given or taken back, with its receipt's number (9.3)."""

from collections.abc import Mapping, Sequence
from typing import Final

from troth.documents.agreement import in_words
from troth.documents.notice import Notices, channels_of, language_of
from troth.gate import Gate
from troth.model.acts import Notify
from troth.model.clock import iso
from troth.model.standing import Standing
from troth.model.terms import SubjectId

STATES: Final = {
    "given": {"zh": "已同意", "en": "you consented"},
    "withdrawn": {"zh": "已撤回同意", "en": "you took your consent back"},
    "revoked": {"zh": "同意已由我们停止", "en": "we ended your consent"},
    "invalidated": {"zh": "该同意无效，已停止", "en": "your consent was not valid and has ended"},
}


def told(
    gate: Gate,
    notices: Notices,
    subject: SubjectId,
    standing: Standing,
    numbers: Mapping[str, str],
    *,
    state: str,
) -> Sequence[Notify]:
    """Return the notices that tell a subject of some consents, by key and receipt's number.

    None where no address is held; the receipts lie in the privacy centre all the same.
    """
    ways = channels_of(standing)[:1]
    language, edition = language_of(standing), gate.policy().edition
    return [
        notices.notify(
            subject,
            "consent_receipt",
            {
                "what": in_words(key, edition, language),
                "state_zh": STATES[state]["zh"],
                "state_en": STATES[state]["en"],
                "when": iso(gate.clock.now()),
                "receipt": number,
            },
            channels=ways,
            language=language,
        )
        for key, number in numbers.items()
        if ways
    ]
