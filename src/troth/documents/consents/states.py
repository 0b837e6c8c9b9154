"""The ten states of a consent, as W3C DPV names them, read from what was said (policy 9.3).

Five are words of the subject (given, given anew, refused, withdrawn, put off), two are words of
others (revoked, invalidated), one is a question, one a date that passed, and one is nothing at all.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from troth.ledger.entry import Entry
from troth.model.acts import Elsewhere
from troth.model.clock import Moment
from troth.model.standing import Asked, Consent

DPV: Final[Mapping[str, str]] = {
    "unknown": "ConsentUnknown",
    "requested": "ConsentRequested",
    "deferred": "ConsentRequestDeferred",
    "refused": "ConsentRefused",
    "given": "ConsentGiven",
    "renewed": "RenewedConsentGiven",
    "expired": "ConsentExpired",
    "invalidated": "ConsentInvalidated",
    "revoked": "ConsentRevoked",
    "withdrawn": "ConsentWithdrawn",
}
"""Every state, and its name in DPV's ConsentStatus."""
VALID: Final = frozenset({"given", "renewed"})
"""The states under which data may be used (DPV: ConsentStatusValidForProcessing)."""
KIND: Final = "consent."
OWN: Final = ("subject", "guardian")


class Said(Struct, frozen=True, kw_only=True):
    """One word about a consent, as the ledger remembers it, and the state that it left.

    ``receipt`` is the number that was sent with it, ``elsewhere`` where it was said before it came
    here.
    """

    at: Moment
    state: str
    key: str
    entry: str
    edition: str
    by: str
    expires: Moment | None = None
    notice: str = ""
    language: str = ""
    method: str = ""
    receipt: str = ""
    elsewhere: Elsewhere | None = None


def state_of(consent: Consent | None, at: Moment, asked: Asked | None = None) -> str:
    """Return the state of a consent at a moment, of the ten.

    >>> state_of(None, Moment(0))
    'unknown'
    >>> state_of(Consent("given", Moment(0), Moment(5)), Moment(5))
    'expired'
    >>> state_of(Consent("refused", Moment(0)), Moment(5), Asked("requested", Moment(3)))
    'requested'
    """
    ends = None if consent is None else consent.expires
    over = ends is not None and ends <= at
    if consent is not None and consent.state == "given" and not over:
        return consent.how or "given"
    since = Moment(0) if consent is None else ends if over and ends is not None else consent.at
    if asked is not None and asked.at >= since:
        return asked.state
    if consent is None:
        return "unknown"
    return "expired" if consent.state == "given" else consent.how or consent.state


def history(entries: Iterable[Entry]) -> list[Said]:
    """Return every word about consents among some entries, oldest first."""
    before: dict[str, str] = {}
    found = []
    for entry in entries:
        if entry.kind.startswith(KIND):
            said = _said(entry, before.get(str(entry.what.get("to", "")), ""))
            if said.state not in ("requested", "deferred"):
                before[said.key] = said.state
            found.append(said)
    return found


def _said(entry: Entry, before: str) -> Said:
    what, elsewhere = entry.what, entry.what.get("elsewhere")
    expires = what.get("expires")
    return Said(
        at=entry.at,
        state=_state(entry, before),
        key=str(what.get("to", "")),
        entry=entry.id,
        edition=entry.edition,
        by=entry.by,
        expires=Moment(expires) if isinstance(expires, int) else None,
        notice=str(what.get("notice", "")),
        language=str(what.get("language", "")),
        method=str(what.get("method", "")),
        receipt=str(what.get("receipt", "")),
        elsewhere=Elsewhere(**elsewhere) if isinstance(elsewhere, dict) else None,
    )


def _state(entry: Entry, before: str) -> str:
    word = entry.kind.removeprefix(KIND)
    if word == "given":
        return "renewed" if before in VALID else "given"
    if word == "withdrawn" and entry.what.get("invalid"):
        return "invalidated"
    own = entry.by.partition(":")[0] in OWN or "elsewhere" in entry.what
    return "revoked" if word == "withdrawn" and not own else word
