"""The floor of an account: one Argon2id hash made and one compared; nothing is kept or asked."""

from typing import Final

import nacl.pwhash

OPS: Final = 2
MEMORY: Final = 19 * 1024 * 1024


def pair(password: bytes) -> bool:
    """Hash a password once to keep it and once to compare it."""
    kept = nacl.pwhash.argon2id.str(password, OPS, MEMORY)
    return nacl.pwhash.verify(kept, password)
