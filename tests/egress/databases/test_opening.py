"""An address says what speaks to it; what is missing is named with what installs it."""

import subprocess
import sys

import pytest

from troth.egress.databases import opening
from troth.egress.databases.map import DataMap, StoreMap
from troth.egress.databases.opening import address_of, open_database
from troth.model.errors import Misconfigured
from troth.model.secret import Secret


def data(url=""):
    return DataMap(stores=(StoreMap(name="shop", url=url),))


def test_a_database_is_opened_by_its_address(tmp_path):
    made = open_database(data(f"sqlite:///{tmp_path}/shop.db"), "shop", key=b"k")
    assert made.name == "shop"
    assert type(made).__name__ == "SqlDatabase"


def test_an_address_may_stand_in_the_environment_or_be_handed_over(monkeypatch):
    monkeypatch.setenv("SHOP_URL", "sqlite:///shop.db")
    assert address_of(data("env:SHOP_URL").store("shop")).reveal() == "sqlite:///shop.db"
    assert open_database(data(), "shop", Secret("sqlite:///shop.db"), key=b"k").name == "shop"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "has no address"),
        ("env:NOWHERE_AT_ALL", "`env:NOWHERE_AT_ALL` is empty"),
        ("mongodb://u:secret@h.example/d", "begins with nothing that can be spoken to"),
    ],
)
def test_what_cannot_be_opened_is_told_without_the_address(url, told):
    with pytest.raises(Misconfigured, match=told) as caught:
        open_database(data(url), "shop", key=b"k")
    assert "secret" not in str(caught.value)


def test_a_missing_extra_says_what_to_install(monkeypatch):
    def absent(name):
        raise ModuleNotFoundError("no", name="sqlalchemy")

    monkeypatch.setattr(opening, "import_module", absent)
    with pytest.raises(Misconfigured) as caught:
        open_database(data("sqlite://"), "shop", key=b"k")
    assert "needs `sqlalchemy`" in str(caught.value)
    assert caught.value.remedy == "pip install 'troth[databases]'"


def test_nothing_is_loaded_before_it_is_used():
    code = (
        "import sys, troth.egress.databases.opening as o;"
        "sys.exit(any(m in sys.modules for m in ('sqlalchemy', 'redis', 'obstore', 'pymysql')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
