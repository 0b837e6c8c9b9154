"""A ledger over each store, and a key to sign it."""

import pytest

from tests.ledger.samples import ORIGIN, SEED
from troth.ledger.checkpoint import Signer
from troth.ledger.log import Log
from troth.store.sql import Store


@pytest.fixture
def signer() -> Signer:
    """Return the signer every test signs with."""
    return Signer(ORIGIN, SEED)


@pytest.fixture
def log(data_store: Store, signer: Signer) -> Log:
    """Return an empty log over each kind of store."""
    return Log(data_store, ORIGIN, signer)
