"""What other controllers ask, read as OpenDSR 2.0 writes it (policy 5.1, 9.7)."""

import json
from base64 import b64decode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.support.opendsr import ID, MAIL, request
from troth.documents.intake import opendsr, seals
from troth.egress.seals import Seal
from troth.model.clock import moment
from troth.model.errors import BadInput, Misconfigured
from troth.model.secret import Secret

NOW = moment("2026-11-22T10:00:00+00:00")
HASHED = {"identity_type": "phone", "identity_value": "a" * 64, "identity_format": "sha256"}


def said(**changes: object) -> bytes:
    told = request(
        subject_identities=[MAIL, HASHED],
        status_callback_urls=["https://controller.example/callbacks"],
        extensions={"troth.example": {"anything": [1, 2]}},
    )
    return json.dumps(told | changes).encode()


def test_a_request_is_read_and_only_what_is_raw_is_claimed() -> None:
    told = opendsr.read(said(), at=NOW)
    assert list(told.claimed()) == ["contact.email"]
    assert "sha256" in told.words()
    assert opendsr.submitted(told, NOW) == moment("2026-11-20T15:00:00+00:00")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject_request_id", ID.upper()),
        ("subject_request_id", "1"),
        ("subject_request_type", "everything"),
        ("regulation", "none"),
        ("submitted_time", "yesterday"),
        ("submitted_time", "2027-01-01T00:00:00Z"),
        ("subject_identities", []),
        ("subject_identities", [{"identity_type": "dna", "identity_value": "x"}]),
        (
            "subject_identities",
            [{"identity_type": "email", "identity_value": "x", "identity_format": "sha256"}],
        ),
        ("status_callback_urls", ["https://x.example"] * 6),
        ("api_version", "9"),
    ],
)
def test_what_is_wrong_is_named_and_never_repeated(field: str, value: object) -> None:
    with pytest.raises(BadInput) as refused:
        opendsr.read(said(**{field: value}), at=NOW)
    assert refused.value.field
    assert "li.na" not in str(refused.value)


@given(st.binary(max_size=400))
def test_any_octets_are_bad_input(raw: bytes) -> None:
    with pytest.raises(BadInput):
        opendsr.read(raw, at=NOW)


def test_an_answers_signature_holds_with_the_certificate_alone() -> None:
    certificate, key = seals.trial("troth.example", NOW)
    seal = Seal("troth.example", certificate, Secret(key))
    public = x509.load_pem_x509_certificate(certificate).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(b64decode(seal.sign(b"{}")), b"{}", padding.PKCS1v15(), hashes.SHA256())


def test_a_certificate_of_another_domain_or_key_is_refused() -> None:
    certificate, key = seals.trial("troth.example", NOW)
    _, other = seals.trial("troth.example", NOW)
    for domain, named, secret in (
        ("else.example", certificate, key),
        ("troth.example", certificate, other),
        ("troth.example", b"no certificate", key),
    ):
        with pytest.raises(Misconfigured):
            Seal(domain, named, Secret(secret))
