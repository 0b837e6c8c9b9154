"""What a service signs is checked: no answer counts that its certificate does not bear out."""

import pytest

from tests.egress.named.orders import MEI, erase
from tests.egress.services.test_database import KNOWN, opened, people, shown
from tests.support.processor import Processor, processor
from troth.documents.intake.seals import trial
from troth.egress.seals import Seal
from troth.model.clock import DAY, Moment, SetClock, moment
from troth.model.errors import Unreachable
from troth.model.secret import Secret

NOW = moment("2026-11-22T10:00:00")
DOMAIN = "crm.example.com"
PAPERS: dict[tuple[str, int], tuple[bytes, bytes]] = {}


def papers(domain: str, at: Moment = NOW) -> tuple[bytes, bytes]:
    """Return a certificate and its key, made once."""
    if (domain, at) not in PAPERS:
        PAPERS[domain, at] = trial(domain, at)
    return PAPERS[domain, at]


def sign(service: Processor, domain: str = DOMAIN, at: Moment = NOW) -> None:
    certificate, key = papers(domain, at)
    service.domain, service.certificate = domain, certificate
    service.signs = Seal(domain, certificate, Secret(key.decode())).sign


@pytest.fixture
def service():
    with processor(people()) as running:
        sign(running)
        yield running


def database(service, processor=DOMAIN, at=NOW):
    url = f"{service.url}?processor={processor}" if processor else service.url
    return opened(service, url=url, clock=SetClock(at))


def refused(service, why, **more):
    asked = database(service, **more)
    reach = asked.trace(KNOWN).reach
    for work in (
        lambda: shown(asked, reach),
        lambda: asked.perform(reach, erase()),
        lambda: asked.remains(reach, erase()),
        asked.check,
    ):
        with pytest.raises(Unreachable, match=why) as caught:
            work()
        assert MEI not in str(caught.value)


def test_what_is_signed_is_believed_as_far_as_ever(service):
    asked = database(service)
    reach = asked.trace(KNOWN).reach
    assert [table for table, _ in shown(asked, reach)] == ["person", "calls"]
    assert asked.perform(reach, erase()) == 1
    assert asked.remains(reach, erase()) == ()
    assert asked.check() == []


def test_an_answer_that_nobody_signed_is_none(service):
    service.signs = None
    refused(service, "not signed in its domain")


def test_a_forged_signature_is_refused(service):
    service.signs = lambda body: "QUJD" * 128
    refused(service, "signature is not its own")


def test_a_signature_over_another_body_is_refused(service):
    real = service.signs
    service.signs = lambda body: real(body + b" ")
    refused(service, "signature is not its own")


def test_another_key_in_the_domains_name_is_refused(service):
    certificate = service.certificate
    sign(service, at=Moment(NOW - DAY))
    service.certificate = certificate
    refused(service, "signature is not its own")


def test_a_certificate_of_another_domain_is_refused(service):
    sign(service, "forger.example")
    refused(service, "another domain")
    service.domain = DOMAIN
    refused(service, "another domain")


def test_an_answer_in_another_domains_name_is_refused(service):
    service.domain = "forger.example"
    refused(service, "not signed in its domain")


@pytest.mark.parametrize("days", [-1, 91])
def test_a_certificate_that_is_over_or_has_not_begun_is_refused(service, days):
    refused(service, "not in force", at=Moment(NOW + days * DAY))


def test_a_certificate_that_is_none_is_refused(service):
    service.certificate = b"-----BEGIN CERTIFICATE-----"
    refused(service, "cannot be read")


def test_a_certificate_is_fetched_from_nowhere_else(service):
    service.certificate_at = "http://127.0.0.1:1/certificate.pem"
    refused(service, "another host")


def test_a_service_that_names_no_certificate_is_refused(service):
    service.certificate = b""
    refused(service, "names no certificate")


def test_a_new_certificate_is_looked_for_when_the_old_one_fits_no_more(service):
    asked = database(service)
    reach = asked.trace(KNOWN).reach
    shown(asked, reach)
    sign(service, at=Moment(NOW - DAY))
    assert asked.perform(reach, erase()) == 1


def test_results_that_are_not_there_are_not_taken_for_none(service):
    asked = database(service)
    reach = asked.trace(KNOWN).reach
    service.elsewhere = "/gone"
    with pytest.raises(Unreachable):
        shown(asked, reach)


def test_who_signs_and_is_not_checked_is_pointed_out(service):
    (found,) = database(service, processor="").check()
    assert (found.level, found.place) == ("warning", "crm")
    assert "processor" in found.hint
