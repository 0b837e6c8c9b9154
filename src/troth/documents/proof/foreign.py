"""Password hashes made elsewhere: known by shape, bounded in cost, replaced in time (2.1.2, 7.2).

An imported account keeps the hash it came with; at its next good sign-in ours takes its place.
What a hash costs to verify is written inside it, so a hash is also a way to keep a server busy:
whatever asks for more than the limits below is refused when it comes in, and never computed.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Final, NamedTuple

import bcrypt
import nacl.exceptions
import nacl.pwhash

from troth.model.errors import BadValue
from troth.model.secret import Secret

OURS: Final = "$argon2id$v=19$m=19456,t=2,p=1$"
"""How the hashes begin that this house makes; every other one is foreign."""

LONGEST_HASH: Final = 300
MOST_BCRYPT: Final = 15
MOST_ROUNDS: Final = 10_000_000
MOST_MEMORY: Final = 128 * 1024 * 1024
MOST_PASSES: Final = 16
"""Lanes of scrypt, passes of Argon2."""
BCRYPT_READS: Final = 72
"""Octets of a password that bcrypt looks at; the rest never counted."""

Found = re.Match[str]


class Scheme(NamedTuple):
    """One way to hash: its name, the shape of its hashes, what is too much, and the comparison."""

    name: str
    shape: re.Pattern[str]
    bounded: Callable[[Found], bool]
    same: Callable[[Found, bytes], bool]


# --- bcrypt --------------------------------------------------------------------------------------


def _same_bcrypt(found: Found, password: bytes) -> bool:
    return bcrypt.checkpw(password[:BCRYPT_READS], found[0].encode())


# --- scrypt: $scrypt$ln=16,r=8,p=1$salt$digest ----------------------------------------------------


def _scrypt_memory(found: Found) -> int:
    return 128 * int(found["r"]) << int(found["ln"])


def _bounded_scrypt(found: Found) -> bool:
    costs = int(found["ln"]), int(found["r"]), int(found["p"])
    return min(costs) >= 1 and costs[2] <= MOST_PASSES and _scrypt_memory(found) <= MOST_MEMORY


def _same_scrypt(found: Found, password: bytes) -> bool:
    kept = _unpadded(found["digest"])
    made = hashlib.scrypt(
        password,
        salt=_unpadded(found["salt"]),
        n=1 << int(found["ln"]),
        r=int(found["r"]),
        p=int(found["p"]),
        maxmem=2 * MOST_MEMORY,
        dklen=len(kept),
    )
    return hmac.compare_digest(made, kept)


# --- PBKDF2, as Django and as passlib write it ----------------------------------------------------


def _bounded_rounds(found: Found) -> bool:
    return 1 <= int(found["rounds"]) <= MOST_ROUNDS


def _same_django(found: Found, password: bytes) -> bool:
    return _same_pbkdf2(found, password, found["salt"].encode(), _unpadded(found["digest"]))


def _same_passlib(found: Found, password: bytes) -> bool:
    return _same_pbkdf2(found, password, _unpadded(found["salt"]), _unpadded(found["digest"]))


def _same_pbkdf2(found: Found, password: bytes, salt: bytes, kept: bytes) -> bool:
    name = found["hash"] or "sha1"
    made = hashlib.pbkdf2_hmac(name, password, salt, int(found["rounds"]), dklen=len(kept))
    return hmac.compare_digest(made, kept)


# --- salted digests of LDAP servers ---------------------------------------------------------------

_LDAP: Final = {"SSHA": "sha1", "SSHA256": "sha256", "SSHA512": "sha512"}


def _bounded_ldap(found: Found) -> bool:
    return len(_unpadded(found["digest"])) > hashlib.new(_LDAP[found["hash"]]).digest_size


def _same_ldap(found: Found, password: bytes) -> bool:
    name, kept = _LDAP[found["hash"]], _unpadded(found["digest"])
    size = hashlib.new(name).digest_size
    return hmac.compare_digest(hashlib.new(name, password + kept[size:]).digest(), kept[:size])


# --- Argon2 with costs of somebody else's ---------------------------------------------------------


def _bounded_argon2(found: Found) -> bool:
    memory, passes = int(found["m"]) * 1024, int(found["t"])
    return 8 * 1024 <= memory <= MOST_MEMORY and 1 <= passes <= MOST_PASSES


def _same_argon2(found: Found, password: bytes) -> bool:
    try:
        return bool(nacl.pwhash.verify(found[0].encode(), password))
    except nacl.exceptions.InvalidkeyError:
        return False


# --- all of them ----------------------------------------------------------------------------------

_B64: Final = r"[A-Za-z0-9+/]"
_AB64: Final = r"[A-Za-z0-9./]"
SCHEMES: Final = (
    Scheme(
        "bcrypt",
        re.compile(r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53}", re.ASCII),
        lambda found: 4 <= int(found["cost"]) <= MOST_BCRYPT,
        _same_bcrypt,
    ),
    Scheme(
        "scrypt",
        re.compile(
            r"\$scrypt\$ln=(?P<ln>\d{1,2}),r=(?P<r>\d{1,3}),p=(?P<p>\d{1,3})"
            rf"\$(?P<salt>{_B64}{{2,86}})\$(?P<digest>{_B64}{{22,86}})",
            re.ASCII,
        ),
        _bounded_scrypt,
        _same_scrypt,
    ),
    Scheme(
        "pbkdf2 of Django",
        re.compile(
            r"pbkdf2_(?P<hash>sha1|sha256|sha512)\$(?P<rounds>\d{1,9})"
            rf"\$(?P<salt>[!-#%-~]{{1,86}})\$(?P<digest>{_B64}{{22,86}})={{0,2}}",
            re.ASCII,
        ),
        _bounded_rounds,
        _same_django,
    ),
    Scheme(
        "pbkdf2",
        re.compile(
            r"\$pbkdf2(?:-(?P<hash>sha256|sha512))?\$(?P<rounds>\d{1,9})"
            rf"\$(?P<salt>{_AB64}{{2,86}})\$(?P<digest>{_AB64}{{22,86}})",
            re.ASCII,
        ),
        _bounded_rounds,
        _same_passlib,
    ),
    Scheme(
        "salted SHA of LDAP",
        re.compile(
            rf"\{{(?P<hash>SSHA|SSHA256|SSHA512)\}}(?P<digest>{_B64}{{27,174}})={{0,2}}", re.ASCII
        ),
        _bounded_ldap,
        _same_ldap,
    ),
    Scheme(
        "Argon2",
        re.compile(
            r"\$argon2id?\$v=19\$m=(?P<m>\d{1,8}),t=(?P<t>\d{1,4}),p=(?P<p>\d{1,2})"
            rf"\$(?P<salt>{_B64}{{11,86}})\$(?P<digest>{_B64}{{22,86}})",
            re.ASCII,
        ),
        _bounded_argon2,
        _same_argon2,
    ),
)
"""Every scheme that is known; their hashes begin so that no two can be confused."""


def is_foreign(kept: Secret) -> bool:
    """Tell whether a hash was made elsewhere, or with other costs, and is due to be replaced.

    >>> is_foreign(Secret("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$ZGlnZXN0"))
    False
    """
    return not kept.reveal().startswith(OURS)


def demand(kept: Secret) -> str:
    """Return the name of the scheme a foreign hash is of.

    Raises ``BadValue`` for a shape that is not known, or a cost beyond the limits.

    >>> demand(Secret("$2b$12$" + "a" * 53))
    'bcrypt'
    """
    scheme, found = _read(kept.reveal())
    if scheme is None or found is None:
        raise BadValue(
            "this is no password hash of a kind we know",
            clause="2.1.2",
            remedy="give bcrypt, scrypt, PBKDF2, Argon2 or a salted SHA, as it was kept",
            field="account.password",
        )
    if not _is_bounded(scheme, found):
        raise BadValue(
            f"the costs inside this {scheme.name} hash are out of bounds",
            clause="7.2",
            remedy="leave the hash out: this account's password is set anew by recovery",
            field="account.password",
        )
    return scheme.name


def same(kept: Secret, password: str) -> bool:
    """Tell whether a password is the one of a foreign hash; nothing beyond the limits is computed.

    Elsewhere a password was hashed as it was typed, so ``password`` is taken as it is.
    """
    scheme, found = _read(kept.reveal())
    if scheme is None or found is None or not _is_bounded(scheme, found):
        return False
    try:
        return scheme.same(found, password.encode("utf-8", "surrogatepass"))
    except ValueError:
        # A library that refuses what the shape let pass: nothing can match it.
        return False


def _read(text: str) -> tuple[Scheme, Found] | tuple[None, None]:
    if len(text) <= LONGEST_HASH:
        for scheme in SCHEMES:
            found = scheme.shape.fullmatch(text)
            if found:
                return scheme, found
    return None, None


def _is_bounded(scheme: Scheme, found: Found) -> bool:
    try:
        if "digest" in found.groupdict():
            _unpadded(found["digest"])
        return scheme.bounded(found)
    except ValueError:
        return False


def _unpadded(text: str) -> bytes:
    """Read base64 that lost its padding; passlib writes a dot where others write a plus.

    >>> _unpadded("c2FsdA"), _unpadded("c2F.dA") == _unpadded("c2F+dA")
    (b'salt', True)
    """
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)
