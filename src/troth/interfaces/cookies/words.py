"""What is said about cookies, in Chinese and English, wherever it is said (policy 3, 11.4)."""

from typing import Final

LANGUAGES: Final = ("zh", "en")
TEXTS: Final[dict[str, dict[str, str]]] = {
    "title": {"zh": "Cookie 由您决定", "en": "Cookies: your choice"},
    "ask": {
        "zh": "目前只使用必需的 Cookie。经您同意，我们还希望设置用于以下目的的 Cookie：{what}。"
        "拒绝不影响您使用本站。",
        "en": "Only what is needed is in use. With your consent we would also set cookies for this:"
        " {what}. You can use everything here without them.",
    },
    "list": {"zh": "查看全部 Cookie", "en": "See every cookie"},
    "all": {"zh": "全部接受", "en": "Accept all"},
    "none": {"zh": "全部拒绝", "en": "Reject all"},
    "some": {"zh": "保存我的选择", "en": "Save my choice"},
    "choose": {"zh": "逐项选择", "en": "Choose one by one"},
    "count": {"zh": "{count} 项，最长 {days} 天。", "en": "{count}, for {days} days at most."},
    "lost.analytics": {
        "zh": "不同意：我们不了解页面的使用情况，您的使用不受影响。",
        "en": "Without it we do not see how pages are used. Nothing changes for you.",
    },
    "lost.personalise": {
        "zh": "不同意：您看到的页面与所有人相同。",
        "en": "Without it you get the same pages as everybody.",
    },
    "lost": {"zh": "不同意：相应的功能不可用。", "en": "Without it what it is for is not there."},
    "signal": {
        "zh": "您的浏览器发出了全球隐私控制（GPC）信号，我们已照办：不出售、不共享任何信息。",
        "en": "Your browser sends Global Privacy Control. Honoured: nothing is sold or shared.",
    },
    "signal.off": {
        "zh": "下列目的也已关闭：{what}。您仍可在此亲自开启。",
        "en": "It also keeps this off: {what}. Only you can turn it on, here.",
    },
    "said.all": {"zh": "您已接受全部 Cookie。", "en": "You accepted all cookies."},
    "said.none": {
        "zh": "您已拒绝全部非必需的 Cookie。",
        "en": "You rejected every cookie that is not needed.",
    },
    "said.some": {"zh": "您同意了：{what}。", "en": "You agreed to this: {what}."},
    "change": {"zh": "随时更改", "en": "Change it at any time"},
    "hide": {"zh": "隐藏", "en": "Hide"},
    "kept_nowhere": {
        "zh": "您的浏览器不保存 Cookie，因此我们记不住您的选择：除必需项外不会设置任何 Cookie，"
        "您无需再做任何操作。",
        "en": "Your browser keeps no cookies, so your choice cannot be remembered. Nothing beyond"
        " what is needed is set, and there is nothing more for you to do.",
    },
    "unchosen": {
        "zh": "您尚未选择，目前只使用必需的 Cookie。",
        "en": "You have not chosen yet. Only what is needed is in use.",
    },
    "col.name": {"zh": "名称", "en": "Name"},
    "col.what": {"zh": "作用", "en": "What it does"},
    "col.for": {"zh": "用途", "en": "What for"},
    "col.whose": {"zh": "由谁设置", "en": "Whose"},
    "col.life": {"zh": "有效期", "en": "Life"},
    "needed": {"zh": "必需", "en": "needed"},
    "ours": {"zh": "我们", "en": "ours"},
    "days": {"zh": "{days} 天", "en": "{days} days"},
    "window": {"zh": "关闭浏览器即失效", "en": "until the browser is closed"},
    "home": {"zh": "返回首页", "en": "Back to the first page"},
    "settings": {"zh": "Cookie 设置", "en": "Cookie settings"},
    "failed": {
        "zh": "暂时无法保存您的选择，未设置任何 Cookie。请稍后再试。",
        "en": "Your choice cannot be kept at the moment, and nothing was set. Try again later.",
    },
}
LISTED: Final = {"zh": "；", "en": "; "}


def say(key: str, language: str, **values: object) -> str:
    """Return a text in a language, its places filled.

    >>> say("hide", "en"), say("said.some", "en", what="statistics")
    ('Hide', 'You agreed to this: statistics.')
    """
    told = TEXTS[key][language]
    return told.format(**values) if values else told


def maybe(key: str, otherwise: str, language: str) -> str:
    """Return a text, or another where there is none of that name."""
    return say(key if key in TEXTS else otherwise, language)


def joined(parts: list[str], language: str) -> str:
    """Return several names as one, each beginning small where the language has small letters.

    >>> joined(["To see pages", "To fit them"], "en")
    'to see pages; to fit them'
    """
    return LISTED[language].join(part[:1].lower() + part[1:] for part in parts)


def language_of(asked: str, accepted: str) -> str:
    """Return the language of a page: asked for, or the browser's first; Chinese is the default.

    >>> language_of("", "en-GB,zh;q=0.5"), language_of("", "fr"), language_of("zh-CN", "en")
    ('en', 'zh', 'zh')
    """
    for told in (asked, accepted.partition(",")[0]):
        first = told.strip().lower()[:2]
        if first in LANGUAGES:
            return first
    return LANGUAGES[0]
