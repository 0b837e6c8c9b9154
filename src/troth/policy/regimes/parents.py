"""How a guardian's consent is verified, as dated rows (policy 8.3; COPPA 312.5(b)).

The enumeration is that of the American rule, the only law here that has one; a policy holds every
guardian to it, wherever they live.
"""

from typing import Final, Literal

from troth.policy.words import Dated

Doer = Literal["staff", "service", "guardian"]


class Method(Dated, frozen=True, kw_only=True):
    """One way to make sure that whoever consents is the guardian.

    ``by`` says who finds out: trained staff at the desk, another service that answers at once, or
    the guardian alone, in two steps with time between them. ``evidence`` says that the guardian
    sends something in, which is deleted as soon as it was looked at. ``discloses`` is false for a
    method that is good only while nothing goes to third parties.
    """

    name: str
    by: Doer
    evidence: bool = False
    discloses: bool = True
    en: str
    zh: str


def _methods(
    *rows: tuple[str, str, str, Doer, str, str], evidence: bool = False, discloses: bool = True
) -> list[Method]:
    return [
        Method(
            regime="us",
            cite=f"COPPA {cite}",
            since=since,
            name=name,
            by=by,
            evidence=evidence,
            discloses=discloses,
            en=en,
            zh=zh,
        )
        for name, cite, since, by, en, zh in rows
    ]


METHODS: Final[tuple[Method, ...]] = (
    *_methods(
        ("signed_form", "312.5(b)(2)(i)", "2000-04-21", "staff",
         "a form that you sign and send by post, fax or as a scan",
         "签署同意书后邮寄、传真或者扫描寄回"),
        ("government_id", "312.5(b)(2)(v)", "2000-04-21", "staff",
         "an identity document, checked and then deleted", "提交身份证件，核验后立即删除"),
        ("face_match", "312.5(b)(2)(vii)", "2025-06-23", "staff",
         "an identity document and a picture of your face, compared and then deleted",
         "提交身份证件和本人照片，比对后立即删除"),
        evidence=True,
    ),
    *_methods(
        ("toll_free_call", "312.5(b)(2)(iii)", "2000-04-21", "staff",
         "a free telephone call with trained staff", "拨打免费电话，由受过培训的工作人员核实"),
        ("video_call", "312.5(b)(2)(iv)", "2013-07-01", "staff",
         "a video call with trained staff", "视频通话，由受过培训的工作人员核实"),
        ("payment", "312.5(b)(2)(ii)", "2000-04-21", "service",
         "a payment of which your bank tells you", "一笔会由银行通知您的付款"),
        ("knowledge_questions", "312.5(b)(2)(vi)", "2025-06-23", "service",
         "questions that only you can answer", "回答只有您本人才能答出的问题"),
    ),
    *_methods(
        ("email_plus", "312.5(b)(2)(viii)", "2000-04-21", "guardian",
         "your answer by e-mail, and a second one later", "通过电子邮件答复，稍后再次确认"),
        ("text_plus", "312.5(b)(2)(ix)", "2025-06-23", "guardian",
         "your answer by text message, and a second one later", "通过短信答复，稍后再次确认"),
        discloses=False,
    ),
)  # fmt: skip
"""Every method. One that is not here verifies nothing, and consent by it counts as none (8.3)."""

PARENTAL_METHODS: Final[tuple[str, ...]] = tuple(row.name for row in METHODS)


def method_of(name: str, on: str = "") -> Method | None:
    """Return a method by its name, if there is one and it is in force on an ISO date.

    >>> method_of("text_plus", "2024-01-01"), method_of("text_plus").discloses
    (None, False)
    """
    return next((row for row in METHODS if row.name == name and row.in_force(on)), None)
