"""What a copy says to people besides the data, in every language (policy 9.1, 11.4)."""

from collections.abc import Mapping
from typing import Final

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
    "elsewhere": {"zh": "其他系统中的信息", "en": "In our other systems"},
    "store": {"zh": "系统", "en": "System"},
    "table": {"zh": "表", "en": "Table"},
    "records": {"zh": "记录数", "en": "Records"},
    "file": {"zh": "文件", "en": "File"},
    "unanswered": {
        "zh": "以下系统没有答复，其中的信息不在本副本内，请稍后再次索取：",
        "en": "These systems did not answer. What they hold is not in this copy; ask again later:",
    },
    "more": {
        "zh": "此处只列最新的 {most} 条，全部 {count} 条见 {file}。",
        "en": "The newest {most} of {count} are shown here; all of them are in {file}.",
    },
    "unprinted": {
        "zh": "个别字符无法在此打印，以 HTML 页面和 data.json 为准。",
        "en": "Some characters cannot be printed here; the HTML page and data.json have them all.",
    },
    "others": {"zh": "涉及他人的权益", "en": "it would affect the rights of others"},
    "redacted": {"zh": "经人工审查移除", "en": "taken out after review"},
}
"""By label, then by language."""
TAGS: Final = {"zh": "zh-CN", "en": "en"}
"""What HTML and PDF call the languages."""


def spoken(language: str) -> tuple[str, dict[str, str]]:
    """Return a language that there is, and its labels; Chinese where there is no other."""
    found = language if language in TAGS else "zh"
    return found, {name: words[found] for name, words in LABELS.items()}
