"""The description at /openapi.json is whole, and what is answered is what it says."""

import re
from typing import Any

import pytest

from tests.gate.house import House
from tests.interfaces.api.office import Office
from troth.interfaces.api.routes import TABLE, endpoints
from troth.interfaces.http.door import ALSO
from troth.model.terms import SubjectId

Node = dict[str, Any]
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}


@pytest.fixture
def described(office: Office) -> Node:
    """Return the description."""
    told: Node = office.get("/openapi.json").json()
    return told


def wrong(value: Any, schema: Node, whole: Node, place: str = "$") -> list[str]:
    """Say where a value is not what a schema says; only what our descriptions use is read."""
    if "$ref" in schema:
        return wrong(value, resolved(schema, whole), whole, place)
    if "anyOf" in schema:
        told = [wrong(value, each, whole, place) for each in schema["anyOf"]]
        return [] if [] in told else [f"{place}: none of {len(told)}"]
    kinds = schema.get("type")
    if kinds and not any(is_a(value, kind) for kind in [kinds]):
        return [f"{place}: no {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place}: not among {schema['enum']}"]
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{place}: not {schema['pattern']}"]
    if isinstance(value, list):
        inner = schema.get("items", {})
        return [
            bad
            for n, each in enumerate(value)
            for bad in wrong(each, inner, whole, f"{place}[{n}]")
        ]
    return wrong_inside(value, schema, whole, place) if isinstance(value, dict) else []


def wrong_inside(value: Node, schema: Node, whole: Node, place: str) -> list[str]:
    """Say what is missing, too much or wrong in an object."""
    named, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
    bad = [f"{place}: lacks {name}" for name in schema.get("required", ()) if name not in value]
    for name, each in value.items():
        if name in named:
            bad += wrong(each, named[name], whole, f"{place}.{name}")
        elif rest is False or (named and "additionalProperties" not in schema):
            bad.append(f"{place}: {name} is not described")
        elif isinstance(rest, dict):
            bad += wrong(each, rest, whole, f"{place}.{name}")
    return bad


def is_a(value: Any, kind: str) -> bool:
    """Tell whether a JSON value is of a kind; a truth value is no number."""
    return isinstance(value, TYPES[kind]) and not (
        isinstance(value, bool) and kind in ("integer", "number")
    )


def resolved(schema: Node, whole: Node) -> Node:
    """Follow a reference."""
    name: str = schema["$ref"].removeprefix("#/components/schemas/")
    found: Node = whole["components"]["schemas"][name]
    return found


def references(node: Any) -> set[str]:
    """Return every reference inside a description."""
    if isinstance(node, list):
        return {name for each in node for name in references(each)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if "$ref" in node else set()
    return own | {name for each in node.values() for name in references(each)}


# --- whole -------------------------------------------------------------------------------------


def test_every_address_is_described_with_its_problems_and_its_key(described: Node) -> None:
    assert described["openapi"] == "3.1.0"
    for about, rows in TABLE.items():
        for endpoint in rows:
            told = described["paths"][endpoint.path][endpoint.method.lower()]
            assert (told["tags"], bool(told["summary"])) == ([about], True)
            assert {"200", "429", "500", "503"} <= set(told["responses"])
            assert {"401", "403"} <= set(told["responses"]) or not endpoint.scope
            wanted = [{"service_key": [endpoint.scope]}] if endpoint.scope else []
            assert told["security"] == wanted


def test_every_problem_is_described_as_one(described: Node) -> None:
    for path in described["paths"].values():
        for told in path.values():
            for status, response in told["responses"].items():
                media = set(response["content"])
                assert (media == {"application/problem+json"}) == (status != "200")


def test_every_part_of_an_address_and_every_parameter_is_described(described: Node) -> None:
    for endpoint in endpoints():
        told = described["paths"][endpoint.path][endpoint.method.lower()]
        named = {(each["name"], each["in"]) for each in told["parameters"]}
        assert {(part, "path") for part in re.findall(r"{(\w+)}", endpoint.path)} <= named
        assert (("Idempotency-Key", "header") in named) == endpoint.once
        assert ("requestBody" in told) == (endpoint.method == "POST" and bool(endpoint.takes))


def test_no_reference_leads_nowhere_and_operations_have_names_of_their_own(
    described: Node,
) -> None:
    there = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert references(described) <= there
    names = [told["operationId"] for path in described["paths"].values() for told in path.values()]
    assert len(set(names)) == len(names)


def test_acts_are_told_apart_by_their_name(described: Node) -> None:
    acts = described["components"]["schemas"]["Wish"]["properties"]["acts"]["items"]
    assert acts["discriminator"]["propertyName"] == "act"
    assert set(acts["discriminator"]["mapping"]) == {
        each["$ref"].rpartition("/")[2] for each in acts["anyOf"]
    }
    assert {"Use", "Collect", "Erase"} <= set(acts["discriminator"]["mapping"])
    assert "Find" not in acts["discriminator"]["mapping"]
    assert ALSO


def test_a_value_and_an_id_travel_as_text(described: Node) -> None:
    schemas = described["components"]["schemas"]
    subject = schemas["Use"]["properties"]["subject"]["anyOf"][0]
    assert subject["type"] == "string"
    value = schemas["Collect"]["properties"]["values"]["additionalProperties"]
    assert value["anyOf"][0]["type"] == "string"


def test_nothing_that_is_not_described_is_taken(described: Node) -> None:
    for endpoint in endpoints():
        if endpoint.takes and endpoint.method == "POST":
            schema = described["components"]["schemas"][endpoint.takes.__name__]
            assert schema["additionalProperties"] is False


# --- true --------------------------------------------------------------------------------------


def sampled(house: House, subject: SubjectId) -> list[tuple[str, str, object]]:
    """Return calls whose answers are held against the description: method, address, body."""
    use = {"act": "Use", "subject": subject, "fields": ["contact.email"], "purpose": "support"}
    who = "/v1/subjects/{subject}"
    entry = house.rooms().log.recent("subject.admitted", 1)[0].id
    return [
        ("POST", "/v1/decide", {"acts": [use, {**use, "purpose": "marketing"}]}),
        ("POST", "/v1/acts", {"acts": [use]}),
        ("POST", "/v1/acts", {"acts": [use], "dry_run": True}),
        ("POST", "/v1/acts", {"acts": [{**use, "purpose": "marketing"}]}),
        ("POST", "/v1/acts", {"acts": [{"act": "Erase", "subject": subject}], "dry_run": True}),
        ("POST", "/v1/subjects", {"residence": "CN"}),
        (
            *("POST", "/v1/subjects/find"),
            {"field": "contact.email", "value": "a@mail.example", "purpose": "support"},
        ),
        ("GET", who, None),
        ("POST", f"{who}/use", {"fields": ["contact.email"], "purpose": "support"}),
        ("POST", f"{who}/use", {"fields": "x"}),
        ("GET", f"{who}/consents", None),
        ("GET", f"{who}/inventory", None),
        ("GET", f"{who}/trail", None),
        ("POST", f"{who}/erase", {"dry_run": True}),
        ("GET", "/v1/policy", None),
        ("GET", "/v1/policy/editions", None),
        ("GET", "/v1/clauses", None),
        ("GET", "/v1/ledger/{region}/entries", None),
        ("GET", f"/v1/ledger/{{region}}/entries/{entry}/proof", None),
        ("GET", "/v1/ledger/{region}/consistency?old=1&new=2", None),
        ("GET", "/healthz", None),
        ("GET", "/readyz", None),
        ("GET", "/.well-known/gpc.json", None),
        ("POST", f"{who}/erase", {}),
        ("GET", who, None),
    ]


def test_every_sampled_answer_is_what_the_description_says(
    office: Office, key: str, house: House, described: Node
) -> None:
    subject = house.admit("CN", "marketing")
    office.troth.tick()
    for method, path, body in sampled(house, subject):
        sent = {} if body is None else {"json": body}
        where = path.format(subject=subject, region="cn", number="r-000000000000")
        response = office.call(method, where, key, **sent)
        row = re.sub(r"[0-9a-f]{32}", "{entry}", path).partition("?")[0]
        told = described["paths"][row][method.lower()]["responses"][str(response.status_code)]
        (schema,) = (media["schema"] for media in told["content"].values())
        assert wrong(response.json(), schema, described) == [], (method, where, response.text[:300])


def test_the_check_of_answers_finds_what_is_wrong(described: Node) -> None:
    problem = {"$ref": "#/components/schemas/Problem"}
    whole = {
        "type": "urn:troth:problem:x",
        "title": "x",
        "status": 400,
        "code": "x",
        "clause": "P.1",
        "remedy": "x",
    }
    assert wrong(whole, problem, described) == []
    assert wrong({**whole, "status": "400"}, problem, described)
    assert wrong({**whole, "more": 1}, problem, described)
    assert wrong({k: v for k, v in whole.items() if k != "clause"}, problem, described)
