"""Write docs/reference from the code: `make docs`. A test fails when a page says something else.

Acts, errors, settings and commands are each documented once, where they are defined; these pages
only gather what stands there.
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import msgspec

from troth.app.settings import Settings
from troth.app.settings.sections import WebhookAddress
from troth.interfaces import cli
from troth.model import acts, errors
from troth.model.acts import Act
from troth.model.errors import TrothError

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code; change it there. -->"
WIDTH = 92


def page(name: str) -> str:
    """Return one page of the reference."""
    return f"{NOTE}\n" + "\n".join(PAGES[name]()) + "\n"


def of_acts() -> Iterator[str]:
    """Write the acts: what can be done, and what the ledger remembers of it."""
    yield "# Acts\n"
    yield told(acts) + "\n"
    for name in acts.__all__:
        kind = getattr(acts, name)
        if not isinstance(kind, msgspec.StructMeta):
            continue
        yield f"## `{name}`\n"
        yield told(kind) + "\n"
        if issubclass(kind, Act) and kind is not Act and "kind" in vars(kind):
            yield f"Remembered as `{kind.kind}`. {told(kind.record)}\n"
        yield from table(kind)


def of_errors() -> Iterator[str]:
    """Write the errors: code, status, meaning."""
    yield "# Errors\n"
    yield told(errors) + "\n"
    yield "| error | code | status | means |"
    yield "|---|---|---|---|"
    for name, error in sorted(vars(errors).items()):
        if isinstance(error, type) and issubclass(error, TrothError):
            means = told(error).replace("\n\n", " ").replace("\n", " ")
            yield f"| `{name}` | `{error.code}` | {error.status} | {means} |"


def of_settings() -> Iterator[str]:
    """Write the settings: every key of troth.toml and the variable that overrides it."""
    yield "# Settings\n"
    yield told(inspect.getmodule(Settings)) + "\n"
    for field in msgspec.structs.fields(Settings):
        inner = field.type
        if not (isinstance(inner, type) and issubclass(inner, msgspec.Struct)):
            continue
        yield f"## `[{field.name}]`\n"
        yield told(inner) + "\n"
        yield "| key | default | variable |"
        yield "|---|---|---|"
        for key in msgspec.structs.fields(inner):
            variable = f"TROTH_{field.name}_{key.name}".upper()
            yield f"| `{key.name}` | `{plain(key.default)}` | `{variable}` |"
        yield ""
    yield "## `[regions.NAME]`\n"
    region = next(f.type for f in msgspec.structs.fields(Settings) if f.name == "regions")
    yield told(region.__args__[1]) + "\n"
    yield from table(region.__args__[1])
    yield "\n## `[webhooks.endpoints.NAME]`, `[webhooks.recipients.ID]`\n"
    yield told(WebhookAddress) + "\n"
    yield from table(WebhookAddress)


def of_commands() -> Iterator[str]:
    """Write the commands: what each says when asked for help."""
    yield "# Commands\n"
    yield told(cli) + "\n"
    yield from of_command(cli.main, "troth", None)


def of_command(command: click.Command, name: str, above: click.Context | None) -> Iterator[str]:
    """Write one command and those below it."""
    context = click.Context(
        command,
        info_name=name.rpartition(" ")[2],
        parent=above,
        max_content_width=WIDTH,
        **command.context_settings,
    )
    context.terminal_width = WIDTH
    yield f"## `{name}`\n"
    yield f"```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from of_command(found, f"{name} {below}", context)


def told(thing: object) -> str:
    """Return a docstring without its examples."""
    text = inspect.getdoc(thing) or ""
    return text.partition(">>>")[0].strip()


def table(kind: type) -> Iterator[str]:
    """Write the fields of a struct."""
    yield "| field | type | default |"
    yield "|---|---|---|"
    for field in msgspec.structs.fields(kind):
        default = "required" if field.required else f"`{plain(field.default)}`"
        yield f"| `{field.name}` | `{of_type(field.type)}` | {default} |"
    yield ""


def of_type(kind: object) -> str:
    """Write a type as a person would, without the modules its parts come from."""
    name = kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
    for prefix in ("typing.", "collections.abc.", "troth.model.secret.", "troth.model.terms."):
        name = name.replace(prefix, "")
    return name.replace("troth.model.clock.", "").replace("|", "\\|")


def plain(value: object) -> str:
    """Write a default value."""
    return "" if value is msgspec.NODEFAULT else repr(value)


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "acts.md": of_acts,
    "errors.md": of_errors,
    "settings.md": of_settings,
    "commands.md": of_commands,
}


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        (FOLDER / name).write_text(page(name), "utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
