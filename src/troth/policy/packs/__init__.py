"""Policies that ship with the program, each a folder with a ``policy.yaml`` (1.1, 11.4)."""

from importlib import resources

from troth.model.errors import NotFound

DOCUMENT = "policy.yaml"


def names() -> tuple[str, ...]:
    """Return the names of the policies that ship."""
    folder = resources.files("troth.policy.packs")
    return tuple(
        sorted(item.name for item in folder.iterdir() if item.joinpath(DOCUMENT).is_file())
    )


def source(name: str) -> tuple[str, str]:
    """Return a shipped policy's text and the name of its file. Raises ``NotFound``.

    >>> source("itnio")[1]
    'itnio/policy.yaml'
    """
    if name not in names():
        remedy = "use one of: " + ", ".join(names())
        raise NotFound(f"no policy called `{name[:60]}` ships with troth", remedy=remedy)
    file = resources.files("troth.policy.packs").joinpath(name, DOCUMENT)
    return file.read_text("utf-8"), f"{name}/{DOCUMENT}"
