"""The signed head of the ledger, in formats that other people's verifiers read (policy 9.3).

A checkpoint is a C2SP *signed note* (c2sp.org/signed-note, c2sp.org/tlog-checkpoint)::

    troth.example/ledger/cn
    2000
    (the root, in base64)

    — troth.example/ledger/cn (four bytes that name the key, and the signature, in base64)

Signatures by keys we do not know are left alone: a witness may add its own. All base64 is read
strictly, so that no two notes say the same.
"""

import base64
import binascii
import re
from hashlib import sha256
from typing import Final

from msgspec import Struct
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from troth.ledger.tree import HASH_BYTES
from troth.model.errors import Misconfigured, Unverifiable

ED25519: Final = b"\x01"
LONGEST_NOTE: Final = 262_144
_NAME: Final = re.compile(r"[^\s+\x00-\x1f]+")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH: Final = "— "
_PROOF: Final = "c2sp.org/tlog-proof@v1"


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A tree head: which log, how many entries, the root over all of them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return what is signed."""
        root = base64.b64encode(self.root).decode()
        return "\n".join((self.origin, str(self.size), root, *self.extensions)) + "\n"


class InclusionProof(Struct, frozen=True, kw_only=True):
    """Everything that shows an entry to stand in a signed ledger, but the verifier's key."""

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    def text(self) -> str:
        """Write it as a C2SP tlog-proof; the leaf goes beside it, in a file of its own."""
        hashes = [base64.b64encode(digest).decode() for digest in self.path]
        return "\n".join((_PROOF, f"index {self.index}", *hashes, "", self.checkpoint))


def read_proof(text: str, leaf: bytes) -> InclusionProof:
    """Read a C2SP tlog-proof about a leaf. Raises ``Unverifiable`` when it is none."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if len(lines) < 2 or lines[0] != _PROOF or not lines[1].startswith("index "):
        raise Unverifiable("this text is no tlog-proof")
    index = lines[1].removeprefix("index ")
    if not _SIZE.fullmatch(index):
        raise Unverifiable("the proof's index is no number")
    path = tuple(unbase64(line) for line in lines[2:])
    return InclusionProof(leaf=leaf, index=int(index), path=path, checkpoint=note)


# --- keys --------------------------------------------------------------------------------------


class Signer:
    """Signs checkpoints with Ed25519 under a name.

    >>> Signer("troth.example/ledger/cn", bytes(32)).vkey
    'troth.example/ledger/cn+b6c72a4d+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
    """

    def __init__(self, name: str, seed: bytes) -> None:
        """Take a name without spaces and plus signs, and 32 secret bytes.

        Raises ``Misconfigured``.
        """
        if not _NAME.fullmatch(name) or len(seed) != HASH_BYTES:
            raise Misconfigured(
                f"`{name}` cannot sign: a name without spaces or `+` and 32 bytes are needed"
            )
        self.name = name
        self._key = SigningKey(seed)
        public = ED25519 + bytes(self._key.verify_key)
        self._id = key_id(name, public)
        self.vkey = f"{name}+{self._id.hex()}+{base64.b64encode(public).decode()}"

    def sign(self, text: str) -> bytes:
        """Return the 64 bytes of a signature over a text."""
        return bytes(self._key.sign(text.encode()).signature)

    def note(self, text: str) -> str:
        r"""Return a text that ends in a newline as a signed note.

        >>> verified(Signer("me", bytes(32)).note("hello\n"), Signer("me", bytes(32)).vkey)
        'hello\n'
        """
        return f"{text}\n{self._line(text)}"

    def cosign(self, note: str) -> str:
        """Add one's own signature to a note of somebody else's, as a witness does."""
        text, _ = opened(note)
        return note + self._line(text)

    def _line(self, text: str) -> str:
        signature = base64.b64encode(self._id + self.sign(text)).decode()
        return f"{_DASH}{self.name} {signature}\n"

    def __repr__(self) -> str:
        return f"Signer({self.vkey!r})"


class _Verifier(Struct, frozen=True):
    name: str
    id: bytes
    key: VerifyKey


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes that tell keys of one name apart (signed-note)."""
    return sha256(f"{name}\n".encode() + public).digest()[:4]


def _verifier(vkey: str) -> _Verifier:
    name, id_hex, public = (*vkey.split("+", 2), "", "")[:3]
    raw = unbase64(public)
    if not _NAME.fullmatch(name) or raw[:1] != ED25519 or len(raw) != 1 + HASH_BYTES:
        raise Unverifiable("this is no Ed25519 verifier key", remedy="ask for `name+id+key`")
    key = key_id(name, raw)
    if key.hex() != id_hex:
        raise Unverifiable("this verifier key was altered: its id does not belong to it")
    return _Verifier(name, key, VerifyKey(raw[1:]))


def public_of(vkey: str) -> bytes:
    """Return the 32 octets of the public key in a verifier key. Raises ``Unverifiable``.

    >>> public_of(Signer("me", bytes(32)).vkey).hex()[:8]
    '3b6a27bc'
    """
    return bytes(_verifier(vkey).key)


# --- notes -------------------------------------------------------------------------------------


def opened(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Split a note into its text and its signatures (name, id and signature), unchecked.

    Raises ``Unverifiable`` when it is no signed note.
    """
    if len(note) > LONGEST_NOTE or _CONTROL.search(note):
        raise Unverifiable("this is no signed note")
    text, blank, tail = note.rpartition("\n\n")
    if not text or not blank or not tail.endswith("\n"):
        raise Unverifiable("this is no signed note: it has no signature")
    return text + "\n", [_signature(line) for line in tail[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes]:
    name, _, signature = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not _NAME.fullmatch(name):
        raise Unverifiable("a signature line of this note is not well formed")
    raw = unbase64(signature)
    if len(raw) < 5:
        raise Unverifiable("a signature line of this note is not well formed")
    return name, raw


def verified(note: str, vkey: str) -> str:
    """Return the text of a note that the owner of ``vkey`` signed.

    Signatures of others are ignored; a wrong one of the owner's, beside a right one even, is not.
    Raises ``Unverifiable``.
    """
    text, signatures = opened(note)
    owner = _verifier(vkey)
    mine = [raw[4:] for name, raw in signatures if (name, raw[:4]) == (owner.name, owner.id)]
    if not mine:
        raise Unverifiable(f"`{owner.name}` did not sign this note with this key")
    for signature in mine:
        try:
            owner.key.verify(text.encode(), signature)
        except (BadSignatureError, ValueError) as error:
            raise Unverifiable(f"the signature of `{owner.name}` does not hold") from error
    return text


def read(text: str) -> Checkpoint:
    """Read the text of a checkpoint. Raises ``Unverifiable`` when it is none."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise Unverifiable("this note is no checkpoint")
    root = unbase64(lines[2])
    if len(root) != HASH_BYTES:
        raise Unverifiable("this checkpoint's root is not 32 bytes long")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root, extensions=tuple(lines[3:]))


def unbase64(text: str) -> bytes:
    """Decode base64 strictly: one text for each value.

    Raises ``Unverifiable``.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unverifiable("this is not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise Unverifiable("this base64 is not in its one form")
    return raw
