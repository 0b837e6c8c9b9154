"""The API's description of itself: OpenAPI 3.1, made from the table of addresses and the shapes."""

import inspect
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any, Final

import msgspec

from troth.app import Troth
from troth.interfaces.http.codec import text_of
from troth.interfaces.http.endpoint import JSON, LONGEST_KEY, Endpoint
from troth.interfaces.http.problems import MEDIA, Problem

Node = dict[str, Any]
REFERENCE: Final = "#/components/schemas/{name}"
KEY: Final = "service_key"
TAGS: Final = {
    "acts": "Ask what the policy would decide; do acts.",
    "subjects": "Somebody's data for a purpose, and what may be known of them.",
    "requests": "What people ask for: taken, followed, proved, taken back.",
    "policy": "What was promised: editions, their sources, the clause board.",
    "ledger": "What was done, and the proofs of it (RFC 6962, C2SP tlog-tiles).",
    "cookies": "What may be set in a browser: the register, choices, their proofs.",
    "service": "How the service is.",
}
PARTS: Final[Mapping[str, Node]] = {
    "subject": {"schema": {"type": "string", "pattern": "^[a-z]{2,12}-[a-z2-7]{26}$"}},
    "region": {"schema": {"type": "string", "pattern": "^[a-z]{2,12}$"}},
    "entry": {"schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}},
    "receipt": {"schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}},
    "number": {"schema": {"type": "string", "pattern": "^r-[0-9a-f]{12}$"}},
    "edition": {"schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
    "place": {
        "description": "An index as tlog-tiles spells it, after the level for tiles: `0/x001/067`.",
        "schema": {"type": "string"},
    },
}
"""The parts of addresses; not one can hold a value of somebody's."""
ALWAYS: Final = {
    "408": "The request came too slowly.",
    "429": "Too many requests; see `Retry-After`.",
    "500": "A fault of ours.",
    "503": "A store is busy; try again.",
}
WITH_BODY: Final = {
    "400": "The body is not JSON.",
    "413": "The body is too large.",
    "415": "The body is not declared as JSON.",
    "422": "The body is not of the shape asked for, or names what the policy does not declare.",
}
WITH_KEY: Final = {
    "401": "No service key, or one that is not known.",
    "403": "The key's scopes or purposes, or the policy, do not allow it; or the line is not safe.",
}
OF_SUBJECT: Final = {
    "404": "No subject has this id.",
    "409": "The value is taken, or the subject's data lies in another region.",
    "410": "The subject was erased.",
    "507": "The disk is full.",
}


def description(table: Mapping[str, tuple[Endpoint, ...]], troth: Troth) -> Node:
    """Describe every address of a table, as served by an instance."""
    rows = [(about, endpoint) for about, found in table.items() for endpoint in found]
    shapes = [shape for _, endpoint in rows for shape in _shapes(endpoint)]
    described, components = msgspec.json.schema_components(
        [*shapes, Problem], schema_hook=text_of, ref_template=REFERENCE
    )
    schemas = dict(zip(map(str, shapes), described, strict=False))
    paths: Node = {}
    for about, endpoint in rows:
        operation = _operation(about, endpoint, schemas, components)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": _info(troth),
        "tags": [{"name": name, "description": told} for name, told in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {"problem": _problem("A problem: what happened, why, what to do.")},
            "securitySchemes": {
                KEY: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A service key: `troth keys make`. Its scopes say what it may"
                    " do, its purposes for what.",
                }
            },
        },
    }


def _info(troth: Troth) -> Node:
    edition = troth.gate.policy().edition
    return {
        "title": "Troth",
        "version": version("troth"),
        "summary": "Personal data, used only as the policy promised, and recorded.",
        "description": "Errors are `application/problem+json` and name the clause and what to do."
        " Moments are milliseconds since 1970 in UTC.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        "contact": {"name": edition.controller.legal_name},
    }


def _shapes(endpoint: Endpoint) -> Iterator[Any]:
    if not isinstance(endpoint.gives, str):
        yield endpoint.gives
    if endpoint.takes is not None:
        yield endpoint.takes


def _operation(about: str, endpoint: Endpoint, schemas: Node, components: Node) -> Node:
    told = inspect.getdoc(endpoint.work) or ""
    operation: Node = {
        "operationId": endpoint.name,
        "tags": [about],
        "summary": told.partition("\n")[0],
        "description": told,
        "parameters": [*_parts(endpoint), *_parameters(endpoint, components)],
        "responses": {"200": _given(endpoint, schemas), **_problems(endpoint)},
    }
    operation["security"] = [{KEY: [endpoint.scope]}] if endpoint.scope else []
    if endpoint.takes is not None and endpoint.method == "POST":
        body = {JSON: {"schema": schemas[str(endpoint.takes)]}}
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _parts(endpoint: Endpoint) -> Iterator[Node]:
    for name in re.findall(r"{(\w+)}", endpoint.path):
        yield {"name": name, "in": "path", "required": True, **PARTS[name]}


def _parameters(endpoint: Endpoint, components: Node) -> Iterator[Node]:
    if endpoint.once:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Asked again with the same acts, the first outcome is given again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
        }
    if endpoint.method == "GET" and endpoint.takes is not None:
        shape = components[endpoint.takes.__name__]
        for name, schema in shape["properties"].items():
            needed = name in shape.get("required", ())
            yield {"name": name, "in": "query", "required": needed, "schema": schema}


def _given(endpoint: Endpoint, schemas: Node) -> Node:
    if isinstance(endpoint.gives, str):
        media = endpoint.gives.partition(";")[0]
        return {"description": "What was asked for.", "content": {media: {}}}
    schema = schemas[str(endpoint.gives)]
    return {"description": "What was asked for.", "content": {JSON: {"schema": schema}}}


def _problems(endpoint: Endpoint) -> Node:
    told = dict(ALWAYS)
    if endpoint.takes is not None:
        told |= WITH_BODY if endpoint.method == "POST" else {"422": WITH_BODY["422"]}
    if endpoint.scope:
        told |= WITH_KEY
    if "{subject}" in endpoint.path or endpoint.once:
        told |= OF_SUBJECT
    elif "{" in endpoint.path:
        told["404"] = "There is nothing of that name."
    return {status: _problem(text) for status, text in sorted(told.items())}


def _problem(text: str) -> Node:
    schema = {"$ref": REFERENCE.format(name=Problem.__name__)}
    return {"description": text, "content": {MEDIA: {"schema": schema}}}
