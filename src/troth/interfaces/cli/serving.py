"""Serving an instance, and a demonstration of one."""

import socket
from pathlib import Path
from typing import Final

import click

from troth import app
from troth.interfaces.cli.saying import err, folder, house, says_why
from troth.interfaces.demo import populate
from troth.interfaces.scheduler import Scheduler
from troth.interfaces.server import serve as serving

TRIED: Final = 20
"""How many ports after the wanted one are tried."""


@click.command()
@folder
@click.option("--host", help="Where to listen; loopback unless told otherwise.")
@click.option("--port", type=int, help="The port, or the next free one.")
@says_why
def serve(folder: Path, host: str | None, port: int | None) -> None:
    """Serve the instance in FOLDER: API, privacy centre, desk. Ctrl-C stops it."""
    with house(folder) as troth:
        where = host or troth.settings.server.host
        free = free_port(where, port or troth.settings.server.port)
        tell(where, free)
        with Scheduler(troth):
            serving(troth, where, free)
    err.print("stopped")


@click.command()
@folder
@click.option("--port", type=int, default=8420, show_default=True)
@click.option("--no-serve", is_flag=True, help="Only make the instance.")
@says_why
def demo(folder: Path, port: int, *, no_serve: bool) -> None:
    """Make a demonstration instance with synthetic subjects in FOLDER, once, and serve it."""
    fresh = not (folder / "troth.toml").exists()
    troth = (
        app.create(folder, name="demo.troth.local", identity="fake") if fresh else app.open(folder)
    )
    with troth:
        people = populate(troth, folder, err)
        if no_serve:
            return
        free = free_port("127.0.0.1", port)
        tell("127.0.0.1", free)
        for line in people:
            err.print(line)
        with Scheduler(troth):
            serving(troth, "127.0.0.1", free)
    err.print("stopped")


def free_port(host: str, wanted: int) -> int:
    """Return the wanted port, or the next one that nobody listens on."""
    for port in range(wanted, wanted + TRIED):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise click.ClickException(f"ports {wanted} to {wanted + TRIED - 1} are all taken")


def tell(host: str, port: int) -> None:
    """Print the addresses."""
    base = f"http://{host}:{port}"
    err.print(f"[bold]Troth is serving on {base}[/]  (Ctrl-C stops it)")
    err.print(f"  privacy centre   {base}/")
    err.print(f"  the policy       {base}/policy")
    err.print(f"  clause board     {base}/clauses")
    err.print(f"  desk (staff)     {base}/desk")
    err.print(f"  API              {base}/openapi.json")
