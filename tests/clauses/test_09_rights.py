"""Chapter 9: what is deleted of our own motion, what a hold shuts, and who answers which right."""

import itertools
from collections.abc import Callable

import pytest

from tests.chapters.people import EMAIL, IDENTITY, PRIVACY, PROVED, House, ticks
from tests.chapters.retention.terms import approve
from tests.policy.itnio import ADULT, SHARE, USE, but, judge, living_in, policy, said
from troth.documents.requests.answer import refuse
from troth.ledger.fold import after
from troth.ledger.verify import verify_checkpoint, verify_inclusion
from troth.model.acts import SYSTEM, Close, Collect, Erase, Use
from troth.model.clock import DAY
from troth.model.errors import BadInput
from troth.model.secret import Secret
from troth.model.standing import Restriction, Standing
from troth.model.terms import Operation, Regime, Region, SubjectId

HANDLERS = {
    "access": "rights.access",
    "copy": "rights.copy",
    "port": "rights.copy",
    "correct": "rights.correct",
    "complete": "rights.correct",
    "delete": "rights.erase",
    "restrict": "rights.restrict",
    "object": "rights.object",
    "withdraw": "consent.withdraw",
    "cancel": "accounts.close",
    "limit_sensitive": "rights.restrict",
    "opt_out_sale": "contact.refuse",
}
"""What serves each right that people exercise alone; the others go to the desk."""


@pytest.mark.clause("9.0")
def test_every_right_of_every_regime_has_somebody_who_answers_it(house: House) -> None:
    rights = house.gate.policy().edition.rights
    alone = {name for name, right in rights.items() if right.handler == "self_service"}
    assert alone == set(HANDLERS)
    for address in HANDLERS.values():
        chapter, verb = address.split(".")
        assert callable(getattr(getattr(house.troth, chapter), verb))
    for name, right in rights.items():
        assert right.handler in ("self_service", "desk"), name
    assert {regime for right in rights.values() for regime in right.regimes} >= {
        "cn",
        "eu",
        "ca",
        "us",
    }


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register(
        values={"profile.work": Secret("welding")}, ticks=ticks("improve")
    ).subject


def erasures(house: House, subject: SubjectId) -> list[object]:
    trail = house.gate.trail(subject)
    return [(e.what["ground"], e.what["fields"]) for e in trail if e.kind == "data.erased"]


@pytest.mark.clause("9.4-0", "9.4-3")
def test_what_rested_on_a_consent_goes_when_it_is_withdrawn(
    house: House, subject: SubjectId
) -> None:
    house.consent.withdraw(subject, "improve")
    assert "profile.work" not in house.held(subject)
    assert "contact.email" in house.held(subject)


@pytest.mark.clause("9.4-0", "9.4-2", "7.2e")
def test_what_has_reached_its_term_goes_without_being_asked(
    house: House, subject: SubjectId
) -> None:
    house.troth.usage.record(subject, "usage", {"ip": Secret("203.0.113.9")})
    approve(house)
    house.clock.forward(days=366)
    house.troth.tick()
    assert "usage.ip" not in house.held(subject)
    assert erasures(house, subject) == [("term_over", ["usage.ip"])]


@pytest.mark.clause("9.4-0", "9.4-1")
def test_when_the_purpose_of_an_account_ends_everything_goes(
    house: House, subject: SubjectId
) -> None:
    who = house.gate.standing(subject).pseudonym
    house.gate.perform(Close(subject=subject), by=SYSTEM)
    house.clock.forward(days=1)
    house.troth.tick()
    rooms = house.gate.regions[subject.region]
    assert rooms.vault.residue(subject) == {"subjects": 0, "cells": 0, "blind": 0}
    kinds = [entry.kind for entry in rooms.log.trail(who)]
    assert kinds[-3:].count("data.erased") == 1


@pytest.mark.clause("9.4-0", "9.4-4", "8.2b", "8.3-2")
def test_what_the_law_forbids_to_keep_goes(house: House, subject: SubjectId) -> None:
    house.minors.found(subject, by=IDENTITY)
    house.minors.erase(subject)
    rooms = house.gate.regions[subject.region]
    assert rooms.vault.residue(subject)["cells"] == 0


@pytest.mark.clause("9.4-2")
def test_when_every_service_stops_nobody_is_left_but_what_a_law_holds(
    house: House, subject: SubjectId
) -> None:
    """What served them goes, the accounts end, no key is left, and the ledger's head is signed."""
    email, phone = Secret("ann@mail.example"), Secret("+33612345678")
    abroad = house.register(email=email, phone=phone, residence="FR").subject
    house.troth.usage.record(subject, "usage", {"ip": Secret("203.0.113.9")})
    vaults = {one: house.gate.regions[one.region].vault for one in (subject, abroad)}
    keys = {one: vault.handle(one).key for one, vault in vaults.items()}
    for service in policy().edition.services:
        house.retention.closing.service(service, by=PRIVACY)
    for purpose in policy().edition.purposes:
        house.retention.closing.purpose(purpose, by=PRIVACY)
    assert (house.held(subject), house.held(abroad)) == ({"usage.ip"}, set())
    house.gate.perform(Erase(subject=abroad), by=SYSTEM)
    house.gate.perform(Close(subject=subject), by=SYSTEM)
    assert [list(vault.subjects()) for vault in vaults.values()] == [[subject], []]
    assert "usage.ip" in house.gate.standing(subject).restrictions
    house.clock.forward(days=184)
    house.troth.tick()
    for one, vault in vaults.items():
        assert set(vault.residue(one).values()) == {0}
        assert vault._keys.missing([keys[one]]) == {keys[one]}
    for note, key in house.troth.checkpoints().values():
        assert verify_checkpoint(note, key).size > 0


# --- what a hold leaves, and how each store forgets ----------------------------------------------

PROTECTS = frozenset({"security", "legal", "rights"})
"""To secure what is stored, to answer the law, to answer the person themselves."""


@pytest.mark.clause("9.4-5")
@pytest.mark.parametrize("field", ["*", "own"])
def test_restricted_data_serves_no_purpose_but_to_be_stored_and_secured(field: str) -> None:
    consents = [offer.key for offer in policy().offers(("cn",))]
    free = said(ADULT, *consents)
    opened: set[str] = set()
    for name, purpose in itertools.product(policy().fields(), policy().edition.purposes):
        held = but(free, restrictions={name if field == "own" else "*": Restriction("law", None)})
        for operation in (USE, Operation.SHOW, Operation.EXPORT, Operation.PROCESS):
            decision = judge(operation, purpose, name, of=held)
            assert not decision.allowed or purpose in PROTECTS, (name, purpose)
            if judge(operation, purpose, name, of=free).allowed:
                opened.add(purpose)
    assert len(opened - PROTECTS) > 10


@pytest.mark.clause("9.4-8")
def test_every_category_names_how_each_of_its_stores_forgets_it(house: House) -> None:
    lines = {line.field: line.methods for line in house.retention.schedule()}
    categories = policy().edition.categories
    assert set(lines) == {name for name, category in categories.items() if not category.closed}
    for field, methods in lines.items():
        assert {"vault", "copies", "databases"} <= set(methods), field
    assert {(store, method) for each in lines.values() for store, method in each.items()} == {
        ("vault", "shred_key"),
        ("copies", "shred_key"),
        ("index", "delete_row"),
        ("outbox", "shred_key"),
        ("log", "shred_key"),
        ("browser", "overwrite"),
        ("databases", "connector"),
        ("paper", "paper"),
    }
    # By what it is, how it came and where it lies: a log, a cookie, an address, what was observed.
    assert lines["usage.ip"]["log"] == "shred_key"
    assert lines["web.cookie"]["browser"] == "overwrite"
    assert lines["contact.email"]["index"] == "delete_row"
    assert "paper" in lines["identity.id_number"]
    assert "paper" not in lines["device.model"]


@pytest.mark.clause("9.4-8")
def test_the_entry_of_an_erasure_carries_the_method_of_every_store(
    house: House, subject: SubjectId
) -> None:
    lines = {line.field: line.methods for line in house.retention.schedule()}
    for field, purpose in (("device.model", "security"), ("web.cookie", "authenticate")):
        seen = {field: Secret("c1")}
        house.gate.perform(
            Collect(subject=subject, values=seen, purpose=purpose, source="observed"), by=SYSTEM
        )
    parts = ("contact.email", "device.model", "web.cookie", "profile.work")
    for field in parts:
        house.rights.erase(subject, (field,), by=PROVED)
    trail = [entry for entry in house.gate.trail(subject) if entry.kind == "data.erased"]
    assert {entry.what["fields"][0]: entry.what["methods"] for entry in trail} == {  # type: ignore[index]
        field: lines[field] for field in parts
    }


# --- who is asked for what, and what stays ------------------------------------------------------


@pytest.mark.clause("9.3a")
def test_every_function_names_the_basic_information_it_needs(house: House) -> None:
    services = policy().edition.services
    needs = {name: set(service.needs) for name, service in services.items()}
    assert needs["website"] == set()
    assert {name for name, fields in needs.items() if not fields} == {"website"}
    for name, fields in needs.items():
        assert fields <= set(policy().fields()), name
    # What the form demands is what the manifest names, and nothing beside it is demanded.
    for kind, service in (("person", "account"), ("enterprise", "enterprise")):
        asked = {one.field for one in house.accounts.fields(kind) if one.required}  # type: ignore[arg-type]
        assert asked == needs[service], kind
    # Who has given just that is served.
    subject = house.register().subject
    for field in house.held(subject):
        assert field in needs["account"]
    at, standing = house.clock.now(), house.gate.standing(subject)
    assert house.gate.policy().service("account", standing, at).allowed


@pytest.mark.clause("9.3d")
def test_what_was_done_is_still_provable_with_the_consent_it_rested_on_then(
    house: House, subject: SubjectId
) -> None:
    house.consent.give(subject, ticks("marketing"), shown=house.shown())
    use = Use(subject=subject, fields=("contact.email",), purpose="marketing")
    used = house.gate.perform(use, by=SYSTEM)
    assert used.values["contact.email"] == EMAIL
    house.clock.forward(days=3)
    house.consent.withdraw(subject, "marketing")
    states, standing = {}, Standing(pseudonym=house.gate.standing(subject).pseudonym)
    for entry in house.gate.trail(subject):
        said = standing.consents.get("marketing")
        states[entry.id] = (said.state, said.entry) if said else ("unknown", "")
        standing = after(standing, entry)
    state, given = states[used.entries[0]]
    assert (state, given in states) == ("given", True)
    assert standing.consents["marketing"].state == "withdrawn"
    notes = house.troth.checkpoints()
    for entry_id, kind in ((used.entries[0], "data.used"), (given, "consent.given")):
        proof = house.gate.prove(subject.region, entry_id)
        assert verify_inclusion(proof, notes[str(subject.region)][1]).kind == kind


@pytest.mark.clause("9.6b")
def test_no_recipient_gets_anything_for_money_or_for_advertising_elsewhere() -> None:
    """Whoever they are, whatever they are asked, signed or agreed to, wherever the person lives."""
    recipients = policy().edition.recipients
    people = (ADULT, living_in("US-CA", "ca", "us"), living_in("EEA", "eu"))
    facts = "contract business_need impact_assessed standard_contract law paper two_approvals"
    for person, name in itertools.product(people, recipients):
        keys = [
            f"{way}/{name}/{purpose}"
            for way in ("share", "transfer", "sell", "disclose")
            for purpose in ("marketing", "approved", "provide")
        ]
        agreed = said(person, "marketing", "approved", *keys)
        for field in ("contact.email", "device.id", "web.cookie", "usage.pages", "profile.work"):
            for way in (SHARE, Operation.TRANSFER, Operation.DISCLOSE):
                asked = {"recipient": name, "facts": facts}
                assert not judge(way, "marketing", field, of=agreed, **asked).allowed
            for purpose in policy().edition.purposes:
                sold = judge(Operation.SELL, purpose, field, of=agreed, recipient=name, facts=facts)
                assert not sold.allowed


def _served(house: House, subject: SubjectId) -> dict[str, object]:
    """Return everything that somebody is served: services, uses, what they may ask for."""
    standing, at = house.gate.standing(subject), house.clock.now()
    services = {
        name: house.gate.policy().service(name, standing, at).code
        for name in policy().edition.services
    }
    uses = {
        purpose: house.gate.ask(
            Use(subject=subject, fields=("contact.email",), purpose=purpose), by=SYSTEM
        )[0].code
        for purpose in ("authenticate", "provide", "account", "notify.service", "notify.billing")
    }
    return {"services": services, "uses": uses, "held": house.held(subject) - {"rights.request"}}


@pytest.mark.clause("9.6c")
def test_a_californian_who_uses_every_right_is_served_as_before(house: House) -> None:
    phone = Secret("+14155550123")
    subject = house.register(email=EMAIL, phone=phone, residence="US-CA").subject
    before = _served(house, subject)
    assert "allowed" in before["services"].values()  # type: ignore[attr-defined]
    assert "allowed" in before["uses"].values()  # type: ignore[attr-defined]
    rights = house.rights
    used: tuple[Callable[[], object], ...] = (
        lambda: rights.access(subject),
        lambda: rights.copy(subject, by=PROVED),
        lambda: rights.object(subject, "marketing"),
        lambda: rights.desk.request(subject, "opt_out_sale", by=PROVED),
        lambda: rights.desk.request(subject, "limit_sensitive", by=PROVED),
        lambda: rights.desk.request(subject, "explain", text=Secret("?"), by=PROVED),
        lambda: rights.desk.request(subject, "delete", ground="unlawful", by=PROVED),
    )
    for use_it in used:
        use_it()
        assert _served(house, subject) == before


STAND = {
    "repetitive": {"cn", "eu", "ca", "us"},
    "too_technical": set(),
    "others_at_risk": {"cn", "eu", "ca", "us"},
    "impractical": {"ca", "us"},
}
"""The four grounds of 9.7, each with the regimes whose law lets it stand."""


@pytest.mark.clause("9.7e")
def test_each_of_the_four_grounds_stands_where_the_law_lets_it() -> None:
    for ground, regime in itertools.product(STAND, Regime):
        if str(regime) in STAND[ground]:
            assert refuse(SubjectId.new(Region("cn")), "r-1", ground, [regime]).state == "denied"
        else:
            with pytest.raises(BadInput):
                refuse(SubjectId.new(Region("cn")), "r-1", ground, [regime])


@pytest.mark.clause("9.5a")
def test_somebody_in_the_union_has_every_right_of_the_regulation_within_a_month(
    house: House,
) -> None:
    email, phone = Secret("ann@mail.example"), Secret("+33612345678")
    subject = house.register(email=email, phone=phone, residence="FR").subject
    assert house.gate.standing(subject).regimes == ("eu",)
    given = set(house.rights.limits.rights(subject))
    # Articles 15 to 22, and 7(3).
    assert given >= {
        *("access", "copy", "correct", "complete", "delete", "restrict", "port", "object"),
        *("human_review", "withdraw"),
    }
    for kind in ("access", "restrict", "port", "object", "human_review"):
        number = house.rights.desk.request(subject, kind, by=PROVED)  # type: ignore[arg-type]
        assert house.gate.owed(subject)[number].by - house.clock.now() <= 31 * DAY
