"""Cookies at a terminal: the register as a file, a browser that looks what a site sets (3.1)."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

import click
from rich.table import Table
from rich.text import Text

from troth.app import offline
from troth.interfaces.cli.saying import FOUND_WRONG, as_json, folder, house, rows, say, says_why
from troth.interfaces.cookies import registers
from troth.interfaces.cookies.findings import Scan, counted
from troth.model.cookies import Register
from troth.model.errors import Misconfigured

SCAN: Final = "troth.interfaces.cookies.scan"
INSTALL: Final = "pip install playwright, and apt-get install chromium (or set TROTH_CHROMIUM)"


@click.group()
def cookies() -> None:
    """The register of cookies, and what a site really sets."""


@cookies.command()
@folder
@as_json
@says_why
def register(folder: Path, *, as_json: bool) -> None:
    """Print the register of the instance in FOLDER; with --json for a guard or a scan elsewhere."""
    with house(folder) as troth:
        found = troth.cookies.register()
    say(
        found,
        json_wanted=as_json,
        table=lambda: rows(
            f"{len(found.technologies)} entries of the edition {found.edition[:16]}",
            ("name", "kind", "category", "purpose", "days", "whose", "what it does"),
            (
                (
                    one.name,
                    one.kind,
                    one.category,
                    one.purpose,
                    one.days or "",
                    one.party,
                    one.words.get("en", ""),
                )
                for one in found.technologies
            ),
        ),
    )


@cookies.command()
@click.argument("url")
@click.option("--instance", type=click.Path(path_type=Path), help="Whose register; or:")
@click.option("--register", "file", type=click.Path(path_type=Path), help="A file, or:")
@click.option("--policy", "document", default="", help="A policy, shipped or a file.")
@click.option("--pages", default=20, show_default=True, help="Pages to open at most.")
@click.option("--ours", multiple=True, help="A host that is no third party (repeatable).")
@click.option("--reject", default="", help="The CSS of the button that says no to all.")
@click.option("--accept", default="", help="The CSS of the button that says yes to all.")
@as_json
@says_why
def scan(
    url: str,
    instance: Path | None,
    file: Path | None,
    document: str,
    pages: int,
    ours: tuple[str, ...],
    reject: str,
    accept: str,
    *,
    as_json: bool,
) -> None:
    """Look with a browser what the site at URL sets: before a choice, after a no, after a yes.

    Every cookie, everything stored and every request to somebody else is held against the register:
    of an instance, of a file, of a policy, or of the house at URL itself. Exits with 1 when
    something is undeclared, set too early or kept too long.
    """
    declared = _register(url, instance, file, document)
    looks = _looks()
    named = {"reject": reject, "accept": accept}
    ways = looks.Ways(pages=pages, ours=ours, **{name: css for name, css in named.items() if css})
    found: Scan = looks.scan(url, declared, ways)
    say(found, json_wanted=as_json, table=lambda: _table(found))
    if found.wrong:
        raise SystemExit(FOUND_WRONG)


def _register(url: str, instance: Path | None, file: Path | None, document: str) -> Register:
    if instance is not None:
        with house(instance) as troth:
            return troth.cookies.register()
    if file is not None:
        return registers.load(file)
    return offline.cookies_of(document) if document else registers.fetch(_house(url))


def _house(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _looks() -> ModuleType:
    """Load what drives a browser. Raises ``Misconfigured`` where it is not installed."""
    try:
        return import_module(SCAN)
    except ModuleNotFoundError as error:
        raise Misconfigured("a scan needs playwright and a Chromium", remedy=INSTALL) from error


def _table(found: Scan) -> Table | Text:
    told = ", ".join(f"{count} {verdict}" for verdict, count in counted(found.findings).items())
    lacking = [name for name, chose in found.chose.items() if not chose]
    unasked = f"; no banner was found to be {' or '.join(lacking)} in" if lacking else ""
    return rows(
        f"{found.site}: {len(found.pages)} pages; {told or 'nothing is set'}{unasked}",
        ("", "name", "kind", "whose", "category", "seen", "first on"),
        (
            (
                one.verdict,
                one.name,
                one.kind,
                f"{one.party} ({one.host})",
                one.category,
                " ".join(one.visits),
                one.page,
            )
            for one in found.findings
        ),
    )
