"""A personal value that will not print (policy 7.1: protection by design).

A ``Secret`` carries a value between the face where it entered and the vault that seals it. It can
be compared and handed on, but not printed, logged, pickled or written as JSON by accident. Only the
sealed rooms (``vault``, ``egress``) and the faces that show a person their own data reveal it.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NoReturn

HIDDEN: Final = "Secret(…)"


class Secret:
    """A text or file that is personal data.

    >>> phone = Secret("+8613900000000")
    >>> phone
    Secret(…)
    >>> f"{phone}"
    'Secret(…)'
    >>> phone.reveal()
    '+8613900000000'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | bytes) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text. Raises ``TypeError`` when the secret is a file."""
        if isinstance(self._value, str):
            return self._value
        raise TypeError("this secret is a file: use reveal_raw")

    def reveal_raw(self) -> str | bytes:
        """Return the text or the file's bytes."""
        return self._value

    def fingerprint(self, key: bytes) -> str:
        """Return a keyed digest: whoever holds the key can tell whether two values are the same.

        >>> Secret("a").fingerprint(b"k") == Secret("a").fingerprint(b"k")
        True
        """
        return hmac.new(key, _octets(self._value), "sha256").hexdigest()

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time, so that equality leaks nothing by its duration."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_octets(self._value), _octets(other._value))

    # A hash would let a value be found in a dict by guessing; nothing needs one.
    __hash__ = None  # type: ignore[assignment]  # the language's own way to say "unhashable"

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied into a queue: hand it to the gate")


def veiled(
    work: Callable[[Mapping[str, str | bytes]], str | bytes], values: Mapping[str, Secret]
) -> Secret:
    """Compute on secrets where they stay secrets: what comes out is one too.

    A chapter writes a letter or a copy with values that it may not read: it hands over the work
    instead. ``work`` must be pure; nothing but its result leaves.

    >>> veiled(lambda opened: f"code {opened['code']}", {"code": Secret("123456")})
    Secret(…)
    """
    return Secret(work({name: secret.reveal_raw() for name, secret in values.items()}))


def veiled_stream(
    work: Callable[[Iterator[tuple[str, str | bytes]]], Iterable[bytes]],
    parts: Iterable[tuple[str, Secret]],
) -> Iterator[Secret]:
    """Compute on a stream of secrets, each under a name that is none, as ``veiled`` does.

    Nothing is read before it is needed, so that what is long is never whole in memory.

    >>> list(veiled_stream(lambda told: (b"x" for _ in told), [("name", Secret("1"))]))
    [Secret(…)]
    """
    return (Secret(piece) for piece in work((name, part.reveal_raw()) for name, part in parts))


def _octets(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
