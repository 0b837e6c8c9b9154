"""The door of ``documents``: what is fetched when first used, and its types beside it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from troth import documents

STUB = Path(documents.__file__).with_suffix(".pyi").read_text("utf-8")


def test_the_stub_names_what_the_door_fetches() -> None:
    named = set(re.findall(r"import (\w+) as \1", STUB))
    assert named == documents._WHERE.keys()
    assert all(getattr(documents, name).__name__.endswith(f".{name}") for name in named)


def test_there_is_no_other_name() -> None:
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        documents.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_a_house_does_not_load_what_no_passkey_needs_yet() -> None:
    program = "import sys, troth.app; print(*{'fido2', 'segno'} & sys.modules.keys())"
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert asked.stdout.strip() == b""
