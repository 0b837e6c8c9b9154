"""What whoever brings mail hands it to, and for whom it is taken (policy 9.1b)."""

from typing import Protocol


class Take(Protocol):
    """Takes a mail; ``envelope`` is the sender that the server was told."""

    def __call__(self, raw: bytes, *, envelope: str | None = None) -> object:
        """Take it; raises ``BadInput``, ``TooMany``, ``StoreBusy``."""
        ...


def ours(address: str, receiving: str) -> bool:
    """Tell whether an address is the one that mail is taken for, or that with a mark behind a plus.

    >>> ours("Privacy+r-1.x@example.com", "privacy@example.com"), ours("a@b.c", "privacy@b.c")
    (True, False)
    """
    local, _, domain = address.lower().rpartition("@")
    wanted, _, at = receiving.rpartition("@")
    return domain == at and local.partition("+")[0] == wanted and bool(at)
