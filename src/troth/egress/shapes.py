"""Shapes: how one provider is asked and how its answer reads, as data (policy 2.1.1).

Providers ask for the same elements under other names, hide their answer in other places, and each
has its own numbers for "match" and "no such person". A shape is a TOML file that says where what
stands; no program is written for a provider. A place is a path with dots (``data.result``); what
lies in a text that is itself JSON is found as well.
"""

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from re import compile as pattern
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.egress.authorities import ELEMENTS, LATER, Check, Result
from troth.model.errors import Misconfigured

Json = str | int | float | bool | None | list[object] | dict[str, object]
Hash = Literal["md5", "md5_upper", "sha256", "sha256_upper"]
PATH: Final = pattern(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")
SEE: Final = "docs/howto/connect-an-identity-authority.md shows a whole one"


class Ask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a question is put: the path after the address, and where each part of it goes.

    ``request`` takes our id of the question, ``check`` the check's name, ``authorisation`` the
    consent's entry, ``flow`` the authority's name for a started check, ``answer`` what the person
    found, ``memo`` our code for a payment's remark. ``hashed`` elements are sent as a digest only.
    ``unit`` says how an amount is written: ``0.37`` or ``37``.
    """

    path: str = ""
    request: str = ""
    check: str = ""
    scene: str = ""
    authorisation: str = ""
    flow: str = ""
    answer: str = ""
    memo: str = ""
    constants: Mapping[str, str | int | bool] = {}
    elements: Mapping[str, str] = {}
    hashed: Mapping[str, Hash] = {}
    unit: Literal["yuan", "fen"] = "yuan"


class Outer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code around the answer: ``good`` where there is one, ``faults`` for what else it says."""

    at: str
    good: tuple[str, ...]
    faults: Mapping[str, Result] = {}


class Blame(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second code that says which elements are wrong."""

    at: str
    elements: Mapping[str, tuple[str, ...]]


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an answer reads.

    ``code`` is where the outcome's code stands, ``results`` what each code means, ``waiting`` the
    codes of a check that has not ended yet. ``flags`` are the places that say of one element
    whether it is ``right`` or ``wrong``. ``billed`` lists the codes that cost; ``billed_at`` is
    where it is said instead. ``flow`` and ``url`` belong to a check that was started.
    """

    code: str = ""
    results: Mapping[str, Result] = {}
    waiting: tuple[str, ...] = ()
    outer: Outer | None = None
    flags: Mapping[str, str] = {}
    right: tuple[str, ...] = ("true",)
    wrong: tuple[str, ...] = ("false",)
    blame: Blame | None = None
    reference: str = ""
    billed: tuple[str, ...] = ()
    billed_at: str = ""
    status: str = ""
    statuses: Mapping[str, str] = {}
    flow: str = ""
    url: str = ""


class CheckShape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check: asked and answered; the checks that end later are confirmed as well."""

    ask: Ask
    answer: Answer
    confirm: Ask | None = None
    confirmed: Answer | None = None


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider. ``hosts`` are where it may send a person on to; ``called`` how its calls read.

    A call's ``flow`` names the check it is about.
    """

    name: str
    encoding: Literal["json", "form"] = "json"
    hosts: tuple[str, ...] = ()
    checks: Mapping[Check, CheckShape]
    called: Answer | None = None


# --- reading a shape ---------------------------------------------------------------------------


def read(source: str, name: str) -> Shape:
    """Read a shape. Raises ``Misconfigured`` naming the file, the place and what is wrong."""
    try:
        shape = msgspec.convert(tomllib.loads(source), Shape)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        told = str(error)
        raise Misconfigured(f"`{name}`: {told[0].lower()}{told[1:]}", remedy=SEE) from error
    wrong = next(_wrong(shape), "")
    if wrong:
        raise Misconfigured(f"`{name}`: {wrong}", remedy=SEE)
    return shape


def load(path: Path) -> Shape:
    """Read a shape's file. Raises ``Misconfigured``."""
    try:
        return read(path.read_text("utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"`{path}` cannot be read", remedy=SEE) from error


def _wrong(shape: Shape) -> Iterator[str]:
    """Say what no type says."""
    for check, each in shape.checks.items():
        where = f"checks.{check}"
        asks = [("ask", each.ask, each.answer)]
        if set(each.ask.elements) != ELEMENTS[check]:
            yield f"{where}.ask.elements must be {', '.join(sorted(ELEMENTS[check]))}"
        if (check in LATER) != (each.confirm is not None and each.confirmed is not None):
            yield f"{where} has `confirm` and `confirmed` just where it ends later"
        if each.confirm is not None and each.confirmed is not None:
            asks.append(("confirm", each.confirm, each.confirmed))
        if check in LATER and not each.answer.flow:
            yield f"{where}.answer.flow is missing: where its name for the check stands"
        for name, ask, answer in asks:
            yield from _wrong_in(f"{where}.{name}", ask, answer)
            if shape.encoding == "form" and any("." in place for place in _places(ask)):
                yield f"{where}.{name}: a form has no places with dots"
    if shape.called is not None and not (shape.called.flow and shape.called.code):
        yield "called needs `flow` and `code`"


def _places(ask: Ask) -> Iterator[str]:
    yield from (ask.request, ask.check, ask.scene, ask.authorisation, ask.flow, ask.answer)
    yield from (ask.memo, *ask.constants, *ask.elements.values())


def _wrong_in(where: str, ask: Ask, answer: Answer) -> Iterator[str]:
    if not PATH.fullmatch(ask.path):
        yield f"{where}.path is no plain path"
    if not ask.hashed.keys() <= ask.elements.keys():
        yield f"{where}.hashed names an element that is not asked"
    if not answer.code and not answer.flow:
        yield f"{where}: its answer has no `code`"


# --- a bridge ----------------------------------------------------------------------------------


def _bridged(check: Check) -> CheckShape:
    named = sorted(ELEMENTS[check])
    ask = Ask(
        check="check",
        scene="scene",
        authorisation="authorisation",
        memo="memo" if check is Check.DEPOSIT else "",
        elements={name: f"elements.{name}" for name in named},
    )
    answer = Answer(
        code="result",
        results={result.value: result for result in Result},
        waiting=("waiting",),
        flags={name: f"fields.{name}" for name in named},
        reference="provider_ref",
        billed_at="billed",
        status="business_status",
    )
    if check not in LATER:
        return CheckShape(ask=ask, answer=answer)
    started = Answer(code="result", results=answer.results, flow="flow", url="url")
    confirm = Ask(check="check", flow="flow", answer="answer")
    return CheckShape(ask=ask, answer=started, confirm=confirm, confirmed=answer)


BRIDGE: Final = Shape(
    name="bridge",
    hosts=("*",),
    checks={check: _bridged(check) for check in Check},
    called=Answer(flow="flow", code="result", results={each.value: each for each in Result}),
)
"""A bridge of the controller's own, which speaks to the provider: everything in our own words.

``{"check", "elements", "scene", "authorisation"}`` is asked, and answered as ``CheckOutcome`` is
written. A check that ends later is answered with ``{"flow", "url"}`` and then asked about with
``{"check", "flow", "answer"}``; one that has not ended says ``{"result": "waiting"}``.
"""


# --- using it ----------------------------------------------------------------------------------

DIGESTS: Final[Mapping[Hash, Callable[[bytes], str]]] = {
    # A provider's own choice: it protects nothing, and no line is without TLS.
    "md5": lambda raw: hashlib.md5(raw, usedforsecurity=False).hexdigest(),
    "md5_upper": lambda raw: hashlib.md5(raw, usedforsecurity=False).hexdigest().upper(),
    "sha256": lambda raw: hashlib.sha256(raw).hexdigest(),
    "sha256_upper": lambda raw: hashlib.sha256(raw).hexdigest().upper(),
}


def put(body: dict[str, object], place: str, value: object) -> None:
    """Put a value at a place, making what lies between; an empty place takes nothing.

    >>> body = {}
    >>> put(body, "data.name", "Mei"); put(body, "", 1)
    >>> body
    {'data': {'name': 'Mei'}}
    """
    if not place:
        return
    *between, last = place.split(".")
    for step in between:
        found = body.setdefault(step, {})
        if not isinstance(found, dict):
            raise Misconfigured(f"two values want the place `{place}`", remedy=SEE)
        body = found
    body[last] = value


def get(body: object, place: str) -> Json:
    """Return what stands at a place; ``None`` where there is nothing.

    >>> get({"data": '{"code": 1}'}, "data.code"), get({"data": 1}, "data.code"), get({}, "")
    (1, None, None)
    """
    if not place:
        return None
    for step in place.split("."):
        if isinstance(body, str):
            try:
                body = msgspec.json.decode(body)
            except (msgspec.DecodeError, RecursionError):
                return None
        if not isinstance(body, dict) or step not in body:
            return None
        body = body[step]
    return body if isinstance(body, str | int | float | bool | list | dict) else None


def written(value: Json) -> str:
    """Write a code as tables spell it: ``true``, ``1``, ``0.5``; empty for what is no code.

    >>> written(True), written(1), written("-1"), written(None), written([1])
    ('true', '1', '-1', '', '')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""
