"""One ``troth.toml`` and ``TROTH_*``: where the house stands and how it is reached.

Secrets are named by reference only (``env:NAME`` or ``file:PATH``), so that a settings file can be
shown and a secret cannot be printed. Relative paths are read from the instance's folder.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
ORIGIN: Final = re.compile(
    r"(https://[a-z0-9-]+(\.[a-z0-9-]+)+|http://([a-z0-9-]+\.)*localhost)(:[1-9][0-9]{0,4})?"
)
"""Where browsers make passkeys: a name over TLS, or this machine."""
Port = Annotated[int, Meta(ge=1, le=65535)]
Count = Annotated[int, Meta(ge=1)]


class InstanceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the instance is called (its ledger's origin), its policy, and its home region."""

    name: str = "troth.local"
    policy: str = "itnio"
    home: str = "global"
    epoch_days: Annotated[int, Meta(ge=1, le=366)] = 7


class RegionSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one region keeps its data, its wrapped keys, and what opens them.

    ``data`` and ``keys`` are paths of SQLite files or ``postgresql://`` addresses.
    """

    data: str
    keys: str
    key_folder: str
    root_key: str


class EmailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server; without a host, mail is written to the spool folder.

    ``codes_per_hour`` is how many one-time codes may go out by mail, all in all.
    """

    host: str = ""
    port: Port = 587
    sender: str = "privacy@localhost"
    username: str = ""
    password: str = ""
    codes_per_hour: Count = 5000


class SmsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The SMS gateway; without an address, messages are written to the spool folder.

    ``codes_per_hour`` is how many one-time codes may go to telephones, read out or sent, all in
    all: whoever is paid for messages would have you send more.
    """

    gateway: str = ""
    secret: str = ""
    codes_per_hour: Count = 1000


class TelephoneSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages that are read out by telephone.

    ``desk``: they wait, sealed, for staff to call from the desk. Otherwise each is written to the
    spool folder, in the clear, for a call centre of your own to fetch.
    """

    desk: bool = True


class PasswordSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What passwords are checked against, and how many tries may fail.

    ``breached`` is the path of a list of stolen passwords: a line for each, the hexadecimal SHA-1
    or its first letters, sorted, a count may follow after a colon. ``failures_per_hour`` is how
    many sign-ins may fail in the whole house before only known networks are let in.
    """

    breached: str = ""
    failures_per_hour: Count = 3000


class IdentitySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is asked for a real-name check.

    ``authority`` is an address (``https://...``), ``fake`` for trials, which confirms by how a
    number ends, or nothing: then people decide by hand. ``shape`` is a TOML file that says how the
    provider there is asked; without one, a bridge of the controller's own answers in our words.
    ``checks`` names what may be asked of it (without a shape: ``person_2``), ``fields`` which field
    of the policy a further element is (``valid_from=identity.valid_from``). ``callback_secret`` is
    what its calls are signed with; ``asks_per_day`` bounds what it can cost.
    """

    authority: str = ""
    secret: str = ""
    shape: str = ""
    callback_secret: str = ""
    checks: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    asks_per_day: Count = 10_000


class MinorsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days a guardian's consent is waited for, and a child's data is set aside at most.

    ``again_hours`` is when the second letter follows to a guardian who answers by mail alone.
    """

    consent_days: Annotated[int, Meta(ge=1, le=90)] = 15
    erase_days: Annotated[int, Meta(ge=1, le=30)] = 15
    again_hours: Annotated[int, Meta(ge=1, le=168)] = 24


class IntakeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How requests come in besides the pages: by mail, from agents, from other controllers.

    ``address`` is where mail is taken: by a server of ours at ``host`` and ``port`` (0: none), from
    a folder (``maildir``) that your mail server delivers to, or both. ``max_size`` is what a mail
    may weigh. ``residence`` is where whoever does not say is taken to live. ``business`` is our id
    with the Data Rights Protocol; without one, no agent is listened to. ``certificate`` and
    ``certificate_key`` are PEM files issued to ``domain``, by which answers to other controllers
    are signed; ``callbacks`` the addresses at which those may be told how far a request is.
    """

    address: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    maildir: str = ""
    max_size: Annotated[int, Meta(ge=1, le=10 * 1024 * 1024)] = 5 * 1024 * 1024
    residence: str = "*"
    business: str = ""
    domain: str = ""
    certificate: str = ""
    certificate_key: str = ""
    callbacks: tuple[str, ...] = ()


class WebhookAddress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service that is told what happened: where, under which secret, and of which events.

    ``old_secret`` signs beside ``secret`` while the one replaces the other. ``events`` may end in
    an asterisk: ``consent.*``.
    """

    url: str
    secret: str
    old_secret: str = ""
    events: tuple[str, ...] = ("*",)


class WebhookSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Services of your own that hear of consents, objections, erasures and requests.

    ``endpoints`` are yours, each under a name; ``recipients`` are those of the policy, by their
    ids: who has none here is told by people. ``networks`` are those of your own that may be posted
    to, such as ``127.0.0.0/8`` for a trial on this machine; without one, only public addresses.
    """

    networks: tuple[str, ...] = ()
    endpoints: Mapping[str, WebhookAddress] = {}
    recipients: Mapping[str, WebhookAddress] = {}


class CookieSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sites of yours have our banner by its script: their origins, as a browser names them.

    Such as ``https://www.example.com``. Where a guard stands before a site, none is needed.
    """

    origins: tuple[str, ...] = ()


class RightsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The privacy desk: when it means to answer, when alarms ring, and where they go.

    ``internal_days`` is within how many days you mean to answer, ``alarm_days`` how long before the
    legal day an alarm rings, ``desk_email`` an address that alarms are sent to as well.
    ``cooling_days`` is how long a copy or an erasure waits that was proved without a sign-in, so
    that whoever really has the account can object. ``calendar`` is the path of a TOML file with
    China's working days of years to come.
    """

    internal_days: Annotated[int, Meta(ge=1, le=30)] = 20
    alarm_days: Annotated[int, Meta(ge=1, le=25)] = 5
    cooling_days: Annotated[int, Meta(ge=0, le=10)] = 2
    desk_email: str = ""
    calendar: str = ""


class DatabasesSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controller's other databases: what they hold is corrected, restricted and erased there.

    ``map`` is the path of the data map; empty: there are none. ``urls`` gives the addresses of
    databases by name (``shop=env:SHOP_URL``), where the map does not. ``patience`` is how many
    seconds all together are waited for before they count as silent; they are asked again later.
    ``ours`` are categories that lie in none of them: any other that no map knows keeps an erasure
    from being complete. ``logs`` are folders that are looked through for a subject's values.
    """

    map: str = ""
    urls: tuple[str, ...] = ()
    patience: Annotated[int, Meta(ge=1, le=120)] = 10
    ours: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()


class ServerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the service listens, which proxies it believes, and how much it takes.

    ``secure`` says that people reach it over TLS (at a proxy): cookies and headers then say so.
    ``origin`` is the address that people see, such as ``https://account.example.com``: passkeys are
    bound to it, and none can be made without. On this machine it is ``http://localhost:PORT``.
    ``max_upload`` is what a form with a picture may weigh; anything else, ``max_body``.
    """

    host: str = "127.0.0.1"
    port: Port = 8420
    trusted_proxies: tuple[str, ...] = ()
    max_body: Count = 1024 * 1024
    max_upload: Count = 8 * 1024 * 1024
    requests_per_minute: Count = 600
    secure: bool = False
    origin: str = ""

    @property
    def seen_at(self) -> str:
        """The address that people see; empty where nobody can say.

        >>> ServerSettings(port=8000).seen_at, ServerSettings(host="0.0.0.0").seen_at
        ('http://localhost:8000', '')
        """
        if self.origin or self.secure or self.host not in LOOPBACK:
            return self.origin
        return f"http://localhost:{self.port}"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set, with defaults that are safe."""

    folder: str = "."
    instance: InstanceSettings = InstanceSettings()
    regions: Mapping[str, RegionSettings] = {}
    email: EmailSettings = EmailSettings()
    sms: SmsSettings = SmsSettings()
    telephone: TelephoneSettings = TelephoneSettings()
    passwords: PasswordSettings = PasswordSettings()
    identity: IdentitySettings = IdentitySettings()
    minors: MinorsSettings = MinorsSettings()
    intake: IntakeSettings = IntakeSettings()
    webhooks: WebhookSettings = WebhookSettings()
    cookies: CookieSettings = CookieSettings()
    rights: RightsSettings = RightsSettings()
    databases: DatabasesSettings = DatabasesSettings()
    server: ServerSettings = ServerSettings()
    spool: str = "spool"

    def path(self, name: str) -> Path:
        """Read a path of this file: relative ones start at the instance's folder."""
        return Path(self.folder) / name
