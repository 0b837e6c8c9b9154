"""Numbers that identify: resident IDs, travel papers, companies, accounts (policy 2.1.1, 6.2).

Every function takes what a person typed and returns its canonical form, or raises ``BadValue`` with
a remedy in plain words; none repeats the value. Sources: GB 11643-1999 (resident ID, ISO 7064
MOD 11-2), GB 32100-2015 (social credit code), Hong Kong's identity card, ICAO 9303 (passport).
"""

import re
from datetime import date
from operator import mul
from typing import Final

from troth.model.characters import code
from troth.model.errors import BadValue

RESIDENT_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS: Final = "10X98765432"
OLDEST_YEARS: Final = 150

CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))

_RESIDENT: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")
_HONG_KONG: Final = re.compile(r"([A-Z]{1,2})([0-9]{6})([0-9A])")
_TRAVEL: Final = re.compile(r"[HM]?[0-9]{8}")
_PASSPORT: Final = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}")
_MRZ: Final = re.compile(r"([A-Z0-9]{1,9}<*)([0-9])")

_MISCOUNTED: Final = "a character is mistyped: the check digit does not agree"


def resident_id(text: str, today: date) -> str:
    """Return an 18-character ID number of mainland China, in capitals.

    Takes citizens' resident IDs, the residence permits of people from Hong Kong, Macao (81, 82) and
    Taiwan (83), and foreigners' permanent resident cards (9..., only the check digit counts).
    The region code is not checked: codes come and go. ``today`` bounds the birth date.

    >>> resident_id("11010519491231002x", date(2026, 11, 22))
    '11010519491231002X'
    """
    number = code(text)
    if not _RESIDENT.fullmatch(number):
        raise BadValue(remedy="give all 18 characters: 17 digits, then a digit or X")
    if RESIDENT_CHECKS[_weighed(number[:17]) % 11] != number[17]:
        raise BadValue(remedy=_MISCOUNTED)
    if number[0] != "9" and not _lived(born(number), today):
        raise BadValue(remedy="digits 7 to 14 must be a birth date that is real and past")
    return number


def born(number: str) -> date | None:
    """Return the birth date in a resident ID, or ``None`` when digits 7 to 14 are no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def _weighed(digits: str) -> int:
    return sum(map(mul, RESIDENT_WEIGHTS, map(int, digits)))


def _lived(birth: date | None, today: date) -> bool:
    return birth is not None and birth <= today and today.year - birth.year <= OLDEST_YEARS


def hong_kong_id(text: str) -> str:
    """Return a Hong Kong identity card number, with its check digit in brackets.

    >>> hong_kong_id("a123456(3)"), hong_kong_id("AB9876543")
    ('A123456(3)', 'AB987654(3)')
    """
    parts = _HONG_KONG.fullmatch(code(text, without=" -()"))
    if not parts:
        raise BadValue(remedy="give one or two letters, six digits and the check digit")
    letters, digits, check = parts.groups()
    values = [36 if letter == " " else int(letter, 36) for letter in letters.rjust(2) + digits]
    total = sum(w * value for w, value in zip(range(9, 1, -1), values, strict=True))
    if (total + int(check, 16)) % 11:
        raise BadValue(remedy=_MISCOUNTED)
    return f"{letters}{digits}({check})"


def travel_permit(text: str) -> str:
    """Return a mainland travel permit's number: H or M and 8 digits, or (Taiwan) 8 digits.

    >>> travel_permit("h12345678")
    'H12345678'
    """
    number = code(text)
    if not _TRAVEL.fullmatch(number):
        raise BadValue(remedy="give H or M and 8 digits, or 8 digits for a permit of Taiwan")
    return number


def passport(text: str) -> str:
    """Return a passport number of 5 to 9 characters.

    Ten characters are read as the field of the machine-readable zone, whose last is a check digit.

    >>> passport("l898902c36"), passport("E12345678")
    ('L898902C3', 'E12345678')
    """
    number = code(text)
    if len(number) == 10:
        number = _from_zone(number)
    if not _PASSPORT.fullmatch(number):
        raise BadValue(remedy="give the 5 to 9 letters and digits printed as the passport number")
    return number


def _from_zone(zone: str) -> str:
    parts = _MRZ.fullmatch(zone)
    if not parts:
        raise BadValue(remedy="give the 5 to 9 letters and digits printed as the passport number")
    padded, check = parts.groups()
    values = (0 if character == "<" else int(character, 36) for character in padded)
    if sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10 != int(check):
        raise BadValue(remedy=_MISCOUNTED)
    return padded.rstrip("<")


def credit_code(text: str) -> str:
    """Return a unified social credit code: 18 characters, the last one a check character.

    >>> credit_code("91350100m000100y43")
    '91350100M000100Y43'
    """
    number = code(text)
    if len(number) != 18 or not set(number) <= set(CREDIT_ALPHABET):
        raise BadValue(remedy="give 18 digits and capital letters; I, O, S, V and Z do not occur")
    values = [CREDIT_ALPHABET.index(character) for character in number]
    total = sum(w * value for w, value in zip(CREDIT_WEIGHTS, values[:17], strict=True))
    if (total + values[17]) % 31:
        raise BadValue(remedy=_MISCOUNTED)
    return number


def bank_card(text: str) -> str:
    """Return a personal bank card's number: 12 to 19 digits that obey Luhn.

    >>> bank_card("4111 1111 1111 1111")
    '4111111111111111'
    """
    number = _digits(text, 12, 19)
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    if (sum(doubled) + sum(map(int, number[-1::-2]))) % 10:
        raise BadValue(remedy=_MISCOUNTED)
    return number


def bank_account(text: str) -> str:
    """Return an account number of 8 to 32 digits; a company's does not obey Luhn.

    >>> bank_account("6222 0000 0000")
    '622200000000'
    """
    return _digits(text, 8, 32)


def cnaps(text: str) -> str:
    """Return a bank branch's payment code: 12 digits.

    >>> cnaps("102100099996")
    '102100099996'
    """
    return _digits(text, 12, 12)


def _digits(text: str, least: int, most: int) -> str:
    number = code(text)
    if not number.isdigit() or not least <= len(number) <= most:
        count = f"{least} to {most}" if least != most else f"{least}"
        raise BadValue(remedy=f"give {count} digits")
    return number
