"""The address that people see: set by the operator, or this machine's own, or not known."""

from pathlib import Path

import pytest

from troth.app import settings
from troth.app.settings import Settings, region_defaults
from troth.app.template import template
from troth.model.errors import Misconfigured

REGIONS = {name: region_defaults(name) for name in ("cn", "global")}


def read(folder: Path, **server: str) -> Settings:
    """Read a new instance's settings with some of [server] set by variables."""
    (folder / "troth.toml").write_text(template("a.example", "itnio", REGIONS), "utf-8")
    return settings.load(
        folder, {f"TROTH_SERVER_{name.upper()}": value for name, value in server.items()}
    )


@pytest.mark.parametrize(
    ("server", "seen"),
    [
        ({"origin": "https://account.example.com"}, "https://account.example.com"),
        ({"origin": "https://account.example.com:8443"}, "https://account.example.com:8443"),
        ({"origin": "http://localhost:9000"}, "http://localhost:9000"),
        ({"port": "9000"}, "http://localhost:9000"),
        ({"host": "0.0.0.0"}, ""),
        ({"secure": "true"}, ""),
    ],
)
def test_it_is_what_was_set_or_this_machines_own_or_nothing(
    tmp_path: Path, server: dict[str, str], seen: str
) -> None:
    assert read(tmp_path, **server).server.seen_at == seen


@pytest.mark.parametrize(
    "origin",
    [
        *("account.example.com", "http://example.com", "https://account.example.com/", "x"),
        *("https://account.example.com:0", "https://a@account.example.com", "https://Example.com"),
        *("https://localhost", "http://127.0.0.1:8420", "http://localhost.evil.example"),
    ],
)
def test_an_address_no_passkey_can_be_bound_to_is_refused(tmp_path: Path, origin: str) -> None:
    with pytest.raises(Misconfigured, match="origin under"):
        read(tmp_path, origin=origin)
