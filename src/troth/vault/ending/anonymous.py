"""Anonymised: what many had in common is counted, and who they were is gone (policy 6.4c, 7.2e).

Of the values of one sweep only those that at least ``FEW`` subjects share are counted by
themselves; all others go into one heap that says how many they were and nothing else. What names
or finds somebody (an address, a number, a name) is never counted by its value. A count has no
subject, no day and no key: nothing that is left can be put back together, and no sum of counts
singles anybody out, for each of them is of ten people or of the heap.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from troth.model.clock import Moment, date
from troth.model.secret import Secret
from troth.store.sql import Store, Tx
from troth.vault.forms import Form

FEW: Final = 10
"""The smallest group that is counted by its value (policy 2.2.3)."""
SHORT: Final = 80
"""Characters of the longest value that is counted."""
PLAIN: Final = ("text",)
"""Forms whose values name nobody when ten people share them."""
REST: Final = ""
"""The heap: everything that fewer than ten had in common."""

ADD: Final = (
    "INSERT INTO anonymised (field, month, value, many) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (field, month, value) DO UPDATE SET many = anonymised.many + excluded.many"
)
"""Count some more."""
READ: Final = "SELECT field, month, value, many FROM anonymised ORDER BY field, month, value"
"""Everything that was counted."""

Tally = Mapping[tuple[str, str], int]
"""How many had a value, by field and value; the heap has none."""


def tally(
    values: Iterable[Mapping[str, Secret]], forms: Mapping[str, Form], *, few: int = FEW
) -> dict[tuple[str, str], int]:
    """Count the values of many subjects without them.

    >>> said, forms = {"usage.language": Secret("zh")}, {"usage.language": Form("text")}
    >>> tally([said] * 10, forms), tally([said] * 9, forms)
    ({('usage.language', 'zh'): 10}, {('usage.language', ''): 9})
    """
    seen = Counter(
        (field, _shown(field, value, forms)) for held in values for field, value in held.items()
    )
    counted: Counter[tuple[str, str]] = Counter()
    for (field, value), many in seen.items():
        counted[field, value if many >= few else REST] += many
    return dict(counted)


def keep(tx: Tx, counted: Tally, at: Moment) -> None:
    """Add counts to those of the month, in the transaction that ends the values."""
    month = date(at)[:7]
    tx.run_many(ADD, [(field, month, value, many) for (field, value), many in counted.items()])


def counts(store: Store) -> list[tuple[str, str, str, int]]:
    """Return what was counted: field, month, value ("" for the heap), how many."""
    return [(field, month, value, many) for field, month, value, many in store.query(READ)]


def _shown(field: str, value: Secret, forms: Mapping[str, Form]) -> str:
    form, opened = forms.get(field), value.reveal_raw()
    if form is None or not isinstance(opened, str) or len(opened) > SHORT:
        return REST
    if form.kind == "date":
        return opened[:4]
    plain = form.kind in PLAIN and not form.searchable
    return opened if plain else REST
