"""Claims: who somebody says they are who asks without a sign-in, sealed until it is proved (9.7).

A claim is kept as one text in the provisional file, under that file's own key. Nothing of it is
looked up when it comes in. When staff compare it with a subject's file, the comparison is made on
sealed values and gives a count, never a value.
"""

import json
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.model.errors import BadInput
from troth.model.secret import Secret, veiled

Channel = Literal["centre", "api", "desk", "email", "letter", "telephone", "agent", "opendsr"]
"""How a request came."""
OUTSIDE: Final = ("email", "letter", "telephone", "agent", "opendsr", "desk", "api", "centre")
COMPARED: Final = (
    *("contact.email", "contact.phone", "contact.address", "account.login"),
    *("identity.name", "identity.birth_date", "identity.id_number"),
)
"""The fields that can tell people apart: what a claim's values are compared with."""
REPLIES: Final = ("email", "sms", "letter")
"""The channels by which somebody can be answered."""
REPLY: Final = "reply."
AGENT: Final = "agent."
COMPANY: Final = "company."


class Agent(Struct, frozen=True, kw_only=True):
    """Who asks in somebody's name. ``authority`` is a reference to their power of attorney."""

    name: Secret
    email: Secret
    id: str = ""
    authority: Secret = Secret("")


class Company(Struct, frozen=True, kw_only=True):
    """What a company says of itself: its name, and the three that 11.3 asks for."""

    name: Secret
    address: Secret = Secret("")
    email: Secret = Secret("")
    contact: Secret = Secret("")

    @property
    def whole(self) -> bool:
        """Whether address, e-mail and contact are all there."""
        return all((self.address, self.email, self.contact))


class Claim(Struct, frozen=True, kw_only=True):
    """Who asks, as they say: ``values`` by field, where to answer by channel, in whose name."""

    values: Mapping[str, Secret] = {}
    reply: Mapping[str, Secret] = {}
    agent: Agent | None = None
    company: Company | None = None

    def sealed(self) -> Secret:
        """Write it down as one secret. Raises ``BadInput`` for a field nobody is told apart by."""
        for field in self.values:
            if field not in COMPARED:
                raise BadInput(
                    f"`{field}` tells nobody apart",
                    clause="7.2",
                    remedy=f"claim some of {', '.join(COMPARED)}",
                    field="claim",
                )
        parts = dict(self.values) | {REPLY + way: to for way, to in self.reply.items()}
        for mark, one in ((AGENT, self.agent), (COMPANY, self.company)):
            if one is not None:
                parts |= {mark + name: said for name, said in _secrets(one).items() if said}
        return veiled(_written, parts)


def _secrets(one: Struct) -> dict[str, Secret]:
    """Return the secret parts of a struct, by name."""
    named = {name: getattr(one, name) for name in one.__struct_fields__}
    return {name: said for name, said in named.items() if isinstance(said, Secret)}


def _written(opened: Mapping[str, str | bytes]) -> str:
    return json.dumps({name: str(text) for name, text in opened.items()}, ensure_ascii=False)


def supplied(claim: Secret, company: Company) -> Secret:
    """Add what a company had left out to a claim that was written down."""
    more = {COMPANY + name: said for name, said in _secrets(company).items() if said}

    def work(opened: Mapping[str, str | bytes]) -> str:
        told = json.loads(opened["claim"])
        added = {name: str(text) for name, text in opened.items() if name != "claim"}
        return json.dumps({**told, **added}, ensure_ascii=False)

    return veiled(work, {"claim": claim, **more})


def part(claim: Secret, name: str) -> Secret:
    """Return one part of a claim that was written down; empty where it is not there."""
    return veiled(lambda opened: str(json.loads(opened["claim"]).get(name, "")), {"claim": claim})


def reply_to(claim: Secret, channels: tuple[str, ...] = REPLIES) -> dict[str, Secret]:
    """Return where an answer is wanted, by channel: what was said of each, if anything."""
    found = {way: part(claim, REPLY + way) for way in channels}
    return {way: to for way, to in found.items() if to}


def matching(claim: Secret, held: Mapping[str, Secret]) -> tuple[str, ...]:
    """Name the fields of a claim that are the same in a subject's file; no value is told.

    >>> claim = Claim(values={"contact.email": Secret("A@b.example")}).sealed()
    >>> matching(claim, {"contact.email": Secret("a@B.example "), "identity.name": Secret("x")})
    ('contact.email',)
    """
    return tuple(
        field
        for field in COMPARED
        if field in held and _folded(said := part(claim, field)) == _folded(held[field]) and said
    )


def _folded(value: Secret) -> Secret:
    """Leave aside what people write differently: capitals, spaces."""
    return veiled(lambda opened: "".join(str(opened["v"]).casefold().split()), {"v": value})
