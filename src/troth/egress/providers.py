"""A provider of identity checks over signed HTTP, asked and understood by its shape (2.1.1).

What comes back is a stranger's word: an answer that is late, too long, no JSON, of another shape,
or that contradicts itself is ``UNAVAILABLE`` with a code that says which; nobody is confirmed or
refused by it, and people look.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from troth.egress.authorities import (
    WAITING,
    Called,
    Check,
    CheckOutcome,
    Result,
    Started,
)
from troth.egress.post import Line, is_loopback
from troth.egress.recipients import plain, word
from troth.egress.shapes import BRIDGE, DIGESTS, Answer, Ask, Shape, get, put, written
from troth.model.errors import BadInput, Misconfigured, NotDelivered
from troth.model.secret import Secret
from troth.model.terms import Region

BAD_ANSWER: Final = "bad_answer"
MEDIA: Final = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
LONGEST_URL: Final = 1024


class HttpAuthority:
    """An authority that a shape describes; without one, a bridge of the controller's own."""

    def __init__(
        self,
        line: Line,
        *,
        name: str,
        recipient_id: str,
        region: Region,
        checks: frozenset[Check],
        shape: Shape = BRIDGE,
    ) -> None:
        """Ask over a line. Raises ``Misconfigured`` for a check that the shape does not have."""
        missing = sorted(checks - shape.checks.keys())
        if missing:
            raise Misconfigured(f"`{shape.name}` has no check `{missing[0]}`")
        self.name = name
        self.recipient_id = recipient_id
        self.region = region
        self.checks = checks
        self._line = line
        self._shape = shape

    def verify(
        self,
        check: Check,
        elements: Mapping[str, Secret],
        *,
        request_id: str,
        scene: str,
        authorisation: str,
    ) -> CheckOutcome:
        """Ask, and read the answer."""
        shape = self._shape.checks[check]
        body = _asked(shape.ask, elements, check, request_id, scene, authorisation)
        told = self._post(shape.ask, body, request_id)
        return told if isinstance(told, CheckOutcome) else outcome(shape.answer, told, elements)

    def start(
        self,
        check: Check,
        elements: Mapping[str, Secret],
        *,
        request_id: str,
        scene: str,
        authorisation: str,
        memo: str,
    ) -> Started:
        """Start a check that ends later, and read what it is called and where it goes on."""
        shape = self._shape.checks[check]
        body = _asked(shape.ask, elements, check, request_id, scene, authorisation)
        put(body, shape.ask.memo, memo)
        told = self._post(shape.ask, body, request_id)
        if isinstance(told, CheckOutcome):
            return Started(refused=told)
        reference = word(written(get(told, shape.answer.flow)), elements)
        url = written(get(told, shape.answer.url))
        if not reference:
            why = outcome(shape.answer, told, elements)
            # "Match" without a name for the check says nothing: there is none to wait for.
            return Started(refused=_unavailable(BAD_ANSWER) if why.result is Result.MATCH else why)
        if url and not self._may_lead_to(url, elements):
            return Started(refused=_unavailable("bad_url"))
        return Started(reference=reference, url=url)

    def takes_memo(self, check: Check) -> bool:
        """Tell whether the shape has a place for our code in a payment's remark."""
        return bool(self._shape.checks[check].ask.memo)

    def confirm(
        self, check: Check, reference: str, answer: Secret, *, request_id: str
    ) -> CheckOutcome:
        """Hand in an answer, or ask how the check stands."""
        shape = self._shape.checks[check]
        if shape.confirm is None or shape.confirmed is None:
            raise BadInput(f"`{check}` has ended: it was answered at once")
        body: dict[str, object] = dict(shape.confirm.constants)
        put(body, shape.confirm.check, check.value)
        put(body, shape.confirm.request, request_id)
        put(body, shape.confirm.flow, reference)
        if answer:
            put(body, shape.confirm.answer, _amount(answer, shape.confirm))
        told = self._post(shape.confirm, body, request_id)
        return told if isinstance(told, CheckOutcome) else outcome(shape.confirmed, told, {})

    def called(self, body: bytes) -> Called:
        """Read a call. Raises ``BadInput`` for one that the shape does not understand."""
        answer = self._shape.called
        told = _decoded(body)
        reference = word(written(get(told, answer.flow)), {}) if answer else ""
        if answer is None or not reference:
            raise BadInput("this call names no check", clause="2.1.1")
        found = outcome(answer, told, {})
        if found.code.startswith(BAD_ANSWER):
            raise BadInput("this call says nothing that its shape knows", clause="2.1.1")
        return Called(reference=reference, outcome=found)

    def _post(self, ask: Ask, body: dict[str, object], request_id: str) -> object:
        """Return the decoded answer, or the outcome where there is none."""
        encoding = self._shape.encoding
        sent = urlencode(body).encode() if encoding == "form" else msgspec.json.encode(body)
        try:
            answer = self._line.post(request_id, sent, path=ask.path, media=MEDIA[encoding])
        except NotDelivered as error:
            return _unavailable(error.reason)
        told = _decoded(answer)
        return _unavailable(BAD_ANSWER) if told is None else told

    def _may_lead_to(self, url: str, elements: Mapping[str, Secret]) -> bool:
        """Tell whether a person may be sent on to an address: over TLS, to a listed host."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return False
        known = "*" in self._shape.hosts or host in self._shape.hosts
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
        plain_text = url.isascii() and url.isprintable() and " " not in url
        return (
            known
            and safe
            and plain_text
            and "@" not in parts.netloc
            and len(url) <= LONGEST_URL
            and not _repeats(url, elements)
        )


# --- what is asked -----------------------------------------------------------------------------


def _asked(
    ask: Ask,
    elements: Mapping[str, Secret],
    check: Check,
    request_id: str,
    scene: str,
    authorisation: str,
) -> dict[str, object]:
    body: dict[str, object] = {}
    for place, value in (
        *ask.constants.items(),
        (ask.check, check.value),
        (ask.request, request_id),
        (ask.scene, scene),
        (ask.authorisation, authorisation),
    ):
        put(body, place, value)
    for name, place in ask.elements.items():
        put(body, place, _element(ask, name, elements[name]))
    return body


def _element(ask: Ask, name: str, value: Secret) -> object:
    if name not in ask.hashed:
        return plain(value)
    raw = value.reveal_raw()
    return DIGESTS[ask.hashed[name]](raw.encode() if isinstance(raw, str) else raw)


def _amount(answer: Secret, ask: Ask) -> str:
    told = answer.reveal()
    return str(int(told.partition(".")[2])) if ask.unit == "fen" else told


# --- what is answered --------------------------------------------------------------------------


def outcome(answer: Answer, told: object, elements: Mapping[str, Secret]) -> CheckOutcome:
    """Read an answer by its shape; what it does not know is ``UNAVAILABLE``."""
    if answer.outer is not None:
        around = written(get(told, answer.outer.at))
        if around not in answer.outer.good:
            result = answer.outer.faults.get(around, Result.UNAVAILABLE)
            return CheckOutcome(result=result, code=word(around, elements) or BAD_ANSWER)
    code = written(get(told, answer.code))
    if code in answer.waiting:
        return _unavailable(WAITING)
    if code not in answer.results:
        return _unavailable(f"{BAD_ANSWER}:{word(code, elements)}".removesuffix(":"))
    result = answer.results[code]
    flags = {name: _flag(answer, told, name) for name in elements}
    if result is Result.MATCH and False in flags.values():
        return _unavailable("contradiction")
    status = written(get(told, answer.status))
    return CheckOutcome(
        result=result,
        fields=flags,
        business_status=word(answer.statuses.get(status, status), elements),
        provider_ref=word(written(get(told, answer.reference)), elements),
        billed=code in answer.billed or get(told, answer.billed_at) is True,
        code=word(code, elements),
    )


def _flag(answer: Answer, told: object, element: str) -> bool | None:
    """Say of one element whether it is right, as its own flag or the blaming code tells."""
    if answer.blame is not None:
        blamed = answer.blame.elements.get(written(get(told, answer.blame.at)), ())
        if element in blamed:
            return False
    said = written(get(told, answer.flags.get(element, "")))
    if said in answer.wrong:
        return False
    return True if said in answer.right else None


def _decoded(body: bytes) -> object:
    """Return an answer that is a JSON object; ``None`` for anything else."""
    try:
        told: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _unavailable(code: str) -> CheckOutcome:
    return CheckOutcome(result=Result.UNAVAILABLE, code=code)


def _repeats(text: str, elements: Mapping[str, Secret]) -> bool:
    """Tell whether an element stands in a text, as it is or written for an address."""
    values = (value.reveal_raw() for value in elements.values())
    return any(
        part in text or urlencode({"": part})[1:] in text
        for part in values
        if isinstance(part, str) and part
    )
