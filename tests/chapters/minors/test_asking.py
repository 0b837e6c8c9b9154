"""A minor asks: a user name and one address are taken, and the guardian is told directly."""

import pytest

from tests.chapters.minors.family import BORN, BROWSER, LOGIN, MAIL, PHONE, Family, traces
from tests.chapters.people import House
from troth.chapters.minors import Application
from troth.model.acts import SUBJECT, Collect, Use
from troth.model.clock import DAY
from troth.model.errors import BadInput, NotOfAge, NotProved, Refused, Taken, TooMany
from troth.model.secret import Secret
from troth.model.terms import AgeBand


def test_only_what_reaches_the_guardian_is_taken(family: Family) -> None:
    one = family.apply()
    child = family.child(one)
    assert family.held(child) == {"account.login"}
    assert family.held(one.guardian) == {"guardian.email"}
    assert family.age(child) is AgeBand.CHILD
    assert child.region == one.guardian.region == "cn"


def test_nothing_else_is_collected_or_used_before_the_guardian_consented(family: Family) -> None:
    child = family.child(family.apply())
    values = {"contact.email": Secret("kid@mail.example")}
    with pytest.raises(Refused):
        family.house.gate.perform(
            Collect(subject=child, values=values, purpose="register"), by=SUBJECT
        )
    use = Use(subject=child, fields=("account.login",), purpose="authenticate")
    with pytest.raises(Refused):
        family.house.gate.perform(use, by=SUBJECT)


def test_minor_and_guardian_are_two_subjects_with_a_key_each(family: Family) -> None:
    one = family.apply()
    vault = family.house.gate.regions[one.guardian.region].vault
    keys = {vault.handle(each).key for each in (one.guardian, family.child(one))}
    assert len(keys) == 2


def test_a_grown_up_needs_no_guardian_and_a_child_no_second_address(family: Family) -> None:
    with pytest.raises(BadInput):
        family.apply(born=Secret("1990-01-01"))
    with pytest.raises(BadInput):
        family.apply(guardian_phone=PHONE)
    with pytest.raises(BadInput):
        family.apply(guardian_email=None)


def test_a_user_name_that_is_taken_leaves_nothing_behind(family: Family) -> None:
    family.apply()
    with pytest.raises(Taken):
        family.apply(guardian_email=Secret("other@mail.example"))
    assert len(family.speakers.since("asked", family.now())) == 1
    assert len(list(family.house.gate.subjects())) == 2


def test_a_stranger_is_not_written_to_again_and_again(family: Family) -> None:
    for number in range(8):
        family.apply(login=Secret(f"fox_number_{number}"))
    with pytest.raises(TooMany):
        family.apply(login=Secret("fox_number_8"))


def test_where_adults_alone_are_served_nobody_asks_a_guardian(house: House) -> None:
    form = Application(residence="CN", born=BORN, login=LOGIN, guardian_email=MAIL)
    with pytest.raises(NotOfAge):
        house.minors.ask(form, browser=BROWSER)
    assert list(house.gate.subjects()) == []
    assert traces(house, LOGIN.reveal(), MAIL.reveal()) == []


# --- the direct notice (COPPA 312.4(c)(1)) -----------------------------------------------------


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("i: that we have their address from the child, and for what", "We took from them"),
        ("ii: that nothing happens without their consent", "Without your consent we collect, use"),
        ("iii: what is collected", "E-mail address"),
        ("iii: what it is used for", "To send codes and sign you in"),
        ("iv: third parties by name and kind", "Our affiliates (affiliate)"),
        ("iv: what they get it for", "Our affiliates (affiliate): To provide the services"),
        ("iv: consent to collect without consent to disclose", "without consenting to this"),
        ("v: the way to the whole policy", "/minors/"),
        ("vi: how consent is given", "a form that you sign and send by post, fax or as a scan"),
        ("vii: that the address is deleted without an answer", "your address are deleted"),
        ("retention", "until the account is closed"),
        ("never", "To send you advertising"),
    ],
    ids=lambda text: text.partition(":")[0],
)
def test_the_direct_notice_holds_what_the_rule_asks(family: Family, item: str, words: str) -> None:
    family.apply(language="en")
    assert words in family.letters()[-1], item


def test_the_notice_names_the_day_on_which_everything_goes(family: Family) -> None:
    one = family.apply(language="en")
    (owed,) = family.house.gate.owed(family.child(one)).values()
    assert owed.by == family.now() + 15 * DAY
    assert "2026-12-07" in family.letters()[-1]


def test_by_text_message_a_short_word_leads_to_the_notice(family: Family) -> None:
    family.apply(guardian_email=None, guardian_phone=PHONE)
    told = family.letters(PHONE)[-1]
    assert "/minors/" in told
    assert len(told) < 300


# --- what the guardian reads -------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_guardian_reads_policy_notice_and_special_rules_before_they_answer(
    family: Family, language: str
) -> None:
    one = family.apply()
    reading = family.minors.reading(family.link(one, "answer"), language=language)
    rules = reading.rules.reveal()
    assert reading.edition == family.house.gate.policy().hash
    assert reading.login == LOGIN
    assert set(reading.parts) >= {"items", "third_parties", "keep", "never", "methods"}
    assert reading.parts["items"] in rules
    assert ("敏感个人信息" if language == "zh" else "sensitive information") in rules


def test_what_is_open_to_a_guardian_fits_the_address_they_have(family: Family) -> None:
    by_mail = family.minors.reading(family.link(family.apply(), "answer")).ways
    other = family.apply(login=Secret("second_fox"), guardian_email=None, guardian_phone=PHONE)
    by_text = family.minors.reading(family.link(other, "answer")).ways
    assert "email_plus" in {way.name for way in by_mail}
    assert "text_plus" not in {way.name for way in by_mail}
    assert "text_plus" in {way.name for way in by_text}


def test_reading_is_remembered_under_a_number_and_no_name(family: Family) -> None:
    one = family.apply()
    family.minors.reading(family.link(one, "answer"))
    last = family.house.gate.trail(family.child(one))[-1]
    assert (last.kind, last.by) == ("data.used", f"guardian:{one.number}")


@pytest.mark.parametrize("step", ["open", "manage", "again"])
def test_a_link_is_good_for_its_own_step_alone(family: Family, step: str) -> None:
    one = family.apply()
    with pytest.raises(NotProved):
        family.reply_by(family.link(one, step))


def test_a_link_that_was_altered_opens_nothing(family: Family) -> None:
    token = family.link(family.apply(), "answer")
    with pytest.raises(NotProved):
        family.minors.reading(("B" if token[0] == "A" else "A") + token[1:])


def test_a_minor_who_registers_as_adults_do_is_refused_here_too(family: Family) -> None:
    form = family.house.form(family.house.begin(), born=BORN)
    with pytest.raises(NotOfAge):
        family.house.accounts.register(form)
    assert list(family.house.gate.subjects()) == []
