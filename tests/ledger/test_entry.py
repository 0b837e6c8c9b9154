import msgspec
import pytest

from tests.ledger.samples import NOON, entry
from troth.ledger.entry import LONGEST, Entry, decode, encode, of
from troth.model.acts import SUBJECT, Actor, Collect, Correct, Find, Notify, Use
from troth.model.clock import Moment
from troth.model.errors import BadInput, LedgerBroken
from troth.model.secret import Secret

CANARY = "canary-4711"
ACTS_WITH_VALUES = [
    Collect(subject=None, values={"contact.email": Secret(CANARY)}, purpose="account"),
    Correct(subject=None, values={"contact.email": Secret(CANARY)}),
    Find(subject=None, field="contact.email", value=Secret(CANARY), purpose="login"),
    Notify(
        subject=None,
        notice="code",
        purpose="account",
        text=Secret(CANARY),
        to={"sms": Secret(CANARY)},
    ),
]


def test_a_leaf_is_compact_json_with_sorted_keys():
    one = Entry(id="1", kind="k", at=Moment(2), by="system", what={"b": 1, "a": "电"})
    assert (
        encode(one) == '{"at":2,"by":"system","id":"1","kind":"k","what":{"a":"电","b":1}}'.encode()
    )


def test_an_entry_survives_its_leaf():
    one = msgspec.structs.replace(entry("w", fields=["a"], until=None), clauses=("9.3", "9.4"))
    assert decode(encode(one)) == one


def test_the_entry_of_an_act_says_what_when_and_by_whom():
    act = Use(subject=None, fields=("contact.email",), purpose="notices")
    made = of(act, who="w", at=Moment(7), by=Actor(kind="staff", id="s1"), clauses=("2.2",))
    assert (made.kind, made.at, made.by, made.who) == ("data.used", 7, "staff:s1", "w")
    assert made.what == act.record()


def test_every_entry_gets_an_id_of_its_own():
    act = Use(subject=None, fields=(), purpose="notices")
    ids = {of(act, who="", at=Moment(0), by=SUBJECT).id for _ in range(100)}
    assert len(ids) == 100
    assert {len(each) for each in ids} == {32}


def test_ids_are_in_order_of_time():
    act = Use(subject=None, fields=(), purpose="notices")
    moments = [Moment(0), Moment(255), Moment(256), NOON, Moment(NOON + 1)]
    ids = [of(act, who="", at=at, by=SUBJECT).id for at in moments]
    assert ids == sorted(ids)


@pytest.mark.parametrize("act", ACTS_WITH_VALUES, ids=lambda act: act.kind)
def test_no_entry_contains_a_value(act):
    assert CANARY.encode() not in encode(of(act, who="w", at=Moment(0), by=SUBJECT))


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"[]",
        b'{"at":2,"by":"s","id":"1"}',
        b'{"at":2,"by":"s","id":"1","kind":"k","extra":1}',
        b'{"at":"2","by":"s","id":"1","kind":"k"}',
        b'{"at":2, "by":"s","id":"1","kind":"k"}',
        b'{"by":"s","at":2,"id":"1","kind":"k"}',
        b'{"at":2,"at":2,"by":"s","id":"1","kind":"k"}',
        b'{"at":2,"by":"s","edition":"","id":"1","kind":"k"}',
        b'{"at":2,"by":"\xff","id":"1","kind":"k"}',
        b'{"at":2,"by":"s","id":"1","kind":"k"}\n',
    ],
)
def test_what_is_no_canonical_entry_is_refused(leaf):
    with pytest.raises(LedgerBroken):
        decode(leaf)


def test_an_entry_too_long_for_a_bundle_is_refused():
    with pytest.raises(BadInput, match="more than 65535"):
        encode(entry(text="x" * LONGEST))
