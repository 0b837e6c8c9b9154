"""An edition as data: its hash, its patterns, its terms."""

import hashlib
import json

import msgspec
import pytest

from tests.policy.small import SMALL, changed, edition
from troth.model.clock import DAY, HOUR, iso, moment
from troth.model.errors import UnknownTerm
from troth.policy.edition import above, content, from_content, region_of
from troth.policy.reader import load
from troth.policy.regimes.spans import later, span


@pytest.mark.clause("11.5")
def test_the_hash_is_sha_256_over_canonical_json():
    raw = content(edition())
    canonical = json.dumps(
        json.loads(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert raw == canonical.encode()
    assert edition().hash == hashlib.sha256(raw).hexdigest()


def test_spaces_comments_and_order_of_keys_do_not_change_the_hash():
    noted = SMALL.replace("purposes:\n", "# why data is used\npurposes:\n\n", 1)
    turned = noted.replace("{en: Cloud, zh: 云服务,", "{zh: 云服务, en: Cloud,", 1)
    assert load(turned, "other.yaml").hash == edition().hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("We are Small.", "We are small."),
        ("cn: contract", "cn: legal_duty"),
        ("keep: P365D", "keep: P364D"),
        ("effective: 2026-01-01", "effective: 2026-01-02"),
        ("masked: true", "masked: false"),
    ],
)
def test_any_change_of_text_or_meaning_changes_the_hash(old, new):
    assert changed(old, new).hash != edition().hash


def test_the_order_of_clauses_is_part_of_the_text():
    turned = msgspec.structs.replace(edition(), clauses=edition().clauses[::-1])
    assert turned.hash != edition().hash


def test_an_edition_is_read_back_from_its_content():
    again = from_content(content(edition()))
    assert again == edition()
    assert again.clauses[0].zh == "我们是小公司。"


def test_patterns_cover_leaves():
    assert edition().fields(("contact",)) == ("contact.email", "contact.phone")
    assert edition().fields(("contact.email", "nothing")) == ("contact.email",)
    assert len(edition().fields()) == 5
    assert "cont" not in above("contact.email")


def test_a_rule_without_purposes_covers_all_but_those_excepted():
    assert edition().covered(edition().rules["r-minor"]) == (
        "login",
        "marketing",
        "realname",
        "security",
    )


@pytest.mark.clause("9.0")
@pytest.mark.parametrize(
    ("code", "name"),
    [("CN", "CN"), ("US-CA", "US-CA"), ("US-NY", "*"), ("DE", "EEA"), ("HK", "*"), ("", "*")],
)
def test_a_residence_falls_back_to_the_nearest_declared(code, name):
    assert edition().residence(code)[0] == name


def test_without_anywhere_an_unknown_residence_is_an_error():
    narrow = msgspec.structs.replace(edition(), residences={})
    with pytest.raises(UnknownTerm):
        narrow.residence("CN")


def test_a_recipient_reads_in_its_region_or_its_country():
    assert region_of(edition().recipients["friend"]) == "global"
    nowhere = msgspec.structs.replace(edition().recipients["friend"], region="")
    assert region_of(nowhere) == "hk"


@pytest.mark.parametrize(
    ("text", "months", "rest"),
    [
        ("P3Y", 36, 0),
        ("P1Y6M", 18, 0),
        ("P365D", 0, 365 * DAY),
        ("PT12H", 0, 12 * HOUR),
        ("P0D", 0, 0),
    ],
)
def test_terms_are_iso_durations(text, months, rest):
    assert span(text) == (months, rest)


@pytest.mark.parametrize("text", ["", "P", "PT", "a year", "P-1D", "365D", "P1W", "P1.5D"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="no duration"):
        span(text)


def test_a_year_is_a_calendar_year():
    assert iso(later(moment("2024-03-01"), "P3Y"))[:10] == "2027-03-01"
    assert iso(later(moment("2024-03-01"), "P1095D"))[:10] == "2027-03-01"
    assert iso(later(moment("2027-03-01"), "P3Y"))[:10] == "2030-03-01"
