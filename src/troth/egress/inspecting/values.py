"""Recognises what a value is by itself: by its check digit where it has one, else by its shape.

One value proves little: one number in ten obeys Luhn. What counts is the share of a column's values
that are of one kind, and numbers with a check digit count only from five on.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from ipaddress import ip_address
from typing import Final
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from msgspec import Struct

from troth.model.clock import SystemClock
from troth.model.clock import date as day_of
from troth.model.errors import BadValue
from troth.model.identifiers import bank_card, credit_code, hong_kong_id, resident_id
from troth.model.secret import Secret

LONGEST: Final = 400
"""Characters of a value that is judged; a longer one is free text."""
FEWEST: Final = 5
"""Values that a number with a check digit takes: of fewer, all may obey it by chance."""
OLDEST: Final = 1900
SURNAMES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏"
    "薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武"
    "乔贺赖龚文張劉陳楊趙黃吳孫馬羅鄭謝韓馮許鄧蘇盧蔣閻鍾譚鄒陸龍萬錢湯喬賀賴龔"
)
DOUBLE: Final = ("欧阳", "司马", "上官", "诸葛", "東方", "东方", "歐陽", "司馬", "夏侯", "皇甫")
_PLAIN_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_DATE: Final = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})(?:[T ]00:00(?::00)?.*)?")
_HAN: Final = re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf]{2,4}(?:·[\u4e00-\u9fff]{1,6})?")
_NAME: Final = re.compile(r"[A-Z][a-zà-ÿ'’-]+(?: [A-Z][a-zà-ÿ'’.-]*){1,3}")
_ADDRESS_ZH: Final = re.compile(
    r"[\u4e00-\u9fff]+(?:省|市|区|區|县|縣|镇|鎮).*(?:路|街|巷|村|道|号|號)"
)
_ADDRESS_EN: Final = re.compile(
    r"(?i)\b[0-9]{1,5}[a-z]? .*\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|square)\b"
    r"|(?:flat|room|rm|unit) [0-9a-z]+,"
)
_HASH: Final = re.compile(r"\$(?:2[aby]|argon2id?|scrypt|pbkdf2\S*)\$\S{8,}|pbkdf2_sha\d+\$\S+")
_AGENT: Final = re.compile(r"(?:Mozilla|Opera|Dalvik|okhttp|curl)/[0-9]")
_MAC: Final = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


class Shape(Struct, frozen=True):
    """What a column's values are, and what share of them. ``checked``: by a check digit."""

    kind: str
    share: float
    checked: bool = False


def _takes(check: Callable[[str], object]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        try:
            check(text)
        except BadValue:
            return False
        return True

    return test


def _email(text: str) -> bool:
    if "@" not in text or " " in text.strip():
        return False
    try:
        validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _phone(text: str) -> bool:
    told = re.sub(r"[ ()-]", "", text)
    if _PLAIN_MOBILE.fullmatch(told):
        return True
    if not told.startswith("+") or not told[1:].isdigit():
        return False
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(told)))
    except phonenumbers.NumberParseException:
        return False


def _address(text: str) -> bool:
    try:
        ip_address(text.strip())
    except ValueError:
        return False
    return True


def _uuid(text: str) -> bool:
    try:
        return len(text) in (32, 36) and bool(UUID(text).hex)
    except ValueError:
        return False


def _date(text: str) -> bool:
    found = _DATE.fullmatch(text.strip())
    try:
        return found is not None and date(*map(int, found.groups())).year >= OLDEST
    except ValueError:
        return False


def _name_zh(text: str) -> bool:
    told = text.strip()
    return bool(_HAN.fullmatch(told)) and (told[0] in SURNAMES or told.startswith(DOUBLE))


def _card(text: str) -> bool:
    told = re.sub(r"[ -]", "", text)
    return 15 <= len(told) <= 19 and told[:1] in "3456" and _takes(bank_card)(told)


def _dated(text: str) -> str:
    return resident_id(text, date.fromisoformat(day_of(SystemClock().now())))


KINDS: Final[tuple[tuple[str, Callable[[str], bool], bool], ...]] = (
    ("email", _email, False),
    ("id_number", _takes(_dated), True),
    ("credit_code", _takes(credit_code), True),
    ("hong_kong_id", _takes(hong_kong_id), True),
    ("bank_card", _card, True),
    ("phone", _phone, False),
    ("ip", _address, False),
    ("uuid", _uuid, False),
    ("mac", lambda text: bool(_MAC.fullmatch(text.strip())), False),
    ("date", _date, False),
    ("password_hash", lambda text: bool(_HASH.match(text.strip())), False),
    ("browser", lambda text: bool(_AGENT.match(text)), False),
    ("address", lambda text: bool(_ADDRESS_ZH.search(text) or _ADDRESS_EN.search(text)), False),
    ("name_zh", _name_zh, False),
    ("name_en", lambda text: bool(_NAME.fullmatch(text.strip())), False),
)
"""What is tried, surest first; and whether a check digit decides."""


def kind_of(text: str) -> str:
    """Return what one value is, or nothing.

    >>> [kind_of(each) for each in ("mei@example.cn", "11010519491231002X", "13912345678", "blue")]
    ['email', 'id_number', 'phone', '']
    """
    if not text or len(text) > LONGEST:
        return ""
    return next((kind for kind, test, _ in KINDS if test(text)), "")


def shape_of(samples: Iterable[Secret]) -> Shape:
    """Return what most of some values are.

    >>> shape_of([Secret(f"a{n}@example.cn") for n in range(4)])
    Shape(kind='email', share=1.0, checked=False)
    """
    texts = [told for told in map(_text, samples) if told]
    if not texts:
        return Shape("", 0.0)
    kinds = Counter(map(kind_of, texts))
    ((kind, count),) = kinds.most_common(1)
    checked = any(name == kind and digit for name, _, digit in KINDS)
    if checked and count < FEWEST and kind != "id_number":
        # Too few to say by a digit alone; a resident's number carries a birth date as well.
        return Shape("", 0.0)
    return Shape(kind, count / len(texts), checked)


def free_text(samples: Iterable[Secret]) -> bool:
    """Tell whether values are sentences, in which anything may stand.

    >>> free_text([Secret("please call me back at noon, thanks")]), free_text([Secret("paid")])
    (True, False)
    """
    texts = [told for told in map(_text, samples) if told]
    long = [each for each in texts if len(each) > 24 and (" " in each or not each.isascii())]
    return bool(texts) and len(long) * 3 >= len(texts)


def few_words(samples: Iterable[Secret]) -> bool:
    """Tell whether values are some few words that come again and again, as a state does."""
    texts = [told for told in map(_text, samples) if told]
    return len(texts) >= 2 * FEWEST and len(set(texts)) * 4 <= len(texts)


def _text(value: Secret) -> str:
    raw = value.reveal_raw()
    return raw.strip() if isinstance(raw, str) else ""
