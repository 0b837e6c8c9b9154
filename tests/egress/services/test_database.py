"""A service that is asked in OpenDSR 2.0: in its own time, and never believed on its word."""

import pytest

from tests.egress.named.orders import KEY, MEI, OTHER, correct, erase, restrict
from tests.support.processor import processor
from troth.egress.databases.map import Column, Reference, StoreMap, Table
from troth.egress.post import SigningKey
from troth.egress.processors.database import ServiceDatabase
from troth.egress.processors.requesting import address
from troth.model.clock import moment
from troth.model.errors import Misconfigured, Unreachable
from troth.model.secret import Secret

KNOWN = {"contact.email": (Secret(MEI),), "subject": (Secret("7"),)}
PERSON = Table(
    name="person",
    columns=(
        Column(name="email", category="contact.email", identity="contact.email"),
        Column(name="name", category="identity.name"),
        Column(name="shop"),
    ),
)
CALLS = Table(name="calls", columns=(Column(name="note", category="support.communication"),))
SIGNING = "whsec_" + "QUJD" * 8


def people():
    return {
        MEI: {"person": {"email": MEI, "name": "Lin Mei", "shop": "7"}, "calls": {"note": "rang"}},
        OTHER: {"person": {"email": OTHER, "name": "Anna", "shop": "8"}},
    }


@pytest.fixture
def service():
    with processor(people()) as running:
        yield running


def opened(service, *tables, url="", **more):
    mapped = StoreMap(name="crm", tables=tables or (PERSON, CALLS))
    return ServiceDatabase(mapped, url or service.url, key=KEY, timeout=0.5, **more)


def shown(database, reach):
    return [
        (held.table, {name: value.reveal() for name, value in held.values.items()})
        for held in database.export(reach)
    ]


def test_a_copy_is_asked_for_and_fetched(service):
    database = opened(service)
    reach = database.trace(KNOWN).reach
    assert service.posts == 0
    assert shown(database, reach) == [
        ("person", {"email": MEI, "name": "Lin Mei"}),
        ("calls", {"note": "rang"}),
    ]


def test_a_slow_copy_is_the_same_request_each_time(service):
    service.slow = 2
    database = opened(service)
    reach = database.trace(KNOWN).reach
    for _ in range(2):
        with pytest.raises(Unreachable, match="not finished yet"):
            shown(database, reach)
    fresh = opened(service)
    assert len(shown(fresh, database.trace(KNOWN, reach).reach)) == 2
    assert service.posts == 1


def test_requests_are_signed_and_carry_the_token(service):
    url = service.url.replace("http://", f"http://t0ken:{SIGNING}@") + "?regulation=ccpa"
    database = opened(service, url=url)
    shown(database, database.trace(KNOWN).reach)
    told = [each for each in service.headers if each.get("Content-Length")]
    assert told[0]["Authorization"] == "Bearer t0ken"
    assert all(each["webhook-signature"].startswith("v1,") for each in service.headers)
    got = next(each for each in service.headers if not each.get("Content-Length"))
    SigningKey(Secret(SIGNING)).check(
        got["webhook-id"],
        got["webhook-timestamp"],
        got["webhook-signature"],
        b"",
        at=moment("1970-01-01") + int(got["webhook-timestamp"]) * 1000,
    )
    (asked,) = service.asked.values()
    assert asked["regulation"] == "ccpa"
    assert asked["api_version"] == "2.0"


def test_an_erasure_is_clean_only_once_a_copy_comes_back_empty(service):
    database = opened(service)
    reach = database.trace(KNOWN).reach
    (step,) = database.plan(reach, erase())
    assert step.statement == "POST requests erasure of email"
    assert database.perform(reach, erase()) == 1
    assert database.remains(reach, erase()) == ()
    assert list(service.people) == [OTHER]
    assert database.perform(reach, erase()) == 0


def test_a_service_that_says_completed_and_did_nothing_is_not_believed(service):
    service.lies = 1
    database = opened(service)
    reach = database.trace(KNOWN).reach
    database.perform(reach, erase())
    left = {one.place for one in database.remains(reach, erase())}
    assert left == {"crm.person.email", "crm.person.name", "crm.calls.note"}
    assert database.perform(reach, erase()) == 1
    assert database.remains(reach, erase()) == ()


def test_an_erasure_that_takes_days_is_one_request_and_unreachable_until_then(service):
    service.slow = 2
    database = opened(service)
    reach = database.trace(KNOWN).reach
    for _ in range(2):
        with pytest.raises(Unreachable):
            database.perform(reach, erase())
    assert opened(service).perform(reach, erase()) == 0
    assert service.posts == 1


def test_another_process_goes_on_with_the_same_erasure(service):
    database = opened(service)
    reach = database.trace(KNOWN).reach
    database.perform(reach, erase())
    assert opened(service).perform(reach, erase()) == 0


def test_a_service_that_gives_no_copies_is_never_called_clean(service):
    service.kinds = ["erasure"]
    database = opened(service)
    reach = database.trace(KNOWN).reach
    database.perform(reach, erase())
    assert [one.why for one in database.remains(reach, erase())] == ["unasked"]


def test_what_a_law_holds_there_is_held(service):
    service.lies = 9
    database = opened(service)
    reach = database.trace(KNOWN).reach
    order = erase(held={"support": moment("2030-01-31"), "identity": None, "contact": None})
    database.perform(reach, order)
    told = {one.place: (one.why, one.until) for one in database.remains(reach, order)}
    assert told["crm.calls.note"] == ("held", moment("2030-01-31"))
    assert {why for why, _ in told.values()} == {"held"}


def test_results_that_no_table_knows_are_shown_and_not_complete(service):
    service.people[MEI]["tickets"] = {"text": "help"}
    service.lies = 9
    database = opened(service)
    reach = database.trace(KNOWN).reach
    assert ("results", {"text": "help"}) in shown(database, reach)
    database.perform(reach, erase())
    assert "unmapped" in {one.why for one in database.remains(reach, erase())}


def test_results_lead_on_to_other_databases(service):
    person = Table(
        name="person",
        columns=PERSON.columns,
        references=(
            Reference(columns=("shop",), store="shop", table="people", to=("id",), way="out"),
        ),
    )
    service.slow = 1
    database = opened(service, person)
    with pytest.raises(Unreachable):
        database.trace(KNOWN)
    (lead,) = database.trace(KNOWN).leads
    assert (lead.store, lead.table, lead.columns, lead.values) == (
        "shop",
        "people",
        ("id",),
        (("7",),),
    )
    assert service.posts == 1


def test_a_correction_is_sent_where_the_service_takes_one(service):
    service.kinds = ["access", "erasure", "rectification"]
    database = opened(service)
    reach = database.trace(KNOWN).reach
    order = correct(**{"identity.name": "Lin Mei-Mei"})
    assert database.perform(reach, order) == 1
    assert service.people[MEI]["person"]["name"] == "Lin Mei-Mei"
    assert database.remains(reach, order) == ()


@pytest.mark.parametrize("order", [correct(**{"identity.name": "X"}), restrict()])
def test_what_a_service_cannot_do_is_somebodys_task(service, order):
    database = opened(service)
    reach = database.trace(KNOWN).reach
    assert database.perform(reach, order) == 0
    assert [one.why for one in database.remains(reach, order)] == ["unasked"]


# --- hostile -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 429, 500, 503])
def test_a_service_that_refuses_is_unreachable(service, status):
    database = opened(service)
    reach = database.trace(KNOWN).reach
    service.status = status
    for work in (
        lambda: shown(database, reach),
        lambda: database.perform(reach, erase()),
        lambda: database.remains(reach, erase()),
    ):
        with pytest.raises(Unreachable) as caught:
            work()
        assert MEI not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/results", "file:///etc"]
)
def test_results_are_fetched_from_nowhere_else(service, url):
    service.elsewhere = url
    database = opened(service)
    with pytest.raises(Unreachable, match="another host"):
        shown(database, database.trace(KNOWN).reach)


def test_one_that_hangs_is_unreachable(service):
    service.hangs = True
    database = opened(service)
    with pytest.raises(Unreachable):
        shown(database, database.trace(KNOWN).reach)


@pytest.mark.parametrize(
    "url",
    ["http://crm.example.com", "https://crm.example.com?password=x", "", "https://h/#f", "ftp://h"],
)
def test_an_address_that_is_not_safe_is_refused(url):
    with pytest.raises(Misconfigured):
        ServiceDatabase(StoreMap(name="crm", tables=(PERSON,)), url, key=KEY)


def test_a_map_that_names_nobody_is_refused():
    with pytest.raises(Misconfigured, match="nothing to find people by"):
        ServiceDatabase(StoreMap(name="crm", tables=(CALLS,)), "https://h", key=KEY)


def test_an_address_shows_no_secret():
    assert "hunter2" not in repr(address("https://a:hunter2@h.example/x"))
