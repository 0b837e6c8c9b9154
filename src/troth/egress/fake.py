"""A fake identity authority, so that real-name authentication can be tried without one (2.1.1)."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from troth.egress.authorities import ELEMENTS, Check, CheckOutcome, Result
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

    >>> fake = FakeAuthority()
    >>> asked = {"name": Secret("林梅"), "id_number": Secret("110105199003070391")}
    >>> told = {"request_id": "r1", "scene": "demo", "authorisation": "e1"}
    >>> outcome = fake.verify(Check.PERSON_2, asked, **told)
    >>> outcome.result.value, outcome.fields, outcome.billed
    ('mismatch', {'id_number': False, 'name': True}, True)
    """

    def __init__(self, recipient_id: str = "id-authority", *, region: Region = HOME) -> None:
        self.name = "fake"
        self.region = region
        self.recipient_id = recipient_id
        self.checks = frozenset(ELEMENTS)
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
