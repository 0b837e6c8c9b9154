"""The plugin that ships: what a program that embeds Troth gets for its own tests."""

import gc
import tempfile
from pathlib import Path

import pytest

from troth.app import memory

pytest_plugins = ["pytester"]

SUITE = """
from troth import Secret, SYSTEM, acts
from troth.model.terms import AgeBand

def test_a_notice_arrives(troth_instance, troth_clock, troth_outbox):
    gate = troth_instance.gate
    subject = gate.new_subject("CN")
    gate.perform(
        acts.Admit(subject=subject, residence="CN", regimes=("cn",), age=AgeBand.ADULT),
        acts.AcceptTerms(
            subject=subject, edition=gate.policy().hash, language="zh", means="button"
        ),
        acts.Collect(
            subject=subject, values={"contact.email": Secret("a@b.example")}, purpose="register"
        ),
        acts.Notify(
            subject=subject, notice="hello", purpose="notify.service", text=Secret("welcome")
        ),
        by=acts.SUBJECT,
    )
    assert troth_outbox.sent == []
    troth_instance.tick()
    assert troth_outbox.texts("email") == ["welcome"]
    assert troth_outbox.by("email")[0].address.reveal() == "a@b.example"
    troth_outbox.clear()
    assert troth_outbox.sent == []

def test_time_stands_still_until_it_is_moved(troth_instance, troth_clock):
    before = troth_instance.clock.now()
    assert troth_instance.clock.now() == before
    troth_clock.forward(days=1)
    assert troth_instance.clock.now() == before + 86_400_000

def test_each_test_has_an_instance_of_its_own(troth_instance):
    store = troth_instance.gate.regions["cn"].store
    assert store.query("SELECT COUNT(*) FROM subjects") == [(0,)]
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(SUITE)
    return pytester


def test_a_suite_gets_an_instance_its_clock_and_its_deliveries(suite: pytest.Pytester) -> None:
    done = suite.runpytest("-p", "no:cacheprovider")
    done.assert_outcomes(passed=3)


def test_nothing_of_an_instance_in_memory_is_left_on_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    house = memory()
    assert list(tmp_path.iterdir())
    house.close()
    del house
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_suite_can_bring_its_own_policy(suite: pytest.Pytester) -> None:
    suite.makeconftest(
        'import pytest\n\n@pytest.fixture\ndef troth_policy():\n    return "nowhere.yaml"\n'
    )
    done = suite.runpytest("-p", "no:cacheprovider")
    done.assert_outcomes(errors=3)
    done.stdout.fnmatch_lines(["*no policy is called `nowhere.yaml`*"])
