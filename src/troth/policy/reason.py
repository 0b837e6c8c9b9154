"""The sentence a person reads when a decision was made, in Chinese and in English (9.5b, 11.4)."""

from collections.abc import Mapping
from typing import Final

from troth.model.terms import Operation
from troth.policy import words
from troth.policy.case import Ask, Verdict
from troth.policy.edition import Edition, Names, Words

DONE: Final[Mapping[Operation, tuple[str, str]]] = {
    Operation.COLLECT: ("collected", "收集"),
    Operation.USE: ("used", "使用"),
    Operation.SHOW: ("shown", "展示"),
    Operation.EXPORT: ("exported", "导出"),
    Operation.ENTRUST: ("entrusted to {to}", "委托{to}处理"),
    Operation.SHARE: ("shared with {to}", "向{to}共享"),
    Operation.TRANSFER: ("transferred to {to}", "向{to}转让"),
    Operation.DISCLOSE: ("disclosed to {to}", "向{to}公开披露"),
    Operation.RELEASE: ("released", "发布"),
    Operation.PROCESS: ("processed", "处理"),
    Operation.SELL: ("sold to {to}", "向{to}出售"),
}

SENT: Final = ("sent to the region {to}", "传输至 {to} 区域")
"""An export to another region, as a consent to it is told."""

WHY: Final[Mapping[str, tuple[str, str]]] = {
    "erased": ("this person's data was erased", "该个人的信息已被删除"),
    "undeclared": ("no rule of the policy allows it", "本政策没有允许此项处理的规则"),
    "not_open": ("the policy does not take this kind of data", "本政策未开放收集此类信息"),
    "role": ("this role has no part in it", "该岗位没有此项权限"),
    "closed": ("the account is closed", "账号已注销"),
    "forbidden": ("the policy forbids it", "本政策禁止此项处理"),
    "minor": (
        "the person is a minor without a guardian's consent",
        "当事人为未成年人且未经监护人同意",
    ),
    "restricted": ("the data may only be stored and secured", "该信息目前仅可存储和保护"),
    "no_contract": ("no agreement with the recipient is in force", "与接收方没有有效的协议"),
    "not_bound": ("the terms have not been accepted", "尚未确认接受本政策"),
    "realname_required": ("the real identity is not confirmed", "尚未完成实名认证"),
    "no_ground": ("no ground that the policy lists was named", "未列明本政策所列的事由"),
    "condition": ("it is not established that {facts}", "未能确认{facts}"),
    "excluded": ("it is excluded where {facts}", "在“{facts}”的情形下不适用"),
    "objected": ("the person objected to this purpose", "当事人已拒绝该用途"),
    "consent_refused": ("consent was refused", "当事人已拒绝同意"),
    "consent_withdrawn": ("consent was withdrawn", "同意已被撤回"),
    "consent_missing": ("consent has not been given", "尚未取得同意"),
}

REMEDY: Final[Mapping[str, str]] = {
    "erased": "nothing can be done with it",
    "undeclared": "use what the policy declares, or publish an edition that declares it",
    "not_open": "publish an edition that opens the category",
    "role": "let a role do it whose purpose it is",
    "closed": "only security, the law and the person's rights remain",
    "forbidden": "do without it",
    "minor": "ask the guardian, or erase what was collected",
    "restricted": "wait until the restriction ends, or lift it",
    "no_contract": "sign the agreement and record it first",
    "not_bound": "let the person accept the terms first",
    "realname_required": "complete real-name authentication first",
    "no_ground": "name the clause relied on, with its paper",
    "condition": "establish it and state it with the act",
    "excluded": "do without it",
    "objected": "respect it; only the person can lift it",
    "consent_refused": "do not ask again unasked; the person can agree at any time",
    "consent_withdrawn": "stop; only the person can agree anew",
    "consent_missing": "ask the person for it",
}

QUOTED: Final[Mapping[str, Names]] = {
    "erased": ("6.4b",),
    "undeclared": ("P.1",),
    "role": ("7.1d",),
    "closed": ("6.4a",),
    "restricted": ("9.4-5",),
    "no_contract": ("4.1.4d",),
    "not_bound": ("P.2",),
    "realname_required": ("2.1.2a",),
    "consent_withdrawn": ("9.3c",),
}
"""Clauses that stand behind an outcome, beside those of the rules."""
GIVEN: Final[Mapping[Operation, str]] = {
    Operation.ENTRUST: "4.1",
    Operation.SHARE: "4.1",
    Operation.TRANSFER: "4.2",
    Operation.DISCLOSE: "4.3",
    Operation.SELL: "9.6b",
}
"""The clause that shuts a way out of the house when no rule opens it."""

MOST: Final = 4


def quoted(edition: Edition, ask: Ask, verdict: Verdict) -> Names:
    """Return the clauses that a verdict quotes: its rules' own, then what stands behind it."""
    known = {clause.id for clause in edition.clauses}
    behind = QUOTED.get(verdict.code, ())
    if verdict.code == "undeclared" and ask.operation in GIVEN:
        behind = (GIVEN[ask.operation], *behind)
    behind = tuple(clause for clause in behind if clause in known)
    return tuple(dict.fromkeys((*verdict.clauses, *behind)))


def sentence(edition: Edition, ask: Ask, verdict: Verdict, clauses: Names) -> Words:
    """Return why, in every language, with the clauses."""
    return {
        "en": _english(edition, ask, verdict, clauses),
        "zh": _chinese(edition, ask, verdict, clauses),
    }


def _english(edition: Edition, ask: Ask, verdict: Verdict, clauses: Names) -> str:
    fields, purpose, to = _about(edition, ask, verdict, "en")
    done = DONE[ask.operation][0].format(to=to)
    cited = f" (§{', §'.join(clauses)})" if clauses else ""
    may = "may" if verdict.code == "allowed" else "may not"
    why = f": {_why(edition, verdict, 'en')}" if verdict.code != "allowed" else ""
    return f"{fields} {may} be {done} for “{purpose}”{why}{cited}."


def _chinese(edition: Edition, ask: Ask, verdict: Verdict, clauses: Names) -> str:
    fields, purpose, to = _about(edition, ask, verdict, "zh")
    done = DONE[ask.operation][1].format(to=to)
    cited = f"（依据第{'、'.join(clauses)}条）" if clauses else ""
    may = "可以" if verdict.code == "allowed" else "不得"
    why = f"：{_why(edition, verdict, 'zh')}" if verdict.code != "allowed" else ""
    return f"{may}为“{purpose}”{done}{fields}{why}{cited}。"


def _about(edition: Edition, ask: Ask, verdict: Verdict, language: str) -> tuple[str, str, str]:
    """Return the fields, the purpose and the recipient in words."""
    named = [_name(edition.categories, field, language) for field in verdict.fields[:MOST]]
    rest = len(verdict.fields) - MOST
    if language == "zh":
        fields = "、".join(named) + (f"等{len(verdict.fields)}项信息" if rest > 0 else "")
    else:
        fields = ", ".join(named) + (f" and {rest} more" if rest > 0 else "")
    nothing = "信息" if language == "zh" else "Data"
    to = _name(edition.recipients, ask.recipient or "", language)
    return fields or nothing, _name(edition.purposes, ask.purpose, language), to


def _name(table: Mapping[str, object], key: str, language: str) -> str:
    """Return a declared thing's name; what is not declared is shown as it was asked, cut short."""
    return getattr(table.get(key), language, "") or f"`{key[:60]}`"


def _why(edition: Edition, verdict: Verdict, language: str) -> str:
    index = 0 if language == "en" else 1
    if verdict.code == "undeclared" and any(verdict.unmet):
        asked = ", ".join(f"`{word[:60]}`" for word in verdict.unmet)
        return (
            f"the policy does not declare {asked}" if language == "en" else f"本政策未声明 {asked}"
        )
    facts = (" or " if language == "en" else "、").join(
        _fact(edition, word)[index] for word in verdict.unmet
    )
    why = WHY[verdict.code][index].format(facts=facts)
    if verdict.missing:
        whats = [describe(edition, key)[language] for key in verdict.missing[:MOST]]
        why += f" ({'; '.join(whats)})" if language == "en" else f"（{'；'.join(whats)}）"
    return why


def _fact(edition: Edition, word: str) -> tuple[str, str]:
    declared = edition.facts.get(word)
    if declared:
        return declared.en, declared.zh
    return words.FACTS.get(word) or words.VERIFIED.get(word) or (f"`{word}`", f"`{word}`")


def describe(edition: Edition, key: str) -> Words:
    """Return what a consent key is about, in every language.

    A key is ``purpose``, ``purpose/field`` or ``operation/recipient/purpose``, or what a guardian
    is asked.
    """
    if key in words.GUARDIAN_SAYS:
        english, chinese = words.GUARDIAN_SAYS[key]
        return {"en": english, "zh": chinese}
    parts = key.split("/")
    told = {}
    for language, dash in (("en", ": "), ("zh", "：")):
        match parts:
            case [operation, to, purpose]:
                index = 0 if language == "en" else 1
                done = {**DONE, Operation.EXPORT: SENT}[Operation(operation)][index]
                place = edition.recipients.get(to)
                done = done.format(to=getattr(place, language, to))
                told[language] = f"{_name(edition.purposes, purpose, language)}{dash}{done}"
            case [purpose, field]:
                name = _name(edition.categories, field, language)
                told[language] = f"{_name(edition.purposes, purpose, language)}{dash}{name}"
            case _:
                told[language] = _name(edition.purposes, key, language)
    return told
