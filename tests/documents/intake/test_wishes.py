"""What people ask for is guessed in both languages, and doubt is a question (policy 9.1, 11.2)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.intake.wishes import guess, language

SAID = {
    "delete": (
        "Please delete my account and everything you have about me.",
        "I want you to erase all my personal data under GDPR article 17.",
        "Kindly close my account.",
        "请删除我的个人信息",
        "我要注销账号，谢谢",
        "麻烦把我的手机号码和资料全部删除，删除我的账户数据",
    ),
    "copy": (
        "Please send me a copy of my personal data.",
        "This is a subject access request.",
        "请给我一份个人信息副本",
        "我想导出我的数据",
    ),
    "access": (
        "What personal data do you hold about me?",
        "I would like to see the information you keep.",
        "我想查阅你们保存的我的个人信息",
    ),
    "correct": (
        "Please correct my name, it is misspelled.",
        "My address is wrong.",
        "请更正我的地址",
        "我的姓名有误",
    ),
    "withdraw": ("I withdraw my consent.", "我要撤回同意", "取消对营销的授权"),
    "object": (
        "Stop sending me marketing emails.",
        "Unsubscribe me from your newsletter.",
        "I object to profiling.",
        "不要再给我发广告了",
        "我要退订",
    ),
    "complaint": ("I want to file a complaint.", "我要投诉你们泄露我的信息"),
    "question": (
        "Hello, when are you open?",
        "",
        "你好",
        "Do not delete my account!",
        "请不要删除我的账号",
        "thanks",
    ),
}


@pytest.mark.parametrize(
    ("kind", "words"), [(kind, one) for kind, said in SAID.items() for one in said]
)
def test_the_wish_is_guessed(kind: str, words: str) -> None:
    assert guess("", words).kind == kind


def test_two_wishes_of_one_weight_are_for_a_person_to_read() -> None:
    told = guess("", "Send me a copy of my data, and delete my account.")
    assert told.kind == "question"
    assert set(told.others) == {"copy", "delete"}


def test_the_subject_line_counts() -> None:
    assert guess("Delete my account", "Thank you").kind == "delete"


@given(st.text(max_size=500))
def test_any_text_is_guessed_as_something(text: str) -> None:
    told = guess(text, text)
    assert 0 <= told.sure <= 1


def test_a_long_text_does_not_take_long() -> None:
    began = time.perf_counter()
    guess("", "delete " * 200_000)
    guess("", "删除" * 200_000)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("words", "told"), [("Where is my data?", "en"), ("我的数据 account", "zh"), ("", "zh")]
)
def test_the_language_is_told(words: str, told: str) -> None:
    assert language(words) == told
