"""Consents: what each opens, what a no means, one button either way, receipts (2.2.6, 9.3)."""

import re

import pytest

from tests.interfaces.visitor import Visitor
from troth.documents.consents import receipts
from troth.model.acts import Collect
from troth.model.clock import date
from troth.model.secret import Secret


@pytest.mark.clause("9.3b")
def test_a_consent_is_given_and_taken_back_by_one_button_each(member: Visitor) -> None:
    token = {"key": "marketing"}
    page = member.get("/me/consents")
    given = member.send(page, "/me/consents", **token, answer="give")
    assert "已记录您的同意" in given.text
    assert state_of(member) == "given"
    taken = member.send(given, "/me/consents", **token, answer="withdraw")
    assert "已撤回" in taken.text
    assert state_of(member) == "withdrawn"


def state_of(member: Visitor) -> str:
    """Return the last word on marketing."""
    return str(member.troth.gate.standing(member.subject).consents["marketing"].state)


def test_a_consent_says_what_it_is_about_and_keeps_its_history(member: Visitor) -> None:
    page = member.get("/me/consents?lang=en").text
    assert "Data: E-mail address, Mobile phone number" in page
    assert page.count("you said no") >= 2


def test_a_receipt_is_given_as_a_file(member: Visitor) -> None:
    receipt = member.get("/me/consents/receipt?key=marketing")
    assert receipt.headers["content-disposition"] == 'attachment; filename="receipt.json"'
    assert receipt.json()["receipt"]["schema_version"] == "ISO/IEC TS 27560:2023"


def test_an_unknown_consent_is_not_found(member: Visitor) -> None:
    page = member.send(member.get("/me/consents"), "/me/consents", key="selling", answer="give")
    assert page.status_code == 404


def test_every_word_said_has_a_receipt_of_its_own(member: Visitor) -> None:
    page = member.get("/me/consents")
    given = member.send(page, "/me/consents", key="marketing", answer="give")
    taken = member.send(given, "/me/consents", key="marketing", answer="withdraw")
    addresses = re.findall(
        r'href="(/me/consents/receipt\?key=marketing&amp;entry=\w+)"', taken.text
    )
    states = [
        member.get(address.replace("&amp;", "&")).json()["receipt"]["events"][-1]["event_state"]
        for address in addresses
    ]
    assert states == ["ConsentWithdrawn", "ConsentGiven", "ConsentRefused"]


def test_a_no_says_what_it_stops_or_that_it_stops_nothing(member: Visitor) -> None:
    page = member.get("/me/consents?lang=en").text
    assert "Nothing else changes: every service goes on as before." in page


def test_what_a_withdrawal_does_is_told_before_and_after(member: Visitor) -> None:
    subject = member.subject
    member.send(member.get("/me/consents"), "/me/consents", key="improve", answer="give")
    acts = [
        Collect(
            subject=subject,
            values={"profile.work": Secret("烘焙师")},
            purpose="improve",
        ),
        Collect(
            subject=subject,
            values={"usage.query": Secret("面包")},
            purpose="improve",
            source="observed",
        ),
    ]
    member.troth.gate.perform(*acts)
    before = member.get("/me/consents?lang=en").text
    held = member.troth.consent.would(subject, "improve").held[0]
    assert held.until is not None
    for told in ("it rested on this consent alone", "Cybersecurity Law", date(held.until)):
        assert told in before
    done = member.send(
        member.get("/me/consents?lang=zh"), "/me/consents", key="improve", answer="withdraw"
    )
    assert "对已保存信息的影响" in done.text
    assert "《网络安全法》" in done.text
    assert "profile.work" not in member.troth.gate.standing(subject).held


def test_taken_back_twice_is_taken_back_once(member: Visitor) -> None:
    page = member.send(member.get("/me/consents"), "/me/consents", key="marketing", answer="give")
    member.send(page, "/me/consents", key="marketing", answer="withdraw")
    again = member.send(page, "/me/consents", key="marketing", answer="withdraw")
    assert again.status_code == 200
    assert state_of(member) == "withdrawn"


@pytest.mark.clause("9.3b")
@pytest.mark.parametrize("form", ["json", "jsonld"])
def test_a_receipt_that_was_downloaded_verifies_offline(member: Visitor, form: str) -> None:
    member.send(member.get("/me/consents"), "/me/consents", key="marketing", answer="give")
    paper = member.get(f"/me/consents/receipt?key=marketing&form={form}").content
    region = str(member.subject.region)
    vkey = member.troth.checkpoints()[region][1]
    found = receipts.verify(paper, vkey)
    assert (found.consent, found.linked) == ("marketing", form == "jsonld")
    assert found.in_ledger


@pytest.mark.clause("9.3b")
def test_taking_back_is_as_many_clicks_as_giving_and_both_are_undone(member: Visitor) -> None:
    page = member.get("/me/consents")
    for answer in ("give", "withdraw", "give", "withdraw"):
        form = re.search(
            rf'<form[^>]*action="/me/consents"[^>]*>(?:(?!</form>).)*value="improve"'
            rf'(?:(?!</form>).)*name="answer" value="{answer}"',
            page.text,
            re.DOTALL,
        )
        assert form, answer
        assert "checked" not in form[0]
        page = member.send(page, "/me/consents", key="improve", answer=answer)
        consents = member.troth.gate.standing(member.subject).consents
        assert consents["improve"].state == {"give": "given", "withdraw": "withdrawn"}[answer]


def test_a_consent_that_ends_says_when_and_is_renewed_by_one_button(member: Visitor) -> None:
    page = member.send(member.get("/me/consents"), "/me/consents", key="marketing", answer="give")
    assert "until" in member.get("/me/consents?lang=en").text
    member.send(page, "/me/consents", key="marketing", answer="give")
    assert "you renewed it" in member.get("/me/consents?lang=en").text
