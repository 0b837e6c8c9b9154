"""An order reaches every other database, however often that has to be asked (F8)."""

import pytest

from tests.egress.conftest import SUBJECT, WHO, KeyRing
from tests.egress.shops import Killed, Shop
from troth.egress.databases.port import Lead
from troth.egress.errands import LEASE_FOR, LONGEST_WAIT, TERM, Errands, Letter, Wish
from troth.model.acts import Kept
from troth.model.clock import DAY, MINUTE
from troth.model.errors import NotFound
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

OTHER = SubjectId.new(Region("cn"))
MEI, NEW = "mei@mail.example", "mei.lin@mail.example"


def shop(name="shop", **more):
    return Shop(name, **more).add(1, contact_email=MEI, contact_phone="139", subject=str(SUBJECT))


class Desk:
    """Errands on a real store, with what a test wants to do all the time."""

    def __init__(self, store, *databases, **more):
        self.store, self.ring = store, KeyRing()
        self.errands = Errands(store, databases, self.ring, **{"patience": 2.0} | more)

    def order(self, at, task="erase", **more):
        told = {"subject": SUBJECT, "who": WHO, "known": {"contact.email": (Secret(MEI),)}} | more
        wish = Wish(task=task, **told)
        ordered = self.store.transact(lambda tx: self.errands.order(tx, wish, at))
        self.forget(ordered.keys)
        return ordered.id

    def forget(self, keys):
        for key in keys:
            self.ring.keys.pop(key, None)

    def round(self, at, **more):
        """Do what is due as the gate does it; return what came of each order."""
        return [self.go(errand, at).state for errand in self.errands.due(at, **more)]

    def go(self, errand, at):
        return self.settle(self.visit(errand, at), at)

    def visit(self, errand, at):
        trace = self.errands.trace(errand)
        kept, keys = self.store.transact(lambda tx: self.errands.keep(tx, trace))
        self.forget(keys)
        return self.errands.sweep(kept, at)

    def settle(self, visit, at):
        ended = self.store.transact(lambda tx: self.errands.settle(tx, visit, at))
        self.forget(ended.keys)
        return ended

    def states(self, at, subject=SUBJECT):
        return [
            {place.name: place.state for place in one.places}
            for one in self.errands.open_of(subject, at)
        ]

    def remains(self, at, place="shop"):
        return [
            (one.place, one.category, one.count, one.why)
            for order in self.errands.open_of(SUBJECT, at)
            for each in order.places
            if each.name == place
            for one in each.remains
        ]


# --- until it is clean ----------------------------------------------------------------------------


@pytest.mark.clause("9.4-6")
def test_an_erasure_ends_in_every_database_and_leaves_no_order_behind(data_store, at):
    first, second = shop("shop"), shop("forum")
    desk = Desk(data_store, first, second)
    desk.order(at)
    assert desk.states(at) == [{"forum": "open", "shop": "open"}]
    assert desk.round(at) == ["complete"]
    assert (first.people, first.orders, second.people) == ({}, {}, {})
    assert (desk.states(at), len(desk.ring.keys)) == ([], 0)
    assert data_store.query("SELECT * FROM errands") == []


def test_a_database_that_lies_is_asked_until_it_is_true(data_store, at):
    desk = Desk(data_store, shop(deaf=2))
    desk.order(at)
    assert desk.round(at) == ["open"]
    assert ("people", "contact.email", 1, "left") in desk.remains(at)
    assert desk.round(at + MINUTE) == ["open"]
    assert desk.round(at + 3 * MINUTE) == ["complete"]


def test_a_database_that_is_down_is_asked_ever_more_slowly(data_store, at):
    desk = Desk(data_store, shop(down=99))
    desk.order(at)
    assert desk.round(at) == ["open"]
    assert desk.round(at + MINUTE - 1) == []
    assert desk.round(at + MINUTE) == ["open"]
    assert desk.round(at + 3 * MINUTE - 1) == []
    assert desk.remains(at) == [("shop", "*", 0, "unasked")]


def test_it_is_never_given_up(data_store, at):
    desk = Desk(data_store, shop(down=40))
    desk.order(at)
    states = [state for day in range(60) for state in desk.round(at + day * LONGEST_WAIT)]
    assert (states[-1], states.count("complete")) == ("complete", 1)


def test_its_term_is_told_once(data_store, at):
    desk = Desk(data_store, shop(down=99))
    desk.order(at)
    desk.round(at)
    assert desk.errands.overdue(at + TERM - 1) == []
    [errand] = desk.errands.due(at + TERM)
    assert desk.go(errand, at + TERM).late
    [late] = desk.errands.overdue(at + TERM)
    assert (late.subject_id, late.task, late.late) == (SUBJECT, "erase", True)
    [errand] = desk.errands.due(at + TERM + 2 * DAY)
    assert not desk.go(errand, at + TERM + 2 * DAY).late


def test_it_is_tried_at_its_term_whatever_the_wait_is(data_store, at):
    desk = Desk(data_store, shop(down=99))
    desk.order(at, due=at + 30 * MINUTE)
    for minute in (0, 1, 3, 7, 15):
        desk.round(at + minute * MINUTE)
    [one] = desk.errands.open_of(SUBJECT, at)
    assert one.next_at == one.due_at == at + 30 * MINUTE


def test_one_that_is_down_holds_up_no_other_and_only_it_is_tried_again(data_store, at):
    down, up = shop("down", down=1), shop("up")
    desk = Desk(data_store, down, up)
    desk.order(at)
    assert desk.round(at) == ["open"]
    assert desk.states(at) == [{"down": "open", "up": "clean"}]
    up.add(2, contact_email=MEI)  # somebody new, with the same address
    assert desk.round(at + MINUTE) == ["complete"]
    assert (up.performed, down.performed) == (["erase"], ["erase"])
    assert list(up.people) == [2]


def test_one_that_hangs_is_silent(data_store, at):
    desk = Desk(data_store, shop("slow", hangs=0.5), shop("up"), patience=0.1)
    desk.order(at)
    assert desk.round(at) == ["open"]
    assert desk.states(at) == [{"slow": "open", "up": "clean"}]


def test_who_was_silent_a_moment_ago_is_not_waited_for(data_store, at):
    down = shop(down=9)
    desk = Desk(data_store, down)
    desk.order(at)
    [errand] = desk.errands.due(at)
    trace = desk.errands.trace(errand, skip={"shop"})
    assert (trace.answered, down.down) == (frozenset(), 9)


# --- killed ---------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_database_that_died_midway_is_found_again_by_the_reach(data_store, at):
    half = shop(killed=True)
    desk = Desk(data_store, half)
    desk.order(at)
    [errand] = desk.errands.due(at)
    desk.visit(errand, at)  # and here the power went
    assert (half.people, half.orders) == ({}, {10: 1})
    assert desk.round(at + LEASE_FOR - 1) == []
    assert (desk.round(at + LEASE_FOR), half.orders) == (["complete"], {})
    assert len(desk.ring.keys) == 0
    assert Killed


def test_a_crash_before_settling_asks_again(data_store, at):
    kept = shop()
    desk = Desk(data_store, kept)
    desk.order(at)
    desk.visit(desk.errands.due(at)[0], at)  # and here the power went
    assert (desk.round(at + LEASE_FOR), kept.people) == (["complete"], {})


def test_two_clerks_do_not_run_the_same_errand(data_store, at):
    desk = Desk(data_store, shop())
    desk.order(at)
    desk.order(at, subject=OTHER, known={})
    mine, yours = desk.errands.due(at, 1), desk.errands.due(at, 2)
    assert {errand.subject_id for errand in (*mine, *yours)} == {SUBJECT, OTHER}


def test_who_lost_the_lease_can_neither_put_it_off_nor_end_it(data_store, at):
    desk = Desk(data_store, shop(down=1))
    desk.order(at)
    slow = desk.visit(desk.errands.due(at)[0], at)
    visit = desk.visit(desk.errands.due(at + LEASE_FOR)[0], at)
    assert desk.settle(slow, at + LEASE_FOR).state == "gone"
    assert desk.settle(visit, at + LEASE_FOR).state == "complete"
    assert desk.settle(visit, at + LEASE_FOR).state == "gone"


def test_an_order_whose_key_is_gone_goes_on_by_our_id_alone(data_store, at):
    kept = shop()
    desk = Desk(data_store, kept)
    desk.order(at)
    desk.ring.keys.clear()
    assert (desk.round(at), kept.people) == (["complete"], {})
    with pytest.raises(NotFound):
        desk.ring.open_parcel("gone", b"")


# --- what leads elsewhere -------------------------------------------------------------------------


def test_what_a_healed_database_leads_to_is_erased_where_all_was_clean(data_store, at):
    """The archive knows its people by numbers that only the shop has."""
    archive = Shop("archive", by=("subject",)).add(7, contact_phone="139")
    late = shop(down=1)
    late.leads.append(Lead("archive", "people", ("id",), ((7,),)))
    desk = Desk(data_store, archive, late)
    desk.order(at)
    desk.round(at)
    assert desk.states(at) == [{"archive": "clean", "shop": "open"}]
    assert desk.round(at + MINUTE) == ["complete"]
    assert archive.people == {}


# --- several of one subject -----------------------------------------------------------------------


def test_an_erasure_takes_over_what_was_to_be_restricted_or_corrected(data_store, at):
    kept = shop(down=9)
    desk = Desk(data_store, kept)
    desk.order(at, "restrict")
    desk.order(at + 1, "correct", categories=("contact.phone",))
    desk.order(at + 2)
    assert [one.task for one in desk.errands.open_of(SUBJECT, at)] == ["erase"]
    assert len(desk.ring.keys) == 1
    kept.down = 0
    assert (desk.round(at + 2), kept.performed) == (["complete"], ["erase"])


def test_nothing_takes_over_an_erasure(data_store, at):
    kept = shop(down=9)
    desk = Desk(data_store, kept)
    desk.order(at, categories=("contact.phone",))
    assert desk.order(at, "restrict", categories=("contact.phone",)) == ""
    assert desk.order(at, "correct", categories=("contact.phone",)) == ""
    assert desk.order(at, "correct", categories=("contact.phone", "contact.email"))
    found = desk.errands.open_of(SUBJECT, at)
    assert [(one.task, one.categories) for one in found if one.task == "correct"] == [
        ("correct", ("contact.email",))
    ]


def test_a_release_ends_a_restriction_that_was_never_done(data_store, at):
    kept = shop(down=2)
    desk = Desk(data_store, kept)
    desk.order(at, "restrict")
    desk.round(at)
    desk.order(at + 1, "release")
    kept.down = 0
    assert desk.round(at + 1) == ["complete"]
    assert kept.performed == ["release"]


def test_what_is_partly_taken_over_goes_on_with_the_rest(data_store, at):
    desk = Desk(data_store, shop(down=9))
    desk.order(at, "restrict", categories=("contact.email", "contact.phone"))
    desk.order(at + 1, categories=("contact.phone",))
    found = {one.task: one.categories for one in desk.errands.open_of(SUBJECT, at)}
    assert found == {"restrict": ("contact.email",), "erase": ("contact.phone",)}


def test_an_erasure_finds_by_an_old_address_who_was_never_corrected(data_store, at):
    kept = shop(down=2, by=("contact.email",))
    desk = Desk(data_store, kept)
    told = {"contact.email": (Secret(MEI), Secret(NEW))}
    values = {"contact.email": (Secret(NEW),)}
    desk.order(at, "correct", categories=("contact.email",), known=told, values=values)
    desk.round(at)
    kept.down = 0
    desk.order(at + 1, known={"contact.email": (Secret(NEW),)})
    assert (desk.round(at + 1), kept.people) == (["complete"], {})


def test_what_an_older_order_may_still_be_doing_is_looked_at_again(data_store, at):
    kept = shop()
    desk = Desk(data_store, kept)
    desk.order(at, "correct", categories=("contact.phone",))
    desk.errands.due(at)  # somebody is at work on it
    desk.order(at + 1)
    assert desk.round(at + 1) == ["open"]
    assert desk.round(at + LEASE_FOR - 1) == ["open"]
    assert desk.round(at + 2 * LEASE_FOR) == ["complete"]


def test_orders_given_twice_are_one(data_store, at):
    desk = Desk(data_store, shop())
    desk.order(at)
    desk.order(at + 1)
    assert len(desk.ring.keys) == 1
    assert desk.round(at + 1) == ["complete"]
    assert desk.round(at + DAY) == []


# --- corrections and restrictions -----------------------------------------------------------------


@pytest.mark.clause("9.2")
def test_a_correction_finds_by_the_old_value_and_writes_the_new(data_store, at):
    kept = shop(by=("contact.email",))
    desk = Desk(data_store, kept)
    told = {"contact.email": (Secret(MEI), Secret(NEW))}
    values = {"contact.email": (Secret(NEW),)}
    desk.order(at, "correct", categories=("contact.email",), known=told, values=values)
    assert desk.round(at) == ["complete"]
    assert kept.people[1]["contact.email"] == NEW


def test_a_restriction_and_its_end_travel(data_store, at):
    kept = shop()
    desk = Desk(data_store, kept)
    desk.order(at, "restrict", until=at + DAY)
    assert desk.round(at) == ["complete"]
    assert kept.people[1]["restricted"] == str(at + DAY)
    desk.order(at + 1, "release")
    assert desk.round(at + 1) == ["complete"]
    assert "restricted" not in kept.people[1]


def test_who_holds_nothing_of_it_is_not_asked(data_store, at):
    desk = Desk(data_store, shop(categories=("contact.email",)))
    assert desk.order(at, "correct", categories=("contact.phone",)) == ""
    assert desk.order(at, categories=("contact.phone",)) == ""


# --- laws and maps --------------------------------------------------------------------------------


@pytest.mark.clause("9.4-5")
def test_what_a_law_holds_goes_on_its_day(data_store, at):
    kept = shop()
    desk = Desk(data_store, kept)
    law = {"contact.phone": Kept(law="E-Commerce Law art. 31", until=at + 3 * DAY)}
    desk.order(at, held=law)
    assert desk.round(at) == ["held"]
    [place] = desk.errands.open_of(SUBJECT, at)[0].places
    assert [(one.law, one.until) for one in place.remains] == [
        ("E-Commerce Law art. 31", at + 3 * DAY)
    ]
    assert kept.people == {1: {"contact.phone": "139"}}
    assert desk.round(at + 3 * DAY - 1) == []
    assert (desk.round(at + 3 * DAY), kept.people) == (["complete"], {})


def test_what_no_map_knows_keeps_it_from_being_complete(data_store, at):
    covered = ("contact.email", "device.push", "support.text")
    desk = Desk(data_store, shop(categories=("contact",)), ours=("support",))
    desk.order(at, covered=covered)
    assert desk.round(at) == ["open"]
    assert desk.remains(at, "unmapped") == [("unmapped", "device.push", 0, "unmapped")]
    mapped = Desk(data_store, shop(categories=("contact", "device")), ours=("support",))
    mapped.ring = mapped.errands._sealer = desk.ring
    assert mapped.round(at + MINUTE) == ["complete"]


def test_without_other_databases_nobody_is_asked(data_store, at):
    desk = Desk(data_store)
    assert desk.order(at, covered=("contact.email",)) == ""


def test_a_database_that_was_mapped_since_is_asked_too(data_store, at):
    desk = Desk(data_store, shop("old", down=1))
    desk.order(at)
    desk.round(at)
    new = shop("new")
    desk.errands = Errands(data_store, [shop("old"), new], desk.ring, patience=2.0)
    assert (desk.round(at + MINUTE), new.people) == (["complete"], {})


def test_a_database_that_is_not_mapped_any_more_stays_open(data_store, at):
    desk = Desk(data_store, shop("old", down=1))
    desk.order(at)
    desk.errands = Errands(data_store, [shop("new")], desk.ring, patience=2.0)
    assert desk.round(at) == ["open"]
    assert desk.states(at) == [{"new": "clean", "old": "open"}]


# --- what lies in the store -----------------------------------------------------------------------


def test_no_value_lies_in_a_row(data_store, at):
    desk = Desk(data_store, shop(down=1))
    letter = Letter(
        addresses=(("email", MEI),),
        notice="complete",
        title="t",
        text="secret words",
        language="en",
        purpose="rights",
    )
    desk.order(at, letter=letter, values={"contact.email": (Secret(MEI),)})
    desk.round(at)
    told = str([data_store.query(f"SELECT * FROM {table}") for table in ("orders", "errands")])
    assert not [value for value in (MEI, "secret words", WHO) if value in told]
    assert MEI not in repr(desk.errands.due(at + MINUTE))


def test_what_is_open_is_counted(data_store, at):
    desk = Desk(data_store, shop(down=9))
    desk.order(at)
    desk.order(at, "restrict", subject=OTHER)
    counts = desk.errands.counts(at + TERM)
    assert (counts.open, counts.overdue) == ({"erase": 1, "restrict": 1}, 2)
    assert counts.waiting == {("shop", "open"): 2}


def test_somebody_can_have_it_tried_now(data_store, at):
    desk = Desk(data_store, shop(down=3))
    order = desk.order(at)
    for _ in range(3):
        desk.round(at)
    [one] = desk.errands.open_of(SUBJECT, at)
    assert one.next_at > at
    assert desk.errands.hurry(SUBJECT, order, at)
    assert desk.round(at) == ["open"]
    assert not desk.errands.hurry(SUBJECT, "none", at)
