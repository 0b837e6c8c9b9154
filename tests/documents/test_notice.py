"""Notices: both languages, listed variables only, filled in once; a breach tells four things."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from troth.documents.notice import LANGUAGES, Breach, Notices, fill, read, shipped
from troth.model.errors import BadInput, Misconfigured, NotFound
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

SUBJECT = SubjectId.new(Region("cn"))
CODE = {"code": Secret("123456"), "minutes": "10", "flow_zh": "登录", "flow_en": "sign in"}
TOLD = Breach(
    facts={"zh": "一台服务器被访问", "en": "a server was read"},
    measures={"zh": "已断开", "en": "it was cut off"},
    advice={"zh": "请改密码", "en": "change your password"},
    remedy={"zh": "免费监测", "en": "free monitoring"},
)


@pytest.fixture
def notices() -> Notices:
    return Notices()


@pytest.mark.clause("11.4")
@pytest.mark.parametrize("notice", sorted(shipped()))
def test_every_notice_is_there_in_both_languages(notices: Notices, notice: str) -> None:
    values = {name: f"<{name}>" for name in notices.get(notice).variables}
    for language in LANGUAGES:
        title, text = notices.write(notice, values, language=language)
        assert title
        assert "{" not in text.reveal()
    used = "".join(notices.get(notice).text.values())
    assert all(f"{{{name}}}" in used for name in values)


def test_a_code_stands_in_the_text_and_not_in_the_title(notices: Notices) -> None:
    title, text = notices.write("code", CODE, language="en")
    assert "123456" in text.reveal()
    assert "123456" not in title
    assert "123456" not in repr(text)


def test_an_unknown_language_gets_the_authoritative_one(notices: Notices) -> None:
    assert notices.write("code", CODE, language="fr")[0] == shipped()["code"].title["zh"]


def test_a_missing_or_unlisted_variable_is_refused_by_name(notices: Notices) -> None:
    for values in ({"minutes": "10"}, {**CODE, "password": "x"}):
        with pytest.raises(BadInput) as refused:
            notices.write("code", values)
        assert refused.value.field in ("code", "password")


def test_an_unknown_notice_is_not_found(notices: Notices) -> None:
    with pytest.raises(NotFound):
        notices.write("surprise")


@pytest.mark.clause("7.4b")
@pytest.mark.parametrize("part", Breach.__struct_fields__)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_breach_notice_that_lacks_a_part_cannot_be_built(
    notices: Notices, part: str, language: str
) -> None:
    lacking = replace(TOLD, **{part: {**getattr(TOLD, part), language: "  "}})
    with pytest.raises(BadInput) as refused:
        notices.breach(SUBJECT, lacking, channels=("email",))
    assert refused.value.field == part


@pytest.mark.clause("7.4b")
def test_a_breach_notice_tells_all_four_parts(notices: Notices) -> None:
    act = notices.breach(SUBJECT, TOLD, channels=("email", "sms", "letter"), language="zh")
    assert all(
        part["zh"] in act.text.reveal()
        for part in (TOLD.facts, TOLD.measures, TOLD.advice, TOLD.remedy)
    )
    assert act.channels == ("email", "sms", "letter")
    assert act.record() == {
        "notice": "breach",
        "purpose": "legal",
        "channels": ["email", "sms", "letter"],
        "language": "zh",
    }


def test_an_announcement_names_a_notice_and_where_it_stands(notices: Notices) -> None:
    act = notices.announce("breach", reference="/notices/1")
    assert act.record() == {"notice": "breach", "reference": "/notices/1"}


GOOD = """
hello:
  clause: "1"
  purpose: notify.service
  variables: [name]
  title: {zh: 你好, en: Hello}
  text: {zh: "{name}", en: "{name}"}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("en: Hello", "en: ''", "hello.title.en is missing"),
        ('en: "{name}"', 'en: "{password}"', "uses `password`"),
        ('en: "{name}"', 'en: "{name.__class__}"', "brace"),
        ('en: "{name}"', 'en: "{name!r}"', "brace"),
        ('en: "{name}"', 'en: "{{7*7}}"', "brace"),
        ("zh: 你好", 'zh: "{name}"', "holds a variable"),
        ('{zh: "{name}", en: "{name}"}', "nothing", "is missing"),
        ("hello:", "hello: [", "not YAML"),
    ],
)
def test_an_operators_text_is_checked_when_it_is_read(old: str, new: str, told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        read(GOOD.replace(old, new))


def test_an_operators_text_replaces_the_shipped_one() -> None:
    own = read(GOOD.replace("hello", "welcome"))
    assert Notices(own).write("welcome", {"name": "x"}, language="en")[1].reveal() == "x"


@given(st.text(), st.text())
def test_a_value_is_never_read_as_a_template(name: str, other: str) -> None:
    assert fill("[{name}|{other}]", {"name": name, "other": other}) == f"[{name}|{other}]"


@pytest.mark.parametrize("payload", ["{{7*7}}", "{name}", "%s", "${x}", "{0.__class__}"])
def test_a_payload_stays_text(payload: str) -> None:
    assert fill("{name}", {"name": payload}) == payload
