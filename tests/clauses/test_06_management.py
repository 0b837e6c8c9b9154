"""Chapter 6: what is not obtainable, what only people change, how sure we are of who asks."""

import io
import zipfile

import pytest

from tests.chapters.people import PROVED, SUPPORT, House
from troth.model.acts import SUBJECT, SYSTEM, Collect, Correct, Verified
from troth.model.errors import NotProved, Refused, TrothError
from troth.model.secret import Secret

ACCOUNT = "account-number-7712043"
TRIED = {"bank_account": "6222020200011122233", "cn_id": "110105199003071802"}
"""Well-formed values, so that nothing but the assurance is in the way."""


@pytest.mark.clause("6.1c")
def test_the_id_of_an_account_stands_nowhere_in_a_copy_and_is_named_as_withheld(
    house: House,
) -> None:
    subject = house.register().subject
    values = {"account.id": Secret(ACCOUNT)}
    house.gate.perform(Collect(subject=subject, values=values, purpose="security"), by=SYSTEM)
    assert "account.id" in house.held(subject)
    copy = house.rights.copy(subject, by=PROVED)
    with zipfile.ZipFile(io.BytesIO(copy.archive.reveal_raw())) as archive:  # type: ignore[arg-type]
        inside = b"".join(archive.read(name) for name in archive.namelist())
    assert inside
    for named in (ACCOUNT, str(subject)):
        assert named.encode() not in inside
    assert ("account.id", "not_obtainable") in {(one.what, one.reason) for one in copy.withheld}
    assert "account.id" not in house.rights.showable(subject)


@pytest.mark.clause("6.1b")
def test_every_field_that_is_corrected_asks_for_the_assurance_of_its_row(house: House) -> None:
    subject = house.register().subject
    table, categories = house.rights.assurance(), house.gate.policy().edition.categories
    refused, taken = set(), set()
    for field in house.rights.correctable(subject):
        value = Secret(TRIED.get(categories[field].form, "甲"))
        try:
            house.rights.correct(subject, {field: value}, by=SUBJECT)
        except NotProved:
            refused.add(field)
        except TrothError:
            taken.add(field)
        else:
            taken.add(field)
    assert refused == {field for field in refused | taken if table[field, "correct"] == 2}
    assert {"bank.bank", "bank.holder"} <= refused
    assert {"contact.address", "profile.work"} <= taken


@pytest.mark.clause("6.2")
def test_a_confirmed_name_and_number_are_changed_by_support_alone_whoever_asks(
    house: House,
) -> None:
    subject = house.register(values={"identity.name": Secret("李娜")}).subject
    house.gate.perform(Verified(subject=subject, fact="realname", result="verified", method="test"))
    for field in ("identity.name", "identity.id_number", "enterprise.uscc", "legal_rep.name"):
        with pytest.raises(Refused) as refused:
            house.rights.correct(subject, {field: Secret("x")}, by=PROVED)
        assert (refused.value.status, refused.value.clause) == (403, "6.2")
        assert "support" in refused.value.remedy
    # Nor past the chapter, by themselves or by one of support alone.
    for by in (PROVED, SUPPORT):
        with pytest.raises(Refused):
            house.gate.perform(
                Correct(subject=subject, values={"identity.name": Secret("李四")}), by=by
            )
    assert "data.corrected" not in house.kinds(subject)
