"""What arrived: messages that the spool channels wrote, read as their addressee would."""

import json
import re
from pathlib import Path
from typing import Any

from troth.app import Troth


def letters(troth: Troth, channel: str) -> list[dict[str, Any]]:
    """Deliver what is due and return a channel's messages, oldest first."""
    troth.tick()
    folder = Path(troth.settings.folder) / troth.settings.spool / channel
    files = sorted(folder.glob("*"), key=lambda file: file.stat().st_mtime_ns)
    return [json.loads(file.read_text("utf-8")) for file in files if file.is_file()]


def last_code(troth: Troth, channel: str) -> str:
    """Return the newest six digits that arrived over a channel."""
    codes = [
        found[0] for each in letters(troth, channel) if (found := re.search(r"\d{6}", each["text"]))
    ]
    return codes[-1]
