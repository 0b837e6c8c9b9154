import msgspec
import pytest

from tests.ledger.samples import NOON, ORIGIN, entries, entry, placed, record, someone
from troth.ledger.bundle import leaves_of
from troth.ledger.checkpoint import Signer, opened, read
from troth.ledger.entry import decode, encode
from troth.ledger.log import PAGE, Log
from troth.ledger.verify import (
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
    verify_trail,
)
from troth.model.clock import Moment
from troth.model.errors import LedgerBroken, NotFound, StoreBusy
from troth.model.standing import Standing


def ids(found):
    return [one.id for one in found]


# --- recording ---------------------------------------------------------------------------------


def test_entries_of_a_subject_are_numbered_from_one(log):
    who = someone()
    assert [one.nth for one in record(log, *entries(3, who))] == [1, 2, 3]
    assert [one.nth for one in record(log, *entries(2, who))] == [4, 5]


def test_numbers_of_many_subjects_do_not_mix(log):
    whos = [someone() for _ in range(150)]
    record(log, *(entry(who) for who in whos[::2]))
    made = record(log, *(entry(who) for who in whos))
    assert [one.nth for one in made] == [2, 1] * 75


def test_a_trail_is_what_was_recorded_in_order(log):
    who = someone()
    made = record(log, *entries(3, who)) + record(log, *entries(2, who))
    record(log, entry(someone()))
    assert log.trail(who) == list(made)
    verify_trail(log.trail(who))


def test_a_trail_includes_what_has_no_place_yet(log):
    who = someone()
    first = placed(log, 2, who)
    second = record(log, entry(who))
    assert log.trail(who) == [*first, *second]


def test_a_trail_keeps_its_order_within_one_millisecond_and_when_the_clock_is_set_back(log):
    who = someone()
    made = record(log, entry(who, at=50), entry(who, at=50)) + record(log, entry(who, at=10))
    assert ids(log.trail(who)) == ids(made)
    log.integrate(NOON)
    assert [log.position(one.id) for one in made] == [0, 1, 2]


def test_a_long_trail_is_walked_page_by_page(log):
    who = someone()
    made = record(log, *entries(PAGE * 2, who))
    assert ids(log.walk(who)) == ids(made)


def test_entries_about_nobody_keep_their_order(log):
    made = record(log, *(entry(at=5) for _ in range(20)), entry(at=6))
    assert log.trail("") == list(made)
    assert {one.nth for one in made} == {0}


def test_what_the_transaction_takes_back_was_never_recorded(log):
    def work(tx):
        log.record(tx, entries(3))
        raise RuntimeError("the act failed")

    with pytest.raises(RuntimeError):
        log.store.transact(work)
    assert log.integrate(NOON) == 0
    assert log.recent() == []


def test_two_writers_cannot_both_go_on_from_one_standing(log):
    who = someone()
    stale = Standing(pseudonym=who)
    record(log, entry(who))
    with pytest.raises(StoreBusy, match="same subject"):
        log.store.transact(lambda tx: log.record(tx, [entry(who)], onto=[stale]))
    assert len(log.trail(who)) == 1


def test_a_standing_tells_the_next_number(log):
    who = someone()
    made = record(log, *entries(2, who))
    after = Standing(pseudonym=who, entries=2)
    (third,) = log.store.transact(lambda tx: log.record(tx, [entry(who)], onto=[after]))
    assert log.trail(who) == [*made, third]


# --- reading -----------------------------------------------------------------------------------


def test_an_entry_is_found_by_its_id_with_a_place_or_without(log):
    (first,) = placed(log, 1)
    (second,) = record(log, entry(someone()))
    assert (log.entry(first.id), log.entry(second.id)) == (first, second)
    assert (log.position(first.id), log.position(second.id)) == (0, None)
    with pytest.raises(NotFound):
        log.entry("nobody")


def test_leaves_are_read_by_place(log):
    made = placed(log, 5)
    assert [decode(leaf) for leaf in log.entries(1, 3)] == made[1:4]
    assert log.entries(4, 10) == [encode(made[4])]


@pytest.mark.parametrize("integrate", [0, 3, 6])
def test_the_newest_entries_come_first_page_by_page(log, integrate):
    made = record(log, *entries(6))
    log.integrate(NOON, integrate)
    newest = ids(reversed(made))
    pages = [ids(log.recent(None, 4)), ids(log.recent(None, 4, made[2].id))]
    assert pages == [newest[:4], newest[4:]]
    assert ids(log.recent(limit=2, after=made[5].id)) == newest[1:3]


def test_recent_entries_can_be_of_one_kind(log):
    wanted = record(log, entry(kind="house.event"), entry(kind="use.denied"))[1]
    log.integrate(NOON)
    (later,) = record(log, entry(kind="use.denied"))
    assert log.recent("use.denied") == [later, wanted]
    assert log.recent("use.denied", 5, later.id) == [wanted]


def test_there_is_no_page_after_an_unknown_entry(log):
    with pytest.raises(NotFound):
        log.recent(after="nobody")


def test_a_bundle_is_leaves_with_their_lengths(log):
    made = placed(log, 300)
    assert [decode(leaf) for leaf in leaves_of(log.bundle(1, 44))] == made[256:]
    assert len(leaves_of(log.bundle(0))) == 256
    with pytest.raises(NotFound):
        log.bundle(1, 45)


# --- checkpoints and proofs --------------------------------------------------------------------


def test_there_is_no_checkpoint_before_the_first(log):
    with pytest.raises(NotFound):
        log.latest()


def test_a_checkpoint_says_how_many_entries_have_a_place(log):
    placed(log, 3)
    record(log, entry(someone()))
    head = verify_checkpoint(log.checkpoint(NOON), log.vkey, ORIGIN)
    assert (head.size, log.size()) == (3, 3)
    assert log.latest() == log.checkpoint(Moment(NOON + 1))


def test_an_empty_ledger_can_be_signed(log):
    assert verify_checkpoint(log.checkpoint(NOON), log.vkey).size == 0


def test_every_signed_entry_can_be_proved_to_anyone(log):
    made = placed(log, 300)
    log.checkpoint(NOON)
    for one in (*made[:3], *made[250:]):
        assert verify_inclusion(log.inclusion(one.id), log.vkey) == one


def test_an_entry_is_proved_once_a_checkpoint_covers_it(log):
    (first,) = record(log, entry(someone()))
    with pytest.raises(NotFound):
        log.inclusion(first.id)
    log.integrate(NOON)
    with pytest.raises(NotFound):
        log.inclusion(first.id)
    log.checkpoint(NOON)
    assert log.inclusion(first.id).index == 0


def test_a_proof_uses_the_checkpoint_another_process_signed(log, signer):
    placed(log, 1)
    log.checkpoint(NOON)
    (late,) = placed(log, 1)
    other = Log(log.store, ORIGIN, signer)
    other.checkpoint(NOON)
    assert verify_inclusion(log.inclusion(late.id), log.vkey) == late


def test_the_ledger_is_shown_to_have_only_grown(log):
    placed(log, 300)
    old = log.checkpoint(NOON)
    placed(log, 300)
    new = log.checkpoint(NOON)
    verify_consistency(old, new, log.consistency(300, 600), log.vkey)


@pytest.mark.clause("9.3d")
def test_what_was_done_under_a_consent_stays_provable_after_its_withdrawal(log):
    who = someone()
    given = entry(who, "consent.given", to="marketing")
    used = entry(who, "data.used", purpose="marketing")
    record(log, given, used)
    log.integrate(NOON)
    record(log, entry(who, "consent.withdrawn", to="marketing"))
    log.integrate(NOON)
    log.checkpoint(NOON)
    assert [one.kind for one in log.trail(who)][:2] == ["consent.given", "data.used"]
    assert verify_inclusion(log.inclusion(used.id), log.vkey).id == used.id
    assert verify_inclusion(log.inclusion(given.id), log.vkey).at < used.at


def test_a_rewritten_ledger_is_not_signed(log):
    placed(log, 3)
    log.checkpoint(NOON)
    for sql in ("DELETE FROM tiles", "DELETE FROM placed_entries", "UPDATE tree_head SET size = 0"):
        log.store.transact(lambda tx, sql=sql: tx.run(sql))
    fresh = Log(log.store, ORIGIN, log._signer)
    with pytest.raises(LedgerBroken, match="does not go on"):
        fresh.checkpoint(NOON)
    placed(fresh, 4)
    with pytest.raises(LedgerBroken, match="nothing was signed"):
        fresh.checkpoint(NOON)


def test_a_ledger_without_its_tiles_is_not_signed(log):
    placed(log, 3)
    log.store.transact(lambda tx: tx.run("DELETE FROM tiles"))
    with pytest.raises(LedgerBroken, match="nothing was signed"):
        log.checkpoint(NOON)


def test_the_signature_of_a_witness_is_kept(log):
    placed(log, 1)
    seen = Signer("witness.example", bytes(32)).cosign(log.checkpoint(NOON))
    log.store.transact(lambda tx: tx.run("UPDATE checkpoints SET note = ?", (seen,)))
    assert log.checkpoint(NOON) == seen == log.latest()


def test_a_new_key_signs_the_same_head_again(log):
    placed(log, 2)
    old = log.checkpoint(NOON)
    later = Log(log.store, ORIGIN, type(log._signer)(ORIGIN, bytes(32)))
    new = later.checkpoint(NOON)
    assert read(opened(old)[0]) == verify_checkpoint(new, later.vkey)
    assert later.latest() == new


def test_a_recorded_entry_differs_from_the_given_one_in_its_number_alone(log):
    one = entry(someone())
    (made,) = record(log, one)
    assert made == msgspec.structs.replace(one, nth=1)
