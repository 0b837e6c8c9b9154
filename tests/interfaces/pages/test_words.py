"""Every text exists in both languages, every key that is said is there, every error has words."""

import re
from pathlib import Path

import pytest
import yaml

from tests.interfaces.visitor import classes_of
from troth import interfaces
from troth.app import Troth
from troth.interfaces.pages.words import REL, Tongue, outward, texts
from troth.model import errors
from troth.model.errors import BadInput, TrothError, WeakPassword

FACES = Path(str(interfaces.__file__)).parent
PAGES = FACES / "pages"
SAID = re.compile(r"\b(?:say|maybe)\(\s*[\"']([^\"']+)[\"'](?!\s*~)")
LEADING = re.compile(r"(?:say|maybe)\(\s*f?[\"']([a-z_]+\.)(?=\{|[\"']\s*~)")


def sources() -> list[str]:
    """Return every template, and every module that has a page."""
    rooms = [PAGES, FACES / "entrance", FACES / "centre", FACES / "console", FACES / "oidc"]
    files = [*PAGES.rglob("*.html"), *(file for room in rooms for file in room.glob("*.py"))]
    return [file.read_text("utf-8") for file in files]


@pytest.mark.clause("11.4")
def test_every_text_exists_in_chinese_and_in_english() -> None:
    lacking = [key for key, words in texts().items() if set(words) != {"zh", "en"}]
    empty = [key for key, words in texts().items() if not words["zh"].strip()]
    assert lacking == []
    assert empty == []


def test_chinese_texts_are_chinese() -> None:
    letters = re.compile(r"[一-鿿]")
    plain = {"language_name.en"}
    assert [key for key, w in texts().items() if not letters.search(w["zh"])] == sorted(plain)


def test_both_languages_fill_the_same_places() -> None:
    places = re.compile(r"\{\w+\}")
    assert [
        key
        for key, words in texts().items()
        if sorted(places.findall(words["zh"])) != sorted(places.findall(words["en"]))
    ] == []


def test_no_key_stands_twice() -> None:
    found = [
        line.partition(":")[0]
        for file in (PAGES / "texts").iterdir()
        for line in file.read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert sorted(found) == sorted(set(found))
    assert all(yaml.safe_load(file.read_text("utf-8")) for file in (PAGES / "texts").iterdir())


OF_THE_BANNER = ("signal",)
"""What the banner says in words of its own, for it also stands on other sites."""


def test_every_key_that_is_said_is_there() -> None:
    said = {key for source in sources() for key in SAID.findall(source)}
    assert sorted(said - texts().keys() - {"no.such.key", *OF_THE_BANNER}) == []


def test_every_text_is_said_somewhere() -> None:
    whole = "\n".join(sources())
    families = (*set(LEADING.findall(whole)), "error", "remedy", "step.")
    said = {key for key in texts() if re.search(rf"[\"']{re.escape(key)}[\"']", whole)}
    unused = [key for key in texts() if key not in said and not key.startswith(families)]
    assert unused == []


@pytest.mark.parametrize("kind", classes_of(TrothError), ids=lambda kind: kind.code)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_error_that_a_person_can_meet_has_words(
    kind: type[TrothError], language: str, troth: Troth
) -> None:
    hidden = errors.Misconfigured, errors.LedgerBroken, errors.Unverifiable, errors.Sealed
    unseen = errors.PolicyBroken, errors.NotDelivered, errors.Unreachable
    if issubclass(kind, (*hidden, *unseen)) or kind.__module__ != errors.__name__:
        return
    trouble = Tongue(troth, language).trouble(kind())
    assert trouble.what == texts()[f"error.{kind.code}"][language]
    assert trouble.remedy


def test_an_error_at_a_field_is_told_for_that_field(troth: Troth) -> None:
    told = Tongue(troth, "en").trouble(BadInput("x", field="terms", clause="preamble"))
    assert told.what == "Read the policy, then tick the box"
    assert (told.field, told.clauses) == ("terms", ("preamble",))


def test_an_error_never_repeats_the_programs_own_words(troth: Troth) -> None:
    told = Tongue(troth, "zh").trouble(WeakPassword("it holds hunter2", field="password"))
    assert "hunter2" not in told.what + told.remedy


@pytest.mark.clause("1.2a")
def test_a_link_that_leads_away_is_marked_and_said_to_be_outside() -> None:
    told = outward("见 https://example.org/a?b=<c>。", "（外部网站）", ("itniotech.com",))
    assert f'href="https://example.org/a?b=" rel="{REL}"' in told
    assert "（外部网站）" in told


def test_a_link_to_ourselves_is_not_marked() -> None:
    assert "rel=" not in outward("https://itniotech.com/x", "out", ("itniotech.com",))
