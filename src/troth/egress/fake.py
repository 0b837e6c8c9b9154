"""A fake identity authority, so that real-name authentication can be tried without one (2.1.1)."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct

from troth.egress.authorities import (
    ELEMENTS,
    LATER,
    WAITING,
    Called,
    Check,
    CheckOutcome,
    Result,
    Started,
)
from troth.model.errors import BadInput
from troth.model.secret import Secret
from troth.model.terms import Region

ENDINGS: Final[Mapping[str, tuple[Result, bool]]] = {
    "91": (Result.MISMATCH, True),
    "92": (Result.NO_RECORD, False),
    "93": (Result.BAD_INPUT, False),
    "94": (Result.UNAVAILABLE, False),
    "95": (Result.THROTTLED, False),
    "96": (Result.EXPIRED, False),
    "97": (Result.LOCKED, False),
}
"""How a fake authority answers a number by its last two characters; and whether it bills."""
DISSOLVED: Final = "98"
MISTAKEN: Final = "误"
HOME: Final = Region("cn")
AMOUNT: Final = "0.42"
"""What a fake authority pays into every account."""
PAGE: Final = "https://face.example/"
"""Where it would send a person to look into a camera."""
NOT_STARTED: Final = (Result.BAD_INPUT, Result.UNAVAILABLE, Result.THROTTLED)


class FakeAuthority:
    """An authority that decides by how the values end; for tests and demonstrations.

    =================  ===========  ==================  ==================
    any value ends in  result       valid ID number     valid USCC
    =================  ===========  ==================  ==================
    ``91`` or ``误``   mismatch     110105199003070391  91110105MA00009391
    ``92``             no_record    110105199003070092  91110105MA00014992
    ``93``             bad_input    110105199003070893  91110105MA00013093
    ``94``             unavailable  110105199003070594  91110105MA00042194
    ``95``             throttled    110105199003070295  91110105MA00024595
    ``96``             expired      110105199003071896  91110105MA00006996
    ``97``             locked       110105199003070797  91110105MA00005097
    ``98`` (a USCC)    match        dissolved company   91110105MA00010698
    anything else      match        110105199003071802  91110105MA00014212
    =================  ===========  ==================  ==================

    The first value (by its element's name) with such an ending decides; of a mismatch, each value
    that ends so is wrong and the rest are right. Match and mismatch are billed, once a request.

    Checks that end later: 0.42 arrives on every account; a face and a payment the other way round
    end as the table says once somebody asks, unless ``slow`` keeps them waiting for a call. What a
    check is called tells how it will end, so that nothing is lost when the program is.

    >>> fake = FakeAuthority()
    >>> asked = {"name": Secret("林梅"), "id_number": Secret("110105199003070391")}
    >>> told = {"request_id": "r1", "scene": "demo", "authorisation": "e1"}
    >>> outcome = fake.verify(Check.PERSON_2, asked, **told)
    >>> outcome.result.value, outcome.fields, outcome.billed
    ('mismatch', {'id_number': False, 'name': True}, True)
    """

    def __init__(
        self,
        recipient_id: str = "id-authority",
        *,
        region: Region = HOME,
        memo: bool = False,
        slow: bool = False,
    ) -> None:
        """With ``memo`` a payment carries our code in its remark; ``memos`` are those."""
        self.name = "fake"
        self.region = region
        self.recipient_id = recipient_id
        self.checks = frozenset(ELEMENTS)
        self.memos: list[str] = []
        self._memo = memo
        self._slow = slow
        self._asked: set[str] = set()

    def verify(
        self,
        check: Check,
        elements: Mapping[str, Secret],
        *,
        request_id: str,
        scene: str,  # noqa: ARG002  # a real authority is told; this one does not care
        authorisation: str,
    ) -> CheckOutcome:
        """Answer as the table says; without an authorisation, as an authority would: not at all."""
        if not authorisation or frozenset(elements) != ELEMENTS.get(check):
            return CheckOutcome(result=Result.BAD_INPUT, code="incomplete")
        values = {name: elements[name].reveal() for name in sorted(elements)}
        result, billed = _decided(values)
        again = request_id in self._asked
        self._asked.add(request_id)
        return CheckOutcome(
            result=result,
            fields={name: _right(result, value) for name, value in values.items()},
            business_status=_business(result, values),
            provider_ref=f"fake-{sha256(request_id.encode()).hexdigest()[:12]}",
            billed=billed and not again,
            code=result.value,
        )

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
        """Start a check whose name tells how it will end, or refuse as the table says."""
        told = self.verify(
            check, elements, request_id=request_id, scene=scene, authorisation=authorisation
        )
        if check not in LATER or told.result in NOT_STARTED:
            return Started(refused=told)
        if memo:
            self.memos.append(memo)
        reference = f"{told.result}-{told.provider_ref}"
        return Started(reference=reference, url=PAGE + reference if check is Check.FACE else "")

    def takes_memo(self, check: Check) -> bool:
        """Tell whether a payment carries our code: where this fake was made so."""
        return self._memo and check is Check.DEPOSIT

    def confirm(
        self,
        check: Check,
        reference: str,
        answer: Secret,
        *,
        request_id: str,  # noqa: ARG002  # a real authority is told
    ) -> CheckOutcome:
        """Compare an amount, or say how a check ended."""
        result = Result(reference.partition("-")[0])
        if check is Check.DEPOSIT and result is Result.MATCH:
            right = answer.reveal() == AMOUNT
            return CheckOutcome(result=result if right else Result.MISMATCH, code="amount")
        if self._slow:
            return CheckOutcome(result=Result.UNAVAILABLE, code=WAITING)
        return CheckOutcome(result=result, code=result.value, provider_ref=reference)

    def called(self, body: bytes) -> Called:
        """Read a call of ours (``call``). Raises ``BadInput``."""
        try:
            told = msgspec.json.decode(body, type=_Call)
        except msgspec.DecodeError:
            raise BadInput("this call names no check", clause="2.1.1") from None
        return Called(
            reference=told.flow, outcome=CheckOutcome(result=told.result, code=told.result.value)
        )


class _Call(Struct, frozen=True):
    """What a fake authority says when it calls."""

    flow: str
    result: Result


def call(reference: str, result: Result) -> bytes:
    """Return the body of a call that says how a check ended.

    >>> call("match-1", Result.MATCH)
    b'{"flow":"match-1","result":"match"}'
    """
    return msgspec.json.encode(_Call(reference, result))


def _decided(values: Mapping[str, str]) -> tuple[Result, bool]:
    for value in values.values():
        if value.endswith(MISTAKEN):
            return ENDINGS["91"]
        if value[-2:] in ENDINGS:
            return ENDINGS[value[-2:]]
    return Result.MATCH, True


def _right(result: Result, value: str) -> bool | None:
    if result not in (Result.MATCH, Result.MISMATCH):
        return None
    return not (value.endswith(MISTAKEN) or ENDINGS.get(value[-2:]) == ENDINGS["91"])


def _business(result: Result, values: Mapping[str, str]) -> str:
    if result is not Result.MATCH or "uscc" not in values:
        return ""
    return "dissolved" if values["uscc"].endswith(DISSOLVED) else "in_operation"
