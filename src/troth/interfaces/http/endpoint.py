"""One address of the API: what it needs, takes and gives; and how every call of it is answered.

The router, the check of the key, the decoding of what was sent and the description in OpenAPI are
all made from the same row, so none of them can say something else than the others.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import parse_qsl

from litestar.concurrency import sync_to_thread
from msgspec import Struct

from troth.app import Troth
from troth.interfaces.http.codec import decode, encode, read_query
from troth.interfaces.http.door import Caller, stranger
from troth.interfaces.http.gather import Reads, Words
from troth.interfaces.http.pages import Pages
from troth.model.acts import Actor
from troth.model.errors import BadInput, Malformed, NotFound, WrongMedia
from troth.model.terms import SubjectId

B = TypeVar("B")
Scope = Mapping[str, Any]
Send = Callable[[Any], Awaitable[None]]
JSON: Final = "application/json"
_JSON: Final = JSON.encode()
_AS_JSON: Final = (b"content-type", _JSON)
ONCE: Final = b"idempotency-key"
LONGEST_KEY: Final = 200
ARRIVAL: Final = "arrival"
"""Where in the state of a request its ``Arrival`` lies."""


class Arrival(Struct, frozen=True):
    """What is known of a request before it is routed: who calls, its headers, the whole body.

    Of headers that came several times ``headers`` has the last; ``scope`` has them all.
    """

    caller: Caller | None
    headers: dict[bytes, bytes]
    body: bytes
    scope: Scope = {}


class House(Struct, frozen=True, kw_only=True):
    """What every address works with.

    ``slow`` stores are waited for in the thread pool. ``served`` counts answers by method and
    status; ``failures`` tells what the scheduler could not do lately.
    """

    troth: Troth
    slow: bool
    reads: Reads
    words: Words
    pages: Pages
    served: Counter[tuple[str, int]]
    failures: Callable[[], list[str]] = list


class Call(Generic[B]):
    """One call as the work sees it: the house, who calls, the parts of the address, the body."""

    __slots__ = ("_caller", "body", "house", "once", "path")

    def __init__(
        self,
        house: House,
        caller: Caller | None,
        path: Mapping[str, str],
        body: B,
        once: str = "",
    ) -> None:
        self.house = house
        self._caller = caller
        self.path = path
        self.body = body
        self.once = once

    @property
    def troth(self) -> Troth:
        """The instance."""
        return self.house.troth

    @property
    def caller(self) -> Caller:
        """The program that calls. Raises ``NotProved`` where there is none."""
        if self._caller is None:
            raise stranger()
        return self._caller

    @property
    def by(self) -> Actor:
        """The program as the gate knows it."""
        return self.caller.by

    @property
    def subject(self) -> SubjectId:
        """The subject of the address. Raises ``NotFound`` for what is no id."""
        try:
            return SubjectId(self.path["subject"])
        except ValueError:
            raise NotFound("no subject has this id", clause="P.1") from None

    def near(self) -> SubjectId:
        """Return the subject, if this key may know of them. Raises ``NotFound``, ``Refused``."""
        self.caller.near(self.subject)
        return self.subject


class Raw(Struct, frozen=True):
    """An answer that is not JSON, or not 200."""

    body: bytes
    media: str
    headers: Mapping[str, str] = {}
    status: int = 200

    def told(self) -> list[tuple[bytes, bytes]]:
        """Return its headers; a text is UTF-8 and says so."""
        media = f"{self.media}; charset=utf-8" if self.media.startswith("text/") else self.media
        named = {"content-type": media, **self.headers}
        return [(name.encode(), text.encode()) for name, text in named.items()]


class Endpoint(Struct, frozen=True):
    """One row of the table of addresses.

    ``path`` names its parts as OpenAPI does. ``scope`` is what the key needs; none: open to all.
    ``takes`` is the shape of the body, or of the parameters of a GET. ``gives`` is the shape of the
    answer, or the media type of one that is no JSON. ``slow`` work waits in the thread pool even
    where the store is a file: it writes much, computes long, or speaks to somebody else. ``once``:
    an idempotency key is taken. ``waits``: the work is a coroutine, which waits by itself. ``hot``:
    it is asked for so often that the threshold finds it without the router; its path ends in
    ``/{part}/word``. ``raw``: the work gets the ``Arrival`` itself, whose signature it checks over
    the very octets.
    """

    method: Literal["GET", "POST"]
    path: str
    work: Callable[[Call[Any]], Any]
    gives: Any
    scope: str = ""
    takes: Any = None
    slow: bool = False
    once: bool = False
    waits: bool = False
    hot: bool = False
    raw: bool = False

    @property
    def name(self) -> str:
        """What the address is called: ``subjects.read``."""
        return f"{self.work.__module__.rpartition('.')[2]}.{self.work.__name__}"

    async def answer(self, scope: Scope, house: House) -> "Written":
        """Check the key, read what was sent, do the work, write the answer."""
        arrival: Arrival = scope["state"][ARRIVAL]
        if self.scope:
            if arrival.caller is None:
                raise stranger()
            arrival.caller.need(self.scope)
        once = _once(arrival) if self.once else ""
        sent = self._sent(scope, arrival)
        call = Call(house, arrival.caller, scope["path_params"], sent, once)
        if self.waits:
            return Written(await self.work(call))
        if self.slow or house.slow:
            return Written(await sync_to_thread(self.work, call))
        return Written(self.work(call))

    def _sent(self, scope: Scope, arrival: Arrival) -> object:
        if self.raw:
            return arrival
        if self.takes is None:
            return None
        if self.method == "GET":
            text = scope["query_string"].decode("latin-1")
            return read_query(dict(parse_qsl(text, keep_blank_values=True)), self.takes)
        media = arrival.headers.get(b"content-type", b"")
        if media != _JSON and media.partition(b";")[0].strip().lower() != _JSON:
            raise WrongMedia(clause="7.2c", remedy=f"send `Content-Type: {JSON}`")
        if not arrival.body:
            raise Malformed("the body is empty", clause="7.2c", remedy="send a JSON object")
        return decode(arrival.body, self.takes)


def _once(arrival: Arrival) -> str:
    key = arrival.headers.get(ONCE, b"").decode("latin-1")
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise BadInput(
            f"an idempotency key is 1 to {LONGEST_KEY} printable ASCII characters",
            clause="7.2c",
            remedy="draw a random one for each act",
            field="Idempotency-Key",
        )
    return key


class Written:
    """An answer, ready to be sent."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, given: object) -> None:
        """Write what the work gives."""
        if isinstance(given, Raw):
            self._body, self._status = given.body, given.status
            self._headers = given.told()
        else:
            self._body, self._status = encode(given), 200
            self._headers = [_AS_JSON]
        self._headers.append((b"content-length", b"%d" % len(self._body)))

    async def __call__(self, scope: object, receive: object, send: Send) -> None:
        """Send it."""
        del scope, receive
        await send(
            {"type": "http.response.start", "status": self._status, "headers": self._headers}
        )
        await send({"type": "http.response.body", "body": self._body, "more_body": False})
