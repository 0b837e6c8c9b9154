"""Keys and objects that hold a value in another spelling are not clean, where one may walk."""

import json

import pytest
import redis

from tests.egress.named.orders import KEY, MEI, erase
from troth.egress.databases.map import Column, DataMap, StoreMap, Table
from troth.egress.databases.opening import open_database
from troth.egress.named.objects import shelf
from troth.model.secret import Secret

WIDE = "".join(chr(ord(each) + 0xFEE0) for each in MEI)
TOLD = Column(name="to", category="contact.email")
NOTE = Column(name="note", category="support.text")
KNOWN = {"contact.email": (Secret(MEI),)}
LEFT, DISPUTED = {("to", "left")}, {("note", "disputed")}
CASES = {
    "as it is": ({"to": MEI}, LEFT),
    "in capitals": ({"to": MEI.upper()}, LEFT),
    "with spaces": ({"to": f" {MEI} "}, LEFT),
    "in full width": ({"to": WIDE}, LEFT),
    "inside a text": ({"note": f"ask {MEI.upper()} first"}, DISPUTED),
    "inside JSON": ({"note": {"a": [MEI]}}, DISPUTED),
    "in full width inside a text": ({"note": f"请写信给{WIDE}"}, DISPUTED),
    "of somebody else": ({"to": "anna@example.com", "note": "a cup"}, set()),
}


def remains(url, table):
    data = DataMap(stores=(StoreMap(name="store", url=url, tables=(table,)),))
    database = open_database(data, "store", key=KEY)
    try:
        reach = database.trace(KNOWN).reach
        told = database.remains(reach, erase(values=KNOWN))
    finally:
        database.close()
    return {(each.place.rpartition(".")[2], each.why) for each in told}


@pytest.mark.parametrize(("document", "expected"), CASES.values(), ids=CASES)
def test_a_key_that_holds_a_value_in_any_spelling_is_not_clean(redis_socket, document, expected):
    with redis.Redis(unix_socket_path=str(redis_socket)) as client:
        client.flushall()
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in document.items()}
        client.hset("ticket:1", mapping=texts)
    table = Table(name="ticket:{id}", columns=(Column(name="id"), TOLD, NOTE), walk=100)
    assert remains(f"unix://{redis_socket}", table) == expected


@pytest.mark.parametrize(("document", "expected"), CASES.values(), ids=CASES)
def test_an_object_that_holds_a_value_in_any_spelling_is_not_clean(tmp_path, document, expected):
    raw = shelf(f"file://{tmp_path}", "test")._store
    raw.put("tickets/1.json", json.dumps(document).encode())
    table = Table(name="tickets/{id}.json", columns=(Column(name="id"), TOLD, NOTE), walk=100)
    assert remains(f"file://{tmp_path}", table) == expected
