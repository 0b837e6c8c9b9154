"""What somebody asks for, guessed by words in Chinese and English (policy 9.1 to 9.3, 11.2).

A guess is a help for whoever reads the message, and never decides anything: what is unsure is a
``question``, and a person looks at it. Words that deny a wish ("do not delete") count against it.
"""

import re
from typing import Final

from msgspec import Struct

from troth.documents.intake.characters import clean

MOST: Final = 6_000
"""Characters that are looked at; people say what they want at the beginning."""
SURE: Final = 0.6
"""How sure a guess must be to be more than a question."""
QUESTION: Final = "question"
NEAR: Final = 14
"""How far before a wish a denial may stand, in characters."""
DENIED: Final = re.compile(
    r"(?:\b(?:not|never|don't|dont|without)\b|不要|不想|不是|别|请勿|无需|不用)[^.。!！?？\n]{0,14}\Z",
    re.IGNORECASE,
)

_WORDS: Final[dict[str, tuple[tuple[float, str], ...]]] = {
    "delete": (
        (
            1.0,
            r"\b(?:delete|erase|remove|wipe)\b[^.\n]{0,40}\b(?:account|data|information|me|profile|everything|number)\b",
        ),
        (1.0, r"\bright to (?:be forgotten|erasure|deletion|delete)\b"),
        (1.0, r"\b(?:close|cancel|terminate)\b[^.\n]{0,20}\baccount\b"),
        (1.0, r"(?:删除|清除|抹去|删掉)[^。\n]{0,20}(?:信息|数据|资料|账号|账户|帐号|记录|号码)"),
        (1.0, r"(?:注销|销户|关闭)[^。\n]{0,10}(?:账号|账户|帐号|帐户)?"),
        (0.7, r"被遗忘权|删除权"),
        (0.5, r"\b(?:deletion|erasure)\b"),
    ),
    "copy": (
        (
            1.0,
            r"\b(?:copy|copies|export|download)\b[^.\n]{0,40}\b(?:data|information|file|record|everything)\b",
        ),
        (1.0, r"\b(?:subject access request|dsar)\b"),
        (1.0, r"(?:复制|副本|拷贝|导出|下载)[^。\n]{0,20}(?:信息|数据|资料|记录)?"),
    ),
    "access": (
        (
            1.0,
            r"\b(?:what|which)\b[^.?\n]{0,30}\b(?:data|information)\b[^.?\n]{0,40}\b(?:hold|have|store|keep|collect)",
        ),
        (1.0, r"\b(?:access|see|view|inspect)\b[^.\n]{0,30}\b(?:data|information|records)\b"),
        (1.0, r"\bright (?:of access|to know)\b"),
        (1.0, r"(?:查阅|查看|查询|了解|知道)[^。\n]{0,25}(?:信息|数据|资料|记录)"),
        (0.7, r"(?:保存|收集|持有)了?(?:我的)?(?:哪些|什么)"),
    ),
    "port": (
        (1.0, r"\b(?:portability|port|transfer)\b[^.\n]{0,40}\b(?:data|information)\b"),
        (1.0, r"\bdata portability\b"),
        (1.0, r"(?:转移|转至|迁移|可携带)[^。\n]{0,20}(?:信息|数据|资料|权)"),
    ),
    "correct": (
        (
            1.0,
            r"\b(?:correct|rectify|rectification|update|amend|change)\b[^.\n]{0,40}\b(?:data|information|name|address|e-?mail|phone|number|birth|details)\b",
        ),
        (1.0, r"\b(?:name|address|e-?mail|phone|number|date of birth)\b[^.\n]{0,20}\bis wrong\b"),
        (
            1.0,
            r"(?:更正|改正|修改|纠正|更新|变更|补充)[^。\n]{0,20}(?:信息|数据|资料|姓名|名字|地址|邮箱|电话|手机|号码|生日)",
        ),
        (0.8, r"(?:姓名|名字|地址|邮箱|电话|手机号)[^。\n]{0,6}(?:有误|错误|不对|写错)"),
    ),
    "withdraw": (
        (1.0, r"\b(?:withdraw|revoke|take back)\b[^.\n]{0,30}\bconsent\b"),
        (1.0, r"(?:撤回|取消|收回|撤销)[^。\n]{0,12}(?:同意|授权)"),
    ),
    "object": (
        (
            1.0,
            r"\b(?:stop|no\s+more|unsubscribe|opt[\s-]?out)\b[^.\n]{0,40}\b(?:advert\w*|ads|marketing|newsletter|promotion\w*|mails?|e-?mails?|messages|selling|sale|sharing)\b",
        ),
        (1.0, r"\bobject\b[^.\n]{0,30}\b(?:to|against)\b"),
        (1.0, r"\bdo not sell\b"),
        (0.8, r"\bunsubscribe\b"),
        (
            1.0,
            r"(?:停止|不要再?|别再|拒收|退订)[^。\n]{0,10}(?:广告|营销|推广|推送|促销|出售)",
        ),
        (1.0, r"退订|取消订阅"),
    ),
    "restrict": (
        (1.0, r"\brestrict\w*\b[^.\n]{0,30}\b(?:processing|use|data)\b"),
        (1.0, r"(?:限制|暂停)[^。\n]{0,10}(?:处理|使用)"),
    ),
    "complaint": (
        (1.0, r"\b(?:complain|complaint|grievance)\b"),
        (0.8, r"\b(?:leak(?:ed)?|breach|misus\w+|violat\w+)\b"),
        (1.0, r"投诉|申诉|举报"),
        (0.8, r"泄露|泄漏|滥用|侵犯"),
    ),
    "human_review": (
        (1.0, r"\b(?:human|person|somebody)\b[^.\n]{0,25}\b(?:review|decide|look at)\b"),
        (1.0, r"人工(?:复核|审核|处理)"),
    ),
    "explain": (
        (0.7, r"\bexplain\b[^.\n]{0,30}\b(?:decision|policy|rules|why)\b"),
        (0.7, r"(?:解释|说明)[^。\n]{0,15}(?:规则|决定|原因|政策)"),
    ),
}
SIGNS: Final = {
    wish: tuple((weight, re.compile(sign, re.IGNORECASE)) for weight, sign in signs)
    for wish, signs in _WORDS.items()
}
# A word of the letter is a Chinese one if it is written so; a handful among English is a name.
HAN: Final = re.compile("[\u4e00-\u9fff]")
LATIN: Final = re.compile("[A-Za-z]+")


class Wish(Struct, frozen=True):
    """What somebody seems to ask for, and how sure that is, of 1. ``others`` were named as well."""

    kind: str
    sure: float
    others: tuple[str, ...] = ()


def guess(subject: str, words: str) -> Wish:
    """Guess what is asked.

    >>> guess("", "Please delete my account and all data.").kind
    'delete'
    >>> guess("", "请提供我的个人信息副本").kind
    'copy'
    >>> guess("hello", "Do not delete my account, it is only a greeting").kind
    'question'
    """
    told = clean(f"{subject[:300]}\n{words}", MOST)
    weights = {wish: _weight(wish, told) for wish in SIGNS}
    ranked = sorted((wish for wish in weights if weights[wish] > 0), key=lambda one: -weights[one])
    if not ranked:
        return Wish(QUESTION, 0.0)
    best, *rest = ranked
    # Two wishes of one weight are both meant, or neither: a person finds out.
    sure = weights[best] / (weights[best] + 0.25 + (weights[rest[0]] if rest else 0.0) * 0.5)
    if sure < SURE or (rest and weights[rest[0]] >= weights[best]):
        return Wish(QUESTION, round(sure, 2), tuple(ranked))
    return Wish(best, round(sure, 2), tuple(rest))


def _weight(wish: str, told: str) -> float:
    """Return how much is said for a wish: its strongest sign, and a little for others."""
    found = [
        weight
        for weight, sign in SIGNS[wish]
        for at in (sign.search(told),)
        if at is not None and not DENIED.search(told[max(0, at.start() - 2 * NEAR) : at.start()])
    ]
    return max(found, default=0.0) + 0.1 * max(0, len(found) - 1)


def language(words: str) -> str:
    """Tell in which of the two languages somebody writes; the authoritative one if in neither.

    >>> language("Where is my data?"), language("请删除我的账号 account"), language("?")
    ('en', 'zh', 'zh')
    """
    told = words[:MOST]
    return "en" if len(LATIN.findall(told)) > len(HAN.findall(told)) else "zh"
