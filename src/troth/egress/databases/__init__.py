"""The controller's other databases: what they hold of a subject, and its end (policy 9.1, 9.4).

``port`` is what every kind of database is asked; ``map`` says where in them personal data lies.
"""

from troth.egress.databases.tables import (
    BROKEN,
    PATIENCE,
    UNANSWERED,
    Database,
    Held,
    SqlDatabase,
    Swept,
    Table,
    sweep,
    sweep_all,
    sweep_each,
)

__all__ = [
    "BROKEN",
    "PATIENCE",
    "UNANSWERED",
    "Database",
    "Held",
    "SqlDatabase",
    "Swept",
    "Table",
    "sweep",
    "sweep_all",
    "sweep_each",
]
