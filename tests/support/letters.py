"""What arrived: messages that the spool channels wrote, read as their addressee would."""

import json
from pathlib import Path
from typing import Any

from troth.app import Troth
from troth.app.rehearsal import code_in


def letters(troth: Troth, channel: str) -> list[dict[str, Any]]:
    """Deliver what is due and return a channel's messages, oldest first."""
    troth.tick()
    folder = Path(troth.settings.folder) / troth.settings.spool / channel
    files = sorted(folder.glob("*"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    return [json.loads(file.read_text("utf-8")) for file in files if file.is_file()]


def last_code(troth: Troth, channel: str) -> str:
    """Return the newest code that arrived over a channel."""
    return [code for each in letters(troth, channel) if (code := code_in(each["text"]))][-1]
