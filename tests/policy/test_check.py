"""Every mistake a policy document can hold is found where it stands, with its clause and a remedy."""
# ruff: noqa: E501  # tables: one mistake a line reads best

import pytest

from tests.policy.small import NAME, SMALL, findings, line_of
from troth.policy import packs
from troth.policy.finding import Finding
from troth.policy.reader import read

Mistake = tuple[str, str, str, str]


def found(old: str, new: str, message: str, level: str) -> Finding:
    """Return the one finding that tells a mistake, or fail with what was found instead."""
    told = findings(old, new)
    same = [one for one in told if message in one.message and one.level == level]
    assert same, [str(one) for one in told]
    return same[0]


def test_a_sound_policy_has_no_findings():
    assert findings() == []


ERRORS: list[Mistake] = [
    # what is written: keys, types, duplicates
    ("form: email,", "forms: email,", "`forms` is no key", "2"),
    ("  desk: {", "  desk: {colour: red, ", "`colour` is no key", "7"),
    ("en: Phone,", "", "`contact.phone` has no text in `en`", "2"),
    ("kind: O, practice: other,", "kind: X, practice: other,", "`kind` must be one of O, R, U, S, D", "1"),
    ("closed: true", "closed: yes", "`closed` must be one of true, false", "2"),
    ("{entries: 8,", "{entries: many,", "`entries` must be a whole number", "2"),
    ("record: {batched: {entries: 8, seconds: 2}}", "record: sometimes", "`record` must be durable", "2"),
    ("shows: [contact]", "shows: {contact: yes}", "`shows` must be one name or a list", "7"),
    ("legal_name: Small Limited, ", "", "`controller` lacks `legal_name`", "1"),
    ("effective: 2026-01-01", "effective: soon", "`effective` must be a date", ""),
    ('  r-sale: {forbid: sell, categories: ["*"], clause: "4"}', '  r-sale: {categories: ["*"], clause: "4"}', "lacks one of `permit`", "4"),
    ("    permit: share\n    categories: [contact.email]", "    permit: share\n    forbid: share\n    categories: [contact.email]", "says more than one of `permit`", "4"),
    ("  contact.phone: {en", "  contact.email: {en", "`contact.email` stands here twice", "2"),
    ("    necessary: true\n", "    necessary: true\n    necessary: true\n", "`necessary` stands here twice", "2"),
    ('- {id: "3", printed', '- {id: "2", printed', "`2` stands here twice", "2"),
    ("categories: [identity, contact]", "categories: [identity, contact", "no YAML", ""),
    ("troth: 1\n", "troth: 9\n", "grammar `9` is unknown", ""),
    ("troth: 1\n", "", "a policy lacks `troth`", ""),
    # words that nobody declared
    ("categories: [usage]\n    purpose", "categories: [usege]\n    purpose", "category `usege` is unknown", "2"),
    ("    purpose: security", "    purpose: safety", "purpose `safety` is unknown", "2"),
    ("    to: checker", "    to: chequer", "recipient `chequer` is unknown", "4"),
    ("permit: [collect, use, show]", "permit: [collect, use, shew]", "operation `shew` is unknown", "2"),
    ("permit: export", 'permit: "*"', "operation `*` is unknown", "4"),
    ("ca: notice, us: parental", "ca: notice, ux: parental", "regime `ux` is unknown", "2"),
    ("controls: [gate], entry: [use.denied], en: We are", "controls: [gait], entry: [use.denied], en: We are", "control `gait` is unknown", "1"),
    ("rules: [r-marketing]", "rules: [r-market]", "rule `r-market` is unknown", "3"),
    ('necessary: true\n    clause: "2"', 'necessary: true\n    clause: "2.9"', "clause `2.9` is unknown", "2.9"),
    ("unless: [minor, objected]", "unless: [minr, objected]", "condition `minr` is unknown", "3"),
    ("age: [minor, child]", "age: [minor, baby]", "age band `baby` is unknown", "8"),
    ("facts: [impact_assessed]", "facts: [impact_guessed]", "condition `impact_guessed` is unknown", "4"),
    ("require: treat_as_personal", "require: be_nice", "requirement `be_nice` is unknown", "2"),
    ("purposes: [login], shows", "purposes: [logon], shows", "purpose `logon` is unknown", "7"),
    ("purpose: login, essential", "purpose: logon, essential", "purpose `logon` is unknown", "2"),
    ("kind: affiliate", "kind: chum", "recipient kind `chum` is unknown", "4"),
    ("kind: technical", "kind: magical", "service kind `magical` is unknown", "1"),
    ("source: observed", "source: guessed", "source `guessed` is unknown", "2"),
    ("then: erase", "then: forget", "ending `forget` is unknown", "7"),
    ("practice: audience", "practice: sport", "practice `sport` is unknown", "8"),
    ("handler: desk", "handler: nobody", "handler `nobody` is unknown", "9"),
    ("regimes: [ca, us]", "regimes: [ca, tx]", "regime `tx` is unknown", ""),
    # languages
    ("zh: 我们是小公司。", 'zh: ""', "`1` has no text in `zh`", "1"),
    ("zh: 境外关联公司, ", "", "`friend` has no text in `zh`", "4"),
    ("languages: [zh, en]", "languages: [zh]", "published in Chinese and in English", "11.4"),
    ("authoritative: zh", "authoritative: fr", "`fr` prevails and is no language", "11.4"),
    # what must not be
    ("basis: {cn: separate_consent, eu: A6-1-b, ca: notice, us: parental}", "basis: {cn: contract, eu: A6-1-b, ca: notice, us: parental}", "opens sensitive `identity.number` in China", "2"),
    ("basis: {cn: separate_consent, eu: A6-1-a, ca: notice, us: notice}", "basis: {cn: consent, eu: A6-1-a, ca: notice, us: notice}", "opens sensitive `identity.number` in China", "2"),
    ("eu: A6-1-f", "eu: consent", "`consent` is no basis under `eu`", "2"),
    ("cn: legal_duty, eu: A6-1-f", "cn: A6-1-f, eu: A6-1-f", "`A6-1-f` is no basis under `cn`", "2"),
    ("  - {categories: [usage], start: recorded", "  - {categories: [contact], start: recorded", "`usage.page` has no retention", "7.2d"),
    ("keep: P365D", "keep: a year", "`a year` is no duration", "7"),
    ("zh: 营销, switch: true", "zh: 营销, switch: true, consent_for: 24", "`24` is no duration", "3"),
    ("permit: export", "permit: use", "what no export rule covers under `cn`", "2.4b"),
    ("    to: friend\n", "", "`r-friend` lacks `to`", "4"),
    ("    purpose: realname\n    basis: {cn: separate_consent, eu: A6-1-b", "    basis: {cn: separate_consent, eu: A6-1-b", "`r-realname` lacks `purpose`", "2"),
    ('    unless: [guardian]\n    clause: "8"', "    unless: [guardian]", "`r-minor` lacks `clause`", ""),
    ("controls: [gate], entry: [use.denied], en: We are", "en: We are", "nothing keeps clause `1`", "1"),
    ('  "*": {region: global, regimes: [cn]}\n', "", "residences lack `*`", ""),
    ("regimes: [cn, eu]}\n  correct", "regimes: [cn]}\n  correct", "nobody handles the right `port` under `eu`", "9.0"),
    ("unless: [minor, objected]", "unless: [consent]", "would be opened by withdrawing consent", "9.3c"),
    ("  usage.page: {en", "  usage: {en: Use, zh: 使用, clause: \"2\"}\n  usage.page: {en", "both as a field and as a parent", "2"),
    ("  security: {en", "  secu/rity: {en", "`secu/rity` is no plain name", "2"),
]  # fmt: skip


@pytest.mark.clause("P.1", "2.1.1h", "11.4", "2.3b", "7.2d", "9.0", "9.3c")
@pytest.mark.parametrize("mistake", ERRORS, ids=lambda mistake: mistake[2][:50])
def test_each_mistake_is_an_error(mistake):
    old, new, message, clause = mistake
    error = found(old, new, message, "error")
    assert error.file == NAME
    assert error.clause == clause
    assert error.remedy


@pytest.mark.parametrize("mistake", ERRORS, ids=lambda mistake: mistake[2][:50])
def test_no_edition_comes_out_of_a_mistake(mistake):
    old, new, _, _ = mistake
    assert read(SMALL.replace(old, new, 1), NAME)[0] is None


WARNINGS: list[Mistake] = [
    ("languages: [zh, en]}", "languages: [zh, en], draft: {zh: awaiting counsel}}", "is a draft: awaiting counsel", "11.4"),
    ('clauses:\n', 'clauses:\n  - {id: 7.4a, printed: "7.4", kind: S, practice: security, controls: [gate], en: No system is safe., zh: 没有绝对安全。}\n', "does not stand out", "A.3"),
    ("practice: other, controls: [gate], entry: [use.denied], en: We are", "practice: other, controls: [gate], en: We are", "nothing in the ledger proves clause `1`", "1"),
    ('id: "3", printed: "3", kind: O, practice: choice, rules: [r-marketing]', 'id: "3", printed: "3", kind: S, practice: choice', "nothing keeps clause `3`", "3"),
    ("country: CN, contact", "country: HK, contact", "names a representative", "11.1"),
    ("when: {age: [minor, child]}", "when: {age: [minor]}", "no rule forbids to collect from minors", "8.1b"),
    ("ca: notice, us: parental}", "ca: notice}", "permits nothing under `us`", "2"),
    ("purposes: [login, marketing, realname]", "purposes: [login, realname]", "no export rule covers under `cn`: marketing", "2.4b"),
    ("categories: [usage]\n    purpose: security", "categories: [contact]\n    purpose: security", "no rule permits anything with it", "7.2c"),
    ("    categories: [usage]\n    purpose: security", "    categories: [usage]\n    purpose: login", "`security` is declared and no rule permits it", "7.2c"),
    ('r-sale: {forbid: sell, categories: ["*"]', 'r-sale: {forbid: [collect, use], categories: [usage]', "permits only what `r-sale` forbids", "2"),
]  # fmt: skip


@pytest.mark.clause("A.3", "11.4", "7.2c", "8.1b")
@pytest.mark.parametrize("mistake", WARNINGS, ids=lambda mistake: mistake[2][:50])
def test_what_a_person_must_judge_is_a_warning(mistake):
    old, new, message, clause = mistake
    if "no rule permits anything" in message:
        old, new = "categories: [contact, identity, usage]", "categories: [contact, identity]"
        both = SMALL.replace(old, new, 1).replace(mistake[0], mistake[1], 1)
        told = [one for one in read(both, NAME)[1] if message in one.message]
        assert [one.clause for one in told] == [clause]
        return
    warning = found(old, new, message, "warning")
    assert (warning.file, warning.clause) == (NAME, clause)
    assert warning.remedy


@pytest.mark.parametrize(
    ("old", "new", "piece"),
    [
        ("form: email,", "forms: email,", "  contact.email: {en"),
        ("    to: checker", "    to: chequer", "    to: checker"),
        ("zh: 我们是小公司。", 'zh: ""', '  - {id: "1"'),
        ("eu: A6-1-f", "eu: consent", "    basis: {cn: legal_duty, eu: A6-1-f"),
        ("keep: P365D", "keep: a year", "  - {categories: [usage]"),
        ("closed: true", "closed: yes", "  identity.face"),
    ],
)
def test_a_finding_names_its_line(old, new, piece):
    errors = [one for one in findings(old, new) if one.level == "error"]
    assert errors[0].line == line_of(piece)


def test_a_misspelt_word_is_answered_with_the_nearest():
    error = found("    to: checker", "    to: chequer", "recipient `chequer`", "error")
    assert "`checker`" in error.remedy


def test_findings_stand_in_the_order_of_lines():
    told = findings("contact.email: {en: E-mail,", "contact.email: {colour: x,")
    assert [one.line for one in told] == sorted(one.line for one in told)


def test_a_recipient_abroad_without_any_export_rule_is_an_error():
    start, end = SMALL.index("  r-abroad:"), SMALL.index("  r-usage:")
    bare = (SMALL[:start] + SMALL[end:]).replace("r-abroad, ", "")
    told = [one for one in read(bare, NAME)[1] if one.level == "error"]
    assert [one.clause for one in told] == ["2.4b"]
    assert "`friend` in HK" in told[0].message


@pytest.mark.clause("A.3", "P.3")
def test_the_shipped_policy_loses_nothing_when_one_emphasis_goes():
    text, name = packs.source("itnio")
    told = read(text.replace("emphasis: true", "emphasis: false"), name)[1]
    assert sum("does not stand out" in one.message for one in told) == 5
