"""What we learn and owe: admitted, aged, verified, held, owed, settled (policy 6, 8, 9)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from troth.model.acts.answers import Answer
from troth.model.acts.base import Act, Json, Record
from troth.model.clock import Moment
from troth.model.terms import AgeBand, Fields


class Admit(Act, frozen=True, kw_only=True):
    """Open a subject's file: where they live decides regimes and region."""

    kind: ClassVar[str] = "subject.admitted"
    residence: str
    regimes: tuple[str, ...]
    age: AgeBand
    subject_kind: Literal[
        "person", "enterprise", "legal_rep", "handler", "guardian", "requester"
    ] = "person"

    def record(self) -> Record:
        """State regimes, age band and kind; the country is no identifier and decides the law."""
        return {
            "residence": self.residence,
            "regimes": list(self.regimes),
            "age": AgeBand(self.age).value,
            "subject_kind": self.subject_kind,
        }


class AgeLearned(Act, frozen=True, kw_only=True):
    """A subject's age band is another than was known (policy 8.2).

    A ``birthday`` makes them older: what others consented to in their name ends, and they are asked
    themselves. A ``finding``, a ``document`` or a ``guardian`` mends what was wrong from the start.
    """

    kind: ClassVar[str] = "age.learned"
    age: AgeBand
    method: Literal["birthday", "finding", "document", "guardian"]

    def record(self) -> Record:
        """State the band and how it was learned, never a date."""
        return {"age": AgeBand(self.age).value, "method": self.method}


class Verified(Act, frozen=True, kw_only=True):
    """A fact about a subject was checked: a contact by its code, an identity by an authority."""

    kind: ClassVar[str] = "fact.verified"
    fact: str
    result: Literal["verified", "failed", "no_record", "pending"]
    method: str
    reference: str = ""

    def record(self) -> Record:
        """State fact, result, method and the authority's reference."""
        return {
            "fact": self.fact,
            "result": self.result,
            "method": self.method,
            "reference": self.reference,
        }


class Hold(Act, frozen=True, kw_only=True):
    """A law or a dispute forbids erasing fields until a date; the rest is erased all the same."""

    kind: ClassVar[str] = "hold.placed"
    name: str
    law: str
    fields: Fields
    until: Moment

    def record(self) -> Record:
        """State the hold's name, law, fields and end."""
        return {
            "name": self.name,
            "law": self.law,
            "fields": sorted(self.fields),
            "until": self.until,
        }


class HoldLifted(Act, frozen=True, kw_only=True):
    """A hold has ended."""

    kind: ClassVar[str] = "hold.lifted"
    name: str

    def record(self) -> Record:
        """State the hold's name."""
        return {"name": self.name}


class Began(Act, frozen=True, kw_only=True):
    """Something happened from which a term is counted (policy 7.2d).

    ``what`` is ``active``, ``contract_ended``, ``purpose/...`` or ``warned/...``; ``since`` when.
    """

    kind: ClassVar[str] = "term.began"
    what: str
    since: Moment

    def record(self) -> Record:
        """State what happened, and when."""
        return {"what": self.what, "since": self.since}


class Owe(Act, frozen=True, kw_only=True):
    """We owe the subject something by a moment: an answer, a copy, an after-notice.

    ``since`` is told where it was owed before this act: by a letter, or before anybody was known.
    ``word`` is what a machine is told that can settle it, such as a recipient's; it is not
    remembered, and holds no value of anybody.
    """

    kind: ClassVar[str] = "duty.owed"
    duty: str
    what: str
    by: Moment
    since: Moment | None = None
    word: Mapping[str, Json] = {}

    def record(self) -> Record:
        """State the duty's id, what it is, the deadline, and since when where that was before."""
        told: Record = {"duty": self.duty, "what": self.what, "by": self.by}
        return told if self.since is None else {**told, "since": self.since}


class Settle(Act, frozen=True, kw_only=True):
    """A duty ends, as the Data Rights Protocol names it."""

    kind: ClassVar[str] = "duty.settled"
    duty: str
    state: Literal["fulfilled", "denied", "expired", "revoked"]
    code: str = ""

    def record(self) -> Record:
        """State the duty's id, the state reached and a denial code."""
        return {"duty": self.duty, "state": self.state, "code": self.code}


class Certify(Act, frozen=True, kw_only=True):
    """Every store was asked again after an erasure; this is what they answered.

    It is said again, updated, when one that had not been clean is. ``recipients`` are those who
    have to hear of it, by the number of the duty to tell them: how it ended stands on the trail.
    """

    kind: ClassVar[str] = "erasure.certified"
    complete: bool
    stores: Mapping[str, int]
    irreversible_by: Moment
    answers: tuple[Answer, ...] = ()
    recipients: Mapping[str, str] = {}

    def record(self) -> Record:
        """State the residue per store, what each answered, the key's last day, who has to hear."""
        told: Record = {
            "complete": self.complete,
            "stores": dict(self.stores),
            "irreversible_by": self.irreversible_by,
        }
        answers: list[Json] = [each.record() for each in self.answers]
        told |= {"answers": answers} if answers else {}
        return told | {"recipients": dict(self.recipients)} if self.recipients else told
