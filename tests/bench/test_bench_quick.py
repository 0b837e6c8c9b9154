"""The benchmarks run from end to end on fifty people; no figure of theirs is looked at."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    output = tmp_path_factory.mktemp("bench") / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--tiny", "--output", str(output)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {**json.loads(output.read_text()), "printed": done.stdout}


def operations(report: dict[str, Any]) -> set[str]:
    return {
        one["operation"]
        for found in report["findings"]
        for one in (*found["rows"], *found["facts"])
    }


def test_every_operation_with_a_goal_is_measured(report: dict[str, Any]) -> None:
    wanted = {
        "decide one field",
        "decide all fields of a purpose",
        "put a profile, durable",
        "put 64 profiles in a transaction",
        "get one field, use recorded durably",
        "get one field, use recorded in batches",
        "search by blind index",
        "export a profile",
        "erase a subject",
        "append, one in a transaction",
        "append and integrate 256 in a transaction",
        "prove inclusion",
        "rotate a million keys",
        "failed reads meanwhile",
        "HTTP read, recorded in batches",
        "HTTP read, recorded durably",
        "create, over HTTP",
        "erase, over HTTP",
        "idle server, resident",
        "register and sign in",
        "check a session",
        "exchange a code for tokens",
        "decide what may be set",
        "go through a page",
        "give a consent, over HTTP",
        "take a consent back, over HTTP",
        "server after consents, resident",
        "find what is due",
        "sweep",
        "longest hold of the write lock",
        "pack a copy",
        "memory beyond a small copy's peak",
        "storm: sign-ins per second",
        "reader's p99, in the storm",
    }
    assert wanted <= operations(report)


def test_troth_stands_beside_its_sketch_in_every_row(report: dict[str, Any]) -> None:
    rows = [row for found in report["findings"] for row in found["rows"]]
    alone = {"verify a proof", "ask for two codes", "check a session", "exchange a code for tokens"}
    alone |= {*(row["operation"] for row in rows if row["group"] == "service")}
    compared = [row for row in rows if row["operation"] not in alone]
    assert all({"troth", "sketch"} <= row["figures"].keys() for row in compared)


def test_no_read_fails_while_keys_rotate(report: dict[str, Any]) -> None:
    facts = [fact for found in report["findings"] for fact in found["facts"]]
    failed = [fact["value"] for fact in facts if fact["operation"] == "failed reads meanwhile"]
    assert failed == [0]


def test_the_machine_is_described_without_a_name_or_a_path(report: dict[str, Any]) -> None:
    told = json.dumps(report["machine"])
    assert "/" not in told.replace("MHz", "")
    assert {"cpu", "cores", "load_before", "load_after", "fdatasync_us"} <= report["machine"].keys()


def test_missed_goals_are_listed_at_the_end(report: dict[str, Any]) -> None:
    assert " goals met" in report["printed"]
