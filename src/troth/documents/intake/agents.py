"""Agents that may ask for others: entered by the operator, known by their signature (11.3b; A16).

An agent proves itself by an Ed25519 key that was given to the operator by another way. A token from
its first signed message tells who calls; that a message is the agent's, the signature alone says.
"""

import binascii
import hashlib
import re
import secrets
from base64 import b64decode
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from troth.model.clock import Moment
from troth.model.errors import BadInput, NotFound, NotProved, Taken
from troth.model.secret import Secret
from troth.store.sql import Row, Store, Tx

PREFIX: Final = "drp_"
"""How a token of an agent begins: it is no service key."""
KEY_OCTETS: Final = 32
SIGNATURE: Final = 64
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

COLUMNS: Final = "id, name, verify_key, origins, made, ended_at"
# Enters an agent; an id belongs to one for ever.
ADD: Final = (
    "INSERT INTO agents (id, name, verify_key, origins, made) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO NOTHING"
)
# One that has not ended.
ONE: Final = f"SELECT {COLUMNS} FROM agents WHERE id = ? AND ended_at IS NULL"
ALL: Final = f"SELECT {COLUMNS} FROM agents ORDER BY made, id"
END: Final = "UPDATE agents SET ended_at = ? WHERE id = ? AND ended_at IS NULL"
# An agent has one token: a new one ends the one before.
UNPAIR: Final = "DELETE FROM agent_tokens WHERE agent_id = ?"
PAIR: Final = "INSERT INTO agent_tokens (hash, agent_id, made) VALUES (?, ?, ?)"
PAIRED: Final = (
    "SELECT a.id, a.name, a.verify_key, a.origins, a.made, a.ended_at FROM agent_tokens t"
    " JOIN agents a ON a.id = t.agent_id WHERE t.hash = ? AND a.ended_at IS NULL"
)


class Agent(Struct, frozen=True, kw_only=True):
    """An agent: the key that proves it, and at which addresses it may be told of a state."""

    id: str
    name: str
    verify_key: bytes
    origins: tuple[str, ...]
    made: Moment
    ended: Moment | None = None


class Agents:
    """The agents of a house, kept in its home store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, agent: str, name: str, verify_key: str, origins: Iterable[str], at: Moment
    ) -> Agent:
        """Enter an agent with its public key (base64 or hexadecimal) and addresses for callbacks.

        Raises ``BadInput`` for what is no id, name, key or address, ``Taken`` for an id that is
        or was another's.
        """
        if not _ID.fullmatch(agent):
            raise BadInput("an agent's id is 1 to 64 letters, digits, `_`, `.`, `-`", field="id")
        if not _NAME.fullmatch(name):
            raise BadInput("an agent has a name of 1 to 80 plain characters", field="name")
        key = key_of(verify_key)
        named = tuple(dict.fromkeys(map(origin_of, origins)))
        row = (agent, name, key.hex(), " ".join(named), at)
        if not self._store.transact(lambda tx: tx.change(ADD, row)):
            raise Taken(f"`{agent}` is or was an agent already", field="id", remedy="take another")
        return Agent(id=agent, name=name, verify_key=key, origins=named, made=at)

    def one(self, agent: str) -> Agent:
        """Return an agent that has not ended. Raises ``NotFound``."""
        rows = self._store.query(ONE, (agent,))
        if not rows:
            raise NotFound(f"no agent has the id `{agent[:64]}`", remedy="list: troth agents list")
        return _agent(rows[0])

    def all(self) -> list[Agent]:
        """List every agent, ended ones too, oldest first."""
        return [_agent(row) for row in self._store.query(ALL)]

    def end(self, agent: str, at: Moment) -> None:
        """End an agent: nothing is taken from it, and nothing told it. Raises ``NotFound``."""

        def work(tx: Tx) -> int:
            tx.run(UNPAIR, (agent,))
            return tx.change(END, (at, agent))

        if not self._store.transact(work):
            raise NotFound(f"no agent has the id `{agent[:64]}`")

    # --- tokens --------------------------------------------------------------------------------

    def pair(self, agent: Agent, at: Moment) -> Secret:
        """Give an agent a token, in place of the one before."""
        token = PREFIX + secrets.token_urlsafe(32)

        def work(tx: Tx) -> None:
            tx.run(UNPAIR, (agent.id,))
            tx.run(PAIR, (_hash(token), agent.id, at))

        self._store.transact(work)
        return Secret(token)

    def known(self, token: str) -> Agent:
        """Return whose token it is. Raises ``NotProved``."""
        rows = self._store.query(PAIRED, (_hash(token),))
        if not rows:
            raise NotProved("this token is no agent's", remedy="pair anew: POST /v1/agent/ID")
        return _agent(rows[0])


def signed_by(agent: Agent, message: bytes) -> bytes:
    """Return what stands in a signed message: base64 of the signature and what it signs.

    Raises ``NotProved`` for another's signature, for one that was altered, and for none.
    """
    try:
        octets = b64decode(message.strip(), validate=True)
        return bytes(VerifyKey(agent.verify_key).verify(octets))
    except (binascii.Error, ValueError, BadSignatureError):
        raise NotProved(
            "the signature is not this agent's",
            clause="9.7",
            remedy="sign with the key that was entered: base64(signature + message)",
        ) from None


def key_of(told: str) -> bytes:
    """Read a public key, base64 or hexadecimal. Raises ``BadInput``.

    >>> key_of("00" * 32) == bytes(32)
    True
    """
    text = told.strip()
    try:
        key = bytes.fromhex(text) if _HEX.fullmatch(text) else b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_OCTETS:
        raise BadInput(
            "a public key of an agent is 32 octets", field="key", remedy="give it as base64"
        )
    return key


def origin_of(told: str) -> str:
    """Return an address as its scheme, host and port. Raises ``BadInput`` for what is none of them.

    >>> origin_of("https://Agent.Example:443/anything")
    'https://agent.example:443'
    """
    try:
        parts = urlsplit(told.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    plain = parts.scheme == "http" and host in LOOPBACK
    if not host or parts.username or not (parts.scheme == "https" or plain):
        raise BadInput(
            "a callback goes to https://, or to http:// on this machine",
            clause="2.1.3",
            field="origin",
        )
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def demand_origin(address: str, origins: Sequence[str]) -> str:
    """Return an address to call back, if it lies at one of the entered ones; else ``BadInput``."""
    if len(address) > 1000 or origin_of(address) not in origins or "?" in address or "#" in address:
        raise BadInput(
            "this address to call back is not one that was entered for you",
            clause="7.1",
            field="status_callback",
            remedy="have its origin entered, and give no query",
        )
    return address


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _agent(row: Row) -> Agent:
    agent, name, key, origins, made, ended = row
    return Agent(
        id=agent,
        name=name,
        verify_key=bytes.fromhex(key),
        origins=tuple(origins.split()),
        made=Moment(made),
        ended=Moment(ended) if ended is not None else None,
    )
