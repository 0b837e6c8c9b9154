"""A terminal of the tests' own: commands are called in this process, as a shell would."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from troth.app import Troth
from troth.app import open as opened
from troth.documents.requests.answer import Kind
from troth.interfaces.cli import main
from troth.model.acts import AcceptTerms, Actor, Admit, Collect
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

MAIL = "wang.fang@mail.example"


class Said:
    """What a command printed and how it ended."""

    def __init__(self, args: tuple[str, ...], stdin: str | None) -> None:
        ended = CliRunner().invoke(main, list(args), input=stdin)
        self.code: int = ended.exit_code
        self.out: str = ended.stdout
        self.err: str = ended.stderr
        # A command ends by itself or through ``exit``; anything else would be a traceback.
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exc_info
        assert "Traceback" not in self.out + self.err

    @property
    def data(self) -> Any:
        """Return what was printed, as JSON; nothing else may stand there."""
        return json.loads(self.out)


def said(*args: object, stdin: str | None = None) -> Said:
    """Call a command."""
    return Said(tuple(map(str, args)), stdin)


def admitted(troth: Troth, email: str = MAIL) -> SubjectId:
    """Open the file of an adult in mainland China."""
    subject = troth.gate.new_subject("CN")
    troth.gate.perform(
        Admit(subject=subject, residence="CN", regimes=("cn",), age=AgeBand.ADULT),
        AcceptTerms(
            subject=subject, edition=troth.gate.policy().hash, language="zh", means="checkbox"
        ),
        Collect(subject=subject, values={"contact.email": Secret(email)}, purpose="account"),
    )
    return subject


def asked(folder: Path, subject: SubjectId, kind: Kind = "access") -> str:
    """Have a subject ask for something, by a sign-in that proves it; return the number."""
    with opened(folder) as troth:
        return troth.rights.desk.request(subject, kind, by=Actor(kind="subject", assurance=2))


def changed(folder: Path, old: str, new: str) -> None:
    """Change a word of an instance's settings."""
    toml = folder / "troth.toml"
    assert old in toml.read_text()
    toml.write_text(toml.read_text().replace(old, new, 1))
