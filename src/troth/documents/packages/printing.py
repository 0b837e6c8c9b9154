"""Printing a copy: whether it can be done here, and by whom (policy 9.1).

Sheets need the package ``fpdf2`` and a font of the system's that has Chinese. They are made in a
process of their own: a font takes much memory, which goes back with it. Without all that the page
for people is there, and the copy is whole all the same.
"""

import subprocess
import sys
from functools import cache
from importlib import util
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from troth.documents.packages.readable import Readable
from troth.model.clock import Moment

PROGRAM: Final = "fpdf"
PRINTER: Final = ("-I", "-m", "troth.documents.packages.sheets")
PATIENCE: Final = 60.0
"""Seconds after which there are no sheets."""
FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "~/.fonts")
FONTS: Final = {
    "NotoSansSC-Regular.ttf": 0,
    "NotoSansCJK-Regular.ttc": 2,
    "wqy-microhei.ttc": 0,
    "wqy-zenhei.ttc": 0,
    "DroidSansFallbackFull.ttf": 0,
    "Arial Unicode.ttf": 0,
}
"""Fonts with Chinese, the best first, and which face of a collection is simplified Chinese."""


class Task(Struct, frozen=True, kw_only=True):
    """What is printed, when it was made, and in which letters."""

    told: Readable
    made: Moment
    font: str
    face: int


@cache
def font() -> Path | None:
    """Return a font of the system's that has Chinese, if there is one."""
    folders = [Path(name).expanduser() for name in FOLDERS]
    found = {path.name: path for folder in folders for path in folder.rglob("*.tt[cf]")}
    return next((found[name] for name in FONTS if name in found), None)


def possible() -> bool:
    """Tell whether sheets can be made here."""
    return util.find_spec(PROGRAM) is not None and font() is not None and bool(sys.executable)


def pdf(told: Readable, made: Moment) -> bytes:
    """Return the sheets; nothing where they cannot be made."""
    letters = font()
    if letters is None or not possible():
        return b""
    task = Task(told=told, made=made, font=str(letters), face=FONTS[letters.name])
    try:
        # What is printed goes through pipes and stands in no file.
        ended = subprocess.run(  # noqa: S603  # our own program
            (sys.executable, *PRINTER),
            input=msgspec.json.encode(task),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b""
    return ended.stdout if ended.returncode == 0 else b""
