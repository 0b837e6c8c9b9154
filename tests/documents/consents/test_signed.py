"""A signed paper verifies for anybody, and not one letter in it can be changed."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.consents.test_record import receipt, said
from troth.documents.consents import receipts, signed
from troth.documents.consents.linked import context, linked
from troth.ledger.checkpoint import Signer, public_of
from troth.model.clock import moment
from troth.model.errors import Unverifiable

SEED = bytes(range(32))
SIGNER = Signer("troth.example/cn", SEED)
AT = moment("2026-11-22")
W3C = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/examples/v2",
    ],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": (
            "https://vc.example/issuers/5678#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
        ),
        "proofPurpose": "assertionMethod",
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://www.w3.org/ns/credentials/examples/v2",
        ],
        "proofValue": (
            "z63t83Y53KfzJ5ZosfKTnqfMcKB2dmTrfjSaQjeNNjAD5srBowQfmWqeRb8rRjmeEuCBEsddF9LsVogtuTsijJKh4"
        ),
    },
}
"""The test vector of the W3C recommendation, and the private key that signed it."""
W3C_KEY = "3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
PAPERS = {
    "plain": {"receipt": receipt(said()).record()},
    "linked": linked(receipt(said())),
}


def test_the_vector_of_the_recommendation_verifies() -> None:
    seed = signed.unbase58(W3C_KEY)[2:]
    public = signed.unbase58("6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")[2:]
    assert len(seed) == len(public) == 32
    assert signed.verify_signature(W3C, public)["name"] == "Alumni Credential"


def test_we_sign_the_vector_as_the_recommendation_does() -> None:
    unsigned = {name: value for name, value in W3C.items() if name != "proof"}
    ours = signed.sign(unsigned, signed.unbase58(W3C_KEY)[2:], moment("2023-02-24T23:36:38"))
    assert ours["proof"]["verificationMethod"].endswith(
        "#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    )
    assert signed.verify_signature(ours, signed.unbase58(signed_key())[2:]) == unsigned


def signed_key() -> str:
    return "6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"


@given(st.binary(max_size=70))
def test_base_58_comes_back(raw: bytes) -> None:
    assert signed.unbase58(signed.base58(raw)) == raw


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), TREES))
def test_the_canonical_form_is_one_and_says_the_same(paper) -> None:
    try:
        once = signed.canonical(paper)
    except Unverifiable:
        return  # a lone surrogate is no text
    assert json.loads(once) == paper
    assert signed.canonical(dict(reversed(list(paper.items())))) == once


@pytest.mark.parametrize("bad", [1.5, 2**53 + 1, {"a": [0.1]}, "\ud800"])
def test_what_has_no_canonical_form_is_refused(bad) -> None:
    with pytest.raises(Unverifiable):
        signed.canonical({"a": bad})


# --- altered -----------------------------------------------------------------------------------


def places(part, path=()):
    """Go through every leaf of a paper."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from places(value, (*path, name))
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from places(value, (*path, number))
    else:
        yield path


def changed(paper, path, value):
    """Return a paper with one leaf changed."""
    other = copy.deepcopy(paper)
    part = other
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return other


@pytest.mark.clause("9.3d")
@pytest.mark.parametrize("form", sorted(PAPERS))
def test_every_single_field_is_protected(form: str) -> None:
    paper = signed.sign(PAPERS[form], SEED, AT)
    public = public_of(SIGNER.vkey)
    signed.verify_signature(paper, public)
    for path in places(paper):
        with pytest.raises(Unverifiable):
            signed.verify_signature(changed(paper, path, "x"), public)


@pytest.mark.parametrize("form", sorted(PAPERS))
def test_nothing_can_be_added_or_taken_away(form: str) -> None:
    paper = signed.sign(PAPERS[form], SEED, AT)
    public = public_of(SIGNER.vkey)
    less = {name: value for name, value in paper.items() if name != max(PAPERS[form])}
    for other in (paper | {"more": 1}, less, paper | {"proof": paper["proof"] | {"more": 1}}):
        with pytest.raises(Unverifiable):
            signed.verify_signature(other, public)


@pytest.mark.parametrize("proof", [None, {}, {"cryptosuite": "none"}, []])
def test_a_paper_without_our_proof_is_refused(proof) -> None:
    with pytest.raises(Unverifiable):
        signed.verify_signature({"a": 1, "proof": proof}, bytes(32))


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 90_000, b"\xff{}"]
)
def test_what_is_no_paper_is_not_read(raw: bytes) -> None:
    with pytest.raises(Unverifiable):
        signed.read(raw)


# --- receipts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("as_linked", [False, True])
def test_a_receipt_proves_who_said_what(as_linked: bool) -> None:
    raw = receipts.receipt_file(receipt(said()), SEED, AT, as_linked=as_linked)
    found = receipts.verify(raw, SIGNER.vkey)
    assert (found.receipt, found.entry, found.who) == ("r1", "e1", "f" * 32)
    assert (found.consent, found.state, found.linked) == ("marketing", "ConsentGiven", as_linked)
    assert not found.in_ledger


def test_another_key_verifies_nothing() -> None:
    raw = receipts.receipt_file(receipt(said()), SEED, AT)
    with pytest.raises(Unverifiable, match="another key"):
        receipts.verify(raw, Signer("troth.example/cn", bytes(32)).vkey)
    with pytest.raises(Unverifiable):
        receipts.verify(raw, "no key")


@pytest.mark.parametrize("paper", [{"a": 1}, {"receipt": {}}, {"receipt": []}, {"@context": {}}])
def test_what_is_signed_and_no_receipt_is_refused(paper) -> None:
    raw = json.dumps(signed.sign(paper, SEED, AT)).encode()
    with pytest.raises(Unverifiable):
        receipts.verify(raw, SIGNER.vkey)


def test_linked_data_says_what_it_means_without_fetching() -> None:
    told = PAPERS["linked"]
    assert told["@context"] == context()
    assert all(isinstance(term, str | dict) for term in context().values())
    record = told["dpv:hasRecordOfActivity"]
    assert (told["@type"], record["@type"]) == ("dpv:ConsentReceipt", "dpv:ConsentRecord")
    assert record["dpv:hasConsentStatus"][0]["@type"] == "dpv:ConsentGiven"
    prefixes = {name.partition(":")[0] for name in names(told) if ":" in name}
    assert prefixes <= set(context())


def names(part):
    """Go through every name in a paper."""
    if isinstance(part, dict):
        yield from (name for name in part if not name.startswith("@"))
        for name, value in part.items():
            yield from names(value) if name != "@context" else ()
    elif isinstance(part, list):
        for value in part:
            yield from names(value)
