r"""A mail, read as what it is: a stranger's words (policy 9.1, 9.2, 11.2; reliability A14, A21).

Whom it says it is from is a claim and proves nothing. Its words are personal data and leave here as
``Secret``; what is not (an id, whether a program wrote it) leaves as it is.
"""

import re
from email.utils import getaddresses
from typing import Final

from email_validator import EmailNotValidError, validate_email
from msgspec import Struct

from troth.documents.intake import characters, page
from troth.documents.intake.mime import PLAIN, Head, Part, opened, parts
from troth.documents.intake.papers import Paper, taken
from troth.documents.intake.threads import marks_in
from troth.documents.intake.wishes import Wish, guess, language
from troth.model.errors import BadInput
from troth.model.secret import Secret

HTML: Final = "text/html"
MOST_WORDS: Final = 20_000
"""Characters of a mail's words that are kept; a request needs no more."""
MOST_TEXT: Final = 1024 * 1024
"""Octets of a part that are read for its words."""
MOST_REFERENCES: Final = 30
LONGEST_ADDRESS: Final = 254
LONGEST_FROM: Final = 1_000
LONGEST_REFERENCES: Final = 8_000
"""Characters of a header line that are looked at."""
_ID: Final = re.compile(r"<([^<>\s]{1,250})>")
QUOTED: Final = re.compile(
    r"^(?:>.*|-{2,}\s*(?:original message|forwarded message|原始邮件|转发邮件).*"
    r"|on .{4,120} wrote:|.{4,120}写道[:：]|(?:from|发件人)[:：] .*)$",
    re.IGNORECASE,
)
"""A line that begins what somebody else wrote before."""
RECEIVED_AT: Final = ("to", "cc", "delivered-to", "x-original-to")
LISTED: Final = ("list-id", "list-unsubscribe", "list-post")
MASS: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
DAEMONS: Final = ("mailer-daemon", "postmaster", "no-reply", "noreply", "bounce", "bounces")


class Mail(Struct, frozen=True, kw_only=True):
    """A mail that was read.

    ``sender`` is the address it claims, ``name`` the name beside it; ``wish`` is what it seems to
    ask, guessed from what is not quoted; ``marks`` are what may be marks of requests. ``silent``: a
    program wrote it, or a list sent it on, and it is never answered; ``machine``: it is no request
    at all. ``cut``: there were more words than are kept.
    """

    sender: Secret
    name: Secret
    subject: Secret
    words: Secret
    wish: Wish
    language: str
    marks: tuple[str, ...]
    message_id: str
    references: tuple[str, ...]
    papers: tuple[Paper, ...]
    refused: tuple[str, ...]
    silent: bool
    machine: bool
    cut: bool


def read(raw: bytes, *, envelope: str | None = None) -> Mail:
    r"""Read a mail; ``envelope`` is the sender its server was told, where that is known.

    Raises ``BadInput`` for what is no mail of one sender, or goes beyond the bounds.

    >>> told = read(b"From: a@b.example\nSubject: =?utf-8?Q?hello?=\n\nDelete my account.")
    >>> told.wish.kind, told.language, told.words
    ('delete', 'en', Secret(…))
    """
    found = list(parts(raw))
    head, _ = opened(raw)
    sender, name = _sender(head)
    subject = characters.header(head.first("subject"))
    words = characters.clean(_words(found), MOST_WORDS + 1)
    own = unquoted(words[:MOST_WORDS])
    papers, refused = taken(found)
    machine = _machine(head, envelope, sender)
    return Mail(
        sender=Secret(sender),
        name=Secret(name),
        subject=Secret(subject),
        words=Secret(words[:MOST_WORDS]),
        wish=guess(subject, own),
        language=language(own or subject),
        marks=marks_in((subject, *_addresses(head, *RECEIVED_AT), words)),
        message_id=next(iter(_ids(head, "message-id")), ""),
        references=_ids(head, "references", "in-reply-to"),
        papers=papers,
        refused=refused,
        silent=machine or _listed(head),
        machine=machine,
        cut=len(words) > MOST_WORDS,
    )


def unquoted(words: str) -> str:
    r"""Return what somebody wrote themselves: not what they quote, nor what follows a quotation.

    >>> unquoted("yes, delete it\n\nOn Monday privacy@b.example wrote:\n> Which copy?")
    'yes, delete it'
    """
    own: list[str] = []
    for line in words.splitlines():
        if QUOTED.match(line.strip()[:300]):
            if line.lstrip().startswith(">"):
                continue
            break
        own.append(line)
    return "\n".join(own).strip()


# --- header lines ------------------------------------------------------------------------------


def _ids(head: Head, *names: str) -> tuple[str, ...]:
    """Return the ids of messages that header lines name, the last of many."""
    told = " ".join(head.first(name)[:LONGEST_REFERENCES] for name in names)
    return tuple(dict.fromkeys(_ID.findall(told)))[-MOST_REFERENCES:]


def _addresses(head: Head, *names: str) -> list[str]:
    lines = [head.first(name)[: characters.LONGEST_HEADER] for name in names]
    found = getaddresses([line for line in lines if line])
    return [address.lower() for _, address in found if 0 < len(address) <= LONGEST_ADDRESS]


def _sender(head: Head) -> tuple[str, str]:
    """Return the one address that a mail claims to be from, and the name beside it."""
    lines = head.every("from")
    found = getaddresses(lines) if len(lines) == 1 and len(lines[0]) <= LONGEST_FROM else []
    try:
        ((name, address),) = found
        told = validate_email(address, check_deliverability=False, test_environment=True)
    except (ValueError, EmailNotValidError):
        raise BadInput(
            "a mail is from one address",
            clause="9.1",
            remedy="send it anew, from an address that can be answered",
            field="from",
        ) from None
    return told.normalized, characters.header(name, 100)


def _machine(head: Head, envelope: str | None, sender: str) -> bool:
    """Tell whether a program wrote it: a bounce, a notice of absence, a mail of ours."""
    said = head.first("auto-submitted").strip().lower().partition(";")[0]
    if said not in ("", "no") or envelope == "" or head.first("return-path").strip() == "<>":
        return True
    if head.first("x-autoreply", "x-autorespond", "x-loop"):
        return True
    return sender.partition("@")[0].lower() in DAEMONS


def _listed(head: Head) -> bool:
    """Tell whether a list sent it on, or it asks for no automatic answer."""
    precedence = head.first("precedence").strip().lower()
    quiet = bool(head.first("x-auto-response-suppress"))
    return quiet or precedence in MASS or any(head.first(name) for name in LISTED)


# --- words -------------------------------------------------------------------------------------


def _words(found: list[Part]) -> str:
    """Return what a mail says: its plain parts, or else the words of its pages."""
    plain = [part.text(MOST_TEXT) for part in found if part.media == PLAIN and not part.attached]
    if any(text.strip() for text in plain):
        return "\n\n".join(plain)
    pages = (part.text(MOST_TEXT) for part in found if part.media == HTML and not part.attached)
    return "\n\n".join(page.words(text) for text in pages)
