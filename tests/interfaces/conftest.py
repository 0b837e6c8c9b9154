"""Instances for the interfaces: a folder for the command line, one in memory for the pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.app.files import twin
from tests.interfaces.terminal import admitted
from tests.interfaces.visitor import Visitor
from troth import app
from troth.app import Troth, create
from troth.model.terms import SubjectId


class Instance(NamedTuple):
    """A folder nobody has open, who lives in it, and a backup of its data and of its keys."""

    folder: Path
    subject: SubjectId
    data: Path
    keys: Path


@pytest.fixture(scope="session")
def instance_built(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Build an instance by the machine's own clock; copy it."""
    base = tmp_path_factory.mktemp("instance")
    built = base / "house", base / "data.tar.gz", base / "keys.tar.gz"
    with create(built[0]) as troth:
        subject = admitted(troth)
        troth.back_up(built[1])
        troth.back_up_keys(built[2])
    return Instance(built[0], subject, built[1], built[2])


@pytest.fixture
def instance(instance_built: Instance, tmp_path: Path) -> Instance:
    """Return an instance of the test's own."""
    return instance_built._replace(folder=twin(instance_built.folder, tmp_path / "house"))


@pytest.fixture(scope="module")
def troth() -> Iterator[Troth]:
    """Return an instance in memory, shared by the tests of one file."""
    with app.memory() as made:
        yield made


@pytest.fixture
def visitor(troth: Troth) -> Visitor:
    """Return somebody who opens the pages for the first time, in Chinese."""
    return Visitor(troth)


@pytest.fixture
def member(troth: Troth) -> Visitor:
    """Return somebody who has an account and is signed in."""
    visitor = Visitor(troth)
    visitor.register()
    return visitor
