"""Stores of two regions and somebody who signs in at an application."""

from troth.documents.applications.grants import Grants, Proved, SignIn
from troth.model.clock import Moment
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

CN, GLOBAL = Region("cn"), Region("global")
WHO = SubjectId("cn-" + "a" * 26)
OTHER = SubjectId("cn-" + "b" * 26)
SESSION = "5" * 64
OTHER_SESSION = "6" * 64


def begun(
    grants: Grants,
    at: Moment,
    *,
    who: SubjectId = WHO,
    application: str = "app-1",
    session: str = SESSION,
    lasting: bool = False,
    told: bool = True,
) -> SignIn:
    """Begin a sign-in at an application that wants to hear of its end, unless not told."""
    return grants.begin(
        who,
        application,
        Proved(session=session, at=at, means=("pwd",)),
        ("openid", "email"),
        lasting=lasting,
        at=at,
        word=(lambda name: f"word of {name}".encode()) if told else None,
    )


def heard(store: Store) -> list[str]:
    """Return which sign-ins' ends wait to be told."""
    return [name for (name,) in store.query("SELECT id FROM logouts ORDER BY id")]


def run(store: Store, statements: tuple[str, ...], *values: object) -> None:
    """Run statements as the room does that sign-ins rest on."""

    def work(tx: object) -> None:
        for statement in statements:
            tx.run(statement, values)  # type: ignore[attr-defined]

    store.transact(work)
