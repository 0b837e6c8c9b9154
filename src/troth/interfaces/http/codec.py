"""JSON in and out: typed, bounded in depth, and never a word of what was sent in an error (7.2c).

A body is decoded straight into the shape its address takes; what is not in the shape is refused.
An error says where and what was expected. What stood there may be somebody's telephone number in
the wrong place, so it is never repeated.
"""

import base64
import binascii
import re
from typing import Any, Final, TypeVar

import msgspec

from troth.model.errors import BadInput, Malformed
from troth.model.secret import Secret
from troth.model.terms import SubjectId

S = TypeVar("S")

SHAPE: Final = "see /openapi.json for what this address takes"
ELSEWHERE: Final = "this value is none of those that may stand here"
# What the decoder says of types and lengths holds nothing of what was sent; all else may.
_SAFE: Final = re.compile(
    r"(?:Expected `[^`]{1,80}`(?: of length [<>=]+ \d+| [<>=]+ \d+)?(?:, got `[a-z ]{1,20}`)?"
    r"|Object missing required field `[a-z_]{1,40}`)"
)
_PLACE: Final = re.compile(r" - at (?:`key` in )?`\$\.?([\w.\[\]]*)`$")
_OURS: Final = frozenset({"not a subject id", "a value is text, or a file as base64"})


def encode(answer: object) -> bytes:
    """Write an answer.

    >>> encode({"subject": SubjectId("cn-" + "a" * 26)})[:16]
    b'{"subject":"cn-a'
    """
    return _ENCODER.encode(answer)


def decode(raw: bytes, shape: type[S]) -> S:
    """Read a body of a shape. Raises ``Malformed``, or ``BadInput`` naming the place in it."""
    try:
        return _decoder(shape).decode(raw)
    except msgspec.ValidationError as error:
        raise _misshapen(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(clause="7.2c", remedy=SHAPE) from None


def read_query(sent: dict[str, str], shape: type[S]) -> S:
    """Read the parameters of an address. Raises ``BadInput`` naming the one that is wrong."""
    try:
        return msgspec.convert(sent, shape, strict=False, dec_hook=_read)
    except msgspec.ValidationError as error:
        raise _misshapen(str(error)) from None


def _decoder(shape: type[S]) -> msgspec.json.Decoder[S]:
    found = _DECODERS.get(shape)
    if found is None:
        found = _DECODERS[shape] = msgspec.json.Decoder(shape, dec_hook=_read)
    return found


def text_of(kind: type) -> dict[str, Any]:
    """Describe the types of ours that travel as text (JSON Schema)."""
    if kind is SubjectId:
        return {"type": "string", "pattern": "^[a-z]{2,12}-[a-z2-7]{26}$"}
    if kind is Secret:
        file = {
            "type": "object",
            "properties": {"base64": {"type": "string", "contentEncoding": "base64"}},
            "required": ["base64"],
            "additionalProperties": False,
        }
        return {"anyOf": [{"type": "string", "description": "personal data"}, file]}
    raise NotImplementedError(kind.__name__)


def _read(kind: type, sent: object) -> object:
    if kind is SubjectId and isinstance(sent, str):
        return SubjectId(sent)
    if kind is Secret:
        return _secret(sent)
    raise ValueError("not a subject id")


def _secret(sent: object) -> Secret:
    if isinstance(sent, str):
        return Secret(sent)
    if isinstance(sent, dict) and sent.keys() == {"base64"} and isinstance(sent["base64"], str):
        try:
            return Secret(base64.b64decode(sent["base64"], validate=True))
        except (binascii.Error, ValueError):
            pass
    raise ValueError("a value is text, or a file as base64")


def _misshapen(told: str) -> BadInput:
    """Say what is wrong and where, without what was sent.

    >>> _misshapen("Invalid enum value '13900001111' - at `$.acts[0].source`").message
    'this value is none of those that may stand here'
    >>> _misshapen("Object contains unknown field `13900001111` - at `$.acts[0]`").field
    'acts[0]'
    """
    place = _PLACE.search(told)
    what = told[: place.start()] if place else told
    if what.startswith("Object contains unknown field"):
        what = "something stands here that this address does not take"
    elif what not in _OURS:
        what = what[0].lower() + what[1:] if _SAFE.fullmatch(what) else ELSEWHERE
    return BadInput(what, clause="7.2c", remedy=SHAPE, field=place[1] if place else "")


def _written(value: object) -> str:
    if isinstance(value, SubjectId):
        return str(value)
    raise NotImplementedError(f"`{type(value).__name__}` does not leave this house by accident")


_DECODERS: Final[dict[type, msgspec.json.Decoder[Any]]] = {}
_ENCODER: Final = msgspec.json.Encoder(enc_hook=_written)
