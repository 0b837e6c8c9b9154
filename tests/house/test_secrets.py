"""Nothing in this repository is secret, and no value that is personal prints.

The first half looks at every file that git would take; the second at every act and value of the
model, with a canary in it.
"""

import json
import logging
import pickle
import re
import subprocess
import traceback
from functools import cache
from pathlib import Path

import msgspec
import pytest

from tests.support.source import ROOT
from troth.model import acts
from troth.model.acts import Collect, Correct, Find, Notify
from troth.model.secret import Secret

CANARY = "canary-8d1f"
INVENTED = r"(?:[\w.-]*example|[\w.-]*\.(?:test|invalid)|localhost|127\.|\W)"
SUSPECT = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{40,}",
    "a cloud access key": r"\b(?:AKIA|ASIA|LTAI)[A-Za-z0-9]{12,}",
    "a token": r"\b(?:ghp|gho|glpat|xox[abp]|sk_live|pypi)[-_][A-Za-z0-9_-]{20,}",
    "a password in an address": rf"\b[a-z][a-z0-9+]*://[^\s/:@'\"{{}}<>$]+:[^\s/:@'\"{{}}<>$]+@(?!{INVENTED})",
    "a package index": r"(?:index-url|find-links|files\.python[h]osted|pypi\.o[r]g/simple)",
}


@cache
def files() -> tuple[Path, ...]:
    """Return what git holds or would take; every file but the ignored."""
    asked = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False)
    if told.returncode:
        pytest.skip("skipped, because this tree is no git clone")
    paths = [ROOT / name for name in told.stdout.decode().split("\0") if name]
    return tuple(path for path in paths if path.is_file())


@pytest.mark.parametrize("what", SUSPECT)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(SUSPECT[what])
    hits = [
        f"{path.relative_to(ROOT)}"
        for path in files()
        if path != Path(__file__) and pattern.search(path.read_bytes().decode("utf-8", "ignore"))
    ]
    assert hits == []


def test_no_key_or_database_lies_among_the_files() -> None:
    private = {".key", ".pem", ".db", ".sqlite", ".env", ".p12"}
    assert [str(path) for path in files() if path.suffix in private] == []


ACTS = [
    Collect(subject=None, values={"contact.email": Secret(CANARY)}, purpose="p"),
    Correct(subject=None, values={"contact.email": Secret(CANARY)}),
    Find(subject=None, field="contact.email", value=Secret(CANARY), purpose="p"),
    Notify(subject=None, notice="n", purpose="p", text=Secret(CANARY), to={"sms": Secret(CANARY)}),
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.kind)
def test_an_act_that_carries_a_value_neither_prints_nor_remembers_it(act: acts.Act) -> None:
    assert CANARY not in repr(act)
    assert CANARY not in f"{act}"
    assert CANARY not in json.dumps(act.record())


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.kind)
def test_an_act_that_carries_a_value_cannot_be_written_out(act: acts.Act) -> None:
    for write in (pickle.dumps, json.dumps, msgspec.json.encode, msgspec.msgpack.encode):
        with pytest.raises((TypeError, NotImplementedError)):
            write(act)


def test_every_act_that_can_carry_a_value_is_looked_at_here() -> None:
    kinds = {name for name in acts.__all__ if isinstance(getattr(acts, name), type)}
    carriers = {
        name
        for name in kinds
        if hasattr(getattr(acts, name), "__struct_fields__")
        and "Secret" in str(getattr(acts, name).__annotations__)
    }
    assert carriers == {type(act).__name__ for act in ACTS}


def fail_with(secret: Secret) -> None:
    """Fail as a careless program would: with the value in the message."""
    raise LookupError(secret)


def test_a_log_and_a_traceback_hide_it(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CANARY)
    logging.getLogger("test").error("got %s and %r", secret, [secret])
    with pytest.raises(LookupError) as raised:
        fail_with(secret)
    told = "".join(traceback.TracebackException.from_exception(raised.value).format())
    assert CANARY not in caplog.text + told
