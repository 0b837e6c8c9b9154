"""A real Redis: found by key, field and member, ended in every way, asked again."""

import json

import pytest

from tests.egress.named.orders import KEY, MEI, OTHER, correct, erase, restrict
from troth.egress.databases.fate import is_pseudonym
from troth.egress.databases.map import Column, Reference, StoreMap, Table
from troth.egress.named.redis import RedisDatabase
from troth.model.clock import moment
from troth.model.errors import Misconfigured, Unreachable
from troth.model.secret import Secret

KNOWN = {"contact.email": (Secret(MEI),), "subject": (Secret("7"),)}
EMAIL = Column(name="email", category="contact.email", identity="contact.email")
SESSION = Table(
    name="session:{id}",
    columns=(
        Column(name="id", category="account.id"),
        Column(name="agent", category="web.browser"),
    ),
    references=(
        Reference(columns=("id",), store="cache", table="user:{email}", to=("session",), way="in"),
    ),
)
USER = Table(
    name="user:{email}",
    columns=(
        EMAIL,
        Column(name="name", category="identity.name"),
        Column(name="session"),
        Column(name="profile.address.street", category="contact.address"),
        Column(name="profile.theme"),
    ),
)
LETTER = Table(
    name="newsletter",
    columns=(Column(name="member", category="contact.email", identity="contact.email"),),
)


@pytest.fixture
def opened(redis_url, cache):
    made = []

    def open_with(*tables, key=KEY):
        made.append(RedisDatabase(StoreMap(name="cache", tables=tables), redis_url, key=key))
        return made[-1]

    yield open_with
    for each in made:
        each.close()


def user(cache, email=MEI, **more):
    told = {
        "name": "Lin Mei",
        "session": "s1",
        "profile": json.dumps({"address": {"street": "1 Nanjing Road"}, "theme": "dark"}),
    }
    cache.hset(f"user:{email}", mapping=told | more)


def reach(database, known=KNOWN, before=()):
    return database.trace(known, before).reach


def rows(database, found):
    return [
        (held.table, {name: value.reveal() for name, value in held.values.items()})
        for held in database.export(found)
    ]


# --- finding -----------------------------------------------------------------------------------


def test_a_subject_is_found_by_key_and_followed_to_what_belongs_to_it(cache, opened):
    user(cache)
    cache.hset("session:s1", mapping={"agent": "Firefox"})
    cache.hset("session:s2", mapping={"agent": "other"})
    told = rows(database := opened(USER, SESSION), reach(database))
    assert ("session:{id}", {"id": "s1", "agent": "Firefox"}) in told
    assert (
        "user:{email}",
        {"email": MEI, "name": "Lin Mei", "profile.address.street": "1 Nanjing Road"},
    ) in told
    assert len(told) == 2


def test_a_subject_is_found_by_set_membership_without_reading_the_set(cache, opened):
    cache.sadd("newsletter", MEI, *(f"other{n}@example.cn" for n in range(5000)))
    database = opened(LETTER)
    assert rows(database, reach(database)) == [("newsletter", {"member": MEI})]


def test_a_subject_is_found_by_a_field_of_a_hash_of_entries(cache, opened):
    cache.hset("ids#", "x", "y")
    cache.hset("by-email", mapping={MEI: "7", OTHER: "8"})
    table = Table(
        name="by-email#{email}", columns=(EMAIL, Column(name="value", category="account.id"))
    )
    database = opened(table)
    found = reach(database)
    assert rows(database, found) == [("by-email#{email}", {"email": MEI, "value": "7"})]
    assert database.perform(found, erase()) == 1
    assert cache.hgetall("by-email") == {OTHER: "8"}


def test_a_field_leads_nowhere_without_a_walk(cache, opened):
    by_field = Table(name="cart:{id}", columns=(EMAIL,))
    with pytest.raises(Misconfigured, match="without a walk"):
        opened(by_field).trace(KNOWN)


def test_a_walk_finds_by_field_and_pins_the_key_for_later(cache, opened):
    cache.hset("cart:9", mapping={"email": MEI})
    cache.hset("cart:8", mapping={"email": OTHER})
    database = opened(Table(name="cart:{id}", columns=(EMAIL, Column(name="id")), walk=100))
    found = reach(database)
    assert ("id",) in {lead.columns for lead in found}
    assert database.perform(found, erase()) == 1
    assert cache.keys() == ["cart:8"]


def test_a_walk_that_is_too_short_is_no_answer(cache, opened):
    for number in range(20):
        cache.set(f"other:{number}", "x")
    with pytest.raises(Unreachable, match="its walk of 10"):
        opened(Table(name="cart:{id}", columns=(EMAIL,), walk=10)).trace(KNOWN)


def test_a_value_that_could_be_another_key_finds_nothing(cache, opened):
    cache.set("user:a:admin", "x")
    database = opened(USER)
    assert (
        rows(database, reach(database, {"contact.email": (Secret("a:admin"), Secret("*"))})) == []
    )


def test_what_leads_to_another_database_is_told(cache, opened):
    table = Table(
        name="user:{email}",
        columns=(EMAIL, Column(name="number")),
        references=(
            Reference(columns=("number",), store="shop", table="people", to=("id",), way="out"),
        ),
    )
    cache.hset(f"user:{MEI}", mapping={"number": "7"})
    (lead,) = opened(table).trace(KNOWN).leads
    assert (lead.store, lead.table, lead.columns, lead.values) == (
        "shop",
        "people",
        ("id",),
        (("7",),),
    )


# --- ending ------------------------------------------------------------------------------------


def test_an_erasure_deletes_keys_and_members_and_is_clean_afterwards(cache, opened):
    user(cache)
    user(cache, OTHER)
    cache.sadd("newsletter", MEI, OTHER)
    cache.set("session:s1", "x")
    database = opened(USER, SESSION, LETTER)
    found = reach(database)
    steps = {step.statement: step.records for step in database.plan(found, erase())}
    assert steps == {"DEL user:?": 1, "DEL session:?": 1, "SREM newsletter ?": 1}
    assert len(database.remains(found, erase())) == 3
    assert database.perform(found, erase()) == 3
    assert sorted(cache.keys()) == ["newsletter", f"user:{OTHER}"]
    assert database.remains(found, erase()) == ()
    assert database.perform(found, erase()) == 0


def test_killed_midway_the_reach_still_finds_what_the_first_half_made_unfindable(cache, opened):
    user(cache)
    cache.set("session:s1", "x")
    database = opened(USER, SESSION)
    found = reach(database)
    cache.delete(f"user:{MEI}")
    again = reach(database, before=found)
    assert [one.place for one in database.remains(again, erase())] == ["cache.session:{id}"]
    database.perform(again, erase())
    assert database.remains(again, erase()) == ()


FIELDS = Table(
    name="user:{id}",
    columns=(
        Column(name="id", identity="subject"),
        Column(name="email", category="contact.email", erase="pseudonymise"),
        Column(name="name", category="identity.name", erase="replace", filler="-"),
        Column(name="profile.address.street", category="contact.address"),
        Column(name="profile.theme"),
        Column(name="paid", category="billing.transaction"),
    ),
    erase="fields",
    restricted="restricted",
)


def fields(cache):
    told = {"email": MEI, "name": "Lin Mei", "paid": "3"}
    told["profile"] = json.dumps({"address": {"street": "1 Nanjing Road"}, "theme": "dark"})
    cache.hset("user:7", mapping=told)
    cache.expire("user:7", 5000)


def test_fields_end_each_in_its_own_way_and_time_to_live_stays(cache, opened):
    fields(cache)
    database = opened(FIELDS)
    found = reach(database)
    database.perform(found, erase())
    left = cache.hgetall("user:7")
    assert is_pseudonym(KEY, left["email"])
    assert (left["name"], json.loads(left["profile"])) == ("-", {"address": {}, "theme": "dark"})
    assert "paid" not in left
    assert cache.ttl("user:7") > 4000
    assert database.remains(found, erase()) == ()
    assert database.perform(found, erase()) == 0


def test_what_a_law_holds_stays_restricted_until_its_day(cache, opened):
    fields(cache)
    database = opened(FIELDS)
    found = reach(database)
    order = erase(held={"billing": moment("2030-01-31")})
    database.perform(found, order)
    assert cache.hmget("user:7", "paid", "restricted") == ["3", "2030-01-31"]
    (held,) = database.remains(found, order)
    assert (held.place, held.why, held.until) == (
        "cache.user:{id}.paid",
        "held",
        moment("2030-01-31"),
    )


def test_a_field_that_no_map_knows_is_not_complete(cache, opened):
    fields(cache)
    cache.hset("user:7", "note", "likes tea")
    database = opened(FIELDS)
    found = reach(database)
    database.perform(found, erase())
    (left,) = database.remains(found, erase())
    assert (left.why, left.category) == ("unmapped", "?")
    (held,) = database.export(found)
    assert held.values["note"].reveal() == "likes tea"
    assert held.categories["note"] == "?"


def test_only_what_was_asked_for_goes(cache, opened):
    fields(cache)
    database = opened(FIELDS)
    found = reach(database)
    order = erase(categories=("contact",))
    database.perform(found, order)
    assert cache.hget("user:7", "name") == "Lin Mei"
    assert is_pseudonym(KEY, cache.hget("user:7", "email"))
    assert database.remains(found, order) == ()


def test_a_key_that_names_a_subject_gets_another_name(cache, opened):
    table = Table(name="user:{email}", columns=(EMAIL, Column(name="visits")), erase="fields")
    cache.hset(f"user:{MEI}", mapping={"visits": "3"})
    database = opened(table)
    found = reach(database)
    assert [step.statement for step in database.plan(found, erase())][-1] == "RENAME user:? ?"
    database.perform(found, erase())
    (key,) = cache.keys()
    assert is_pseudonym(KEY, key.removeprefix("user:"))
    assert cache.hgetall(key) == {"visits": "3"}
    assert database.remains(found, erase()) == ()


def elements(cache):
    mine, other = (
        json.dumps({"email": MEI, "text": "hi"}),
        json.dumps({"email": OTHER, "text": "ho"}),
    )
    cache.rpush("inbox", mine, other, mine)
    cache.zadd("scores", {MEI: 3, OTHER: 4})
    cache.xadd("events", {"email": MEI, "what": "in"})
    cache.xadd("events", {"email": OTHER, "what": "in"})


def element_tables(how):
    inner = Column(name="item.email", category="contact.email", identity="contact.email", erase=how)
    member = Column(name="member", category="contact.email", identity="contact.email", erase=how)
    email = Column(name="email", category="contact.email", identity="contact.email", erase=how)
    way = "fields" if how else "row"
    text = Column(name="item.text")
    return (
        Table(name="inbox", columns=(inner, text), walk=100, erase=way),
        Table(name="scores", columns=(member, Column(name="score")), erase=way),
        Table(name="events", columns=(email, Column(name="what")), walk=100, erase=way),
    )


def test_elements_go_alone_and_the_others_stay(cache, opened):
    elements(cache)
    database = opened(*element_tables(None))
    found = reach(database)
    steps = {step.statement for step in database.plan(found, erase())}
    assert steps == {"LREM inbox 0 ?", "ZREM scores ?", "XDEL events ?"}
    database.perform(found, erase())
    assert [json.loads(each)["email"] for each in cache.lrange("inbox", 0, -1)] == [OTHER]
    assert cache.zrange("scores", 0, -1) == [OTHER]
    assert [fields["email"] for _, fields in cache.xrange("events")] == [OTHER]
    assert database.remains(found, erase()) == ()


def test_elements_can_be_pseudonymised_where_they_stand(cache, opened):
    elements(cache)
    database = opened(*element_tables("pseudonymise"))
    found = reach(database)
    database.perform(found, erase())
    items = [json.loads(each) for each in cache.lrange("inbox", 0, -1)]
    assert [is_pseudonym(KEY, item["email"]) for item in items] == [True, False, True]
    assert items[1]["email"] == OTHER
    ((name, score), _) = cache.zrange("scores", 0, -1, withscores=True)
    assert is_pseudonym(KEY, name)
    assert score == 3
    assert cache.xlen("events") == 1
    assert database.remains(found, erase()) == ()


def test_a_text_that_is_a_document_is_changed_inside(cache, opened):
    table = Table(
        name="profile:{id}",
        columns=(
            Column(name="id", identity="subject"),
            Column(name="value.mail", category="contact.email"),
            Column(name="value.visits"),
        ),
        erase="fields",
    )
    cache.set("profile:7", json.dumps({"mail": MEI, "visits": 3}), ex=500)
    database = opened(table)
    found = reach(database)
    database.perform(found, erase())
    assert json.loads(cache.get("profile:7")) == {"visits": 3}
    assert cache.ttl("profile:7") > 400
    assert database.remains(found, erase()) == ()


def test_a_correction_reaches_every_field_of_its_category(cache, opened):
    fields(cache)
    database = opened(FIELDS)
    found = reach(database)
    order = correct(**{"contact.email": "new@example.cn"})
    assert [one.place for one in database.remains(found, order)] == ["cache.user:{id}.email"]
    assert database.perform(found, order) == 1
    assert cache.hget("user:7", "email") == "new@example.cn"
    assert database.remains(found, order) == ()


def test_a_restriction_is_written_down_and_lifted(cache, opened):
    fields(cache)
    database = opened(FIELDS)
    found = reach(database)
    order = restrict(until=moment("2027-01-31"))
    assert database.perform(found, order) == 1
    assert cache.hget("user:7", "restricted") == "2027-01-31"
    assert database.remains(found, order) == ()
    assert database.perform(found, restrict(task="release")) == 1
    assert cache.hget("user:7", "restricted") is None
    assert database.remains(found, restrict(task="release")) == ()


def test_a_restriction_that_nothing_can_hold_is_not_called_done(cache, opened):
    user(cache)
    database = opened(USER)
    found = reach(database)
    assert [one.why for one in database.remains(found, restrict())] == ["left"]


# --- asking again ------------------------------------------------------------------------------


def test_a_value_under_a_key_nobody_led_to_is_found_by_looking(cache, opened):
    cache.hset("cart:9", mapping={"note": f"ship to {MEI.upper()} please"})
    cart = Table(
        name="cart:{id}",
        columns=(Column(name="note", category="contact.email", scan=True), Column(name="id")),
        walk=100,
    )
    rest = Table(name="*", walk=100)
    cache.set(f"tmp:{MEI}", "x")
    database = opened(cart, rest)
    order = erase(values={"contact.email": (Secret(MEI),)})
    told = {(one.place, one.why) for one in database.remains((), order)}
    assert told == {("cache.cart:{id}.note", "left"), ("cache.*", "unmapped")}


def test_a_key_that_a_value_would_make_is_looked_at_without_any_walk(cache, opened):
    cache.set(f"code:{MEI}", "482913", ex=600)
    table = Table(
        name="code:{email}",
        columns=(
            Column(name="email", category="contact.email"),
            Column(name="value", category="account.code"),
        ),
    )
    database = opened(table)
    order = erase(values={"contact.email": (Secret(MEI),)})
    assert [one.count for one in database.remains((), order)] == [1]


def test_what_others_may_use_is_shown_and_stays_disputed(cache, opened):
    table = Table(
        name="user:{email}",
        columns=(EMAIL, Column(name="home")),
        references=(
            Reference(columns=("home",), store="cache", table="home:{id}", to=("id",), way="out"),
        ),
    )
    home = Table(
        name="home:{id}",
        columns=(Column(name="id"), Column(name="street", category="contact.address")),
    )
    cache.hset(f"user:{MEI}", mapping={"home": "h1"})
    cache.hset("home:h1", mapping={"street": "1 Nanjing Road"})
    database = opened(table, home)
    found = reach(database)
    assert len(rows(database, found)) == 2
    database.perform(found, erase())
    assert cache.exists("home:h1")
    assert [one.why for one in database.remains(found, erase())] == ["disputed"]


def test_no_message_names_a_value_or_an_address(opened, tmp_path):
    database = RedisDatabase(
        StoreMap(name="cache", tables=(USER,)),
        f"unix://{tmp_path}/none.sock?password=hunter2",
        key=KEY,
    )
    with pytest.raises(Unreachable) as caught:
        database.trace(KNOWN)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    database.close()


def test_a_key_of_another_kind_than_the_map_says_is_no_answer_or_found(cache, opened):
    cache.set(f"user:{MEI}", "a text, not a hash")
    database = opened(USER)
    found = reach(database)
    assert [one.place for one in database.remains(found, erase())] == ["cache.user:{email}"]
    database.perform(found, erase())
    assert database.remains(found, erase()) == ()


@pytest.mark.parametrize("url", ["http://x", "mysql://x", "redis", ""])
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(Misconfigured):
        RedisDatabase(StoreMap(name="cache"), url, key=KEY)
