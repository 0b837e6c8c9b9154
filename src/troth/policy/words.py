"""The words of law and of rules: bases per regime, conditions, and the kinds that parts may have.

Every basis says where it stands in the law (``cite``) and since when it is in force (``since``). A
*standing word* of a condition is answered by the subject's standing; a *fact* is established by
whoever asks, for one act, and stands in the ledger with it (policy 2 to 4, 9.0). A policy may
declare more facts under ``facts:``.
"""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES
from troth.model.terms import Operation

BasisKind = Literal[
    "consent", "separate", "contract", "duty", "interest", "parental", "opt_in_minor"
]


class Dated(Struct, frozen=True, kw_only=True):
    """A row of law: where it stands and from which day to which day (open when empty)."""

    regime: str
    cite: str
    since: str = ""
    until: str = ""

    def in_force(self, on: str) -> bool:
        """Tell whether the row is in force on an ISO date; every row is when the date is empty."""
        return not on or (self.since <= on and (not self.until or on < self.until))


class Basis(Dated, frozen=True, kw_only=True):
    """A ground on which data may be processed.

    ``kind`` says what it takes: ``consent`` and ``separate`` a consent, ``contract`` accepted
    terms, ``duty`` nothing, ``interest`` nothing until the subject objects, ``parental`` a
    guardian's consent for a child, ``opt_in_minor`` a minor's own consent, nothing from an adult.
    """

    name: str
    kind: BasisKind
    en: str
    zh: str

    @property
    def objectable(self) -> bool:
        """Whether an objection of the subject ends it."""
        return self.kind not in ("contract", "duty")


def _bases(regime: str, since: str, *rows: tuple[str, BasisKind, str, str, str]) -> list[Basis]:
    return [
        Basis(regime=regime, since=since, name=name, kind=kind, cite=cite, en=en, zh=zh)
        for name, kind, cite, en, zh in rows
    ]


BASES: Final[tuple[Basis, ...]] = (
    *_bases(
        "cn",
        "2021-11-01",
        ("consent", "consent", "PIPL 13(1)(1), 14", "your consent", "您的同意"),
        (
            "separate_consent",
            "separate",
            "PIPL 23, 25, 29, 39",
            "your separate consent",
            "您的单独同意",
        ),
        ("contract", "contract", "PIPL 13(1)(2)", "the contract with you", "与您订立的合同"),
        ("legal_duty", "duty", "PIPL 13(1)(3)", "a duty set by law", "法定职责或者法定义务"),
        ("emergency", "duty", "PIPL 13(1)(4)", "an emergency", "紧急情况"),
        (
            "news",
            "duty",
            "PIPL 13(1)(5)",
            "reporting in the public interest",
            "为公共利益的新闻报道",
        ),
        ("public_info", "interest", "PIPL 13(1)(6), 27", "data already public", "已合法公开的信息"),
        ("other_law", "duty", "PIPL 13(1)(7)", "another law", "其他法律规定"),
        ("entrusted", "duty", "PIPL 21", "work on our instruction", "委托处理"),
    ),
    *_bases(
        "eu",
        "2018-05-25",
        ("A6-1-a", "consent", "GDPR 6(1)(a)", "your consent", "您的同意"),
        ("A6-1-b", "contract", "GDPR 6(1)(b)", "the contract with you", "与您订立的合同"),
        ("A6-1-c", "duty", "GDPR 6(1)(c)", "a duty set by law", "法定义务"),
        ("A6-1-d", "duty", "GDPR 6(1)(d)", "vital interests", "重大利益"),
        ("A6-1-e", "interest", "GDPR 6(1)(e)", "a public task", "公共任务"),
        ("A6-1-f", "interest", "GDPR 6(1)(f)", "a legitimate interest", "正当利益"),
        ("A9-2-a", "separate", "GDPR 9(2)(a)", "your explicit consent", "您的明示同意"),
        ("A9-2-b", "duty", "GDPR 9(2)(b)", "employment law", "劳动法规定"),
        ("A9-2-c", "duty", "GDPR 9(2)(c)", "vital interests", "重大利益"),
        ("A9-2-e", "interest", "GDPR 9(2)(e)", "data you made public", "您已公开的信息"),
        ("A9-2-f", "duty", "GDPR 9(2)(f)", "legal claims", "法律主张"),
        ("A9-2-g", "duty", "GDPR 9(2)(g)", "substantial public interest", "重大公共利益"),
        ("processor", "duty", "GDPR 28", "work on our instruction", "委托处理"),
    ),
    *_bases(
        "ca",
        "2020-01-01",
        ("notice", "interest", "CCPA 1798.100", "notice at collection", "收集时的告知"),
        ("opt_out", "interest", "CCPA 1798.120, .121", "your right to opt out", "您可选择退出"),
        (
            "opt_in_minor",
            "opt_in_minor",
            "CCPA 1798.120(c)",
            "opt-in of minors",
            "未成年人选择加入",
        ),
        ("consent", "consent", "CCPA 1798.140(h)", "your consent", "您的同意"),
        ("contract", "contract", "CCPA 1798.105(d)(1)", "the contract with you", "与您订立的合同"),
        ("legal_duty", "duty", "CCPA 1798.145(a)", "a duty set by law", "法定义务"),
        ("service_provider", "duty", "CCPA 1798.140(ag)", "work on our instruction", "委托处理"),
    ),
    *_bases(
        "us",
        "2013-07-01",
        ("parental", "parental", "COPPA 312.5", "a parent's consent for a child", "儿童家长的同意"),
        ("notice", "interest", "FTC Act 5", "notice at collection", "收集时的告知"),
        ("opt_out", "interest", "CAN-SPAM 7704", "your right to opt out", "您可选择退出"),
        ("consent", "consent", "FTC Act 5", "your consent", "您的同意"),
        ("contract", "contract", "FTC Act 5", "the contract with you", "与您订立的合同"),
        ("legal_duty", "duty", "state and federal law", "a duty set by law", "法定义务"),
        ("service_provider", "duty", "COPPA 312.2", "work on our instruction", "委托处理"),
    ),
)
"""Every basis that a rule may name, per regime."""

BASIS: Final[Mapping[tuple[str, str], Basis]] = {(row.regime, row.name): row for row in BASES}
"""The bases by (regime, name)."""


def bases(regime: str, on: str = "") -> tuple[str, ...]:
    """Return the names of a regime's bases, those in force on an ISO date when one is given.

    >>> bases("ca")[:2]
    ('notice', 'opt_out')
    """
    return tuple(row.name for row in BASES if row.regime == regime and row.in_force(on))


# --- words of rules -----------------------------------------------------------------------------

GIVING: Final = frozenset(
    {Operation.ENTRUST, Operation.SHARE, Operation.TRANSFER, Operation.DISCLOSE, Operation.SELL}
)
"""Operations by which data goes to a recipient."""

PROTECTIVE: Final = ("security", "legal", "rights")
"""Purposes that stay open when data is restricted or the account is closed (9.4-5)."""

AGE_WORDS: Final = frozenset({"minor", "child"})
CONSENT_WORDS: Final = frozenset({"consent", "separate_consent"})
GUARDIAN: Final[Mapping[str, str]] = {
    "guardian": GUARDIAN_COLLECTS,
    "guardian_disclosure": GUARDIAN_DISCLOSES,
}
"""Conditions that a guardian's consent answers, and the key of each."""
GUARDIAN_SAYS: Final[Mapping[str, tuple[str, str]]] = {
    GUARDIAN_COLLECTS: (
        "a guardian lets us keep and use a minor's information",
        "监护人同意我们收集和使用未成年人的信息",
    ),
    GUARDIAN_DISCLOSES: (
        "a guardian lets a minor's information go to third parties",
        "监护人同意向第三方提供未成年人的信息",
    ),
}
"""What each of these consents is about, in English and in Chinese."""
STANDING: Final = (
    AGE_WORDS | CONSENT_WORDS | GUARDIAN.keys() | {"objected", "restricted", "accepted"}
)
"""Conditions that the subject's standing answers."""

CROSS_BY_OTHER_LAW: Final = frozenset({"authority", "public"})
"""Kinds of recipients abroad that other rules govern (PIPL 25, 41), not an export rule."""

MECHANISMS: Final = frozenset(
    {
        "security_assessment", "standard_contract", "certification", "adequacy", "binding_rules",
        "exempt",
    }
)  # fmt: skip
"""Facts that let data cross a border (PIPL 38, GDPR 46); an export rule must name one (2.4b)."""

FACTS: Final[Mapping[str, tuple[str, str]]] = {
    "agreed": ("the customer agreed to it", "用户已同意"),
    "anonymised": ("the data is anonymised beyond return", "数据已匿名化且不可复原"),
    "approved": ("somebody answerable approved it", "已经负责人批准"),
    "authorised": ("the person authorised it", "已获本人授权"),
    "automated": ("it is decided by machine alone", "完全由自动化方式作出"),
    "binding_rules": ("binding corporate rules are in force", "具有约束力的公司规则已生效"),
    "adequacy": ("the country is recognised as adequate", "该国家或地区已获充分性认定"),
    "bound_by_policy": ("the recipient is bound by this policy", "接收方已受本政策约束"),
    "business_need": ("there is a business need", "确有业务需要"),
    "ceased": ("the service has ended", "服务已停止运营"),
    "certification": ("a certification is in force", "已通过个人信息保护认证"),
    "cn_approval": ("the mainland authority approved it", "已获境内主管机关批准"),
    "combined": ("the data is joined with other data", "数据与其他信息结合使用"),
    "consent_out_of_reach": ("consent is hard to get in time", "难以及时取得本人同意"),
    "contract": ("an agreement with the recipient is in force", "与接收方的协议已生效"),
    "deidentified": ("the data is de-identified", "数据已去标识化"),
    "exempt": ("the law exempts this transfer", "法律规定免予办理出境手续"),
    "impact_assessed": ("its impact was assessed", "已完成影响评估"),
    "instruction": ("the customer instructed it", "已有用户指令"),
    "law": ("a specific law demands it", "法律有专门规定"),
    "made_public": ("the person made the data public", "信息已由本人公开"),
    "min_cell": ("no group is smaller than the set size", "每组人数不低于设定值"),
    "on_behalf": ("a contract with the company they act for stands", "与其所代表企业的合同有效"),
    "paper": ("its legal paper was checked", "已核验法律文书"),
    "protects_minor": ("it protects the minor", "为保护未成年人所必需"),
    "reason": ("its reason is recorded", "理由已记录"),
    "security_assessment": ("a security assessment was passed", "已通过数据出境安全评估"),
    "source": ("the public source is recorded", "公开来源已记录"),
    "standard_contract": ("a standard contract is in force", "已订立标准合同"),
    "told": ("the person was told", "已告知本人"),
    "two_approvals": ("two people approved it", "已经两人批准"),
    "until": ("it has an end", "已设定终止期限"),
}
"""Facts that somebody must establish, in English and in Chinese."""

VERIFIED: Final[Mapping[str, tuple[str, str]]] = {
    "realname": ("the real identity is confirmed", "已完成实名认证"),
    "contact.email": ("the e-mail address is proved", "电子邮箱已验证"),
    "contact.phone": ("the phone number is proved", "手机号码已验证"),
    "guardianship": ("guardianship is proved", "监护关系已核实"),
}
"""Facts about a subject that stand in their standing once checked."""

REQUIREMENTS: Final = frozenset(
    {"treat_as_personal", "anonymise", "human_review", "home_region", "tell_afterwards"}
)
"""What a ``require`` rule may demand."""

SERVICE_KINDS: Final = frozenset({"browsing", "login", "technical"})
RECIPIENT_KINDS: Final = frozenset(
    {"affiliate", "supplier", "service_provider", "partner", "authority", "successor", "public"}
)
ROLES: Final = frozenset({"controller", "processor"})
RECIPIENT_SERVICES: Final = frozenset({"", "authentication", "basic_technical", "consulting"})
SOURCES: Final = frozenset({"provided", "observed", "derived", "third_party"})
SUBJECTS: Final = frozenset({"person", "enterprise", "legal_rep", "handler", "guardian", "minor"})
ENDINGS: Final = frozenset({"erase", "anonymise", "restrict"})
LAST_ACTIVITY: Final = "last_activity"
STARTS: Final = frozenset(
    {"collected", "recorded", "settled", "account_closed", "purpose_closed", LAST_ACTIVITY,
     "contract_ended"}
)  # fmt: skip
"""Events from which a term is counted (7.2d)."""
HOLD_STARTS: Final = STARTS | {"placed"}
HANDLERS: Final = frozenset({"self_service", "desk"})
PARTIES: Final = frozenset({"first", "third"})
TECHNOLOGIES: Final = frozenset(
    {"cookie", "local_storage", "session_storage", "database", "pixel", "script"}
)
"""What a browser is given to keep, or to fetch so that somebody notices."""
PRACTICES: Final = frozenset(
    {
        "first_party", "third_party", "choice", "access", "retention", "security", "change", "dnt",
        "audience", "other",
    }
)  # fmt: skip
"""The ten practices of OPP-115."""
HIGHLIGHTED: Final = frozenset({"1.2a", "2.1.3f", "5.2b", "7.4a", "10.4a"})
"""Clauses that limit liability or name a court: a reader must not miss them (A.3)."""
