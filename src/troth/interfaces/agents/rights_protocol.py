"""The Data Rights Protocol 1.0: agents are paired, ask, look how far it is, take back (9.6, 11.3b).

Signed messages are text (base64 of signature and JSON); answers are JSON. What goes wrong is told
as the protocol lays down, with the clause beside it.
"""

from typing import Any, Final

from litestar import Request, Response

from troth.interfaces.http.codec import encode
from troth.interfaces.http.endpoint import ARRIVAL, JSON, Arrival
from troth.interfaces.http.peers import on_this_machine
from troth.interfaces.http.problems import problem
from troth.interfaces.pages.page import Seen
from troth.model.errors import BadInput, NotFound, NotProved, Refused, TrothError, WrongMedia

Call = Request[Any, Any, Any]
Answer = Response[Any]
PLACE: Final = "/v1/data-rights-request"
ONE: Final = "/v1/data-rights-request/{number:str}"
AGENT: Final = "/v1/agent/{agent:str}"
METADATA: Final = "/.well-known/data-rights.json"
TEXT: Final = "text/plain"
SIGNED: Final = (TEXT, JSON, "")
"""Media types under which a signed message may come; the protocol says text."""
VERSION: Final = "1.0"


# --- what agents read first --------------------------------------------------------------------


def metadata(request: Call) -> Answer:
    """Say what may be asked here, where, and by which key callbacks are signed."""
    troth = request.app.state.troth
    base = troth.settings.server.seen_at
    return _told(
        {
            "version": VERSION,
            "id": troth.intake.delegates.business,
            "name": troth.gate.policy().edition.controller.legal_name,
            "api_base": base,
            "web_url": base,
            "privacy_policy_url": f"{base}/policy",
            "business_contact": troth.gate.policy().edition.controller.contact,
            "supported_actions": list(troth.intake.delegates.actions),
            "supported_verifications": list(troth.intake.delegates.verifications),
            "actions": list(troth.intake.delegates.actions),
            "callback_verify_key": troth.intake.voice,
        }
    )


def pair(request: Call) -> Answer:
    """Give an agent a token for a message it signed; whatever is wrong, it is told nothing."""
    named = str(request.path_params["agent"])
    try:
        token = request.app.state.troth.intake.delegates.pair(named, _message(request))
    except NotProved:
        return Response(b"", status_code=403, media_type=TEXT)
    return _told({"agent-id": named, "token": token.reveal()})


def known(request: Call) -> Answer:
    """Say that an agent's token is good."""
    agent = _agent(request)
    if agent.id != request.path_params["agent"]:
        raise Refused("this token is another agent's", clause="7.1d")
    return _told({})


# --- requests ----------------------------------------------------------------------------------


def exercise(request: Call) -> Answer:
    """Take a request that an agent signed."""
    delegates, agent = request.app.state.troth.intake.delegates, _agent(request)
    return _told(delegates.exercise(agent, _message(request)))


def status(request: Call) -> Answer:
    """Say how far a request is."""
    delegates, agent = request.app.state.troth.intake.delegates, _agent(request)
    return _told(delegates.status(agent, str(request.path_params["number"])))


def revoke(request: Call) -> Answer:
    """Take a request back."""
    delegates, agent = request.app.state.troth.intake.delegates, _agent(request)
    number = str(request.path_params["number"])
    return _told(delegates.revoke(agent, number, _message(request)))


# --- who calls, and what was sent --------------------------------------------------------------


def _agent(request: Call) -> Seen:
    """Return the agent that a token is of; only over TLS, or on this machine."""
    _demand_line(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NotProved("a token of an agent is needed", clause="7.1d")
    return request.app.state.troth.intake.delegates.known(token.strip())


def _message(request: Call) -> bytes:
    _demand_line(request)
    arrival: Arrival = request.scope["state"][ARRIVAL]
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in SIGNED:
        raise WrongMedia("a signed message is text", remedy="send `Content-Type: text/plain`")
    if not arrival.body:
        raise BadInput("the body is empty", field="body", remedy="send the signed message")
    return arrival.body


def _demand_line(request: Call) -> None:
    """Refuse tokens and personal data that came over a plain line."""
    arrival: Arrival = request.scope["state"][ARRIVAL]
    secure = request.app.state.troth.settings.server.secure or request.url.scheme == "https"
    if not secure and not on_this_machine(request.scope, arrival.headers):
        raise Refused("this is taken over TLS only", clause="2.1.3g", remedy="use https://")


def _told(answer: object, status: int = 200) -> Answer:
    return Response(encode(answer), status_code=status, media_type=JSON)


def declined(_: Call, error: TrothError) -> Answer:
    """Answer an error as the protocol's 3.06 lays down: ``code`` is text, ``fatal`` for good."""
    told = problem(error)
    # To an agent, what is not its own and what is not there are one (the protocol's 2.02).
    status = 403 if isinstance(error, NotProved) else told.status
    answer = {
        "code": str(status),
        "message": told.title + (f": {told.remedy}" if told.remedy else ""),
        "fatal": isinstance(error, BadInput | NotProved | NotFound | Refused),
        "clause": told.clause,
        "field": told.field,
    }
    return Response(encode(answer), status_code=status, media_type=JSON, headers=_more(told))


def _more(told: Seen) -> dict[str, str]:
    return {"retry-after": str(told.retry_after)} if told.retry_after else {}
