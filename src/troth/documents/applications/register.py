"""The register of applications: who they are, where they may be led back to (policy 4.1, 4.1.4c).

An application names a recipient of the policy; what that recipient may be given, and under which
agreement, is not said here. Its secret is shown once, when it is made; only a keyed digest is kept,
which suffices because it is 256 random bits. An application that was ended stays in the register:
an entry of the ledger must not lose its meaning.
"""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Struct

from troth.documents.applications.scopes import OPENID, SCOPES
from troth.model.clock import Moment
from troth.model.errors import BadInput, NotFound, NotProved
from troth.model.secret import Secret
from troth.store.sql import Row, Store

Algorithm = Literal["RS256", "ES256"]
PURPOSE: Final = "sign_in"
"""What applications are given data for, unless one is entered for another declared purpose."""
PREFIX: Final = "app-"
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f<>]{1,80}")
_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)
_PLAIN: Final = re.compile(r"[!$-)+-\[\]_a-~]{1,400}")
"""What an address is written in: no space, quote, ``#``, ``*`` or backslash."""
_OWN_SCHEME: Final = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")

# Enters an application.
ADD: Final = "INSERT INTO applications (id, said, secret, made_at) VALUES (?, ?, ?, ?)"
ONE: Final = "SELECT id, said, secret, made_at, ended_at FROM applications WHERE id = ?"
ALL_OF_THEM: Final = (
    "SELECT id, said, secret, made_at, ended_at FROM applications ORDER BY made_at, id"
)
# Ends an application for good.
END: Final = "UPDATE applications SET ended_at = ? WHERE id = ? AND ended_at IS NULL"
# Gives it a new secret; the old one is worth nothing from then on.
RENEW: Final = (
    "UPDATE applications SET secret = ? WHERE id = ? AND secret <> '' AND ended_at IS NULL"
)


class Said(Struct, frozen=True, kw_only=True):
    """What an application's operator told of it when it was entered.

    ``operator`` and ``contact`` are who answers for it, as the person is told (PIPL 23).
    ``redirects`` are where people are led back to, ``afterwards`` where after signing out,
    ``backchannel`` where it is told that somebody is signed out. ``sector`` is what its people's
    names are made for; ``public`` says that it can keep no secret. ``facts`` are the conditions
    that were established for it, such as a ``standard_contract`` for a recipient abroad.
    """

    name: str
    operator: str
    contact: str
    recipient: str
    redirects: tuple[str, ...]
    scopes: tuple[str, ...] = (OPENID,)
    sector: str = ""
    purpose: str = PURPOSE
    public: bool = False
    algorithm: Algorithm = "RS256"
    facts: tuple[str, ...] = ()
    afterwards: tuple[str, ...] = ()
    backchannel: str = ""


# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.json.Decoder(Said)


class Application(Said, frozen=True, kw_only=True):
    """An application as it stands in the register."""

    id: str
    made_at: Moment
    ended_at: Moment | None = None

    def leads_back(self, address: str) -> bool:
        """Tell whether people may be led back to an address: one that was entered, to the letter.

        Only the port of an address on the person's own machine may differ (RFC 8252 7.3).
        """
        return any(_same(entered, address) for entered in self.redirects)

    def origins(self) -> frozenset[str]:
        """Return the web origins that its scripts may run on: those it is led back to.

        >>> said = dict(name="A", operator="A Ltd", contact="a@a.example", recipient="affiliates")
        >>> led = ("https://a.example/back", "http://127.0.0.1/back")
        >>> sorted(Application(id="a", made_at=Moment(0), redirects=led, **said).origins())
        ['https://a.example']
        """
        found = map(urlsplit, self.redirects)
        return frozenset(f"{one.scheme}://{one.netloc}" for one in found if one.scheme == "https")


class Register:
    """The applications of a house, kept in its home store; ``key`` makes digests of secrets."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key

    def add(self, said: Said, *, at: Moment) -> tuple[Application, Secret | None]:
        """Enter an application; return it and its secret, if it can keep one.

        Raises ``BadInput`` for an address that people may not be led to, a scope there is not, or a
        sector that another recipient's application has.
        """
        _check(said)
        made = PREFIX + secrets.token_hex(8)
        said = msgspec.structs.replace(said, sector=said.sector or _sector(said.redirects) or made)
        self._demand_own_sector(said)
        secret = None if said.public else Secret(secrets.token_urlsafe(32))
        row = (made, msgspec.json.encode(said), self._digest(secret), at)
        self._store.transact(lambda tx: tx.run(ADD, row))
        return _application((*row, None)), secret

    def _demand_own_sector(self, said: Said) -> None:
        """Refuse names that another recipient's people have: the two could put them together."""
        for other in self.all():
            if other.sector == said.sector and other.recipient != said.recipient:
                raise BadInput(
                    f"the sector `{said.sector}` is another recipient's",
                    clause="4.1.1",
                    remedy="name another sector",
                    field="sector",
                )

    def one(self, name: str) -> Application:
        """Return a living application by its id. Raises ``NotFound``."""
        rows = self._store.query(ONE, (name,))
        if not rows or rows[0][4] is not None:
            raise NotFound(
                "no application has this id", remedy="list them: troth applications list"
            )
        return _application(rows[0])

    def any(self, name: str) -> Application | None:
        """Return an application by its id, an ended one too."""
        rows = self._store.query(ONE, (name,))
        return _application(rows[0]) if rows else None

    def all(self) -> list[Application]:
        """List every application, ended ones included."""
        return [_application(row) for row in self._store.query(ALL_OF_THEM)]

    def proved(self, name: str, secret: Secret | None) -> Application:
        """Return the application that a program proves to be; ``None``: one that keeps no secret.

        Raises ``NotProved``, alike for an unknown one and a wrong secret.
        """
        rows = self._store.query(ONE, (name,))
        kept = rows[0][2] if rows else self._digest(Secret(name))
        # Compared for an unknown one too, so that both answers take as long.
        same = hmac.compare_digest(self._digest(secret), kept)
        if not rows or not same or rows[0][4] is not None:
            raise NotProved("this application is not known, or its secret is wrong", clause="7.1d")
        return _application(rows[0])

    def renew(self, name: str) -> Secret:
        """Give an application a new secret. Raises ``NotFound`` for one that keeps none."""
        secret = Secret(secrets.token_urlsafe(32))
        row = (self._digest(secret), name)
        if not self._store.transact(lambda tx: tx.change(RENEW, row)):
            raise NotFound("no living application with a secret has this id")
        return secret

    def end(self, name: str, *, at: Moment) -> None:
        """End an application for good. Raises ``NotFound``."""
        if not self._store.transact(lambda tx: tx.change(END, (at, name))):
            raise NotFound("no living application has this id")

    def _digest(self, secret: Secret | None) -> str:
        return secret.fingerprint(self._key) if secret else ""


def _application(row: Row) -> Application:
    name, said, _, made_at, ended_at = row
    told = _READER.decode(said)
    return Application(id=name, made_at=made_at, ended_at=ended_at, **msgspec.structs.asdict(told))


# --- what may be entered -----------------------------------------------------------------------


def _check(said: Said) -> None:
    for field in ("name", "operator", "contact"):
        if not _NAME.fullmatch(getattr(said, field)):
            raise BadInput(
                "an application tells its name, who runs it and how to reach them",
                clause="4.1.1",
                remedy="give each in 1 to 80 plain characters",
                field=field,
            )
    strange = [scope for scope in said.scopes if scope not in SCOPES]
    if strange or OPENID not in said.scopes:
        raise BadInput(
            f"no scope is called `{strange[0]}`"
            if strange
            else f"`{OPENID}` is not among the scopes",
            remedy=f"take `{OPENID}`, and from: {', '.join(SCOPES)}",
            field="scopes",
        )
    if said.sector and not _HOST.fullmatch(said.sector):
        raise BadInput(
            "a sector is a host name", remedy="take one of the operator's", field="sector"
        )
    if not said.redirects:
        raise BadInput("there is no address to lead people back to", field="redirects")
    for address in (*said.redirects, *said.afterwards):
        _check_address(address, public=said.public)
    if said.backchannel:
        _check_address(said.backchannel, public=False, field="backchannel")


def _check_address(address: str, *, public: bool, field: str = "redirects") -> None:
    """Refuse an address that a stranger could stand behind (RFC 9700 4.1, RFC 8252 7)."""
    parts = _parts(address)
    led = parts and (_over_tls(parts) or _on_loopback(parts) or (public and _own_scheme(parts)))
    if not led:
        raise BadInput(
            "people are led to https:// addresses alone, whole and without a fragment",
            clause="7.1",
            remedy="an application on the person's own machine may use http://127.0.0.1/",
            field=field,
        )


def _parts(address: str) -> SplitResult | None:
    """Read an address that is plain and whole; ``None`` for any other."""
    try:
        parts = urlsplit(address)
        whole = parts.port != 0 and bool(_PLAIN.fullmatch(address))
    except ValueError:
        return None
    return parts if whole and "@" not in parts.netloc else None


def _over_tls(parts: SplitResult) -> bool:
    return parts.scheme == "https" and bool(parts.hostname)


def _on_loopback(parts: SplitResult) -> bool:
    """Tell whether an address is on the person's own machine: by number, for names can be moved."""
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _own_scheme(parts: SplitResult) -> bool:
    """Tell whether an address is an installed program's own: its scheme is a name turned round."""
    return bool(_OWN_SCHEME.fullmatch(parts.scheme)) and not parts.netloc


def _same(entered: str, address: str) -> bool:
    if entered == address:
        return True
    ours, theirs = _parts(entered), _parts(address)
    return bool(ours and theirs and _on_loopback(ours) and _portless(ours) == _portless(theirs))


def _portless(parts: SplitResult) -> tuple[str, str | None, str, str, str]:
    return parts.scheme, parts.hostname, parts.path, parts.query, parts.fragment


def _sector(redirects: Iterable[str]) -> str:
    """Return the one host that people are led back to; none where there are several."""
    hosts = {urlsplit(each).hostname for each in redirects if each.startswith("https://")}
    return (hosts.pop() or "") if len(hosts) == 1 else ""
