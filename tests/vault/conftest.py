"""A sealed room to test in: its key folder, its key store and its vault."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import StorePair
from tests.vault.room import Room, furnished
from troth.model.clock import Moment
from troth.vault.home import KeyHome, RootKey
from troth.vault.keys import KeyStore


@pytest.fixture
def root() -> RootKey:
    """Return a root key that lies nowhere."""
    return RootKey(bytes(range(32)))


@pytest.fixture
def home(tmp_path: Path, root: RootKey) -> KeyHome:
    """Return an empty key folder."""
    return KeyHome(tmp_path / "keys", root)


@pytest.fixture
def keys(store_pair: StorePair, home: KeyHome, at: Moment) -> KeyStore:
    """Return a key store in its first epoch."""
    return KeyStore(store_pair.keys, home, at=at)


@pytest.fixture
def room(store_pair: StorePair, home: KeyHome, keys: KeyStore) -> Room:
    """Return the vault of region ``cn`` with everything it stands on."""
    return furnished(store_pair.data, store_pair.keys, home, keys)


@pytest.fixture
def another(store_pair: StorePair, home: KeyHome, at: Moment) -> Callable[[], Room]:
    """Return a function that opens the same room once more, as another process would."""

    def again() -> Room:
        fresh = KeyHome(home.folder, RootKey(bytes(range(32))))
        keys = KeyStore(store_pair.keys, fresh, at=at)
        return furnished(store_pair.data, store_pair.keys, fresh, keys)

    return again
