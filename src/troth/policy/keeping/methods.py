"""How each store forgets each category: by what it is, how it came and where it lies (9.4-8).

================  ==============================================================================
``shred_key``     the key that sealed it is destroyed: every copy is noise, backups included
``delete_row``    a row that says nothing without a key that lies elsewhere is deleted
``overwrite``     what lies with the person (their browser) is overwritten and told to expire
``anonymise``     what many had in common is counted without them; the value itself is shredded
``connector``     another database of the controller erases, is asked again, and is pursued
``paper``         shredded, burnt or pulped by hand, with a certificate
================  ==============================================================================
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from troth.policy.edition import Category, Edition, Names
from troth.policy.keeping.remembered import Remembered

Method = Literal["shred_key", "delete_row", "overwrite", "anonymise", "connector", "paper"]
Methods = Mapping[str, Method]
"""A method for each store."""

ADDRESSES: Final = frozenset({"email", "phone", "address", "push"})
"""The last parts of the names of fields that messages are sent to."""
LOGGED: Final = "usage"
"""The group whose every visit is kept in the log."""
ON_PAPER: Final = frozenset({"provided", "third_party"})
NEVER_ON_PAPER: Final = frozenset({"password_hash", "json"})
"""What can have come by letter or over a counter: from these sources, and of no such form."""


_KNOWN: Final = Remembered[tuple[str, Names], tuple[tuple[str, str], ...]]()


def of(field: str, edition: Edition) -> dict[str, Method]:
    """Return how each store that can hold a field forgets it.

    >>> from troth.policy import packs, reader
    >>> of("web.cookie", reader.load(*packs.source("itnio")))["browser"]
    'overwrite'
    """
    category = edition.categories[field]
    found: dict[str, Method] = {"vault": _in_vault(field, edition), "copies": "shred_key"}
    group, _, last = field.partition(".")
    if category.indexed or category.unique:
        found["index"] = "delete_row"
    if last in ADDRESSES:
        found["outbox"] = "shred_key"
    if group == LOGGED:
        found["log"] = "shred_key"
    if last == "cookie" or category.form == "cookie":
        found["browser"] = "overwrite"
    found["databases"] = "connector"
    if _on_paper(category):
        found["paper"] = "paper"
    return found


def all_of(edition: Edition) -> dict[str, dict[str, Method]]:
    """Return the same for every category that is open."""
    return {
        field: of(field, edition)
        for field, category in edition.categories.items()
        if not category.closed
    }


def together(fields: Iterable[str], edition: Edition) -> dict[str, str]:
    """Return the methods of some fields, store by store, for the entry of their erasure.

    Where fields of one store are forgotten in two ways, both are named.
    """
    named = tuple(sorted(fields))
    key = (edition.hash, named)
    found = _KNOWN.get(key)
    return dict(_KNOWN.note(key, _together(named, edition)) if found is None else found)


def _together(fields: Names, edition: Edition) -> tuple[tuple[str, str], ...]:
    found: dict[str, set[str]] = {}
    for field in fields:
        if field in edition.categories:
            for store, method in of(field, edition).items():
                found.setdefault(store, set()).add(method)
    return tuple((store, "+".join(sorted(ways))) for store, ways in sorted(found.items()))


def _in_vault(field: str, edition: Edition) -> Method:
    rows = [row for row in edition.retention if field in edition.fields(row.categories)]
    return "anonymise" if any(row.then == "anonymise" for row in rows) else "shred_key"


def _on_paper(category: Category) -> bool:
    return category.source in ON_PAPER and category.form not in NEVER_ON_PAPER
