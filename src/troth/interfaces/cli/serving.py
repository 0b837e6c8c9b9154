"""Serving an instance, and a demonstration of one."""

import errno
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import click

from troth import app
from troth.app import Troth, offline
from troth.interfaces.cli.saying import err, folder, house, says_why
from troth.interfaces.demo import populate
from troth.interfaces.mail.serving import taking_mail
from troth.interfaces.oidc.upkeep import Upkeep
from troth.interfaces.scheduler import Scheduler
from troth.interfaces.server import serve as serving
from troth.model.errors import Misconfigured

TRIED: Final = 20
"""How many ports after the wanted one are tried."""
LAST_PORT: Final = 65535
PORT: Final = click.IntRange(1, LAST_PORT)
TAKEN: Final = (errno.EADDRINUSE, errno.EACCES)
"""Why a port cannot be had while another may be."""


@click.command()
@folder
@click.option("--host", help="Where to listen; loopback unless told otherwise.")
@click.option("--port", type=PORT, help="The port, or the next free one.")
@says_why
def serve(folder: Path, host: str | None, port: int | None) -> None:
    """Serve the instance in FOLDER: API, privacy centre, desk. Ctrl-C stops it.

    A scheduler runs along: what is due is delivered, erased, signed and rotated by itself.
    """
    with house(folder) as troth:
        where = host or troth.settings.server.host
        run(troth, where, free_port(where, port or troth.settings.server.port))


@click.command()
@folder
@click.option("--port", type=PORT, default=8420, show_default=True, help="Or the next free one.")
@click.option("--no-serve", is_flag=True, help="Only make the instance.")
@says_why
def demo(folder: Path, port: int, *, no_serve: bool) -> None:
    """Make a demonstration instance with synthetic subjects in FOLDER, once, and serve it."""
    with _demonstration(folder) as troth:
        people = populate(troth, folder, err)
        if not no_serve:
            run(troth, "127.0.0.1", free_port("127.0.0.1", port), people)


def _demonstration(folder: Path) -> Troth:
    """Make the instance, or open it; one that was interrupted in the making is finished."""
    if not (folder / "troth.toml").exists():
        return app.create(folder, name="demo.troth.local", identity="fake")
    troth = app.open(folder)
    if not troth.gate.editions():
        troth.publish(*offline.document("itnio"))
    return troth


def run(troth: Troth, host: str, port: int, lines: Sequence[str] = ()) -> None:
    """Serve until somebody stops it, by Ctrl-C or by a signal of the system's."""
    with _stoppable(), suppress(KeyboardInterrupt):
        tell(host, port)
        for line in lines:
            err.print(line)
        with (
            taking_mail(troth) as reads,
            Scheduler(troth.tick, Upkeep(troth).tick, *reads) as scheduler,
        ):
            serving(troth, host, port, failures=lambda: scheduler.failures)
    err.print("stopped")


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let SIGTERM end the service as Ctrl-C does: everything is closed on the way out."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def free_port(host: str, wanted: int) -> int:
    """Return the wanted port, or the next one that nobody listens on.

    Raises ``Misconfigured`` when there is none, or the host is not one of this machine's.
    """
    for port in range(wanted, min(wanted + TRIED, LAST_PORT + 1)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno in TAKEN:
                    continue
                raise Misconfigured(
                    f"nothing can listen on `{host}`: {(error.strerror or 'no such host').lower()}",
                    remedy="name an address of this machine: --host, or host under [server]",
                ) from error
            return port
    raise Misconfigured(
        f"port {wanted} and the next ones are all taken", remedy="name another: --port"
    )


def tell(host: str, port: int) -> None:
    """Print the addresses."""
    base = f"http://{host}:{port}"
    err.print(f"[bold]Troth is serving on {base}[/]  (Ctrl-C stops it)")
    err.print(f"  privacy centre   {base}/")
    err.print(f"  the policy       {base}/policy")
    err.print(f"  clause board     {base}/clauses")
    err.print(f"  desk (staff)     {base}/desk")
    err.print(f"  API              {base}/openapi.json")
