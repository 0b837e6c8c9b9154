"""Forms: what a well-formed value of a field is, and the one way it is written (policy 2.1.1).

Every value is checked when it is kept, and kept in canonical form, so that the same thing is the
same text. A refusal says which field and what to do about it, and never repeats the value.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from msgspec import Struct
from phonenumbers import ValidationResult

from troth.model import identifiers
from troth.model.characters import line, login, prose, skeleton
from troth.model.clock import Moment, SystemClock
from troth.model.errors import BadValue, Misconfigured
from troth.model.secret import Secret
from troth.vault import masks

MIDDLE_DOTS: Final = dict.fromkeys(map(ord, "\u2022\u2027\u2219\u22c5\u30fb\uff65\u2e31"), "\u00b7")
"""Dots that keyboards put inside transcribed names, all written as U+00B7."""
FOLDED_BRACKETS: Final = str.maketrans("（）", "()")

MOST_PROSE: Final = 100_000
MOST_JSON: Final = 1024 * 1024
MOST_FILE: Final = 10 * 1024 * 1024
MOST_URL: Final = 2048

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIALLED: Final = re.compile(r"\+?[0-9][0-9 ().-]{2,40}|\(\+?[0-9 ().-]{3,40}")
# The commonest shapes are known at sight; the libraries, which agree with them, judge all others.
_PLAIN_EMAIL: Final = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+(?:cn|com|hk|net|org)"
)
PLAIN_MOST: Final = 64
LOCAL_MOST: Final = 64
"""Octets before the at sign (RFC 5321 4.5.3.1.1)."""
_CHINA_MOBILE: Final = re.compile(r"\+861[3-9][0-9]{9}")
# Ours, and what accounts of other systems come with; ``documents.proof`` knows which is any good.
_PASSWORD_HASH: Final = re.compile(
    r"\$argon2id?\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}"
    r"|\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"
    r"|\$(?:scrypt|pbkdf2)[-a-z0-9]*\$[a-z0-9=,]+\$[A-Za-z0-9+/.]{2,}\$[A-Za-z0-9+/.]{22,}"
    r"|pbkdf2_sha\d+\$\d+\$[!-#%-~]+\$[A-Za-z0-9+/]{22,}={0,2}"
    r"|\{SSHA\d*\}[A-Za-z0-9+/]{27,}={0,2}",
    re.ASCII,
)


class Form(Struct, frozen=True):
    """What a field takes.

    ``kind`` is one of ``KINDS``; ``indexed``: subjects can be found by it; ``unique``: and only one
    of them; ``mask``: one of ``masks.MASKS``; ``region``: whose a telephone number is that comes
    without its country code (``CN``, ``HK`` ...).
    """

    kind: str
    indexed: bool = False
    unique: bool = False
    mask: str = "all"
    region: str = "CN"

    @property
    def searchable(self) -> bool:
        """Tell whether the blind index knows the field."""
        return self.indexed or self.unique


def _name(text: str, *_: object) -> str:
    return line(text, most=100).translate(MIDDLE_DOTS)


def _email(text: str, *_: object) -> str:
    if len(text) <= PLAIN_MOST and _PLAIN_EMAIL.fullmatch(text):
        local, _at, domain = text.partition("@")
        return f"{local}@{domain.lower()}"
    if not text.isprintable():
        raise BadValue(remedy="remove invisible or control characters")
    if unicodedata.normalize("NFKC", text) != unicodedata.normalize("NFC", text):
        # Two spellings of one address would be one account to the index and two to a mail server.
        raise BadValue(remedy="use ordinary half-width letters and digits")
    try:
        address = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        raise BadValue(remedy="write it like `name@example.com`, with a real domain") from None
    if len(address.local_part.encode()) > LOCAL_MOST:
        raise BadValue(remedy="write it like `name@example.com`, the name not longer than 64")
    return address.normalized


def _phone(text: str, form: Form, *_: object) -> str:
    if _CHINA_MOBILE.fullmatch(text):
        return text
    text = text.strip()
    if not _DIALLED.fullmatch(text):
        raise BadValue(remedy="give the number in ordinary digits, with + and its country code")
    try:
        number = phonenumbers.parse(text, form.region)
    except phonenumbers.NumberParseException:
        raise BadValue(remedy="give the number with + and its country code") from None
    # "Possible" alone takes in numbers that only neighbours can dial, without their area code.
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise BadValue(remedy="the number is too long or too short for its country")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _date(text: str, *_: object) -> str:
    written = _DATE.fullmatch(text.strip())
    try:
        # Without a match, the empty text that is no date either.
        return date.fromisoformat(written[0] if written else "").isoformat()
    except ValueError:
        raise BadValue(remedy="give a date of the calendar as year-month-day: 2023-05-31") from None


def _url(text: str, *_: object) -> str:
    text = text.strip()
    remedy = "give a web address that begins with https:// or http://, without a password in it"
    if len(text) > MOST_URL or not text.isprintable() or " " in text or "\\" in text:
        raise BadValue(remedy=remedy)
    try:
        parts = urlsplit(text)
        odd = parts.port == 0
    except ValueError:
        raise BadValue(remedy=remedy) from None
    odd = odd or "@" in parts.netloc or not parts.hostname
    if odd or parts.scheme not in ("http", "https"):
        raise BadValue(remedy=remedy)
    return parts._replace(netloc=parts.netloc.lower()).geturl()


def _ip(text: str, *_: object) -> str:
    try:
        address = ip_address(text.strip())
    except ValueError:
        raise BadValue(remedy="give an IP address") from None
    if "%" in address.compressed:
        raise BadValue(remedy="leave out the network interface after %")
    return address.compressed


def _password_hash(text: str, *_: object) -> str:
    if len(text) > 300 or not _PASSWORD_HASH.fullmatch(text):
        raise BadValue(remedy="keep an Argon2id hash, or the one it came with, never the password")
    return text


def _json(text: str, *_: object) -> str:
    if len(text) > MOST_JSON:
        raise BadValue(remedy="give at most 1 MiB of JSON")
    try:
        return msgspec.json.encode(msgspec.json.decode(text), order="sorted").decode()
    except (ValueError, RecursionError):
        raise BadValue(remedy="give well-formed JSON, not nested too deeply") from None


CHECKS: Final[dict[str, Callable[[str, Form, Moment | None], str]]] = {
    "text": lambda text, *_: prose(text, most=MOST_PROSE),
    "name": _name,
    "login": lambda text, *_: login(text),
    "email": _email,
    "phone": _phone,
    "cn_id": lambda text, _, at: identifiers.resident_id(text, _day(at)),
    "hk_id": lambda text, *_: identifiers.hong_kong_id(text),
    "travel_permit": lambda text, *_: identifiers.travel_permit(text),
    "passport": lambda text, *_: identifiers.passport(text),
    "uscc": lambda text, *_: identifiers.credit_code(text),
    "company_name": lambda text, *_: line(text, least=4, most=100),
    "date": _date,
    "address": lambda text, *_: prose(text.strip(), most=500),
    "bank_card": lambda text, *_: identifiers.bank_card(text),
    "bank_account": lambda text, *_: identifiers.bank_account(text),
    "cnaps": lambda text, *_: identifiers.cnaps(text),
    "password_hash": _password_hash,
    "url": _url,
    "ip": _ip,
    "json": _json,
}
"""The check of every kind of text; a ``file`` is bytes and has its own."""
KINDS: Final = frozenset({*CHECKS, "file"})


def canonical(field: str, value: Secret, form: Form, *, at: Moment | None = None) -> Secret:
    """Return a value in the canonical form of its kind; doing so twice changes nothing.

    ``at`` is the moment a birth date must lie before (default: now). Raises ``BadValue`` naming the
    field and the remedy (2.1.1a), ``Misconfigured`` for a kind the program does not know.

    >>> canonical("contact.email", Secret("Zhang@EXAMPLE.com"), Form("email")).reveal()
    'Zhang@example.com'
    >>> canonical("settings.from", Secret("::g"), Form("ip"))
    Traceback (most recent call last):
        ...
    troth.model.errors.BadValue: `settings.from` is not well formed (§2.1.1a): give an IP address
    """
    try:
        return Secret(_checked(value.reveal_raw(), form, at))
    except BadValue as wrong:
        raise BadValue(
            f"`{field}` is not well formed", field=field, clause="2.1.1a", remedy=wrong.remedy
        ) from None


def formed(
    values: Mapping[str, Secret], forms: Mapping[str, Form], *, at: Moment | None = None
) -> dict[str, Secret]:
    """Return every value in its canonical form. Raises as ``canonical``.

    Also raises ``Misconfigured`` for a field without a form.
    """
    unformed = sorted(values.keys() - forms.keys())
    if unformed:
        raise Misconfigured(f"`{unformed[0]}` has no form", remedy="declare the form it takes")
    return {field: canonical(field, value, forms[field], at=at) for field, value in values.items()}


def _checked(given: str | bytes, form: Form, at: Moment | None) -> str | bytes:
    if form.kind == "file":
        return _file(given)
    check = CHECKS.get(form.kind)
    if check is None:
        raise Misconfigured(
            f"the form `{form.kind}` is not known", remedy=f"use one of {', '.join(sorted(KINDS))}"
        )
    if not isinstance(given, str):
        raise BadValue(remedy="give a text, not a file")
    checked = check(given, form, at)
    if not checked:
        raise BadValue(remedy="leave the field out where there is nothing to say")
    return checked


def _day(at: Moment | None) -> date:
    at = SystemClock().now() if at is None else at
    return datetime.fromtimestamp(at / 1000, UTC).date()


def _file(given: str | bytes) -> bytes:
    if isinstance(given, str):
        raise BadValue(remedy="give a file, not a text")
    if not 0 < len(given) <= MOST_FILE:
        raise BadValue(remedy="give a file that is not empty and of at most 10 MiB")
    return given


def comparable(value: Secret, form: Form) -> bytes:
    """Return what two canonical values have in common when they are the same to a person.

    E-mail addresses are one whatever their case; company names whatever their brackets' width; user
    names where people would take one for the other. Of e-mail addresses only the letters' case and
    width count: a tag after a plus, a dot or a letter of another script can be another mailbox, and
    whoever has it proves it by a code.
    """
    text = value.reveal_raw()
    if isinstance(text, bytes):
        return text
    if form.kind == "company_name":
        text = text.translate(FOLDED_BRACKETS).casefold()
    elif form.kind == "login":
        text = skeleton(text)
    elif form.kind == "email":
        text = unicodedata.normalize("NFKC", text).casefold()
    return text.encode()


def masked(value: Secret, form: Form) -> Secret:
    """Return what somebody sees who need not see the whole value.

    >>> masked(Secret("11010519491231002X"), Form("cn_id", mask="id_number")).reveal()
    '1***X'
    """
    return masks.masked(value, form.mask)


def birth_date(id_number: Secret) -> date | None:
    """Return the birth date inside a canonical mainland ID number (8.1b), if it is one.

    Digits 7 to 14 of a foreigner's card need not be a date; then there is none.

    >>> birth_date(Secret("11010519491231002X"))
    datetime.date(1949, 12, 31)
    """
    text = id_number.reveal()
    return identifiers.born(text) if len(text) == 18 and text[:17].isdigit() else None
