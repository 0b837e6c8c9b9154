"""What somebody lets an application know, and the sign-ins there that rest on it (4.1.1, 9.3).

A grant is one row a subject and application: the scopes they let it have, and those they declined,
which are not asked for again unless they want to be asked. A sign-in is one visit that an
application was told of; every code and token rests on one, and they end with it. What the gate
allows is asked at each release; a grant only narrows it.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from troth.documents.proof.sessions import Resting
from troth.model.clock import DAY, HOUR, MINUTE, Moment
from troth.model.errors import NotFound
from troth.model.terms import Region, SubjectId
from troth.store.sql import Row, Store, Tx

Word = Callable[[str], bytes]
"""Seals what an application is told when the sign-in of some id ends."""
SHORT: Final = 12 * HOUR
"""How long a sign-in there may be known after it began: no longer than a session here lasts."""
LASTING: Final = 30 * DAY
"""How long one may last that outlives its session, whatever is renewed meanwhile."""
REPLACED_AFTER: Final = 15 * MINUTE
"""After how long a sign-in gives way to a new one of the same session at the same application."""
MOST: Final = 64

GRANT: Final = "application, scopes, declined, since, changed, used"
# What somebody granted to one application, or to all.
ONE_GRANT: Final = f"SELECT {GRANT} FROM grants WHERE subject_id = ? AND application = ?"
GRANTS_OF: Final = f"SELECT {GRANT} FROM grants WHERE subject_id = ? ORDER BY since, application"
# Keeps a grant; since when it stands stays as it was.
KEEP_GRANT: Final = (
    "INSERT INTO grants (subject_id, application, scopes, declined, since, changed, used)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (subject_id, application) DO UPDATE SET"
    " scopes = excluded.scopes, declined = excluded.declined, changed = excluded.changed"
)
USED: Final = "UPDATE grants SET used = ? WHERE subject_id = ? AND application = ?"
END_GRANT: Final = "DELETE FROM grants WHERE subject_id = ? AND application = ?"

SIGN_IN: Final = (
    "subject_id, id, application, session, lasting, scopes, proved_at, means, level, begun, until"
)
BEGIN: Final = f"INSERT INTO sign_ins ({SIGN_IN}, word) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
ONE_SIGN_IN: Final = f"SELECT {SIGN_IN} FROM sign_ins WHERE subject_id = ? AND id = ?"
SIGN_INS_OF: Final = f"SELECT {SIGN_IN} FROM sign_ins WHERE subject_id = ? ORDER BY begun, id"
# A page of all sign-ins, in the order of their keys.
PAGE: Final = (
    f"SELECT {SIGN_IN} FROM sign_ins WHERE (subject_id, id) > (?, ?)"
    " ORDER BY subject_id, id LIMIT ?"
)
# Lets the applications of some sign-ins hear that they end, as far as these want to hear.
TELL: Final = (
    "INSERT INTO logouts (id, application, word, tries, next_at)"
    " SELECT id, application, word, 0, 0 FROM sign_ins"
    " WHERE subject_id = ? AND {} AND word IS NOT NULL ON CONFLICT (id) DO NOTHING"
)
# Ends every code and token of some sign-ins, and then these.
END_PASSES: Final = (
    "DELETE FROM passes WHERE subject_id = ? AND sign_in IN"
    " (SELECT id FROM sign_ins WHERE sign_ins.subject_id = passes.subject_id AND {})"
)
END: Final = "DELETE FROM sign_ins WHERE subject_id = ? AND {}"
# Ends sign-ins of a session at an application that later ones there have taken the place of.
REPLACED: Final = "application = ? AND session = ? AND begun <= ?"
PURGE: Final = "DELETE FROM sign_ins WHERE until <= ?"


def _ended(which: str) -> tuple[str, str, str]:
    """Return what ends some of a subject's sign-ins and lets their applications hear."""
    return TELL.format(which), END_PASSES.format(which), END.format(which)


ONE: Final = _ended("id = ?")
EVERY: Final = _ended("1 = 1")
FORGET: Final = (*EVERY, "DELETE FROM grants WHERE subject_id = ?")
"""What takes away everything of a subject, in the transaction of their erasure."""
RESTING: Final = Resting(
    all=EVERY,
    gone=FORGET,
    one=(*_ended("lasting = 0 AND session = ?"), TELL.format("lasting = 1 AND session = ?")),
    others=_ended("session <> ?"),
    go_on=("UPDATE sign_ins SET session = ? WHERE subject_id = ? AND session = ?",),
)
"""What ends or goes on with sessions. A lasting sign-in outlives its own, and is heard of."""


class Grant(Struct, frozen=True, kw_only=True):
    """What somebody lets one application know; ``used`` is when it was last told anything."""

    application: str
    scopes: tuple[str, ...]
    declined: tuple[str, ...]
    since: Moment
    changed: Moment
    used: Moment


class Proved(Struct, frozen=True, kw_only=True):
    """How somebody had proved who they are when they signed in there.

    ``session`` is the id of their session here, ``at`` when it was proved, ``means`` by what
    (RFC 8176: ``pwd``, ``otp``, ``hwk``), ``level`` how sure we were: 1 signed in, 2 stepped up.
    """

    session: str
    at: Moment
    means: tuple[str, ...] = ()
    level: int = 1


class SignIn(Struct, frozen=True, kw_only=True):
    """One sign-in at an application. ``lasting``: it outlives the session here."""

    subject: SubjectId
    id: str
    application: str
    lasting: bool
    scopes: tuple[str, ...]
    proved: Proved
    begun: Moment
    until: Moment


Also = Callable[[Tx, SignIn], object]


class Grants:
    """The grants and sign-ins of a house, each in the store of its subject's region."""

    def __init__(self, stores: Mapping[Region, Store]) -> None:
        self._stores = stores

    # --- grants --------------------------------------------------------------------------------

    def of(self, subject: SubjectId) -> list[Grant]:
        """List what a subject has granted, the oldest first."""
        return [_grant(row) for row in self._store(subject).query(GRANTS_OF, (str(subject),))]

    def one(self, subject: SubjectId, application: str) -> Grant | None:
        """Return what a subject granted to an application, if they ever did."""
        rows = self._store(subject).query(ONE_GRANT, (str(subject), application))
        return _grant(rows[0]) if rows else None

    def keep(
        self,
        subject: SubjectId,
        application: str,
        scopes: tuple[str, ...],
        declined: tuple[str, ...],
        *,
        at: Moment,
    ) -> None:
        """Keep what a subject said last to an application."""
        row = (str(subject), application, " ".join(scopes), " ".join(declined), at, at, at)
        self._store(subject).transact(lambda tx: tx.run(KEEP_GRANT, row))

    def end(self, subject: SubjectId, application: str) -> bool:
        """End a grant; tell whether there was one. Its sign-ins are ended apart."""
        row = (str(subject), application)
        return self._store(subject).transact(lambda tx: tx.change(END_GRANT, row)) == 1

    # --- sign-ins ------------------------------------------------------------------------------

    def begin(
        self,
        subject: SubjectId,
        application: str,
        proved: Proved,
        scopes: tuple[str, ...],
        *,
        lasting: bool,
        at: Moment,
        word: Word | None = None,
        also: Also | None = None,
    ) -> SignIn:
        """Begin a sign-in at an application; ``word`` seals what it is told when that ends.

        ``also`` is done in the same transaction.
        """
        name = secrets.token_hex(16)
        begun = SignIn(
            subject=subject,
            id=name,
            application=application,
            lasting=lasting,
            scopes=scopes,
            proved=proved,
            begun=at,
            until=Moment(at + (LASTING if lasting else SHORT)),
        )
        row = (*_row(begun), word(name) if word else None)

        def work(tx: Tx) -> None:
            self._begin(tx, begun, row)
            if also:
                also(tx, begun)

        self._store(subject).transact(work)
        return begun

    @staticmethod
    def _begin(tx: Tx, begun: SignIn, row: Row) -> None:
        session, before = begun.proved.session, begun.begun - REPLACED_AFTER
        replaced = (str(begun.subject), begun.application, session, before)
        for statement in (END_PASSES, END):
            tx.run(statement.format(REPLACED), replaced)
        tx.run(BEGIN, row)
        tx.run(USED, (begun.begun, str(begun.subject), begun.application))

    def sign_in(self, subject: SubjectId, name: str) -> SignIn:
        """Return a sign-in by its id. Raises ``NotFound`` for one that has ended."""
        rows = self._store(subject).query(ONE_SIGN_IN, (str(subject), name))
        if not rows:
            raise NotFound("this sign-in has ended")
        return _sign_in(rows[0])

    def sign_ins(self, subject: SubjectId) -> list[SignIn]:
        """List a subject's sign-ins at applications, the oldest first."""
        return [_sign_in(row) for row in self._store(subject).query(SIGN_INS_OF, (str(subject),))]

    def page(self, region: Region, after: tuple[str, str]) -> list[SignIn]:
        """Return the next sign-ins of a region, in the order of their keys; none at the end."""
        rows = self._stores[region].query(PAGE, (*after, MOST))
        return [_sign_in(row) for row in rows]

    def end_sign_in(self, ended: SignIn, *, tell: bool = True) -> bool:
        """End a sign-in with every code and token of it; tell whether it stood.

        Its application will hear, unless it is not to be told.
        """
        row = (str(ended.subject), ended.id)

        def end(tx: Tx) -> bool:
            said, passes, sign_in = ONE
            if tell:
                tx.run(said, row)
            tx.run(passes, row)
            return tx.change(sign_in, row) == 1

        return self._store(ended.subject).transact(end)

    def regions(self) -> Iterator[Region]:
        """Name the regions."""
        yield from self._stores

    def purge(self, at: Moment) -> int:
        """Delete sign-ins that are over; return how many."""
        return sum(
            store.transact(lambda tx: tx.change(PURGE, (at,))) for store in self._stores.values()
        )

    def _store(self, subject: SubjectId) -> Store:
        try:
            return self._stores[subject.region]
        except KeyError:
            raise NotFound("no subject has this id") from None


def _grant(row: Row) -> Grant:
    application, scopes, declined, since, changed, used = row
    return Grant(
        application=application,
        scopes=tuple(scopes.split()),
        declined=tuple(declined.split()),
        since=since,
        changed=changed,
        used=used,
    )


def _row(one: SignIn) -> tuple[object, ...]:
    return (
        str(one.subject),
        one.id,
        one.application,
        one.proved.session,
        int(one.lasting),
        " ".join(one.scopes),
        one.proved.at,
        " ".join(one.proved.means),
        one.proved.level,
        one.begun,
        one.until,
    )


def _sign_in(row: Row) -> SignIn:
    subject, name, application, session, lasting, scopes, at, means, level, begun, until = row
    return SignIn(
        subject=SubjectId(subject),
        id=name,
        application=application,
        lasting=bool(lasting),
        scopes=tuple(scopes.split()),
        proved=Proved(session=session, at=at, means=tuple(means.split()), level=level),
        begun=begun,
        until=until,
    )
