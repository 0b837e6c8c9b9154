"""Signed papers: W3C Data Integrity, ``eddsa-jcs-2022``; anybody verifies them offline (9.3).

What is signed is the paper in its one canonical form (JCS, RFC 8785), without numbers that are not
whole. The key is that of the region's ledger, so one public key is enough to check receipts and
ledger alike. A paper may carry the proof that its entry stands in the ledger; it is verified too,
and has to be about the same word.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from troth.ledger.checkpoint import InclusionProof, read_proof, unbase64
from troth.ledger.entry import Entry
from troth.ledger.verify import verify_inclusion
from troth.model.acts import Record
from troth.model.clock import Moment, iso
from troth.model.errors import LedgerBroken, Unverifiable

SUITE: Final = "eddsa-jcs-2022"
TYPE: Final = "DataIntegrityProof"
PURPOSE: Final = "assertionMethod"
LARGEST: Final = 1 << 20
"""No paper is longer; one that is, is not read."""
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519: Final = b"\xed\x01"
"""The multicodec prefix of a public key of Ed25519."""


def canonical(paper: object) -> bytes:
    """Return a paper in its canonical form (RFC 8785). Raises ``Unverifiable`` for a fraction.

    >>> canonical({"b": 1, "a": ["é", None, True]}).decode()
    '{"a":["é",null,true],"b":1}'
    """
    _demand_whole(paper)
    text = json.dumps(_ordered(paper), ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Unverifiable("this paper is not text") from None


def _demand_whole(part: object) -> None:
    if isinstance(part, float) or (isinstance(part, int) and abs(part) > 2**53):
        raise Unverifiable("a number in this paper is not whole, or too large")
    inner: Iterable[object] = ()
    if isinstance(part, dict):
        inner = part.values()
    elif isinstance(part, list):
        inner = part
    for each in inner:
        _demand_whole(each)


def _ordered(part: Any) -> Any:  # noqa: ANN401  # JSON is what it is
    """Sort names as UTF-16 does, which is what the canonical form asks for."""
    if isinstance(part, dict):
        names = sorted(part, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return {name: _ordered(part[name]) for name in names}
    return [_ordered(each) for each in part] if isinstance(part, list) else part


# --- keys --------------------------------------------------------------------------------------


def base58(raw: bytes) -> str:
    """Write octets in base 58 as Bitcoin does.

    >>> base58(b"hello"), base58(bytes(2) + b"a")
    ('Cn8eVZg', '112g')
    """
    number, text = int.from_bytes(raw), ""
    while number:
        number, rest = divmod(number, 58)
        text = _ALPHABET[rest] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def unbase58(text: str) -> bytes:
    """Read base 58. Raises ``Unverifiable``.

    >>> unbase58("112g").hex()
    '000061'
    """
    number = 0
    for letter in text:
        place = _ALPHABET.find(letter)
        if place < 0:
            raise Unverifiable("this is not base 58")
        number = number * 58 + place
    raw = number.to_bytes((number.bit_length() + 7) // 8)
    return bytes(len(text) - len(text.lstrip("1"))) + raw


def method_of(public: bytes) -> str:
    """Name a public key as a ``did:key``.

    >>> method_of(bytes(32))[:24]
    'did:key:z6MkeTG3bFFSLYVU'
    """
    named = f"z{base58(_ED25519 + public)}"
    return f"did:key:{named}#{named}"


# --- signing -----------------------------------------------------------------------------------


def sign(paper: Mapping[str, Any], seed: bytes, at: Moment) -> Record:
    """Return a paper with its proof; ``seed`` are the 32 octets of the signing key."""
    key = SigningKey(seed)
    proof: Record = {
        "type": TYPE,
        "cryptosuite": SUITE,
        "created": iso(at),
        "verificationMethod": method_of(bytes(key.verify_key)),
        "proofPurpose": PURPOSE,
    }
    if "@context" in paper:
        proof["@context"] = paper["@context"]
    signature = key.sign(_hashed(paper, proof)).signature
    return {**paper, "proof": {**proof, "proofValue": f"z{base58(signature)}"}}


def _hashed(paper: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    return sha256(canonical(proof)).digest() + sha256(canonical(paper)).digest()


def attached(proof: InclusionProof) -> Record:
    """Return what shows that an entry stands in the ledger, as a part of a paper."""
    return {"entry": base64.b64encode(proof.leaf).decode(), "tlogProof": proof.text()}


# --- verifying ---------------------------------------------------------------------------------


def read(raw: bytes) -> Record:
    """Read a paper strictly: one name once, nothing that JSON does not know.

    Raises ``Unverifiable``.
    """
    try:
        paper = json.loads(raw[: LARGEST + 1], object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unverifiable("this file is no JSON that is written once") from None
    if not isinstance(paper, dict) or len(raw) > LARGEST:
        raise Unverifiable("this file is no signed paper")
    return paper


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_constant(_: str) -> float:
    raise ValueError("not JSON")


def verify_signature(paper: Mapping[str, Any], public: bytes) -> Record:
    """Return a paper without its proof, if the owner of a public key signed just this.

    Raises ``Unverifiable``.
    """
    told = {name: value for name, value in paper.items() if name != "proof"}
    proof = paper.get("proof")
    if not isinstance(proof, dict) or proof.get("cryptosuite") != SUITE:
        raise Unverifiable(f"this paper has no proof of `{SUITE}`")
    value, rest = str(proof.get("proofValue", "")), _without(proof, "proofValue")
    if rest.get("type") != TYPE or rest.get("proofPurpose") != PURPOSE or value[:1] != "z":
        raise Unverifiable("the proof of this paper is not of the kind we make")
    if rest.get("@context") != told.get("@context"):
        raise Unverifiable("the proof of this paper is about another one")
    try:
        VerifyKey(public).verify(_hashed(told, rest), unbase58(value[1:]))
    except (BadSignatureError, ValueError, RecursionError):
        raise Unverifiable(
            "this paper was altered, or another key signed it",
            remedy="compare the key with the one published at /ledger/REGION/key",
        ) from None
    return told


def _without(part: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != name}


def verify_entry(part: object, vkey: str) -> Entry:
    """Return the entry that a paper's attached proof shows. Raises ``Unverifiable``."""
    if not isinstance(part, dict):
        raise Unverifiable("the ledger's proof in this paper is none")
    try:
        leaf = unbase64(str(part.get("entry", "")))
        return verify_inclusion(read_proof(str(part.get("tlogProof", "")), leaf), vkey)
    except LedgerBroken as error:
        raise Unverifiable(error.message) from error
