"""Every category names how each store that can hold it forgets it, and no other store (9.4-8)."""

from typing import Final, get_args

import pytest

from troth.policy import packs, reader
from troth.policy.keeping import methods

EDITION: Final = reader.load(*packs.source("itnio"))
OPEN: Final = [field for field, one in EDITION.categories.items() if not one.closed]
STORES: Final = {
    "vault": {"shred_key", "anonymise"},
    "copies": {"shred_key"},
    "index": {"delete_row"},
    "outbox": {"shred_key"},
    "log": {"shred_key"},
    "browser": {"overwrite"},
    "databases": {"connector"},
    "paper": {"paper"},
}
"""Every store of the house, and how it can forget."""
EVERYWHERE: Final = {"vault", "copies", "databases"}
ADDRESSES: Final = ("email", "phone", "address", "push")


def can_lie_in(field: str) -> set[str]:
    """Say where a category can lie, by what is declared of it alone."""
    category, (group, _, last) = EDITION.categories[field], field.partition(".")
    found = set(EVERYWHERE)
    found |= {"index"} if category.indexed or category.unique else set()
    found |= {"outbox"} if last in ADDRESSES else set()
    found |= {"log"} if group == "usage" else set()
    found |= {"browser"} if last == "cookie" or category.form == "cookie" else set()
    on_paper = category.source in ("provided", "third_party")
    on_paper = on_paper and category.form not in ("password_hash", "json")
    return found | ({"paper"} if on_paper else set())


@pytest.mark.parametrize("store", STORES)
def test_every_category_names_its_method_in_a_store_that_can_hold_it(store: str) -> None:
    for field in OPEN:
        method = methods.of(field, EDITION).get(store)
        assert (method is not None) == (store in can_lie_in(field)), field
        assert method is None or method in STORES[store], field


def test_no_category_is_forgotten_in_a_way_that_nobody_knows() -> None:
    named = {method for each in methods.all_of(EDITION).values() for method in each.values()}
    assert named <= set(get_args(methods.Method))
    assert set(methods.all_of(EDITION)) == set(OPEN)
