"""A house behind HTTP that listens to agents and controllers, for the tests of one file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from troth.app import Troth, create, settings
from troth.documents.intake import seals
from troth.interfaces.server import application
from troth.model.clock import SetClock, moment

AT = moment("2026-11-22T12:00:00")


@pytest.fixture(scope="module")
def clock() -> SetClock:
    """Return the clock of the house."""
    return SetClock(AT)


@pytest.fixture(scope="module")
def troth(tmp_path_factory: pytest.TempPathFactory, clock: SetClock) -> Iterator[Troth]:
    """Return an instance with an id of its own and a certificate for trials."""
    folder: Path = tmp_path_factory.mktemp("agents") / "house"
    create(folder, clock=clock).close()
    certificate, key = seals.trial("troth.example", AT)
    (folder / "opendsr.pem").write_bytes(certificate)
    (folder / "opendsr.key").write_bytes(key)
    told = {
        "TROTH_INTAKE_BUSINESS": "TROTH",
        "TROTH_INTAKE_DOMAIN": "troth.example",
        "TROTH_INTAKE_CERTIFICATE": "opendsr.pem",
        "TROTH_INTAKE_CERTIFICATE_KEY": "file:opendsr.key",
        "TROTH_SERVER_ORIGIN": "https://troth.example",
    }
    with Troth(settings.load(folder, told), clock=clock) as made:
        yield made


@pytest.fixture(scope="module")
def client(troth: Troth) -> TestClient[Any]:
    """Return a client of it over TLS."""
    return TestClient(
        application(troth), base_url="https://troth.example", raise_server_exceptions=False
    )
