"""One file and variables over it: every mistake is named, and no secret stands in it."""

import json
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from troth.app import settings
from troth.app.settings import RegionSettings, Settings, region_defaults
from troth.app.template import template
from troth.model.errors import Misconfigured

REGIONS = {name: region_defaults(name) for name in ("cn", "global")}


def write(folder: Path, text: str = "") -> Path:
    """Write the settings of a new instance, and some more."""
    (folder / "troth.toml").write_text(template("a.example", "itnio", REGIONS) + text, "utf-8")
    return folder


def wrong(folder: Path, environment: dict[str, str] | None = None) -> Misconfigured:
    """Return what is said of settings that are not right."""
    with pytest.raises(Misconfigured) as refused:
        settings.load(folder, environment or {})
    return refused.value


# --- the file ----------------------------------------------------------------------------------


def test_what_init_writes_is_valid_and_says_what_the_defaults_say(tmp_path: Path) -> None:
    read = settings.load(write(tmp_path), {})
    assert read.instance.name == "a.example"
    assert read.regions == REGIONS
    assert read == Settings(folder=str(tmp_path), instance=read.instance, regions=REGIONS)


def test_what_it_shows_as_a_comment_is_valid_too(tmp_path: Path) -> None:
    text = re.sub(r"^# (?=\w+ = )", "", template("a", "itnio", REGIONS), flags=re.MULTILINE)
    (tmp_path / "troth.toml").write_text(text)
    read = settings.load(tmp_path, {})
    assert read.email.host == "smtp.example.com"
    assert read.server.trusted_proxies == ("127.0.0.1/32",)
    assert read.identity.authority.startswith("https://")


def test_every_key_there_is_stands_in_it() -> None:
    text = template("a", "itnio", REGIONS)
    for section in msgspec.structs.fields(Settings):
        if isinstance(section.type, type) and issubclass(section.type, msgspec.Struct):
            part = text.partition(f"[{section.name}]")[2].partition("\n[")[0]
            for key in msgspec.structs.fields(section.type):
                assert re.search(rf"^(# )?{key.name} = ", part, re.MULTILINE), key.name


@pytest.mark.parametrize("odd", ['say "hi"', "back\\slash", "line\nbreak", "政策.yaml"])
def test_a_name_with_odd_characters_is_quoted(odd: str) -> None:
    assert tomllib.loads(template("a", odd, REGIONS))["instance"]["policy"] == odd


def test_a_folder_without_settings_is_no_instance(tmp_path: Path) -> None:
    assert "holds no troth.toml" in wrong(tmp_path / "nowhere").message
    assert "troth init" in wrong(tmp_path).remedy


def test_a_file_is_no_instance(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "holds no troth.toml" in wrong(tmp_path / "file").message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[email\n", "line"),
        ("port = = 3", "line"),
        ('[server]\nhost = "a"', "line"),
    ],
)
def test_toml_that_is_broken_is_named_by_its_line(tmp_path: Path, text: str, says: str) -> None:
    error = wrong(write(tmp_path, text))
    assert "is not TOML" in error.message
    assert says in error.message


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "troth.toml").write_bytes(b"\xff\xfe\x00")
    assert "is not TOML" in wrong(tmp_path).message


def test_every_unknown_key_is_named_and_what_it_may_have_been(tmp_path: Path) -> None:
    text = template("a", "itnio", REGIONS)
    text = text.replace("port = 8420", "prot = 8420\nzzz = 1").replace("key_folder", "key_floder")
    (tmp_path / "troth.toml").write_text(text + "\n[emial]\n")
    message = wrong(tmp_path).message
    for said in (
        "unknown key `prot` under [server] (meant: `port`?)",
        "unknown key `zzz` under [server]",
        "unknown key `key_floder` under [regions.cn] (meant: `key_folder`?)",
        "unknown key `emial` (meant: `email`?)",
    ):
        assert said in message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("port = 8420", 'port = "many"'),
        ("port = 8420", "port = 0"),
        ("port = 8420", "port = 70000"),
        ('home = "global"', 'home = "moon"'),
        ('home = "global"', 'home = "global"\nepoch_days = 0'),
        ('data = "regions/cn/data.db"', ""),
        ("[regions.cn]", "[regions.CN-1]"),
        ("[email]", "email = 3\n[e]"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(tmp_path: Path, old: str, new: str) -> None:
    text = template("a", "itnio", REGIONS)
    assert old in text
    (tmp_path / "troth.toml").write_text(text.replace(old, new, 1))
    assert "troth.toml" in wrong(tmp_path).message


def test_an_instance_without_a_region_is_none(tmp_path: Path) -> None:
    (tmp_path / "troth.toml").write_text("[instance]\n")
    assert "no region" in wrong(tmp_path).message


# --- secrets -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "key"), [("email", "password"), ("sms", "secret"), ("identity", "secret")]
)
def test_a_secret_in_the_file_itself_is_refused_and_not_repeated(
    tmp_path: Path, section: str, key: str
) -> None:
    text = template("a", "itnio", REGIONS)
    text = text.replace(f"[{section}]\n", f'[{section}]\n{key} = "hunter2hunter2"\n')
    (tmp_path / "troth.toml").write_text(text)
    error = wrong(tmp_path)
    assert f"{key} under [{section}] holds a secret itself" in error.message
    assert "env:NAME or file:PATH" in error.remedy
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    "value",
    ["c2VjcmV0", "postgresql://troth:hunter2@db.example/cn", "postgresql://db/cn?password=hunter2"],
)
def test_a_root_key_or_a_database_password_in_the_file_is_refused(
    tmp_path: Path, value: str
) -> None:
    key = "data" if "://" in value else "root_key"
    place = msgspec.structs.replace(REGIONS["cn"], **{key: value})
    (tmp_path / "troth.toml").write_text(template("a", "itnio", {**REGIONS, "cn": place}))
    error = wrong(tmp_path)
    assert "[regions.cn]" in error.message
    assert value not in str(error)


def test_a_secret_is_fetched_from_where_its_reference_leads(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("s3cret\n")
    assert settings.secret("file:smtp", tmp_path).reveal() == "s3cret"
    assert settings.secret("env:SMTP", tmp_path, {"SMTP": "s3cret"}).reveal() == "s3cret"
    assert not settings.secret("", tmp_path)


@pytest.mark.parametrize("reference", ["env:NONE", "file:none", "hunter2", "env", ":x"])
def test_a_reference_that_leads_nowhere_is_refused_and_not_repeated(
    tmp_path: Path, reference: str
) -> None:
    with pytest.raises(Misconfigured) as refused:
        settings.secret(reference, tmp_path, {})
    assert "hunter2" not in str(refused.value)


# --- variables ---------------------------------------------------------------------------------


def test_a_variable_is_put_over_every_key(tmp_path: Path) -> None:
    read = settings.load(
        write(tmp_path),
        {
            "TROTH_SERVER_PORT": "9000",
            "TROTH_SERVER_SECURE": "true",
            "TROTH_SERVER_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1",
            "TROTH_EMAIL_HOST": "smtp.example.org",
            "TROTH_INSTANCE_EPOCH_DAYS": "3",
            "TROTH_IDENTITY_AUTHORITY": "fake",
            "TROTH_REGIONS_CN_ROOT_KEY": "env:CN_ROOT",
            "TROTH_REGIONS_GLOBAL_DATA": "postgresql://troth:of-the-environment@db.example/global",
            "TROTH_FOLDER": "/elsewhere",
            "TROTHLESS": "1",
        },
    )
    assert (read.server.port, read.server.secure) == (9000, True)
    assert read.server.trusted_proxies == ("10.0.0.0/8", "127.0.0.1")
    assert (read.email.host, read.instance.epoch_days) == ("smtp.example.org", 3)
    assert read.regions["cn"].root_key == "env:CN_ROOT"
    assert read.regions["global"].data.endswith("/global")
    assert read.folder == str(tmp_path)


def test_every_key_has_its_variable(tmp_path: Path) -> None:
    values = {int: "8", str: "env:x", bool: "false"}
    special = {"home": "global", "origin": "https://account.example.com"}
    special |= {"endpoints": "{}", "recipients": '{"a": {"url": "u", "secret": "env:x"}}'}
    for section in msgspec.structs.fields(Settings):
        if isinstance(section.type, type) and issubclass(section.type, msgspec.Struct):
            for key in msgspec.structs.fields(section.type):
                name = f"TROTH_{section.name}_{key.name}".upper()
                value = values.get(type(key.default), "10.0.0.0/8")
                value = special.get(key.name, value)
                settings.load(write(tmp_path), {name: value})
    for key in msgspec.structs.fields(RegionSettings):
        name = f"TROTH_REGIONS_CN_{key.name}".upper()
        read = settings.load(write(tmp_path), {name: "file:elsewhere"})
        assert getattr(read.regions["cn"], key.name) == "file:elsewhere"


@pytest.mark.parametrize("name", ["TROTH_EMAIL_HSOT", "TROTH_REGIONS_CN_DATABASE"])
def test_a_variable_that_sets_nothing_is_named(tmp_path: Path, name: str) -> None:
    assert name in wrong(write(tmp_path), {name: "x"}).message


def test_a_variable_of_the_wrong_type_is_refused(tmp_path: Path) -> None:
    assert "port" in wrong(write(tmp_path), {"TROTH_SERVER_PORT": "many"}).message


def test_nothing_of_the_environment_is_printed(tmp_path: Path) -> None:
    read = settings.load(write(tmp_path), {"TROTH_EMAIL_PASSWORD": "env:SMTP"})
    assert json.loads(msgspec.json.encode(read))["email"]["password"] == "env:SMTP"
