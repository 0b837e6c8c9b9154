"""From an act to a decision: what exactly is asked of the policy, and in whose name (policy P.1).

Acts that touch values are judged by the compiled policy. What a subject says (consent, acceptance,
objection) needs no permission; it needs to be *theirs* and to name something the policy knows.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from troth.gate.wards import check_admission, check_age, check_consent
from troth.model.acts import (
    AcceptTerms,
    Act,
    Actor,
    Admit,
    AgeLearned,
    ConsentDeferred,
    ConsentGiven,
    ConsentRefused,
    ConsentRequested,
    ConsentWithdrawn,
    Elsewhere,
    Erase,
    Export,
    Give,
    Hold,
    Notify,
    Object,
    ObjectionLifted,
    Observe,
    Release,
    Restrict,
    fields_of,
)
from troth.model.clock import Moment
from troth.model.errors import (
    BadInput,
    ConsentMissing,
    Refused,
    UnknownTerm,
    WrongRegion,
)
from troth.model.standing import Standing
from troth.model.terms import ALL, Effect, Fields, Operation, Region, SubjectId, matches
from troth.policy.case import Ask
from troth.policy.decide import Decision, Policy
from troth.policy.keeping.alike import Alike
from troth.policy.keeping.methods import together
from troth.policy.keeping.terms import would_end

ADDRESSES: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("contact.email", "handler.email", "guardian.email"),
    "sms": ("contact.phone", "handler.phone", "guardian.phone"),
    "phone": ("contact.phone", "handler.phone", "guardian.phone"),
    "letter": ("contact.address",),
    "push": ("device.push",),
}
"""The fields that hold the address of each channel: an account's own, a handler's, a guardian's."""

NO_ROLE: Final = "none"
"""What staff without a role are judged as: a role that shows nothing."""

_OWN_WORDS: Final = (
    *(AcceptTerms, ConsentDeferred, ConsentGiven, ConsentRefused, Object, ObjectionLifted),
)
_ON_CONSENT: Final = (
    *(ConsentDeferred, ConsentGiven, ConsentRefused, ConsentRequested, ConsentWithdrawn),
)


def asks(act: Act, by: Actor, standing: Standing) -> tuple[Ask, ...]:
    """Return the questions an act raises; none for one that touches no value.

    Reading from another region than the one that holds the data is an export and is asked as one.
    """
    if act.operation is None:
        return ()
    fields = touched(act, standing)
    facts: frozenset[str] = getattr(act, "facts", frozenset())
    first = Ask(
        operation=act.operation,
        purpose=getattr(act, "purpose", ""),
        fields=fields,
        recipient=act.recipient if isinstance(act, Give) else None,
        to_region=_destination(act, by) if isinstance(act, Export) else None,
        facts=facts,
        role=(by.role or NO_ROLE) if by.kind == "staff" else "",
        ground=act.ground if isinstance(act, Give) else "",
    )
    if not _across(act, by):
        return (first,)
    across = Ask(
        operation=Operation.EXPORT,
        purpose=first.purpose,
        fields=fields,
        to_region=by.region,
        facts=facts,
    )
    return (first, across)


def _destination(act: Export, by: Actor) -> Region | None:
    """Where a copy goes: where it is said to go, or where those of us who make it are."""
    away = by.kind != "subject" and by.region is not None and act.subject is not None
    return act.to_region or (by.region if away and by.region != _home(act.subject) else None)


def _home(subject: SubjectId | None) -> Region | None:
    return None if subject is None else subject.region


def _across(act: Act, by: Actor) -> bool:
    return (
        by.region is not None
        and act.operation in (Operation.SHOW, Operation.USE)
        and act.subject is not None
        and by.region != act.subject.region
    )


def stranger(region: Region, policy: Policy) -> Standing:
    """Somebody of whom nothing is kept yet: judged by the law of the region they come to."""
    homes = policy.edition.residences.values()
    regimes = next((home.regimes for home in homes if home.region == region), ())
    return Standing(pseudonym="", regimes=regimes)


def touched(act: Act, standing: Standing) -> Fields:
    """Return the fields an act touches, with ``*`` read as everything that is held."""
    if isinstance(act, Notify):
        unknown = [channel for channel in act.channels if channel not in ADDRESSES]
        if unknown or not act.channels:
            raise UnknownTerm(
                f"`{', '.join(unknown)}` is no way to reach anybody",
                clause="7.4",
                remedy=f"name one of {', '.join(ADDRESSES)}",
            )
        return tuple(address_of(channel, standing) for channel in act.channels)
    fields = fields_of(act)
    return tuple(standing.held) if fields == ALL else fields


def address_of(channel: str, standing: Standing) -> str:
    """Return the field a channel finds its address in: the first that is held.

    >>> address_of("email", Standing(pseudonym="p"))
    'contact.email'
    """
    fields = ADDRESSES[channel]
    return next((field for field in fields if field in standing.held), fields[0])


def spelled(act: Act, standing: Standing, policy: Policy, at: Moment) -> Act:
    """Return an act that ends or sets aside a group of fields with each of them named.

    What is done to the vault, what is remembered and what is folded must be the same fields. An
    erasure says by which method each store forgets them (9.4-8). A
    consent is given until the policy's own term for it ends, or sooner. Raises ``UnknownTerm`` for
    a field that is neither declared nor held.
    """
    if isinstance(act, ConsentGiven):
        return _ending(act, policy, at)
    if isinstance(act, Observe):
        ends = would_end(act.values, act.purpose, standing, policy, at)
        return msgspec.structs.replace(act, ends=ends)
    if isinstance(act, Erase) and act.fields == ALL:
        return msgspec.structs.replace(act, methods=together(standing.held, policy.edition))
    if not isinstance(act, Erase | Restrict | Release | Hold) or act.fields == ALL:
        return act
    if isinstance(act, Erase) and standing.held.keys() >= set(act.fields):
        return msgspec.structs.replace(act, methods=together(act.fields, policy.edition))
    known = tuple(dict.fromkeys((*policy.edition.categories, *standing.held)))
    for pattern in act.fields:
        if not any(matches(pattern, field) for field in known):
            raise UnknownTerm(f"the policy declares no field `{pattern}`", clause="2.1.1")
    among = tuple(standing.held) if isinstance(act, Erase) else known
    fields = tuple(f for f in among if any(matches(pattern, f) for pattern in act.fields))
    if isinstance(act, Erase):
        ways = together(fields, policy.edition)
        return msgspec.structs.replace(act, fields=fields, methods=ways)
    return msgspec.structs.replace(act, fields=fields)


def _ending(act: ConsentGiven, policy: Policy, at: Moment) -> ConsentGiven:
    ends = policy.consent_ends(act.to, act.elsewhere.at if act.elsewhere else at)
    if ends is None or (act.expires is not None and act.expires <= ends):
        return act
    return msgspec.structs.replace(act, expires=ends)


def judge(
    act: Act, by: Actor, standing: Standing, policy: Policy, at: Moment
) -> tuple[Decision, ...]:
    """Decide one act, or raise why it may not be.

    Raises ``ConsentMissing`` where asking the person would open the way, ``Refused`` where it
    would not, ``NotOfAge``, ``UnknownTerm`` or ``BadInput`` for words that are not the person's.
    """
    _check_words(act, by, standing, policy, at)
    decisions = []
    questions = asks(act, by, standing)
    # A standing that was just loaded is never seen again: nothing is gained by remembering it.
    bits = policy.state(standing, at).bits if questions else 0
    for ask in questions:
        decision = policy.judge(ask, bits)
        if decision.effect is not Effect.ALLOW:
            raise _refusal(decision)
        decisions.append(decision)
    if decisions and by.purposes is not None and decisions[0].purpose not in by.purposes:
        raise Refused(
            f"this key may not act for `{decisions[0].purpose}`",
            clause="7.1",
            remedy="use a service key that carries this purpose",
        )
    return tuple(decisions)


def _refusal(decision: Decision) -> Refused:
    kind = ConsentMissing if decision.effect is Effect.ASK else Refused
    return kind(
        decision.reason["en"].removesuffix("."),
        decision=decision,
        clause=", ".join(decision.clauses),
        remedy=decision.remedy,
    )


def _check_words(act: Act, by: Actor, standing: Standing, policy: Policy, at: Moment) -> None:
    """Refuse words put in somebody's mouth, and names that the policy does not know."""
    if isinstance(act, _OWN_WORDS) and by.kind not in _speakers(act):
        raise BadInput(
            f"`{act.kind}` is the person's own word; `{by.kind}` cannot say it for them",
            clause="9.3",
            remedy="let the person do it, signed in",
        )
    if isinstance(act, _ON_CONSENT):
        _check_consent(act, by, standing, policy, at)
    match act:
        case Admit():
            check_admission(act, by, served=policy.edition.ages.minors_service)
            _check_admission(act, policy)
        case AcceptTerms(means="imported"):
            # Which edition somebody agreed to elsewhere is a fact that the house reports of them.
            pass
        case AcceptTerms(edition=edition) if edition != policy.hash:
            raise UnknownTerm(
                "the terms that were accepted are not the edition in force",
                clause="11.5",
                remedy="show the edition in force and ask again",
            )
        case AgeLearned():
            check_age(act, by)
        case Erase():
            _check_holds(act, standing, policy, at)
        case _:
            pass


def _check_consent(act: Act, by: Actor, standing: Standing, policy: Policy, at: Moment) -> None:
    """Refuse a consent to what no rule asks for, and proofs that only the house can enter."""
    key: str = getattr(act, "to", "")
    elsewhere: Elsewhere | None = getattr(act, "elsewhere", None)
    if isinstance(act, ConsentGiven):
        check_consent(act, by, standing, at)
    if key not in policy.consent_keys() and key not in standing.consents:
        raise UnknownTerm(
            f"no rule asks for consent to `{key}`",
            clause="2.2.6",
            remedy="use one of the consent keys that the policy declares",
        )
    if elsewhere is not None and (by.kind != "system" or elsewhere.at > at):
        raise BadInput(
            "what was said elsewhere is imported by the house, with its proof, after it was said",
            clause="9.3",
            remedy="troth consents import",
        )
    if isinstance(act, ConsentWithdrawn) and act.invalid and by.kind not in ("staff", "system"):
        raise BadInput(
            "that a consent was never good is found by the house",
            clause="9.3",
            remedy="take the consent back instead",
        )


def _speakers(act: Act) -> tuple[str, ...]:
    """Say who may utter a word of the person's; what was said elsewhere, the house reports."""
    imported = isinstance(act, AcceptTerms) and act.means == "imported"
    if imported or getattr(act, "elsewhere", None) is not None:
        return ("system",)
    return ("subject", "guardian")


def _check_admission(act: Admit, policy: Policy) -> None:
    """Refuse a file in another region than the residence's own (2.4)."""
    home = policy.residence(act.residence)
    if home.region != _home(act.subject):
        raise WrongRegion(
            f"who lives in `{act.residence}` is kept in region `{home.region}`",
            clause="2.4",
            remedy="draw the subject's id for that residence",
        )
    if not set(act.regimes) >= set(home.regimes):
        raise BadInput(
            f"who lives in `{act.residence}` is under the law of {', '.join(home.regimes)}",
            clause="9.5",
            remedy="admit the subject under these regimes",
        )


def _check_holds(act: Erase, standing: Standing, policy: Policy, at: Moment) -> None:
    """Refuse to erase what a law holds: whoever asks, this is the one place that asks the law."""
    alike = Alike(standing, policy)
    for field in touched(act, standing):
        kept = alike.keeping(field, at)
        if kept is not None:
            raise Refused(
                f"`{field}` may not be erased yet: {kept.law}",
                clause="9.4",
                remedy="restrict it and erase the rest; the erasure plan shows both",
            )
