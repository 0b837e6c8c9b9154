"""Whatever is sent, the answer is one that was meant: never a fault of ours."""

import json
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interfaces.api.office import Office
from troth.interfaces.api.bodies import Asked
from troth.interfaces.api.routes import endpoints
from troth.model.acts import Close, Erase
from troth.model.terms import SubjectId

# One that ends the subject would end the examples too.
ACTS = [act for act in get_args(Asked) if act not in (Erase, Close)]
WORDS = ["*", "contact", "contact.email", "support", "marketing", "account", "CN", "cn", "email"]
POSTS = sorted(endpoint.path for endpoint in endpoints() if endpoint.method == "POST")
HERE = settings(suppress_health_check=[*HealthCheck], deadline=None)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(WORDS)
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


@st.composite
def acts(draw: st.DrawFn, subject: SubjectId) -> dict[str, Any]:
    """Draw an act that is nearly one: sometimes a field is missing or of the wrong kind."""
    kind = draw(st.sampled_from(ACTS))
    told: dict[str, Any] = {"act": kind.__name__, "subject": subject}
    needed = len(kind.__struct_fields__) - len(kind.__struct_defaults__)
    for place, name in enumerate(kind.__struct_fields__):
        if name != "subject" and (place < needed or draw(st.booleans())):
            told[name] = draw(plausible(get_type_hints(kind)[name]))
    if draw(st.integers(0, 3)) == 0:
        told[draw(st.sampled_from(kind.__struct_fields__))] = draw(anything)
    return told


def plausible(hint: Any) -> st.SearchStrategy[Any]:
    """Return what might really stand in a field of that type."""
    words = st.sampled_from(WORDS) | st.text(max_size=12)
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if hint is bool:
        return st.booleans()
    told = str(hint)
    if "Moment" in told:
        return st.integers(min_value=0, max_value=10**13)
    if "Mapping" in told:
        return st.dictionaries(words, words, max_size=2)
    if "tuple" in told or "frozenset" in told:
        return st.lists(words, max_size=3)
    return words


def send(office: Office, key: str, path: str, body: bytes) -> None:
    """Send octets as JSON; what comes back must be an answer or a whole problem."""
    headers = {"content-type": "application/json"}
    response = office.call("POST", path, key, content=body, headers=headers)
    assert response.status_code in (200, 400, 403, 404, 409, 410, 422), (body, response.text)
    if response.status_code != 200:
        told = response.json()
        assert (told["status"], bool(told["clause"]), bool(told["remedy"])) == (
            response.status_code,
            True,
            True,
        )


@HERE
@given(data=st.data())
def test_whatever_octets_are_sent(
    office: Office, key: str, subject: SubjectId, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(POSTS)).format(subject=subject, number="r-000000000000")
    octets = st.binary(max_size=60) | anything.map(lambda told: json.dumps(told).encode())
    send(office, key, path, data.draw(octets))


@HERE
@given(data=st.data())
def test_acts_that_are_nearly_acts(
    office: Office, key: str, subject: SubjectId, data: st.DataObject
) -> None:
    sent = data.draw(st.lists(acts(subject), min_size=1, max_size=3))
    body = {"acts": sent, "on_behalf": data.draw(st.booleans())}
    for path in ("/v1/decide", "/v1/acts"):
        send(office, key, path, json.dumps(body).encode())


@HERE
@given(told=anything)
def test_shapes_of_every_body(office: Office, key: str, subject: SubjectId, told: object) -> None:
    for path, names in (("use", ("fields", "purpose")), ("erase", ("fields", "ground", "dry_run"))):
        for name in names:
            body = {"fields": ["contact.email"], name: told}
            if path == "erase":
                body.setdefault("dry_run", True)
            send(office, key, f"/v1/subjects/{subject}/{path}", json.dumps(body).encode())


@HERE
@given(value=st.text(max_size=300))
def test_a_cursor_or_a_page_of_any_text(
    office: Office, key: str, subject: SubjectId, value: str
) -> None:
    for name in ("cursor", "limit"):
        response = office.get(f"/v1/subjects/{subject}/trail", key, params={name: value})
        assert response.status_code in (200, 422)


@pytest.mark.parametrize("path", POSTS)
def test_an_empty_object_is_judged_like_any_other(
    office: Office, key: str, subject: SubjectId, path: str
) -> None:
    send(office, key, path.format(subject=subject, number="r-000000000000"), b"{}")
