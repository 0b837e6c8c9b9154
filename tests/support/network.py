"""No test talks to the outside: an attempt is refused, and fails the test even when swallowed."""

import ipaddress
import sys

LOCAL_NAMES = {"localhost", "", None}
WATCHED = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo")
attempts: list[str] = []


def is_local(host: object) -> bool:
    """Tell whether an address or name stays on this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified


def _watch(event: str, args: tuple[object, ...]) -> None:
    if not event.startswith("socket.") or event not in WATCHED:
        return
    # getaddrinfo tells (host, ...); the others (socket, address), an address being (host, port).
    told = args[0] if event == "socket.getaddrinfo" else args[1]
    host = told[0] if isinstance(told, tuple) else told
    if event != "socket.getaddrinfo" and not isinstance(told, tuple):
        return  # a Unix socket, or one already connected
    if not is_local(host):
        attempts.append(f"{event} to {host!r}")
        raise ConnectionRefusedError(f"tests may not reach {host!r}")


def guard() -> None:
    """Watch every socket of this process from now on (an audit hook cannot be taken off)."""
    sys.addaudithook(_watch)
