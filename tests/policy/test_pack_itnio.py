"""The policy that ships: all its clauses, both languages, every reference, and the main job."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from troth.model.acts import Act
from troth.model.terms import matches
from troth.policy import packs
from troth.policy.edition import Clause, Edition, Rule
from troth.policy.finding import Finding
from troth.policy.reader import read

VECTORS = Path(__file__).parent.parent / "vectors"
REGIMES = {"cn", "eu", "ca", "us"}
HIGHLIGHTED = ("1.2a", "2.1.3f", "5.2b", "7.4a", "10.4a")
"""Clauses that limit liability, exclude it or name a court (A.3)."""
COMMANDED = {"separate_consent", "legal_duty"}
"""The only bases on which sensitive data may be touched in mainland China."""


@pytest.fixture(scope="module")
def reading() -> tuple[Edition | None, list[Finding]]:
    text, path = packs.source("itnio")
    return read(text, str(path))


@pytest.fixture(scope="module")
def edition(reading: tuple[Edition | None, list[Finding]]) -> Edition:
    edition, found = reading
    assert edition is not None, [str(finding) for finding in found if finding.level == "error"]
    return edition


@pytest.fixture(scope="module")
def ids() -> list[str]:
    return json.loads((VECTORS / "clause_ids.json").read_text())


@pytest.fixture(scope="module")
def clauses(edition: Edition) -> dict[str, Clause]:
    return {clause.id: clause for clause in edition.clauses}


def kinds_of(act: type[Act]) -> Iterator[str]:
    """Yield the ledger kinds of an act and of all that derive from it."""
    yield act.kind
    for below in act.__subclasses__():
        yield from kinds_of(below)


def sensitive(edition: Edition) -> list[str]:
    return [name for name, field in edition.categories.items() if field.sensitive]


def permits(edition: Edition) -> list[Rule]:
    return [rule for rule in edition.rules.values() if rule.verb == "permit"]


# --- the text ------------------------------------------------------------------------------------


def test_the_policy_reads_without_an_error(reading):
    _, found = reading
    assert [str(finding) for finding in found if finding.level == "error"] == []


def test_what_only_the_controller_can_settle_is_warned_of(reading):
    _, found = reading
    assert {finding.message.partition(":")[0] for finding in found} == {
        "the text in `zh` is a draft",
        "a controller abroad that serves mainland residents names a representative",
    }


def test_every_row_stands_once_and_in_printed_order(edition, ids):
    assert [clause.id for clause in edition.clauses] == ids
    assert len(set(ids)) == 175


def test_the_kinds_of_the_rows_are_counted(edition):
    counted = Counter(clause.kind for clause in edition.clauses)
    assert counted == {"D": 8, "O": 135, "R": 16, "S": 9, "U": 7}


@pytest.mark.clause("11.4")
def test_no_clause_lacks_a_language(edition):
    english = {clause.id for clause in edition.clauses if clause.en.strip()}
    chinese = {clause.id for clause in edition.clauses if clause.zh.strip()}
    assert english == chinese == {clause.id for clause in edition.clauses}


@pytest.mark.clause("11.4")
def test_the_languages_are_not_swapped(edition):
    def has_chinese(text: str) -> bool:
        return any("\u4e00" <= character <= "\u9fff" for character in text)

    swapped = [one.id for one in edition.clauses if has_chinese(one.en) or not has_chinese(one.zh)]
    assert swapped == []


@pytest.mark.clause("11.4")
def test_chinese_prevails_and_is_marked_as_a_draft(edition):
    assert edition.policy.authoritative == "zh"
    assert edition.policy.draft == {"zh": "awaiting counsel"}


@pytest.mark.clause("P.3", "A.3", "1.2a", "2.1.3f", "7.4a", "10.4a")
def test_what_limits_liability_or_names_a_court_is_emphasised(clauses):
    assert [name for name in HIGHLIGHTED if not clauses[name].emphasis] == []


def test_clauses_are_short(edition):
    long = [one.id for one in edition.clauses if len(one.en) > 450 or len(one.zh) > 200]
    assert long == []


def test_every_clause_is_under_a_heading(edition, ids):
    starts = [heading.before for heading in edition.sections]
    assert starts[0] == ids[0]
    assert starts == sorted(starts, key=ids.index)


@pytest.mark.clause("11.1", "11.2", "11.3a", "11.5")
def test_the_controller_is_named(edition, clauses):
    assert edition.controller.legal_name in clauses["11.1"].en
    assert edition.controller.contact in clauses["11.2"].en
    assert edition.controller.address["zh"].removeprefix("香港") in clauses["11.3a"].zh
    assert edition.policy.edition == "2023-05-31"


# --- what keeps the text -------------------------------------------------------------------------


def test_every_clause_is_kept_by_a_rule_or_a_control(edition):
    assert [one.id for one in edition.clauses if not one.rules + one.controls] == []


def test_every_duty_and_right_names_what_proves_it(edition):
    bare = [one.id for one in edition.clauses if one.kind in ("O", "R") and not one.entry]
    assert bare == []


def test_proofs_are_kinds_the_ledger_knows(edition):
    known = {*kinds_of(Act), "use.denied"}
    named = {kind for clause in edition.clauses for kind in clause.entry}
    named |= {control.entry for control in edition.controls.values() if control.entry}
    assert named <= known


def test_clauses_and_rules_name_each_other(edition, clauses):
    forth = {(rule, clause.id) for clause in edition.clauses for rule in clause.rules}
    back = {(rule.id, clause) for rule in edition.rules.values() for clause in rule.clause}
    assert forth == back


def test_every_control_keeps_a_clause(edition):
    named = {control for clause in edition.clauses for control in clause.controls}
    assert named == set(edition.controls)


@pytest.mark.parametrize(
    "table",
    ["services", "categories", "purposes", "recipients", "staff", "rules", "cookies", "rights"],
)
def test_every_part_quotes_clauses_that_exist(edition, ids, table):
    parts = getattr(edition, table)
    assert [name for name, part in parts.items() if not set(part.clause) <= set(ids)] == []
    assert [name for name, part in parts.items() if not part.clause] == []


def test_every_name_is_in_both_languages(edition):
    tables = ("services", "categories", "purposes", "recipients", "staff", "cookies", "rights")
    parts = {
        (table, name): part for table in tables for name, part in getattr(edition, table).items()
    }
    assert [where for where, part in parts.items() if not (part.en and part.zh)] == []


# --- the meaning ---------------------------------------------------------------------------------


def test_every_permit_has_a_basis_under_each_regime(edition):
    assert [rule.id for rule in permits(edition) if set(rule.basis) != REGIMES] == []


@pytest.mark.clause("2.3a", "2.3b")
def test_sensitive_data_in_china_needs_a_separate_consent_or_a_command_of_law(edition):
    loose = [
        (rule.id, field)
        for rule in permits(edition)
        for field in sensitive(edition)
        if any(matches(pattern, field) for pattern in rule.categories)
        and rule.basis["cn"] not in COMMANDED
    ]
    assert loose == []


@pytest.mark.clause("2.3a")
def test_the_sensitive_fields_are_those_the_policy_lists(edition):
    numbers = {"id_number", "hk_id", "travel_permit", "passport", "biometric"}
    expected = {f"identity.{name}" for name in numbers}
    expected |= {"handler.id_number", "bank.number", "rights.identity_proof", "document.id_photo"}
    assert set(sensitive(edition)) == expected
    assert edition.categories["identity.biometric"].closed


@pytest.mark.clause("2.1.4a")
def test_the_usage_log_has_exactly_the_printed_fields(edition):
    usage = {name for name in edition.categories if matches("usage", name)}
    printed = ("query", "ip", "browser", "carrier", "language", "at", "pages")
    assert usage == {f"usage.{name}" for name in printed}


@pytest.mark.clause("7.3")
def test_security_has_eight_inputs(edition):
    assert len([name for name in edition.categories if matches("telemetry", name)]) == 8


@pytest.mark.clause("7.2c", "7.2d")
def test_every_field_has_a_retention_and_a_rule_that_permits_it(edition):
    kept = [pattern for one in edition.retention for pattern in one.categories]
    used = [pattern for rule in permits(edition) for pattern in rule.categories]
    fields = [name for name, field in edition.categories.items() if not field.closed]
    for patterns in (kept, used):
        bare = [name for name in fields if not any(matches(one, name) for one in patterns)]
        assert bare == []


@pytest.mark.clause("2.1.4b")
def test_the_network_log_is_kept_six_months_at_least(edition):
    (log,) = (one for one in edition.retention if "usage" in one.categories)
    assert [floor.keep for floor in log.floor] == ["P183D"]


def test_cookies_serve_only_the_two_printed_purposes(edition):
    allowed = {"authenticate", "analytics", "personalise"}
    assert {cookie.purpose for cookie in edition.cookies.values()} <= allowed


@pytest.mark.clause("4.1.4c")
def test_partners_are_of_the_printed_types(edition):
    partners = {"supplier", "service_provider", "partner"}
    served = {
        recipient.service for recipient in edition.recipients.values() if recipient.kind in partners
    }
    assert served == {"authentication", "basic_technical", "consulting"}


@pytest.mark.clause("4.1.4d")
def test_no_partner_receives_anything_without_a_contract(edition):
    outside = {"authority", "successor", "public"}
    bare = [
        name
        for name, one in edition.recipients.items()
        if one.kind not in outside and not one.contract
    ]
    assert bare == []


@pytest.mark.clause("9.6b")
def test_sale_is_forbidden_for_everything(edition):
    rule = edition.rules["r-no-sale"]
    assert (rule.verb, rule.operations, rule.categories) == ("forbid", ("sell",), ("*",))
