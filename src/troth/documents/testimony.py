"""The proof of one entry as a file: anybody can check it offline, with the public key (7.1, 9.3).

A zip of ``entry.json`` (the entry exactly as it is hashed: field names and purposes, no value of
anybody), ``proof.txt`` (C2SP tlog-proof: its path to a signed head of the ledger), ``key.txt`` (it
verifies the head) and ``how-to-check.txt``. ``troth ledger verify`` takes the zip as it is.
"""

import io
import zipfile
from typing import Final

from troth.ledger.checkpoint import InclusionProof, read_proof
from troth.ledger.entry import Entry
from troth.ledger.verify import verify_inclusion
from troth.model.errors import Unverifiable

ENTRY: Final = "entry.json"
PROOF: Final = "proof.txt"
KEY: Final = "key.txt"
HOW: Final = "how-to-check.txt"
LARGEST: Final = 1 << 20
"""No file of a proof is longer; one that says so is not read."""
LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
WORDS: Final = """\
这是账本中一条记录的证明。entry.json 是记录本身（不含任何人的信息内容），
proof.txt 证明它在已签名的账本之中。在任何一台电脑上离线核验：

    troth ledger verify 本文件.zip --key "$(cat key.txt)"

请另外核对 key.txt 与我们公布的公钥（/ledger/{region}/key）是否一致。

This proves one entry of the ledger. entry.json is the entry itself (it holds no value of
anybody), proof.txt shows that it stands in the ledger as it was signed. To check it offline,
on any machine:

    troth ledger verify this-file.zip --key "$(cat key.txt)"

Compare key.txt with the key we publish (/ledger/{region}/key): do not take it from this
file alone. The formats are C2SP tlog-proof and signed-note; a leaf is hashed as in RFC 6962.
"""


def packed(proof: InclusionProof, vkey: str, region: str) -> bytes:
    """Return the zip; the same proof gives the same bytes."""
    files = {
        ENTRY: proof.leaf,
        PROOF: proof.text().encode(),
        KEY: f"{vkey}\n".encode(),
        HOW: WORDS.replace("{region}", region).encode(),
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, date_time=LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, data)
    return written.getvalue()


def is_proof(archive: zipfile.ZipFile) -> bool:
    """Tell whether a zip is the proof of one entry."""
    return {ENTRY, PROOF} <= set(archive.namelist())


def verified(archive: zipfile.ZipFile, vkey: str) -> tuple[Entry, InclusionProof]:
    """Return the entry that a zip proves, and its proof. Raises ``Unverifiable``."""
    leaf, text = (_read(archive, name) for name in (ENTRY, PROOF))
    try:
        proof = read_proof(text.decode(), leaf)
    except UnicodeDecodeError as error:
        raise Unverifiable("the proof is not text") from error
    return verify_inclusion(proof, vkey), proof


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > LARGEST:
        raise Unverifiable(f"`{name}` is larger than it can be")
    return archive.read(name)
