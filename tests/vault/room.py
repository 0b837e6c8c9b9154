"""A furnished vault, and what tests put into it."""

import secrets
from collections.abc import Mapping
from typing import NamedTuple

from troth.model.secret import Secret
from troth.model.terms import ALL, Region, SubjectId
from troth.store.sql import Store
from troth.vault.cells import Handle, Vault
from troth.vault.forms import Form
from troth.vault.home import KeyHome
from troth.vault.keys import KeyStore

CN = Region("cn")
TENANT = "troth-tests"
FORMS = {
    "contact.email": Form("email", unique=True, mask="email"),
    "contact.phone": Form("phone", indexed=True, mask="phone"),
    "contact.address": Form("address"),
    "identity.name": Form("name", mask="name"),
    "identity.id_number": Form("cn_id", indexed=True, mask="id_number"),
    "enterprise.name": Form("company_name", indexed=True),
    "enterprise.licence": Form("file"),
    "profile.note": Form("text"),
    "nickname": Form("text"),
}
PROFILE = {
    "contact.email": "zhang@example.com",
    "contact.phone": "+8613912345678",
    "contact.address": "北京市海淀区某路1号",
    "identity.name": "张三丰",
    "identity.id_number": "11010519491231002X",
    "profile.note": "prefers letters",
}


def sealed(values: Mapping[str, str | bytes]) -> dict[str, Secret]:
    """Return values as secrets."""
    return {field: Secret(value) for field, value in values.items()}


def revealed(values: Mapping[str, Secret]) -> dict[str, str | bytes]:
    """Return secrets as values."""
    return {field: value.reveal_raw() for field, value in values.items()}


class Room(NamedTuple):
    """A vault and what it stands on."""

    vault: Vault
    data: Store
    keys_data: Store
    home: KeyHome
    keys: KeyStore

    def admitted(self, values: Mapping[str, str | bytes] | None = None) -> Handle:
        """Admit a new subject and keep values of theirs."""
        subject = SubjectId.new(CN)
        handle = self.data.transact(lambda tx: self.vault.admit(tx, subject, secrets.token_hex(16)))
        self.keep(handle, values or {})
        return handle

    def keep(self, handle: Handle, values: Mapping[str, str | bytes]) -> None:
        """Keep values in a transaction of their own."""
        self.data.transact(lambda tx: self.vault.keep(tx, handle, sealed(values), FORMS))

    def open(self, handle: Handle, *fields: str) -> dict[str, str | bytes]:
        """Open fields (none named: all)."""
        return revealed(self.vault.open(handle, fields or ALL))

    def erase(self, handle: Handle, *fields: str) -> None:
        """Erase fields (none named: all), to the end."""
        doomed = self.data.transact(lambda tx: self.vault.erase(tx, handle, fields or ALL))
        self.vault.finish(doomed)

    def find(self, field: str, value: str) -> list[SubjectId]:
        """Find who holds a value."""
        return self.vault.find(field, Secret(value), FORMS[field])


def furnished(data: Store, keys_data: Store, home: KeyHome, keys: KeyStore) -> Room:
    """Return a room with a vault of region ``cn``."""
    vault = Vault(data, keys, home.named("index"), region=CN, tenant=TENANT)
    return Room(vault, data, keys_data, home, keys)
