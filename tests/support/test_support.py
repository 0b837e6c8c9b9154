"""The tests' own tools do what the tests rely on."""

import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support import network, postgres
from tests.support.clauses import differences, order
from tests.support.source import ROOT


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"])
def test_a_connection_to_the_outside_is_refused_and_noted(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as reaching, pytest.raises(ConnectionRefusedError, match="may not"):
        reaching.connect((host, 80))
    assert len(network.attempts) == 1
    network.attempts.clear()


def test_a_name_of_the_outside_is_not_even_asked_for() -> None:
    with pytest.raises(OSError, match="may not reach"):
        urllib.request.urlopen("http://example.com/", timeout=1)
    assert network.attempts
    network.attempts.clear()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", None, b"localhost"])
def test_this_machine_is_not_the_outside(host: object) -> None:
    assert network.is_local(host)


def test_rows_are_sorted_as_the_policy_prints_them() -> None:
    assert sorted(["10.1", "2.1.1b", "2.1.1a", "2.10"], key=order) == [
        *("2.1.1a", "2.1.1b", "2.10", "10.1")
    ]


def test_a_shipped_proof_that_did_not_pass_is_a_lie() -> None:
    assert differences({"1": ["a"]}, {}, set()) == ["1: says a, not passed"]
    assert differences({}, {"1": ["a"]}, set()) == ["1: does not know a"]
    assert differences({"1": ["a", "b"]}, {"1": ["a"]}, {"b"}) == []


SUITE = """
import pytest
from tests.support.clauses import Gatherer, mark_items

@pytest.mark.clause("7.1b", "7.1c")
def test_passes(): pass

@pytest.mark.clause("7.1b")
@pytest.mark.parametrize("fine", [True, False])
def test_fails_once(fine): assert fine

@pytest.mark.clause("9.9")
@pytest.mark.parametrize("there", [True, False])
def test_skips_once(there):
    if not there: pytest.skip("skipped, because")

@pytest.mark.clause("8.8")
def test_skips(): pytest.skip("skipped, because")
"""
PLUGIN = """
import json, sys
import pytest
from tests.support import clauses

class Run:
    def pytest_collection_modifyitems(self, items): clauses.mark_items(items)

gatherer = clauses.Gatherer("off")
clauses.GATHERED = clauses.TOTALS = clauses.Path(sys.argv[1])
arguments = ["-q", "-p", "no:troth", "-p", "no:cacheprovider", "-c", "/dev/null", *sys.argv[2:]]
pytest.main(arguments, plugins=[Run(), gatherer])
print("GATHERED", json.dumps([gatherer.proofs(), sorted(gatherer.skipped())]))
"""


@pytest.mark.parametrize("spread", [[], ["-n", "1"]], ids=["alone", "spread"])
def test_a_row_is_proved_by_tests_that_passed_in_every_variant(
    tmp_path: Path, spread: list[str]
) -> None:
    suite = tmp_path / "test_suite.py"
    suite.write_text(SUITE)
    (tmp_path / "conftest.py").write_text(
        "from tests.support import clauses\n"
        "def pytest_collection_modifyitems(items): clauses.mark_items(items)\n"
    )
    command = [sys.executable, "-c", PLUGIN, str(tmp_path / "out.json"), *spread, str(suite)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = next(line for line in done.stdout.splitlines() if line.startswith("GATHERED"))
    assert '"7.1b": ["test_suite.py::test_passes"]' in told.replace(f"{tmp_path}/", "")
    assert '"9.9": ["test_suite.py::test_skips_once"]' in told
    assert '"8.8"' not in told
    assert told.endswith('["test_suite.py::test_skips"]]')


def test_what_killed_sessions_left_is_swept(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / f"{postgres.PREFIX}{ended.pid}-x"
    mine = tmp_path / f"{postgres.PREFIX}{1}-x"
    left.mkdir()
    mine.mkdir()
    postgres.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [mine.name]


def test_the_database_server_never_runs_as_root_and_listens_to_no_network(
    server: postgres.Server,
) -> None:
    asked = "SELECT current_setting('listen_addresses'), current_setting('data_directory')"
    listens, folder = server.admin().execute(asked).fetchone() or ("", "")
    assert listens == ""
    assert Path(folder).stat().st_uid != 0
    assert ROOT not in Path(folder).parents
    assert Path.home() not in Path(folder).parents
