"""Channels to the subject: e-mail, SMS, letter, telephone, push (policy 2.1.2, 7.4).

A channel takes one message or raises ``NotDelivered``, saying whether trying again may help.
Nothing here logs, and no error repeats an address, a text or what a server said.
"""

import json
import os
import smtplib
import ssl
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from re import compile as pattern
from typing import Final, Literal, Protocol
from unicodedata import category

from email_validator import EmailNotValidError, validate_email
from msgspec import Struct

from troth.egress.post import Line, SigningKey, is_loopback
from troth.model.clock import Moment
from troth.model.errors import BadInput, Misconfigured, NotDelivered
from troth.model.secret import Secret

CHANNELS: Final = ("email", "sms", "letter", "phone", "push")
"""The means that policy 7.4 names; e-mail and SMS carry codes as well (2.1.2)."""
SAFE_ID: Final = pattern(r"[A-Za-z0-9_-]{1,64}")
UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Unicode categories with no place in a header: controls, bidi marks, line separators."""
JOINERS: Final = "\u200c\u200d"
"""Unseen too, but letters of some scripts and emoji are joined by them."""


class Message(Struct, frozen=True, kw_only=True):
    """One message to one address. ``id`` stays the same however often it is sent again.

    ``unsubscribe`` is the https address of a one-click stop (RFC 8058). Printed, it shows no
    address, title or text. Raises ``BadInput`` for an id unsafe in headers and file names.
    """

    channel: str
    address: Secret
    title: str
    text: Secret
    language: str
    id: str
    at: Moment = Moment(0)
    unsubscribe: str = ""

    def __post_init__(self) -> None:
        if not SAFE_ID.fullmatch(self.id):
            raise BadInput("a message id is letters, digits, `-` and `_`, at most 64")

    def __repr__(self) -> str:
        return f"Message(channel={self.channel!r}, id={self.id!r})"


class Channel(Protocol):
    """One way to reach a subject. Safe from many threads."""

    @property
    def name(self) -> str:
        """The name under which notices ask for it, such as ``email``."""
        ...

    def send(self, message: Message) -> None:
        """Hand a message over for good. Raises ``NotDelivered``."""
        ...


def one_line(text: str) -> str:
    r"""Make a text safe for a header: no control, no direction mark, no line break.

    >>> one_line("Your code\r\nBcc: somebody")
    'Your code Bcc: somebody'
    """
    seen = "".join(
        " " if category(letter) in UNSEEN and letter not in JOINERS else letter for letter in text
    )
    return " ".join(seen.split())


# --- e-mail ------------------------------------------------------------------------------------


class EmailChannel:
    """E-mail through one relay (SMTP submission), in UTF-8, over TLS unless it is on loopback."""

    name = "email"

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        sender_name: str = "",
        username: str = "",
        password: Secret | None = None,
        security: Literal["starttls", "tls", "none"] | None = None,
        timeout: float = 20.0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Describe the relay; ``timeout`` (seconds) bounds every wait for it.

        ``security`` is STARTTLS unless the host is loopback. Raises ``Misconfigured`` for ``none``
        on another host, and for a sender that is no address.
        """
        self._host = host
        self._port = port
        self._security = security or ("none" if is_loopback(host) else "starttls")
        if self._security == "none" and not is_loopback(host):
            raise Misconfigured(
                "mail may leave this machine over TLS only",
                clause="2.1.3",
                remedy="set the relay's security to `starttls` or `tls`",
            )
        try:
            self._sender = Address(one_line(sender_name), addr_spec=sender)
        except (ValueError, IndexError, MessageError):
            raise Misconfigured("the sender is not an e-mail address") from None
        self._username = username
        self._password = password
        self._timeout = timeout
        self._context = context or ssl.create_default_context()

    def send(self, message: Message) -> None:
        """Hand the message to the relay.

        Raises ``NotDelivered``; permanent for an address that is none, is reserved (RFC 2606), or
        that the relay refuses for good.
        """
        letter = self.letter(message)
        try:
            relay = self._relay()
            try:
                relay.send_message(letter)
                # The message is taken: a relay that stumbles over goodbye must not get it twice.
                with suppress(OSError):
                    relay.quit()
            finally:
                relay.close()
        except smtplib.SMTPException as error:
            raise _smtp_refusal(error) from None
        except ssl.SSLError:
            raise NotDelivered("the relay's TLS does not hold", reason="smtp_tls") from None
        except OSError as error:
            raise _unreachable(error) from None

    def letter(self, message: Message) -> EmailMessage:
        """Write the message as an e-mail. Raises ``NotDelivered`` for a bad address."""
        letter = EmailMessage(policy=SMTP_POLICY)
        letter["From"] = self._sender
        letter["To"] = _mail_address(message.address)
        letter["Subject"] = one_line(message.title)
        letter["Message-ID"] = f"<{message.id}@{self._sender.domain}>"
        if message.at:
            letter["Date"] = datetime.fromtimestamp(message.at / 1000, UTC)
        letter["Auto-Submitted"] = "auto-generated"
        if message.unsubscribe:
            letter["List-Unsubscribe"] = f"<{one_line(message.unsubscribe)}>"
            letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        letter.set_content(message.text.reveal(), charset="utf-8", cte="base64")
        letter["Content-Language"] = one_line(message.language)
        return letter

    def _relay(self) -> smtplib.SMTP:
        if self._security == "tls":
            relay: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host,
                self._port,
                self._sender.domain,
                timeout=self._timeout,
                context=self._context,
            )
        else:
            relay = smtplib.SMTP(self._host, self._port, self._sender.domain, timeout=self._timeout)
        try:
            self._greet(relay)
        except BaseException:
            relay.close()
            raise
        return relay

    def _greet(self, relay: smtplib.SMTP) -> None:
        relay.ehlo_or_helo_if_needed()
        if self._security == "starttls":
            if not relay.has_extn("starttls"):
                raise NotDelivered("the relay offers no TLS", reason="smtp_no_tls")
            relay.starttls(context=self._context)
            relay.ehlo()
        if self._username and self._password is not None:
            relay.login(self._username, self._password.reveal())


def _mail_address(address: Secret) -> Address:
    try:
        # `test_environment` lets `.test` through, which no relay delivers; the other reserved
        # domains, `.invalid` among them, are refused here.
        found = validate_email(address.reveal(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise NotDelivered(
            "this cannot be an e-mail address", permanent=True, reason="bad_address"
        ) from None
    return Address(username=found.local_part, domain=found.ascii_domain)


def _unreachable(error: OSError) -> NotDelivered:
    # smtplib turns a time-out into a disconnection, and keeps the first error behind it.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return NotDelivered("the relay did not answer in time", reason="smtp_late")
    return NotDelivered("the relay could not be reached", reason="smtp_unreachable")


def _smtp_refusal(error: smtplib.SMTPException) -> NotDelivered:
    """Say what a relay's refusal means. Only what it says of the recipient or text is final."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            final = all(code // 100 == 5 for code in codes)
            return _refused(max(codes, default=0), permanent=final)
        case smtplib.SMTPDataError():
            return _refused(error.smtp_code, permanent=error.smtp_code // 100 == 5)
        case smtplib.SMTPNotSupportedError():
            return NotDelivered(
                "the relay cannot take this address", permanent=True, reason="smtp_unsupported"
            )
        case smtplib.SMTPResponseException():
            return _refused(error.smtp_code, permanent=False)
        case _:
            return _unreachable(error)


def _refused(code: int, *, permanent: bool) -> NotDelivered:
    return NotDelivered(f"the relay answered `{code}`", permanent=permanent, reason=f"smtp_{code}")


# --- gateways and spools -----------------------------------------------------------------------


class SmsGateway:
    """Short messages through an HTTP gateway that takes signed JSON.

    The body is ``{"id", "to", "text", "language"}``; the number never stands in the address line.
    """

    name = "sms"

    def __init__(self, url: str, secret: Secret, *, timeout: float = 10.0) -> None:
        """Fix the gateway's address and the secret that signs (``whsec_`` and base64).

        Raises ``Misconfigured`` when the address is not https (or loopback) or the secret is weak.
        """
        self._line = Line(url, SigningKey(secret), timeout=timeout)

    def send(self, message: Message) -> None:
        """Post the message under its id. Raises ``NotDelivered``."""
        body = {
            "id": message.id,
            "to": message.address.reveal(),
            "text": message.text.reveal(),
            "language": message.language,
        }
        self._line.post(message.id, json.dumps(body, ensure_ascii=False).encode())


class SpoolChannel:
    """One private JSON file for each message, in a folder that something else empties.

    A print queue for letters, a call sheet for the telephone, a feed for a push service; and SMS
    while developing. A message sent again replaces its own file.
    """

    def __init__(self, name: str, folder: str | Path) -> None:
        """Make the folder, open to its owner only. Raises ``Misconfigured`` when it cannot be."""
        self._name = name
        self._folder = Path(folder)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
        except OSError as error:
            raise Misconfigured(
                f"the spool `{folder}` cannot be made: {error.strerror}",
                remedy="name a folder that the service may write to",
            ) from error

    @property
    def name(self) -> str:
        """The channel this folder stands for."""
        return self._name

    def send(self, message: Message) -> None:
        """Write the file whole or not at all. Raises ``NotDelivered``, never permanent."""
        sheet = {
            "id": message.id,
            "channel": message.channel,
            "to": message.address.reveal(),
            "title": message.title,
            "text": message.text.reveal(),
            "language": message.language,
            "at": message.at,
        }
        try:
            self._write(f"{message.id}.json", json.dumps(sheet, ensure_ascii=False).encode())
        except OSError:
            raise NotDelivered("the spool cannot be written", reason="spool") from None

    def _write(self, name: str, content: bytes) -> None:
        handle, draft = tempfile.mkstemp(prefix=".", dir=self._folder)  # made 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self._folder / name)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def spools(
    folder: str | Path, names: Sequence[str] = ("sms", "letter", "phone", "push")
) -> dict[str, Channel]:
    """Return a spool for each name, each in a folder of its own below ``folder``."""
    return {name: SpoolChannel(name, Path(folder) / name) for name in names}


class MemoryChannel:
    """A channel that keeps what it was given (``sent``); for tests of programs that embed Troth.

    ``failures`` are raised first, one for each message, before anything is taken.
    """

    def __init__(self, name: str, failures: Iterable[NotDelivered] = ()) -> None:
        self._name = name
        self._failures = list(failures)
        self.sent: list[Message] = []

    @property
    def name(self) -> str:
        """The channel it stands for."""
        return self._name

    def send(self, message: Message) -> None:
        """Keep the message, or raise the next failure. Raises ``NotDelivered``."""
        if self._failures:
            raise self._failures.pop(0)
        self.sent.append(message)


def by_name(*channels: Channel) -> Mapping[str, Channel]:
    """Return channels under their names, as the courier takes them.

    >>> sorted(by_name(MemoryChannel("sms"), MemoryChannel("email")))
    ['email', 'sms']
    """
    return {channel.name: channel for channel in channels}
