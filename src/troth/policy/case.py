"""One field of one question, held against the rules of one edition (2.2, 4.1, 9.3).

A rule *concerns* a case when field, purpose, recipient and subject are its own; it *applies* when
its conditions hold; a permit *opens* when its basis is there too. What shuts it is the verdict.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from troth.model.terms import Fields, Operation
from troth.policy import state as st
from troth.policy import words
from troth.policy.edition import Edition, Names, Rule
from troth.policy.state import Alphabet
from troth.policy.words import BASIS, Basis

CODES: Final = (
    "erased",
    "undeclared",
    "not_open",
    "role",
    "closed",
    "forbidden",
    "minor",
    "restricted",
    "no_contract",
    "not_bound",
    "realname_required",
    "no_ground",
    "condition",
    "excluded",
    "objected",
    "consent_refused",
    "consent_withdrawn",
    "consent_missing",
    "allowed",
)
"""Every outcome, the gravest first. All but the last two deny; the one before asks."""
GRAVITY: Final = {code: number for number, code in enumerate(CODES)}
_UNSAID: Final = {
    st.NOTHING: "consent_missing",
    st.WITHDRAWN: "consent_withdrawn",
    st.REFUSED: "consent_refused",
}
_SHUT_BY: Final[Mapping[str, str]] = {
    "minor": "minor",
    "child": "minor",
    "objected": "objected",
    "restricted": "restricted",
}
_LACKING: Final = {"ground": "no_ground", "realname": "realname_required"}
SEPARATE: Final = BASIS["cn", "separate_consent"]
STANDING_BITS: Final[Mapping[str, int]] = {
    "minor": st.UNDER_AGE,
    "child": st.CHILD,
    "guardian": st.GUARDIAN,
    "guardian_disclosure": st.DISCLOSURE,
    "accepted": st.ACCEPTED,
}


class Ask(Struct, frozen=True, kw_only=True, cache_hash=True):
    """May this be done with these fields, for this purpose.

    ``facts`` are what was established for this act, ``ground`` the clause relied on where there is
    no consent, ``role`` the staff role that asks, ``to_region`` where the data would be read.
    """

    operation: Operation
    purpose: str = ""
    fields: Fields = ()
    recipient: str | None = None
    to_region: str | None = None
    facts: frozenset[str] = frozenset()
    role: str = ""
    ground: str = ""


class Verdict(Struct, frozen=True, kw_only=True):
    """What the rules say: the code, the rules and clauses it rests on, and what is missing."""

    code: str
    fields: Fields = ()
    rules: Names = ()
    clauses: Names = ()
    bases: Names = ()
    missing: Names = ()
    unmet: Names = ()


class Ready(Struct, frozen=True):
    """A rule with its patterns already expanded to words and bits."""

    rule: Rule
    fields: frozenset[str]
    purposes: frozenset[str]
    recipients: frozenset[str]
    ages: int
    residences: int
    crosses: bool


def consent_keys(
    basis: Basis, ask: Ask, operation: Operation, field: str, *, sensitive: bool, region: str = ""
) -> Names:
    """Return the consents that a basis takes for one field; each must be given.

    A consent that lets data go names who gets it: ``share/partners/provide``. One for sensitive
    data names the field: ``realname/identity.id_number``.
    """
    alone = sensitive and (basis.kind == "separate" or basis.regime == "cn")
    own = (f"{ask.purpose}/{field}",) if alone else ()
    if operation in words.GIVING:
        return (f"{operation}/{ask.recipient}/{ask.purpose}", *own)
    if operation is Operation.EXPORT and region:
        return (f"{operation}/{region}/{ask.purpose}", *own)
    return own or (ask.purpose,)


class Case:
    """One field of one ask, for a subject in one state."""

    def __init__(
        self, edition: Edition, letters: Alphabet, ask: Ask, field: str, bits: int
    ) -> None:
        self._letters = letters
        self._ask = ask
        self._field = field
        self._bits = bits
        self._sensitive = edition.categories[field].sensitive is not None
        self._switch = edition.purposes[ask.purpose].switch

    # --- what the subject and the asker bring --------------------------------------------------

    def holds(self, word: str) -> bool:
        """Tell whether a condition holds: by the subject's standing, or as an established fact."""
        if word in STANDING_BITS:
            return bool(self._bits & STANDING_BITS[word])
        if word == "objected":
            return bool(self._bits & self._letters.objections[self._ask.purpose])
        if word == "restricted":
            return bool(self._bits & (st.ALL_RESTRICTED | self._letters.restrictions[self._field]))
        if word in words.CONSENT_WORDS:
            return not self._unsaid(self._keys(SEPARATE, self._ask.operation, ""))
        return word in self._ask.facts or bool(self._bits & self._letters.facts.get(word, 0))

    def unmet(self, rule: Rule) -> Names:
        """Return the conditions of a rule that are not established; ``ground`` for a clause."""
        only = rule.only_if
        lacking = [word for word in only.all if not self.holds(word)]
        if only.any and not any(self.holds(word) for word in only.any):
            lacking += only.any
        if only.ground and self._ask.ground not in only.ground:
            lacking.append("ground")
        return tuple(lacking)

    def concerns(self, ready: Ready, regimes: Iterable[str]) -> bool:
        """Tell whether a rule is about this field, purpose, recipient and subject."""
        when = ready.rule.when
        return (
            self._field in ready.fields
            and self._ask.purpose in ready.purposes
            and (self._ask.operation not in words.GIVING or self._ask.recipient in ready.recipients)
            and (not when.regimes or not set(when.regimes).isdisjoint(regimes))
            and (not when.age or bool(self._bits & ready.ages))
            and (not when.residence or bool(self._bits & ready.residences))
        )

    # --- forbid --------------------------------------------------------------------------------

    def forbidden(self, rules: Iterable[Ready], regimes: Iterable[str]) -> Iterator[Verdict]:
        """Yield a verdict for each forbid that applies."""
        for ready in rules:
            rule = ready.rule
            if not self.concerns(ready, regimes) or self.unmet(rule):
                continue
            if any(self.holds(word) for word in rule.unless):
                continue
            if words.CONSENT_WORDS.isdisjoint(rule.unless):
                yield self._says("minor" if rule.when.age else "forbidden", rule)
            else:
                yield self._asks(rule, self._keys(SEPARATE, self._ask.operation, ""), "")

    # --- permit --------------------------------------------------------------------------------

    def permitted(
        self, rules: Iterable[Ready], regime: str, operation: Operation, region: str
    ) -> Verdict:
        """Return the verdict of the permit that comes closest under one regime."""
        best = Verdict(code="undeclared", fields=(self._field,))
        for ready in rules:
            rule = ready.rule
            if (not rule.basis or regime in rule.basis) and self.concerns(ready, (regime,)):
                found = self._opens(rule, regime, operation, region)
                if GRAVITY[found.code] > GRAVITY[best.code]:
                    best = found
        return best

    def _opens(self, rule: Rule, regime: str, operation: Operation, region: str) -> Verdict:
        """Return whether a permit opens under a regime, or what keeps it shut."""
        for word in rule.unless:
            if self.holds(word):
                return self._says(_SHUT_BY.get(word, "excluded"), rule, unmet=(word,))
        unmet = self.unmet(rule)
        if unmet:
            lacks = "ground" if "ground" in unmet else "realname" if "realname" in unmet else ""
            return self._says(_LACKING.get(lacks, "condition"), rule, unmet=unmet)
        basis = BASIS.get((regime, rule.basis.get(regime, "")))
        objectable = self._switch if basis is None else basis.objectable or self._switch
        if objectable and not rule.necessary and self.holds("objected"):
            return self._says("objected", rule)
        named = f"{regime}:{basis.name}" if basis else ""
        if basis is None or self._stands(basis, operation):
            return self._says("allowed", rule, bases=(named,) if named else ())
        if basis.kind == "contract":
            return self._says("not_bound", rule)
        if basis.kind == "parental":
            return self._says("minor", rule)
        return self._asks(rule, self._keys(basis, operation, region), named)

    def _stands(self, basis: Basis, operation: Operation) -> bool:
        """Tell whether a basis that asks for no consent is there."""
        match basis.kind:
            case "contract":
                return self._contracted(operation)
            case "parental":
                return not self._bits & st.CHILD or bool(self._bits & st.GUARDIAN)
            case "opt_in_minor":
                return not self._bits & st.UNDER_AGE
            case "consent" | "separate":
                return False
            case _:
                return True

    def _contracted(self, operation: Operation) -> bool:
        """Tell whether a contract stands, or a first step towards one that the person asked for.

        The first step is a use for somebody who is not yet admitted: a code to the address they
        just entered (PIPL 13(1)(2), GDPR 6(1)(b)).
        """
        first_step = bool(self._bits & st.UNKNOWN) and operation is Operation.USE
        return bool(self._bits & st.ACCEPTED) or first_step or "on_behalf" in self._ask.facts

    # --- consent -------------------------------------------------------------------------------

    def _keys(self, basis: Basis, operation: Operation, region: str) -> Names:
        return consent_keys(
            basis, self._ask, operation, self._field, sensitive=self._sensitive, region=region
        )

    def _said(self, key: str) -> int:
        """Return the last word on a key; a word on one field counts before the purpose's."""
        if key == self._ask.purpose:
            own = self._letters.said(self._bits, f"{key}/{self._field}")
            if own != st.NOTHING:
                return own
        return self._letters.said(self._bits, key)

    def _unsaid(self, keys: Names) -> dict[str, int]:
        said = {key: self._said(key) for key in keys}
        return {key: word for key, word in said.items() if word != st.GIVEN}

    def _asks(self, rule: Rule, keys: Names, named: str) -> Verdict:
        """Return what the consents say: all given, or the first word that is not a yes."""
        unsaid = self._unsaid(keys)
        if not unsaid:
            return self._says("allowed", rule, bases=(named,) if named else ())
        code = min((_UNSAID[word] for word in unsaid.values()), key=GRAVITY.__getitem__)
        return self._says(code, rule, missing=tuple(unsaid))

    def _says(
        self, code: str, rule: Rule, *, bases: Names = (), missing: Names = (), unmet: Names = ()
    ) -> Verdict:
        return Verdict(
            code=code,
            fields=(self._field,),
            rules=(rule.id,),
            clauses=rule.clause,
            bases=bases,
            missing=missing,
            unmet=unmet,
        )


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of some verdicts, with what all of the same code rest on."""
    found = list(verdicts)
    code = min((one.code for one in found), key=GRAVITY.__getitem__)
    same = [one for one in found if one.code == code]
    blocked = same if code == "allowed" else [one for one in found if one.code != "allowed"]
    return Verdict(
        code=code,
        fields=_union(one.fields for one in blocked),
        rules=_union(one.rules for one in same),
        clauses=_union(one.clauses for one in same),
        bases=_union(one.bases for one in same),
        missing=_union(one.missing for one in same),
        unmet=_union(one.unmet for one in same),
    )


def _union(parts: Iterable[Names]) -> Names:
    return tuple(dict.fromkeys(word for part in parts for word in part))
