"""The ledger over HTTP: what a stranger can verify, at the addresses other verifiers know."""

import base64
import hashlib

import msgspec
import pytest

from tests.gate.house import House
from tests.interfaces.api.office import Office, problem
from troth.ledger.checkpoint import InclusionProof, read, read_proof, verified
from troth.ledger.tree import check_consistency, check_inclusion, leaf_hash
from troth.model.terms import SubjectId


@pytest.fixture
def size(office: Office, subject: SubjectId) -> int:
    """Return the size of a ledger that has a checkpoint."""
    assert subject
    office.troth.tick()
    return office.house.rooms().log.size()


def bundled(octets: bytes) -> list[bytes]:
    """Take an entry bundle apart, as tlog-tiles says."""
    leaves = []
    while octets:
        length = int.from_bytes(octets[:2], "big")
        leaves.append(octets[2 : 2 + length])
        octets = octets[2 + length :]
    return leaves


@pytest.mark.clause("9.3d")
def test_a_stranger_verifies_the_head_with_the_published_key(office: Office, size: int) -> None:
    key = office.get("/ledger/cn/key").text.strip()
    head = read(verified(office.get("/ledger/cn/checkpoint").text, key))
    assert (head.size, head.origin) == (size, key.partition("+")[0])


def test_tiles_and_bundles_say_the_same(office: Office, key: str, size: int) -> None:
    tile = office.get(f"/ledger/cn/tile/0/000.p/{size}")
    bundle = office.get(f"/ledger/cn/tile/entries/000.p/{size}", key)
    leaves = bundled(bundle.content)
    assert tile.content == b"".join(map(leaf_hash, leaves))
    assert len(leaves) == size
    assert "immutable" in tile.headers["cache-control"]
    assert bundle.headers["cache-control"] == "no-store"


def test_an_entry_is_proved_to_whoever_has_it(office: Office, key: str, size: int) -> None:
    page = office.get("/v1/ledger/cn/entries", key).json()
    leaf = bundled(office.get(f"/ledger/cn/tile/entries/000.p/{size}", key).content)[1]
    told = office.get(f"/v1/ledger/cn/entries/{page['items'][1]['id']}/proof").json()
    path = [base64.b64decode(digest) for digest in told["path"]]
    head = read(verified(told["checkpoint"], office.get("/ledger/cn/key").text.strip()))
    check_inclusion(leaf, told["index"], head.size, path, head.root)
    assert read_proof(told["text"], leaf) == InclusionProof(
        leaf=leaf, index=told["index"], path=tuple(path), checkpoint=told["checkpoint"]
    )


def test_a_later_head_goes_on_from_an_earlier_one(office: Office, house: House, size: int) -> None:
    def root() -> bytes:
        return read(office.get("/ledger/cn/checkpoint").text.partition("\n\n")[0] + "\n").root

    old = root()
    house.admit()
    office.troth.tick()
    new = house.rooms().log.size()
    told = office.get(f"/v1/ledger/cn/consistency?old={size}&new={new}").json()
    check_consistency(size, new, [base64.b64decode(each) for each in told], old, root())


def test_entries_come_in_order_a_page_at_a_time(office: Office, key: str, size: int) -> None:
    first = office.get("/v1/ledger/cn/entries?limit=2", key).json()
    rest = office.get(f"/v1/ledger/cn/entries?cursor={first['next']}", key).json()
    ids = [entry["id"] for entry in first["items"] + rest["items"]]
    leaves = house_leaves(office, size)
    assert ids == [msgspec.json.decode(leaf)["id"] for leaf in leaves]
    assert rest["next"] is None
    other = office.get(f"/v1/ledger/global/entries?cursor={first['next']}", key)
    problem(other, 422, "bad_input")


def house_leaves(office: Office, size: int) -> list[bytes]:
    """Return the leaves as the log has them."""
    return office.house.rooms().log.entries(0, size)


@pytest.mark.parametrize(
    "place",
    [
        *("tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/257", "tile/0/000.p/01"),
        *("tile/64/000", "tile/-1/000", "tile/0/x000/000", "tile/0/001", "tile/0/000", "tile/0/"),
        *(
            "tile/x/000",
            "tile/0/000/../000",
            "tile/0/٠٠٠",
            "tile/0/000.p/9",
            "tile/8/x999/x999/999",
        ),
    ],
)
def test_an_address_that_is_no_tile_or_not_there_is_not_found(
    office: Office, size: int, place: str
) -> None:
    assert size < 9
    assert office.get(f"/ledger/cn/{place}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/ledger/us/checkpoint", "/ledger/us/key", "/ledger/us/tile/0/000"),
        *("/v1/ledger/us/entries", "/v1/ledger/us/consistency?old=0&new=0"),
        f"/v1/ledger/cn/entries/{'0' * 32}/proof",
    ],
)
def test_what_is_not_there_is_not_found(office: Office, key: str, size: int, path: str) -> None:
    assert size
    problem(office.get(path, key), 404, "not_found")


@pytest.mark.parametrize("query", ["", "old=1", "old=-1&new=2", "old=a&new=2"])
def test_sizes_are_numbers(office: Office, query: str) -> None:
    problem(office.get(f"/v1/ledger/cn/consistency?{query}"), 422, "bad_input")


@pytest.mark.parametrize(("old", "new"), [(2, 1), (0, 10**6), (1, 2**53)])
def test_sizes_the_ledger_does_not_have_are_refused(
    office: Office, size: int, old: int, new: int
) -> None:
    assert size
    response = office.get(f"/v1/ledger/cn/consistency?old={old}&new={new}")
    problem(response, response.status_code, response.json()["code"])
    assert response.status_code in (404, 422)


def test_hashes_are_those_of_rfc_6962(office: Office, key: str, size: int) -> None:
    leaf = bundled(office.get(f"/ledger/cn/tile/entries/000.p/{size}", key).content)[0]
    tile = office.get(f"/ledger/cn/tile/0/000.p/{size}").content
    assert tile[:32] == hashlib.sha256(b"\0" + leaf).digest()
