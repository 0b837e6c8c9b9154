"""The six walks of the house, replayed from their transcripts.

To see what changed, and to take it over where it is meant: ``TROTH_WALKS=write``.
"""

import os
from pathlib import Path

import pytest

from tests.chapters.conftest import house, instance
from tests.chapters.people import House
from tests.walks.teller import Teller, replay

WALKS = sorted(Path(__file__).parent.glob("*.txt"))
CLAUSES = {
    "1_registration": ("P.2", "2.1.2c", "8.1a"),
    "2_code_to_a_phone": ("2.1.2c", "2.1.2d"),
    "3_withdrawal": ("9.3b", "9.3c", "9.3d", "9.4-3"),
    "4_erasure": ("6.4a", "6.4b", "9.4-6"),
    "5_breach": ("7.4b",),
    "6_policy_update": ("10.2a", "10.2b", "10.2c"),
}

__all__ = ["house", "instance"]


def walks() -> list[object]:
    return [
        pytest.param(path, id=path.stem, marks=pytest.mark.clause(*CLAUSES[path.stem]))
        for path in WALKS
    ]


@pytest.mark.parametrize("path", walks())
def test_a_walk_goes_as_it_is_written(path: Path, house: House) -> None:
    written = path.read_text("utf-8")
    walked = replay(written, Teller(house).tell)
    if os.environ.get("TROTH_WALKS") == "write":
        path.write_text(walked, "utf-8")
    assert walked == written


def test_every_walk_is_written_down() -> None:
    assert [path.stem for path in WALKS] == list(CLAUSES)
