"""What a subject can set aside, refuse or limit, as their law lets them (policy 9.5, 9.6).

Set aside: a field is stored and secured, and used for nothing. Refuse: a purpose that has other
grounds than consent stops. Limit and opt out are California's words for parts of these. All of it
takes effect before the next use and is undone as easily.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from troth.chapters.rights.assurance import demand
from troth.documents.agreement import Asked
from troth.documents.consents.receivers import TELL as TELL
from troth.documents.consents.receivers import Received, of_consent, of_fields, owed
from troth.gate import Entry, Gate, Outcome
from troth.model.acts import (
    SUBJECT,
    Actor,
    Json,
    Object,
    ObjectionLifted,
    Owe,
    Release,
    Restrict,
)
from troth.model.clock import Moment
from troth.model.errors import BadInput, KeyReused
from troth.model.terms import SubjectId, matches

SIGNING_IN: Final = "authenticate"
"""The purpose that must go on for a subject to come back and undo what they asked for."""
SENSITIVE: Final = "limit_sensitive"
"""The ground of what was limited at once, and is released at once."""
REFUSED: Final = "objected"
OPT_OUT: Final = "opt_out"
CHANGED: Final = "data.changed"
OPTED_OUT: Final = "objection.made"


class Refusable(Struct, frozen=True, kw_only=True):
    """A purpose that a subject can refuse, and since when they do.

    ``fields`` are those held that it may use. ``recipients`` is filled where only the giving to
    them can be refused, because the purpose itself is part of the service.
    """

    purpose: str
    fields: tuple[str, ...]
    recipients: tuple[str, ...]
    clauses: tuple[str, ...]
    since: Moment | None


class Setting(Struct, frozen=True, kw_only=True):
    """One field and whether it is set aside: on which ground, until when."""

    field: str
    ground: str = ""
    until: Moment | None = None
    own: bool = True


class Limits:
    """The limits that subjects set to what is done with their data."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    # --- what there is -------------------------------------------------------------------------

    def rights(self, subject: SubjectId) -> dict[str, dict[str, str]]:
        """Name the rights that a subject's law gives them, in words by language."""
        regimes = set(self._gate.standing(subject).regimes)
        declared = self._gate.policy().edition.rights
        return {name: right.words for name, right in declared.items() if regimes & {*right.regimes}}

    def settings(self, subject: SubjectId) -> list[Setting]:
        """List what can be set aside, and what is; what signing in rests on is left out.

        ``own``: the subject asked for it and can undo it; else a law or a finding demands it.
        """
        standing = self._gate.standing(subject)
        whole = standing.restrictions.get("*")
        found = []
        for field in self._gate.policy().edition.categories:
            restriction = standing.restrictions.get(field, whole)
            if field not in standing.held or (restriction is None and self._opens(field)):
                continue
            found.append(
                Setting(
                    field=field,
                    ground=restriction.ground if restriction else "",
                    until=restriction.until if restriction else None,
                    own=restriction is None or restriction.ground in ("request", SENSITIVE),
                )
            )
        return found

    def _opens(self, field: str) -> bool:
        """Tell whether signing in needs a field."""
        return any(
            rule.verb == "permit"
            and SIGNING_IN in rule.purposes
            and rule.necessary
            and any(matches(pattern, field) for pattern in rule.categories)
            for rule in self._gate.policy().edition.rules.values()
        )

    def refusable(self, subject: SubjectId) -> list[Refusable]:
        """List the purposes that a subject can refuse under their law, and those they refuse."""
        standing = self._gate.standing(subject)
        edition = self._gate.policy().edition
        found: dict[str, Refusable] = {}
        for rule in edition.rules.values():
            if REFUSED not in rule.unless or not {*rule.basis} & {*standing.regimes}:
                continue
            fields = [f for f in standing.held if any(matches(p, f) for p in rule.categories)]
            for purpose in rule.purposes:
                known = found.get(purpose)
                to = rule.to if edition.purposes[purpose].necessary else ()
                found[purpose] = Refusable(
                    purpose=purpose,
                    fields=_joined(known.fields if known else (), fields),
                    recipients=_joined(known.recipients if known else (), to),
                    clauses=_joined(known.clauses if known else (), rule.clause),
                    since=standing.objections.get(purpose),
                )
        return [
            each
            for each in found.values()
            if not edition.purposes[each.purpose].necessary or each.recipients
        ]

    # --- California's two ----------------------------------------------------------------------

    def opted_out(self, subject: SubjectId) -> bool:
        """Tell whether every purpose that can be opted out of is refused."""
        refused = self._gate.standing(subject).objections
        wanted = list(self._opt_outs(subject))
        return bool(wanted) and all(purpose in refused for purpose in wanted)

    def opt_out(self, subject: SubjectId, *, by: Actor = SUBJECT, once: str = "") -> Outcome:
        """Refuse every purpose that a subject's law lets them opt out of (CCPA 1798.120).

        Whoever was given data for one of them is told. Raises ``BadInput`` where their law knows no
        such thing.
        """
        demand(by, "object")
        wanted = list(self._opt_outs(subject))
        if not wanted:
            raise BadInput("the law that binds here has nothing to opt out of", clause="9.6")
        acts = [Object(subject=subject, purpose=purpose) for purpose in wanted]
        duties = [duty for purpose in wanted for duty in self._owed_for(subject, purpose)]
        try:
            return self._gate.perform(*acts, *duties, by=by, key=once)
        except KeyReused:
            said = {entry.what.get("purpose"): entry for entry in self._refusals(subject)}
            if not set(wanted) <= said.keys():
                raise
            done = [said[purpose] for purpose in wanted]
            entries = tuple(entry.id for entry in done)
            return Outcome(at=max(entry.at for entry in done), entries=entries, replayed=True)

    def _refusals(self, subject: SubjectId) -> list[Entry]:
        return [entry for entry in self._gate.trail(subject) if entry.kind == Object.kind]

    def _owed_for(self, subject: SubjectId, purpose: str) -> list[Owe]:
        """Return what is owed to whoever was given data for a purpose (11 CCR 7026(f)(2))."""
        edition = self._gate.policy().edition
        found = of_consent(self._gate.trail(subject), Asked(purpose=purpose), edition)
        told: dict[str, Json] = {"purpose": purpose}
        return owed(subject, found, self._gate.clock.now(), event=OPTED_OUT, told=told)

    def opt_in(self, subject: SubjectId, *, by: Actor = SUBJECT, once: str = "") -> Outcome:
        """Take an opt-out back."""
        demand(by, "object")
        refused = self._gate.standing(subject).objections
        wanted = [purpose for purpose in self._opt_outs(subject) if purpose in refused]
        if not wanted:
            raise BadInput("nothing was opted out of", clause="9.6")
        acts = [ObjectionLifted(subject=subject, purpose=purpose) for purpose in wanted]
        return self._gate.perform(*acts, by=by, key=once)

    def _opt_outs(self, subject: SubjectId) -> Iterator[str]:
        regimes = self._gate.standing(subject).regimes
        rules = self._gate.policy().edition.rules.values()
        opted = (
            purpose
            for rule in rules
            if any(rule.basis.get(regime) == OPT_OUT for regime in regimes)
            for purpose in rule.purposes
        )
        yield from dict.fromkeys(opted)

    def sensitive_limited(self, subject: SubjectId) -> bool:
        """Tell whether the use of sensitive data is limited."""
        restrictions = self._gate.standing(subject).restrictions.values()
        return any(each.ground == SENSITIVE for each in restrictions)

    def limit_sensitive(
        self, subject: SubjectId, *, by: Actor = SUBJECT, once: str = ""
    ) -> Outcome:
        """Only store and secure sensitive data, what comes later too (CCPA 1798.121)."""
        demand(by, "restrict")
        restricted = self._gate.standing(subject).restrictions
        categories = self._gate.policy().edition.categories
        fields = tuple(
            field
            for field, category in categories.items()
            if category.sensitive is not None and not category.closed and field not in restricted
        )
        if not fields:
            raise BadInput("the use of sensitive data is limited already", clause="9.6")
        limit = Restrict(subject=subject, fields=fields, ground=SENSITIVE)
        return self._gate.perform(limit, by=by, key=once)

    def release_sensitive(
        self, subject: SubjectId, *, by: Actor = SUBJECT, once: str = ""
    ) -> Outcome:
        """Take that limit back."""
        demand(by, "restrict")
        restricted = self._gate.standing(subject).restrictions
        fields = tuple(field for field, each in restricted.items() if each.ground == SENSITIVE)
        if not fields:
            raise BadInput("the use of sensitive data is not limited", clause="9.6")
        return self._gate.perform(Release(subject=subject, fields=fields), by=by, key=once)

    # --- who has to be told --------------------------------------------------------------------

    def receivers(self, subject: SubjectId, fields: Iterable[str]) -> list[str]:
        """Name who was given any of some fields, as the ledger remembers it."""
        return [each.recipient for each in self._received(subject, fields)]

    def owed_to_receivers(
        self, subject: SubjectId, fields: Iterable[str], event: str = CHANGED
    ) -> list[Owe]:
        """Return what is owed when fields change: everybody who received one is told (GDPR 19).

        A recipient that has an address in the settings is told ``event`` by a machine, and that
        fulfils the duty; the others wait at the desk for people to tell.
        """
        found = self._received(subject, fields)
        return owed(subject, found, self._gate.clock.now(), event=event, told={})

    def _received(self, subject: SubjectId, fields: Iterable[str]) -> list[Received]:
        edition = self._gate.policy().edition
        return of_fields(self._gate.trail(subject), fields, edition)


def _joined(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))
