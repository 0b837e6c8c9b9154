"""Mails that mean harm, each by its name: what they are, and what must come of them."""

import io
import zipfile
from base64 import b64encode
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from PIL import Image

SENDER: Final = "li.na@mail.example"
OURS: Final = "privacy@troth.example"


def mail(text: str = "Please delete my account.", **changes: str) -> bytes:
    """Return an ordinary mail; ``Message_ID="<1@x>"`` sets a header, an empty one leaves it out."""
    told = EmailMessage(policy=SMTP)
    lines = {"From": SENDER, "To": OURS, "Subject": "My data", "Message-ID": "<1@mail.example>"}
    lines |= {name.replace("_", "-"): value for name, value in changes.items()}
    for name, value in lines.items():
        if value:
            told[name] = value
    told.set_content(text)
    return told.as_bytes()


def attached(*files: tuple[bytes, str, str], text: str = "Please delete my account.") -> bytes:
    """Return a mail with files: their bytes, media type and name."""
    told = EmailMessage(policy=SMTP)
    told["From"], told["To"], told["Subject"] = SENDER, OURS, "papers"
    told["Message-ID"] = "<p@mail.example>"
    told.set_content(text)
    for octets, media, name in files:
        main, _, sub = media.partition("/")
        told.add_attachment(octets, maintype=main, subtype=sub, filename=name)
    return told.as_bytes()


def picture(kind: str = "JPEG", size: tuple[int, int] = (400, 300)) -> bytes:
    """Return a picture that can be drawn."""
    made = io.BytesIO()
    Image.new("RGB", size, (200, 220, 240)).save(made, kind)
    return made.getvalue()


def bomb(layers: int = 3) -> bytes:
    """Return a packed file of packed files of nothing, a thousand times what it weighs."""
    inside = b"\0" * 1_000_000
    for layer in range(layers):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(f"{layer}.zip", inside)
        inside = packed.getvalue()
    return inside


def nested(depth: int, kind: str = "multipart/mixed") -> bytes:
    """Return a mail whose parts lie in parts, so deep."""
    told = [b"From: " + SENDER.encode(), b"Subject: deep"]
    for level in range(depth):
        if kind == "multipart/mixed":
            told += [
                f'Content-Type: {kind}; boundary="b{level}"'.encode(),
                b"",
                f"--b{level}".encode(),
            ]
        else:
            told += [f"Content-Type: {kind}".encode(), b""]
    return b"\r\n".join([*told, b"Content-Type: text/plain", b"", b"at last"])


def many_parts(count: int) -> bytes:
    """Return a mail of so many parts."""
    head = f'From: {SENDER}\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'.encode()
    return head + b"--b\r\n\r\nx\r\n" * count + b"--b--\r\n"


def encoded_words(count: int) -> bytes:
    """Return a mail whose subject line is so many encoded words."""
    word = "=?utf-8?B?" + b64encode("删除".encode()).decode() + "?="
    return mail().replace(b"Subject: My data", b"Subject: " + (f"{word} " * count).encode())


REFUSED: Final[dict[str, bytes]] = {
    "parts in parts": nested(50),
    "too many parts": many_parts(500),
    "too many header lines": b"X: y\r\n" * 1000 + mail(),
    "a header line without end": b"X: " + b"y" * 20_000 + b"\r\n" + mail(),
    "header lines without end": b"X: y\r\n " + b"folded\r\n " * 20_000,
    "encoded words without end": encoded_words(5000),
    "no sender": mail(From=""),
    "two senders in a line": mail(From="a@mail.example, b@mail.example"),
    "two lines of senders": b"From: a@mail.example\r\n" + mail(),
    "a sender that is no address": mail().replace(SENDER.encode(), b"nobody"),
    "a sender with a line break": mail().replace(SENDER.encode(), b"=?utf-8?Q?a=0D=0ABcc:_b?="),
    "too large": mail() + b"x" * (11 * 1024 * 1024),
    "nothing": b"",
    "noise": bytes(range(256)) * 40,
}
"""What is refused, by name."""
READ: Final[dict[str, bytes]] = {
    "a mail in mails": nested(50, "message/rfc822"),
    "many encoded words": encoded_words(500),
    "an encoded word in no alphabet": mail().replace(b"My data", b"=?zlib?B?eJxLTEoGAAJNASc=?="),
    "a broken encoded word": mail().replace(b"My data", b"=?utf-8?B?####?= =?x?Q?"),
    "a character set that lies": mail().replace(b'charset="utf-8"', b'charset="utf-16"'),
    "a character set that unpacks": mail().replace(b'charset="utf-8"', b'charset="bz2_codec"'),
    "a boundary that is not there": mail().replace(
        b'text/plain; charset="utf-8"', b'multipart/mixed; boundary="nowhere"'
    ),
    "a boundary of control characters": mail().replace(
        b'text/plain; charset="utf-8"', b'multipart/mixed; boundary="\x00\x01"'
    ),
    "base64 that is none": mail().replace(b"7bit", b"base64"),
    "uuencoded": mail().replace(b"7bit", b"x-uuencode"),
    "no header lines but one": b"From: " + SENDER.encode() + b"\n\nhello",
    "bytes in header lines": mail().replace(b"My data", "我的数据".encode("gb18030")),
    "quoted forever": mail("> " * 20_000 + "delete my account"),
}
"""What is read, however strange, by name."""
