"""One ``troth.toml`` and ``TROTH_*``: its ``sections``, and the ``reading`` of them.

``hooks`` opens the addresses that are told of what happened, ``stores`` the other databases.
"""

from troth.app.settings.reading import (
    BY_REFERENCE,
    FILE,
    SEE,
    has_password,
    load,
    name_root_key,
    on_postgres,
    parse,
    region_defaults,
    secret,
)
from troth.app.settings.sections import (
    EmailSettings,
    IdentitySettings,
    InstanceSettings,
    IntakeSettings,
    RegionSettings,
    ServerSettings,
    Settings,
)

__all__ = [
    "BY_REFERENCE",
    "FILE",
    "SEE",
    "EmailSettings",
    "IdentitySettings",
    "InstanceSettings",
    "IntakeSettings",
    "RegionSettings",
    "ServerSettings",
    "Settings",
    "has_password",
    "load",
    "name_root_key",
    "on_postgres",
    "parse",
    "region_defaults",
    "secret",
]
