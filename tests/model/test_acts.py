"""Acts say what was done and remember nothing that was collected."""

import json
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model import acts
from troth.model.acts import SUBJECT, SYSTEM, Act, Actor, Collect, Export, Give, fields_of
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

KINDS = [
    kind
    for kind in (getattr(acts, name) for name in acts.__all__)
    if isinstance(kind, type) and issubclass(kind, Act) and kind not in (Act, Give)
]
GUESSES = {
    str: "word",
    int: 1,
    bool: True,
}
SUBJECT_ID = SubjectId.new(Region("cn"))


def sample(kind: type[Act]) -> Act:
    """Build an act of a kind, canaries in everything personal."""
    given = {}
    for field in msgspec.structs.fields(kind):
        if field.required or "Secret" in str(field.type):
            given[field.name] = guess(field)
    return kind(**given)


def guess(field: msgspec.structs.FieldInfo) -> object:
    """Return some value of a field's type."""
    told = str(field.type)
    if field.name == "subject":
        return SUBJECT_ID
    if "Mapping" in told:
        return {"contact.email": Secret("canary")} if "Secret" in told else {"store": 1}
    if "Secret" in told:
        return Secret("canary")
    if "tuple" in told or "Fields" in told:
        return ("contact.email",)
    if "Literal" in told:
        return field.type.__args__[0]
    if "AgeBand" in told:
        return next(iter(field.type))
    return GUESSES.get(getattr(field.type, "__supertype__", field.type), "word")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_record_is_plain_and_holds_no_value(kind: type[Act]) -> None:
    told = json.dumps(sample(kind).record())
    assert "canary" not in told
    assert SUBJECT_ID not in told


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_act_cannot_be_changed(kind: type[Act]) -> None:
    with pytest.raises(AttributeError):
        sample(kind).subject = None  # type: ignore[misc]


def test_every_kind_is_remembered_under_a_name_of_its_own() -> None:
    names = Counter(kind.kind for kind in KINDS)
    assert [name for name, count in names.items() if count > 1] == []
    assert all(name.count(".") == 1 for name in names)


def test_every_record_names_the_fields_the_act_touches() -> None:
    touching = [sample(kind) for kind in KINDS if fields_of(sample(kind))]
    assert len(touching) > 10
    assert all(act.record()["fields"] == sorted(fields_of(act)) for act in touching)


FIELDS = st.dictionaries(st.sampled_from(["contact.email", "identity.name", "a.b"]), st.text())


@given(values=FIELDS)
def test_the_order_in_which_values_came_is_forgotten(values: dict[str, str]) -> None:
    act = Collect(subject=None, values={k: Secret(v) for k, v in values.items()}, purpose="p")
    assert act.record()["fields"] == sorted(values)


def test_a_copy_is_of_everything_unless_it_says_otherwise() -> None:
    assert fields_of(Export(subject=None)) == ("*",)


def test_an_actor_says_who_without_a_name() -> None:
    assert str(Actor(kind="staff", id="s-17")) == "staff:s-17"
    assert (str(SUBJECT), str(SYSTEM)) == ("subject", "system")
