import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.samples import ORIGIN, SEED
from troth.ledger.checkpoint import (
    Checkpoint,
    InclusionProof,
    Signer,
    opened,
    read,
    read_proof,
    unbase64,
    verified,
)
from troth.model.errors import Misconfigured, Unverifiable

# The worked example of Go's golang.org/x/mod/sumdb/note.
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_NOTE = (
    GO_TEXT + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer(ORIGIN, SEED)
OTHER = Signer("witness.example", bytes(32))
HEAD = Checkpoint(origin=ORIGIN, size=2000, root=bytes(range(32)))
NOTE = SIGNER.note(HEAD.text())


def test_notes_are_those_of_the_go_checksum_database():
    signer = Signer("PeterNeumann", GO_SEED)
    assert signer.vkey == GO_VKEY
    assert signer.note(GO_TEXT) == GO_NOTE
    assert verified(GO_NOTE, GO_VKEY) == GO_TEXT


def test_a_checkpoint_is_three_lines_and_a_signature():
    origin, size, root, blank, signature, end = NOTE.split("\n")
    assert (origin, size, root) == (ORIGIN, "2000", base64.b64encode(HEAD.root).decode())
    assert (blank, end) == ("", "")
    assert signature.startswith(f"— {ORIGIN} ")


def test_a_checkpoint_survives_signing():
    assert read(verified(NOTE, SIGNER.vkey)) == HEAD


def test_extension_lines_are_kept():
    head = Checkpoint(origin=ORIGIN, size=1, root=bytes(32), extensions=("more", "yet more"))
    assert read(verified(SIGNER.note(head.text()), SIGNER.vkey)) == head


def test_a_signer_does_not_show_its_seed():
    assert SEED.hex() not in repr(SIGNER)
    assert repr(SIGNER) == f"Signer({SIGNER.vkey!r})"


# --- several signatures ------------------------------------------------------------------------


def test_a_witness_can_add_its_signature():
    both = OTHER.cosign(NOTE)
    assert verified(both, SIGNER.vkey) == verified(both, OTHER.vkey) == HEAD.text()


def test_signatures_of_unknown_keys_are_ignored():
    later = Signer(ORIGIN, bytes(32))
    note = later.cosign(OTHER.cosign(NOTE))
    assert verified(note, SIGNER.vkey) == HEAD.text()


def test_a_wrong_signature_of_the_owner_is_not_made_good_by_a_right_one():
    _, ((_, raw),) = opened(NOTE)
    wrong = base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()
    with pytest.raises(Unverifiable, match="does not hold"):
        verified(f"{NOTE}— {ORIGIN} {wrong}\n", SIGNER.vkey)


def test_a_note_nobody_we_know_signed_is_refused():
    with pytest.raises(Unverifiable, match="did not sign"):
        verified(OTHER.note(HEAD.text()), SIGNER.vkey)


# --- damaged notes -----------------------------------------------------------------------------


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_any_changed_byte_of_a_note_is_found(place, flip):
    raw = bytearray(NOTE.encode())
    raw[place] ^= flip
    with pytest.raises((Unverifiable, UnicodeDecodeError)):
        verified(raw.decode(), SIGNER.vkey)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        HEAD.text(),
        HEAD.text() + "\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("— ", "- "),
        NOTE.replace("\n", "\r\n"),
        NOTE + "— nobody\n",
        NOTE + "— nobody AAAA\n",
        "x" * 300_000,
    ],
)
def test_what_is_no_signed_note_is_refused(note):
    with pytest.raises(Unverifiable):
        verified(note, SIGNER.vkey)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n",
        "origin\n01\nAAAA\n",
        "origin\n-1\nAAAA\n",
        "origin\n1\nAAAA\n",
        "origin\n٣\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(Unverifiable):
        read(text)


@pytest.mark.parametrize("text", ["AAA", "AAB=", "AA==A", "AAAA\n", "A A A A", "é"])
def test_base64_has_one_form(text):
    with pytest.raises(Unverifiable):
        unbase64(text)


# --- keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000+",
        SIGNER.vkey.replace("cn+", "eu+"),
        SIGNER.vkey[:-4] + "AAAA",
        SIGNER.vkey + "AAAA",
        f"{ORIGIN}+00000000+{base64.b64encode(bytes(33)).decode()}",
    ],
)
def test_an_altered_verifier_key_is_refused(vkey):
    with pytest.raises(Unverifiable):
        verified(NOTE, vkey)


@pytest.mark.parametrize(("name", "seed"), [("", SEED), ("a b", SEED), ("a+b", SEED), ("a", b"")])
def test_a_signer_needs_a_plain_name_and_a_whole_seed(name, seed):
    with pytest.raises(Misconfigured):
        Signer(name, seed)


# --- proofs as text ----------------------------------------------------------------------------

PROOF = InclusionProof(leaf=b"{}", index=7, path=(bytes(32), b"\x01" * 32), checkpoint=NOTE)


def test_a_proof_survives_its_text():
    assert PROOF.text().startswith("c2sp.org/tlog-proof@v1\nindex 7\n")
    assert read_proof(PROOF.text(), b"{}") == PROOF


@pytest.mark.parametrize(
    "text", ["", "index 7\n\n", PROOF.text().replace("index 7", "index 07"), PROOF.text()[1:]]
)
def test_what_is_no_proof_is_refused(text):
    with pytest.raises(Unverifiable):
        read_proof(text, b"{}")
