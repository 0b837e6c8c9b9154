"""OpenDSR 2.0 as the one who asks: requests, their status, their results (policy 9.1, 9.4).

One address, which the controller set: nothing that the other side answers leads anywhere else.
Results are fetched from the same host alone, and bounded. What a service says is a stranger's word;
``service`` decides what to believe.
"""

import http.client
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.message import Message
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import msgspec
from msgspec import Struct

from troth.egress.post import Line, SigningKey
from troth.egress.processors.sealed import Certificate
from troth.model.clock import Clock, Moment, iso
from troth.model.errors import Misconfigured, NotDelivered, Unreachable, Unverifiable
from troth.model.secret import Secret

VERSION: Final = "2.0"
OPTIONS: Final = frozenset({"regulation", "requests", "processor"})
MOST_RESULTS: Final = 32 * 1024 * 1024
MOST_STATUS: Final = 64 * 1024
NONE: Final = b""


class Status(Struct, frozen=True, kw_only=True):
    """How far a request is; ``count`` is how many results there are, where the service says."""

    state: str
    results: str = ""
    count: int | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """What a service answers about one request; more of it is not read."""

    subject_request_id: str = ""
    request_status: str = "pending"
    results_url: str | None = None
    results_count: int | None = None


class Discovery(Struct, frozen=True, kw_only=True):
    """What a service says it can do, and where the certificate lies that it signs by."""

    supported_subject_request_types: tuple[str, ...] = ()
    processor_certificate: str = ""


class Address(Struct, frozen=True, kw_only=True):
    """Where a service is and how it is spoken to, out of one address.

    ``processor`` is the domain in whose name it has to sign; empty where nothing is demanded.
    """

    url: str
    token: Secret = Secret("")
    secret: Secret = Secret("")
    regulation: str = "gdpr"
    requests: str = "requests"
    processor: str = ""


def address(url: Secret | str) -> Address:
    """Read ``https://{token}:{secret}@host/path?regulation=gdpr``. Raises ``Misconfigured``.

    >>> address("https://crm.example.com/opendsr/v2?regulation=ccpa").regulation
    'ccpa'
    """
    told = url.reveal() if isinstance(url, Secret) else url
    parts = urlsplit(told)
    options = dict(parse_qsl(parts.query))
    if options.keys() - OPTIONS or not parts.hostname:
        raise Misconfigured(
            f"a service's address takes `{', '.join(sorted(OPTIONS))}` and nothing else"
        )
    return Address(
        url=parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl(),
        token=Secret(unquote(parts.username or "")),
        secret=Secret(unquote(parts.password or "")),
        **options,
    )


class Requests(Line):
    """The line to one service. Safe from many threads."""

    def __init__(
        self,
        where: Address,
        key: SigningKey,
        name: str,
        *,
        timeout: float,
        clock: Clock | None = None,
    ) -> None:
        """Fix the address. Raises ``Misconfigured`` as ``Line`` does."""
        super().__init__(where.url, key, timeout=timeout, clock=clock)
        self._where = where
        self._name = name
        self._certificate: Certificate | None = None

    def ask(
        self,
        request_id: UUID,
        kind: str,
        identities: Mapping[str, Sequence[Secret]],
        *,
        at: Moment,
        changes: Mapping[str, Secret] | None = None,
    ) -> tuple[bool, Status]:
        """Send a request; the same again is the same. Say whether it is new there, and how far.

        Raises ``Unreachable``.
        """
        before = self.status(request_id)
        if before is not None:
            return False, before
        body: dict[str, object] = {
            "regulation": self._where.regulation,
            "subject_request_id": str(request_id),
            "subject_request_type": kind,
            "submitted_time": iso(at),
            "api_version": VERSION,
            "subject_identities": [
                {"identity_type": name, "identity_value": each.reveal(), "identity_format": "raw"}
                for name, values in identities.items()
                for each in values
            ],
        }
        if changes:
            told = {name: value.reveal() for name, value in changes.items()}
            body["extensions"] = {self._host: {"corrections": told}}
        new = True
        try:
            self.post(str(request_id), msgspec.json.encode(body), path=f"/{self._where.requests}")
        except NotDelivered:
            # Two of us at once: whoever was first has it there.
            new = False
        after = self.status(request_id)
        if after is None:
            raise self._unanswered()
        return new, after

    def status(self, request_id: UUID) -> Status | None:
        """Say how far a request is; ``None`` where the service does not know it.

        Raises ``Unreachable``.
        """
        told = self._get(request_id, f"/{self._where.requests}/{request_id}", MOST_STATUS)
        if told is None:
            return None
        try:
            answer = msgspec.json.decode(told, type=Answer)
        except (msgspec.DecodeError, RecursionError):
            raise self._unanswered() from None
        if answer.subject_request_id != str(request_id):
            raise self._unanswered()
        return Status(
            state=answer.request_status,
            results=answer.results_url or "",
            count=answer.results_count,
        )

    def supports(self, kind: str) -> bool:
        """Tell whether a service says that it takes such requests. Raises ``Unreachable``."""
        told = self._get(UUID(int=0), "/discovery", MOST_STATUS)
        return kind in self._discovered(told).supported_subject_request_types

    def unchecked(self) -> bool:
        """Tell whether a service signs its answers and nobody checks. Raises ``Unreachable``."""
        if self._where.processor:
            return False
        told = self._get(UUID(int=0), "/discovery", MOST_STATUS)
        return bool(self._discovered(told).processor_certificate)

    def _discovered(self, told: bytes | None) -> Discovery:
        try:
            return msgspec.json.decode(told or b"{}", type=Discovery)
        except (msgspec.DecodeError, RecursionError):
            raise self._unanswered() from None

    def results(self, request_id: UUID, status: Status) -> object:
        """Fetch and read the results of a request; ``None`` where there are none.

        Raises ``Unreachable``, also for results that lie on another host.
        """
        if not status.results:
            return None
        place = self._own(status.results, "results")
        told = self._get(request_id, place, MOST_RESULTS, whole=True)
        if told is None and self._where.processor:
            # That there is nothing is an answer, too, and nobody signed it.
            raise self._unanswered()
        try:
            return msgspec.json.decode(told) if told else None
        except (msgspec.DecodeError, RecursionError):
            raise self._unanswered() from None

    def _own(self, url: str, what: str) -> str:
        """Return the place of something on the service's own host. Raises ``Unreachable``."""
        there, here = urlsplit(url), urlsplit(self._where.url)
        same = (there.scheme, there.netloc) == (here.scheme, here.netloc)
        if (there.scheme or there.netloc) and not same:
            raise Unreachable(
                f"`{self._name}` would have its {what} fetched from another host",
                clause="9.4",
                remedy="let it answer with an address of its own",
            )
        return there.path + (f"?{there.query}" if there.query else "")

    # --- what is signed ------------------------------------------------------------------------

    def _get(self, request_id: UUID, path: str, most: int, *, whole: bool = False) -> bytes | None:
        """Fetch something that the service signs, where its domain is set; ``None`` for nothing."""
        place = path if whole else self._path.rstrip("/") + path
        found = self._fetched(request_id, place, most)
        if found is None:
            return None
        if self._where.processor:
            self._demand(*found)
        return found[1]

    def _demand(self, headers: Message, body: bytes) -> None:
        """Raise ``Unreachable`` unless the service signed this; a new certificate is looked for."""
        at = self._clock.now()
        try:
            if self._certificate is not None:
                with suppress(Unverifiable):
                    self._certificate.check(headers, body, at=at)
                    return
            certificate = self._published()
            certificate.check(headers, body, at=at)
        except Unverifiable as error:
            raise Unreachable(
                f"what `{self._name}` answered is not proved: {error.message}",
                clause="9.4",
                remedy="ask who keeps it; `processor` in its address is the domain it signs for",
            ) from None
        self._certificate = certificate

    def _published(self) -> Certificate:
        """Fetch the certificate that the service names. Raises ``Unverifiable``."""
        found = self._fetched(UUID(int=0), self._path.rstrip("/") + "/discovery", MOST_STATUS)
        named = self._discovered(found[1] if found else None).processor_certificate
        if not named:
            raise Unverifiable("it names no certificate")
        place = self._own(named, "certificate")
        pem = self._fetched(UUID(int=0), place, MOST_STATUS)
        if pem is None:
            raise Unverifiable("its certificate is not where it says")
        return Certificate(pem[1], self._where.processor)

    def _fetched(self, request_id: UUID, place: str, most: int) -> tuple[Message, bytes] | None:
        """Fetch something, signed as if it were posted empty; ``None`` for 404 and 410."""
        connection, late = self._connection(), threading.Event()
        try:
            connection.connect()
            with self._bounded(connection, late):
                headers = self._headers(str(request_id), NONE, "application/json")
                connection.request("GET", place, headers=dict(headers))
                response = connection.getresponse()
                answer = response.read(most + 1)
        except (OSError, http.client.HTTPException, ValueError):
            # `from None`: a library's error may quote what we sent.
            raise self._unanswered() from None
        finally:
            connection.close()
        if response.status in (404, 410):
            return None
        if late.is_set() or response.status // 100 != 2 or len(answer) > most:
            raise self._unanswered()
        return response.headers, answer

    def _headers(self, request_id: str, body: bytes, media: str) -> Mapping[str, str]:
        headers = dict(super()._headers(request_id, body, media))
        if self._where.token:
            headers["Authorization"] = f"Bearer {self._where.token.reveal()}"
        return headers

    def _unanswered(self) -> Unreachable:
        return Unreachable(
            f"`{self._name}` did not answer as OpenDSR 2.0 lays down",
            clause="9.4",
            remedy="check its address, its token, and its own log",
        )
