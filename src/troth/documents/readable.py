"""A copy as a page for people, in Chinese or English; it needs no program and no network (9.1)."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from msgspec import Struct

from troth.model.acts import Json

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "title": {"zh": "您的个人信息副本", "en": "A copy of your personal data"},
    "made": {"zh": "制作时间", "en": "Made on"},
    "edition": {"zh": "隐私政策版本", "en": "Edition of the privacy policy"},
    "held": {"zh": "我们保存的信息", "en": "What we hold about you"},
    "item": {"zh": "信息", "en": "Item"},
    "value": {"zh": "内容", "en": "Value"},
    "purposes": {"zh": "用途", "en": "What for"},
    "source": {"zh": "来源", "en": "Source"},
    "since": {"zh": "起始时间", "en": "Since"},
    "until": {"zh": "保存至", "en": "Kept until"},
    "account_ends": {"zh": "账号注销", "en": "the account ends"},
    "files": {"zh": "您提交的文件", "en": "Files you gave us"},
    "bytes": {"zh": "字节", "en": "bytes"},
    "consents": {"zh": "您的同意", "en": "Your consents"},
    "about": {"zh": "事项", "en": "About"},
    "state": {"zh": "状态", "en": "State"},
    "at": {"zh": "时间（UTC）", "en": "When (UTC)"},
    "given": {"zh": "提供给了谁", "en": "Who received what"},
    "recipient": {"zh": "接收方", "en": "Recipient"},
    "looks": {"zh": "谁看过", "en": "Who looked"},
    "by": {"zh": "谁", "en": "Who"},
    "result": {"zh": "结果", "en": "Result"},
    "fields": {"zh": "涉及信息", "en": "Data"},
    "ticket": {"zh": "工单", "en": "Ticket"},
    "withheld": {"zh": "不包含的内容", "en": "What is left out"},
    "why": {"zh": "原因", "en": "Why"},
    "none": {"zh": "无", "en": "none"},
    "check": {
        "zh": "manifest.json 列出每个文件的大小和 SHA-256 校验值，"
        "可据此核对副本是否完整、未被改动。"
        "data.json 供程序读取，各 CSV 文件可用电子表格打开。",
        "en": "manifest.json lists each file with its size and SHA-256, so that anybody can check "
        "that this copy is whole and was not altered. Programs read data.json; the CSV files open "
        "in any spreadsheet.",
    },
    "keep_safe": {
        "zh": "本副本含有您的个人信息，请妥善保管。",
        "en": "This copy holds your personal data. Keep it safe.",
    },
    "provided": {"zh": "由您提供", "en": "you gave it"},
    "observed": {"zh": "使用过程中产生", "en": "observed in use"},
    "derived": {"zh": "由我们推算或生成", "en": "derived by us"},
    "third_party": {"zh": "由第三方提供", "en": "from a third party"},
    "state_given": {"zh": "已同意", "en": "you consented"},
    "state_refused": {"zh": "未同意", "en": "you said no"},
    "state_withdrawn": {"zh": "已撤回", "en": "you took it back"},
    "state_expired": {"zh": "已到期", "en": "it expired"},
    "yes": {"zh": "已查看", "en": "shown"},
    "no": {"zh": "已拒绝", "en": "refused"},
    "not_obtainable": {
        "zh": "因技术、法律或者安全原因无法提供",
        "en": "technique, law or security forbids giving it out",
    },
    "security": {"zh": "为保护您的账号安全", "en": "to protect your account"},
}
"""What the page says besides the data, in every language."""

TAGS: Final = {"zh": "zh-CN", "en": "en"}
HELD: Final = ("item", "value", "purposes", "source", "since", "until")
FILES: Final = ("item", "bytes")
CONSENTS: Final = ("at", "about", "state")
GIVEN: Final = ("at", "recipient", "fields", "purposes")
LOOKS: Final = ("at", "by", "result", "fields", "purposes", "ticket")
WITHHELD: Final = ("item", "why")
"""The columns of each table on the page."""
STYLE: Final = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}"
    "th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;"
    "border-bottom:1px solid #8888;overflow-wrap:anywhere}td{white-space:pre-wrap}"
)


class Told(Struct, frozen=True, kw_only=True):
    """What is said of one field: its names, since when, for what and from where."""

    field: str
    name_zh: str = ""
    name_en: str = ""
    since: str = ""
    purposes: tuple[str, ...] = ()
    source: str = ""
    until: str = ""
    recipients: tuple[str, ...] = ()


class Contents(Struct, frozen=True, kw_only=True):
    """Everything the page tells; ``names`` puts declared words into the page's language."""

    who: str
    made: str
    edition: str
    held: Sequence[tuple[Told, str]]
    files: Sequence[tuple[str, int]]
    consents: Sequence[Mapping[str, Json]]
    given: Sequence[Mapping[str, Json]]
    looks: Sequence[Mapping[str, Json]]
    withheld: Sequence[tuple[str, str]]
    names: Mapping[str, str]


def page(told: Contents, language: str) -> bytes:
    """Return the page: one file, every value escaped, nothing fetched from anywhere."""
    language = language if language in TAGS else "zh"
    label = {name: words[language] for name, words in LABELS.items()}
    title = escape(label["title"])
    head = (
        f'<!doctype html>\n<html lang="{TAGS[language]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>"
    )
    lead = (
        f"<h1>{title}</h1>",
        f"<p>{escape(told.who)}</p>",
        f"<p>{label['made']}: {escape(_when(told.made))} UTC</p>",
        f"<p>{label['edition']}: {escape(told.edition)}</p>",
        f"<p><b>{label['keep_safe']}</b></p>",
    )
    tables = (
        ("held", HELD, _held(told, label, language)),
        ("files", FILES, ((name, str(size)) for name, size in told.files)),
        ("consents", CONSENTS, _consents(told, label)),
        ("given", GIVEN, _given(told)),
        ("looks", LOOKS, _looks(told, label)),
        ("withheld", WITHHELD, _withheld(told, label)),
    )
    body = (part for name, columns, rows in tables for part in _section(label, name, columns, rows))
    return "\n".join((head, *lead, *body, f"<p>{label['check']}</p>", "</body></html>")).encode()


def _section(
    label: Mapping[str, str], name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]
) -> Iterable[str]:
    yield f"<h2>{escape(label[name])}</h2>"
    body = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    if not body:
        yield f"<p>{escape(label['none'])}</p>"
        return
    head = "".join(f'<th scope="col">{escape(label[column])}</th>' for column in columns)
    yield f"<table><thead><tr>{head}</tr></thead><tbody>"
    yield from (f"<tr>{row}</tr>" for row in body)
    yield "</tbody></table>"


def _held(
    told: Contents, label: Mapping[str, str], language: str
) -> Iterable[tuple[str, str, str, str, str, str]]:
    for item, value in told.held:
        yield (
            (item.name_en if language == "en" else item.name_zh) or _named(told, item.field),
            value,
            _listed(told, item.purposes),
            label.get(item.source, item.source),
            item.since[:10],
            item.until[:10] or label["account_ends"],
        )


def _consents(told: Contents, label: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    for row in told.consents:
        state = str(row.get("state", ""))
        yield (
            _when(str(row.get("at", ""))),
            _named(told, str(row.get("to", ""))),
            label.get(f"state_{state}", state),
        )


def _given(told: Contents) -> Iterable[tuple[str, str, str, str]]:
    for row in told.given:
        yield (
            _when(str(row.get("at", ""))),
            _named(told, str(row.get("recipient", ""))),
            _listed(told, row.get("fields")),
            _named(told, str(row.get("purpose", ""))),
        )


def _looks(
    told: Contents, label: Mapping[str, str]
) -> Iterable[tuple[str, str, str, str, str, str]]:
    for row in told.looks:
        yield (
            _when(str(row.get("at", ""))),
            str(row.get("by", "")),
            label["yes"] if row.get("allowed") else label["no"],
            _listed(told, row.get("fields")),
            _named(told, str(row.get("purpose", ""))),
            str(row.get("ticket", "")),
        )


def _withheld(told: Contents, label: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for what, why in told.withheld:
        yield _named(told, what), label.get(why, why)


def _named(told: Contents, name: str) -> str:
    return told.names.get(name, name)


def _listed(told: Contents, names: object) -> str:
    listed = names if isinstance(names, list | tuple) else ()
    return " · ".join(_named(told, str(name)) for name in listed)


def _when(moment: str) -> str:
    """Write an ISO moment as people read it.

    >>> _when("2026-11-22T12:00:00Z")
    '2026-11-22 12:00:00'
    """
    return moment.replace("T", " ").removesuffix("Z")
