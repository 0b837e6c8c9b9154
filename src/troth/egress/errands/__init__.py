"""Orders to the controller's other databases, pursued until each is clean (policy 9.2, 9.4).

A database that is down, slow, or that says "done" and did nothing must not let data survive an
erasure. So an order is written in the transaction of its act, and stays until every database was
asked again and held nothing: tried at once, then ever more slowly, never given up. What is not
clean at its term is overdue and somebody's task. Corrections and restrictions travel the same way.

``orders`` what is sealed, and which order ends which · ``book`` how it lies in the store ·
``clerk`` does it · ``visits`` what comes of it · ``folders`` files of our own that are asked too ·
``counted`` what only people can end.
"""

from troth.egress.errands.book import CLEAN, HELD, OPEN, Counts, Open, Place
from troth.egress.errands.clerk import LEASE_FOR, PATIENCE, UNMAPPED, Errands
from troth.egress.errands.orders import SUBJECT, TERM, Errand, Letter, Wish, letter
from troth.egress.errands.visits import (
    FIRST_WAIT,
    LONGEST_WAIT,
    Ended,
    Ordered,
    Trace,
    Visit,
)

__all__ = [
    "CLEAN",
    "FIRST_WAIT",
    "HELD",
    "LEASE_FOR",
    "LONGEST_WAIT",
    "OPEN",
    "PATIENCE",
    "SUBJECT",
    "TERM",
    "UNMAPPED",
    "Counts",
    "Ended",
    "Errand",
    "Errands",
    "Letter",
    "Open",
    "Ordered",
    "Place",
    "Trace",
    "Visit",
    "Wish",
    "letter",
]
