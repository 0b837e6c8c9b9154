"""What people are told about a check, in words: how it ended, why, what comes next (2.1.1, 11.4).

Registers lag behind life by up to fifteen working days; whoever is not found in one is told so.
"""

from collections.abc import Mapping
from typing import Final, Literal

from troth.model.errors import BadInput

Two = tuple[str, str]
"""A text in Chinese and in English."""

RESULTS: Final[Mapping[str, Two]] = {
    "verified": ("已通过", "confirmed"),
    "failed": ("未通过：信息与登记不一致", "not confirmed: it differs from the register"),
    "pending": ("待人工复核", "people will look at it"),
}
LAG: Final[Two] = (
    "登记机构暂时查不到记录；新办理或变更的登记最长可能需要 15 个工作日才能查到",
    "the register has no record yet: what is new there can take up to 15 working days to appear",
)
WHYS: Final[Mapping[str, Two]] = {
    "no_record": LAG,
    "bad_input": ("认证机构无法识别提交的信息", "the authority could not read what was sent"),
    "unavailable": ("认证机构暂时无法答复", "the authority cannot answer just now"),
    "throttled": ("认证机构暂时无法答复", "the authority cannot answer just now"),
    "expired": ("核验已过期，没有在期限内完成", "the check was not finished in time"),
    "locked": ("错误次数过多，核验已锁定", "too many wrong tries have locked the check"),
    "not_in_operation": (
        "登记机构显示该企业并非正常经营状态",
        "the register does not show this company as in operation",
    ),
    "no_authority": ("由工作人员核验", "people do this check"),
    "asked": ("您要求人工复核", "you asked for people to look"),
}
"""Why a check is not decided, by the code that it came with."""

Verdict = Literal["verified", "failed"]
REASONS: Final[Mapping[str, tuple[Verdict, str, str]]] = {
    "papers_agree": (
        "verified",
        "材料与您填写的信息一致",
        "your papers agree with what you entered",
    ),
    "register_agrees": (
        "verified",
        "登记信息与您填写的信息一致",
        "the register agrees with what you entered",
    ),
    "name_differs": ("failed", "姓名或名称与材料不一致", "the name differs from your papers"),
    "number_differs": ("failed", "证件号码与材料不一致", "the number differs from your papers"),
    "not_readable": ("failed", "材料不清晰，无法辨认", "your papers cannot be read"),
    "papers_missing": ("failed", "缺少需要的材料", "papers that are needed are missing"),
    "paper_expired": ("failed", "证件已过有效期", "a paper is no longer valid"),
    "not_entitled": (
        "failed",
        "材料未能证明您有权代表该企业",
        "your papers do not show that you may act for this company",
    ),
    "company_ended": (
        "failed",
        "该企业已注销或者停止经营",
        "this company has ended or is not in operation",
    ),
    "somebody_else": ("failed", "证件并非您本人所有", "the papers are somebody else's"),
}
"""Why people decide as they do; each stands for one result."""
NEXT: Final[Mapping[str, Two]] = {
    "face": (
        "请在认证机构的页面完成人脸核验；您也可以改用其他方式，我们不会收到您的人脸图像",
        "look into the camera on the authority's page, or choose another way; we get no picture",
    ),
    "deposit": (
        "一笔小额款项将打入您的账户，通常 1 至 3 个工作日到账，收到后请填写金额或附言中的数字",
        "a small amount reaches your account in 1 to 3 working days; enter it or its remark's code",
    ),
    "reverse_deposit": (
        "请用该账户按页面说明支付 0.01 元",
        "please pay 0.01 from this account, as the page says",
    ),
}
"""What the person does next, by check."""
PROOFS: Final = ("call_back", "code", "documents", "in_person")
"""How support made sure who asks for a change (policy 6.2)."""


def why(code: str) -> Two:
    """Return why a check is not decided, by its code; what is not known was no answer.

    >>> why("no_record")[1].startswith("the register has no record yet")
    True
    """
    return WHYS.get(code, WHYS["unavailable"])


def reason(code: str, verdict: str) -> Two:
    """Return a decision's reason in words. Raises ``BadInput`` for one that is not listed."""
    known = REASONS.get(code)
    if known is None or known[0] != verdict:
        fitting = [name for name, (each, _, _) in REASONS.items() if each == verdict]
        raise BadInput(
            f"`{code}` is no reason for `{verdict}`",
            clause="2.2.5",
            remedy=f"use one of {', '.join(fitting)}",
            field="reason",
        )
    return known[1], known[2]
