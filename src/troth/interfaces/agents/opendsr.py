"""OpenDSR 2.0: other controllers send requests about data we hold for them (policy 5.1, 9.7).

They are known by a service key that carries the scope ``intake``. Every answer is signed over its
very octets, where a certificate is set up; what goes wrong is a problem document.
"""

from typing import Any, Final

from litestar import Request, Response

from troth.interfaces.http.codec import encode
from troth.interfaces.http.door import Caller, stranger
from troth.interfaces.http.endpoint import ARRIVAL, JSON, Arrival
from troth.interfaces.http.problems import MEDIA, problem
from troth.model.errors import NotFound, TrothError, WrongMedia

Call = Request[Any, Any, Any]
Answer = Response[Any]
DISCOVERY: Final = "/opendsr/v2/discovery"
CERTIFICATE: Final = "/opendsr/v2/certificate.pem"
REQUESTS: Final = "/opendsr/v2/requests"
ONE: Final = "/opendsr/v2/requests/{reference:str}"
SCOPE: Final = "intake"
DOMAIN: Final = "X-OpenDSR-Processor-Domain"
SIGNATURE: Final = "X-OpenDSR-Signature"


def discovery(request: Call) -> Answer:
    """Say which requests and identities are taken, and where the certificate lies."""
    controllers = request.app.state.troth.intake.controllers
    return _signed(request, controllers.discovery(), 200)


def certificate(request: Call) -> Answer:
    """Hand out the certificate that answers are signed by."""
    found = request.app.state.troth.intake.controllers.certificate()
    return Response(found, media_type="application/x-pem-file")


def take(request: Call) -> Answer:
    """Take a request; the same again is the same request."""
    caller, arrival = _caller(request)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON:
        raise WrongMedia(clause="7.2c", remedy=f"send `Content-Type: {JSON}`")
    told = request.app.state.troth.intake.controllers.take(arrival.body, by=caller.by)
    return _signed(request, told, 201)


def status(request: Call) -> Answer:
    """Say how far a request is."""
    caller, _ = _caller(request)
    reference = str(request.path_params["reference"])
    told = request.app.state.troth.intake.controllers.status(reference, by=caller.by)
    return _signed(request, told, 200)


def cancel(request: Call) -> Answer:
    """Take a request back."""
    caller, _ = _caller(request)
    reference = str(request.path_params["reference"])
    told = request.app.state.troth.intake.controllers.cancel(reference, by=caller.by)
    return _signed(request, told, 202)


def _caller(request: Call) -> tuple[Caller, Arrival]:
    arrival: Arrival = request.scope["state"][ARRIVAL]
    if arrival.caller is None:
        raise stranger()
    arrival.caller.need(SCOPE)
    return arrival.caller, arrival


def _signed(request: Call, told: object, status: int) -> Answer:
    body = encode(told)
    return Response(body, status_code=status, media_type=JSON, headers=_headers(request, body))


def _headers(request: Call, body: bytes) -> dict[str, str]:
    signed = request.app.state.troth.intake.controllers.sign(body)
    return {DOMAIN: signed.domain, SIGNATURE: signed.signature} if signed.domain else {}


def declined(request: Call, error: TrothError) -> Answer:
    """Answer an error as a problem document, signed like every other answer."""
    told = problem(error)
    body = encode(told)
    status = 400 if told.status == 422 else told.status
    headers = told.headers() | ({} if isinstance(error, NotFound) else _headers(request, body))
    return Response(body, status_code=status, media_type=MEDIA, headers=headers)
