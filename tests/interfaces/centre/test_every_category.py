"""One's own data, category by category: seen, corrected and deleted by oneself (6.1a, 9.1a)."""

import html
import re

import pytest

from tests.interfaces.visitor import Visitor
from troth.interfaces.centre.correcting import NOT_TYPED
from troth.model.acts import SUBJECT, SYSTEM, Collect, ConsentGiven
from troth.model.errors import TrothError
from troth.model.secret import Secret

GROUPS = frozenset(
    {
        *("identity", "document", "contact", "account", "profile", "enterprise", "bank"),
        *("billing", "web", "usage", "device", "telemetry", "support", "risk", "business"),
        *("rights", "guardian"),
    }
)
"""What can be held of a person; a handler and a legal representative are persons of their own."""
OWN_DOOR = frozenset({"contact.email", "contact.phone", "account.password"})
"""What changes with a proof of the new one, on a page of its own."""
NOT_SHOWN = frozenset({"account.id", "account.password"})
"""What is not obtainable, and a secret (6.1c)."""
MADE = frozenset(
    {
        *("account.totp", "account.passkeys", "account.recovery_codes"),
        *("enterprise.legal_rep_ref", "enterprise.handler_ref"),
    }
)
"""What the house makes when a second factor or a person of a company is added: never a value."""
GOOD = {
    "name": ("李雷", "韩梅"),
    "date": ("1990-02-28", "1990-03-01"),
    "cn_id": ("110105199003071802", ""),
    "hk_id": ("A123456(3)", ""),
    "travel_permit": ("H12345678", ""),
    "passport": ("E12345678", ""),
    "file": (b"%PDF-1.7 a paper", ""),
    "email": ("b@mail.example", "c@mail.example"),
    "phone": ("+8613900007777", "+8613900008888"),
    "address": ("北京市朝阳区一号", "上海市徐汇区二号"),
    "login": ("li-lei-1990", "han-mei-1991"),
    "json": ('{"a":1}', ""),
    "company_name": ("示例科技有限公司", "另一科技有限公司"),
    "uscc": ("91110105MA00014213", ""),
    "bank_account": ("6222020200011122233", ""),
    "url": ("https://shop.example/one", "https://shop.example/two"),
    "ip": ("203.0.113.9", ""),
    "text": ("甲乙丙丁", "子丑寅卯"),
}
"""By form of value: a good one, and another to correct it to."""


def collected(member: Visitor, field: str, value: str | bytes, source: str) -> bool:
    """Keep a value for the first purpose that the policy lets it be kept for."""
    for purpose in member.troth.gate.policy().edition.purposes:
        act = Collect(
            subject=member.subject,
            values={field: Secret(value)},
            purpose=purpose,
            source=source,  # type: ignore[arg-type]  # one that the policy declares
        )
        for by in (SUBJECT, SYSTEM):
            try:
                member.troth.gate.perform(act, by=by)
            except TrothError:
                continue
            return True
    return False


@pytest.fixture
def known(member: Visitor) -> Visitor:
    """Return somebody of whom there is a value in every field that a person can have."""
    edition = member.troth.gate.policy().edition
    for offer in member.troth.gate.policy().offers(("cn",)):
        member.troth.gate.perform(ConsentGiven(subject=member.subject, to=offer.key), by=SUBJECT)
    for field, category in edition.categories.items():
        if not category.closed and field not in held(member) | MADE:
            collected(member, field, GOOD.get(category.form, ("", ""))[0] or "x", category.source)
    return member


def held(member: Visitor) -> set[str]:
    return set(member.troth.gate.standing(member.subject).held)


def shown(member: Visitor, page: str = "/me") -> str:
    asked = member.send(member.get(page), "/me/show", field="*")
    return html.unescape(member.step_up(asked, "/me/show").text)


@pytest.mark.clause("6.1a", "9.1a")
def test_every_category_that_is_held_is_seen_with_its_value_and_source(known: Visitor) -> None:
    fields = held(known)
    assert {field.partition(".")[0] for field in fields} == GROUPS
    assert len(fields) > 80
    page, words = shown(known), known.troth.gate.policy().edition.categories
    for field in fields:
        assert words[field].words["zh"] in page, field
    seen = fields - NOT_SHOWN
    assert set(known.troth.rights.showable(known.subject)) == seen
    for field in seen - OWN_DOOR:
        value = GOOD[words[field].form][0]
        assert value in page if isinstance(value, str) else "文件" in page, field
    assert page.count("由您提供") > 0


@pytest.mark.clause("6.1a")
def test_every_category_that_somebody_gave_is_corrected_by_themselves(known: Visitor) -> None:
    troth = known.troth
    shown(known)  # bank data is corrected by somebody who proved themselves just now
    form = known.get("/me/correct")
    categories = troth.gate.policy().edition.categories
    mine = {
        field
        for field in troth.rights.correctable(known.subject)
        if categories[field].form not in NOT_TYPED
    }
    assert {field.partition(".")[0] for field in mine} >= {
        *("account", "bank", "contact", "enterprise", "profile", "guardian", "business")
    }
    assert mine <= set(re.findall(r'name="([a-z_.]+)"', form.text))
    done = known.send(
        form, "/me/correct", **{field: GOOD[categories[field].form][1] for field in mine}
    )
    assert done.status_code == 200
    page = shown(known)
    for field in mine:
        assert GOOD[categories[field].form][1] in page, field
    # What is held and was given, and stands in no form, is named with the people who change it.
    rest = {
        field
        for field in held(known) - mine - OWN_DOOR
        if categories[field].source == "provided"
        and field.partition(".")[0] not in ("account", "rights", "support")
    }
    for field in rest:
        assert categories[field].words["zh"] in html.unescape(done.text), field


@pytest.mark.clause("6.1a")
def test_every_category_is_deleted_by_leaving_but_what_a_law_holds(known: Visitor) -> None:
    subject, troth = known.subject, known.troth
    asked = known.send(known.get("/me/cancel"), "/me/cancel", understood="yes")
    left = known.step_up(asked, "/me/cancel")
    assert "您的账号已注销" in left.text
    still = {field.partition(".")[0] for field in troth.gate.standing(subject).held}
    assert still == {"usage", "billing"}
