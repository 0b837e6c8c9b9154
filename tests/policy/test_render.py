"""An edition as people read it: nothing lost, nothing unmarked, in both languages."""

import msgspec
import pytest

from tests.policy.small import changed, edition
from troth.policy import packs
from troth.policy.reader import load
from troth.policy.render import heading, line, prevailing, render


@pytest.fixture(scope="module")
def shipped():
    return load(*packs.source("itnio"))


@pytest.mark.clause("P.3", "11.4")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_clause_is_printed_once_and_in_order(shipped, language):
    document = render(shipped, language)
    printed = [one.id for section in document.sections for one in section.lines]
    assert printed == [clause.id for clause in shipped.clauses]
    assert all(one.text for section in document.sections for one in section.lines)


@pytest.mark.clause("P.3", "A.3")
def test_what_stands_out_stands_out_in_both_languages(shipped):
    bold = [
        {
            one.id
            for section in render(shipped, language).sections
            for one in section.lines
            if one.emphasis
        }
        for language in ("zh", "en")
    ]
    assert bold[0] == bold[1]
    assert {"1.2a", "2.1.3f", "5.2b", "7.4a", "10.4a"} <= bold[0]


def test_sections_have_titles_and_anchors(shipped):
    sections = render(shipped, "en").sections
    assert len(sections) == 12
    assert len({section.anchor for section in sections}) == 12
    assert all(section.title for section in sections)


def test_clauses_have_anchors_of_their_own(shipped):
    anchors = [one.anchor for section in render(shipped, "zh").sections for one in section.lines]
    assert len(set(anchors)) == 175
    assert "c-8.3-2" in anchors


def test_without_headings_the_text_is_one_section():
    bare = msgspec.structs.replace(edition(), sections=())
    (only,) = render(bare, "en").sections
    assert (only.title, len(only.lines)) == ("", 7)


def test_what_stands_before_the_first_heading_is_printed_too():
    late = changed('zh: 全文, before: "1"', 'zh: 全文, before: "2"')
    first, second = render(late, "en").sections
    assert [len(first.lines), first.title, second.title] == [1, "", "All of it"]


@pytest.mark.clause("11.4", "11.5")
def test_a_document_says_edition_date_draft_and_what_prevails(shipped):
    chinese, english = render(shipped, "zh"), render(shipped, "en")
    assert (chinese.prevails, english.prevails) == (True, False)
    assert (chinese.draft, english.draft) == ("awaiting counsel", "")
    assert english.effective == "2023-05-31"
    assert chinese.hash == english.hash == shipped.hash


@pytest.mark.clause("11.4")
def test_where_languages_differ_the_authoritative_text_counts():
    assert prevailing(edition(), edition().clauses[0]) == "我们是小公司。"
    turned = changed("authoritative: zh", "authoritative: en")
    assert prevailing(turned, turned.clauses[0]) == "We are Small."


def test_a_line_keeps_id_and_printed_number(shipped):
    clause = next(one for one in shipped.clauses if one.id == "8.3-2")
    assert (line(clause, "en").printed, line(clause, "en").id) == ("8.3", "8.3-2")


def test_a_language_nobody_wrote_is_an_error():
    with pytest.raises(KeyError):
        render(edition(), "fr")


@pytest.mark.clause("P.1", "9.3a")
def test_the_list_of_collection_says_kind_purpose_and_basis():
    rows = {(row.field, row.purpose): row for row in render(edition(), "en").collection}
    number = rows["ID number", "To confirm your identity"]
    assert number.sensitive
    assert number.bases[0] == "CN: your separate consent"
    assert ("Face", "To confirm your identity") not in rows
    assert ("Pages", "To send you advertising") not in rows


@pytest.mark.clause("4.1.4c")
def test_the_list_of_sharing_says_who_what_and_where():
    (abroad,) = (row for row in render(edition(), "zh").sharing if row.country == "HK")
    assert (abroad.recipient, abroad.purpose, abroad.fields) == (
        "境外关联公司",
        "营销",
        ("电子邮箱",),
    )


@pytest.mark.clause("4.1.4c")
def test_every_recipient_that_a_rule_names_is_in_the_public_list(shipped):
    listed = {row.recipient for row in render(shipped, "en").sharing}
    named = {
        shipped.recipients[to].en
        for rule in shipped.rules.values()
        if rule.verb == "permit"
        for to in rule.to
    }
    assert named == listed


@pytest.mark.parametrize("name", ["collection", "sharing"])
def test_lists_have_titles_in_both_languages(name):
    assert set(heading(name)) == {"en", "zh"}
