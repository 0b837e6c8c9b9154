"""cedarpy and pycasbin on the same permissions (dev dependencies; not the product's)."""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import casbin
import cedarpy
from casbin.model import FastModel

from bench.world import Need, Question, Said, World

Rules = dict[tuple[str, str, str, Need], list[str]]


def gathered(world: World) -> Rules:
    """Gather the fields that share operation, purpose, recipient and needs into one rule."""
    rules: Rules = defaultdict(list)
    for (operation, purpose, field, recipient), need in world.grants.items():
        bare = Need(need.consents, need.objectable)
        rules[operation, purpose, recipient, bare].append(field)
    return rules


class Cedar:
    """Policies, fields and subjects parsed once; what was said are the subject's attributes."""

    def __init__(self, world: World, subjects: Mapping[str, Said]) -> None:
        rules = gathered(world)
        permits = [permit(number, *rule) for number, rule in enumerate(rules)]
        self._policies = cedarpy.PolicySet.from_str("\n".join(permits))
        self._entities = cedarpy.Entities.from_json_str(
            json.dumps([*graph(world, rules), *map(person, subjects, subjects.values())])
        )

    def decide(self, subject: str, question: Question) -> bool:
        """Answer one question about one subject."""
        request = {
            "principal": {"type": "Subject", "id": subject},
            "action": {"type": "Action", "id": question.operation},
            "resource": {"type": "Field", "id": question.field},
            "context": {"purpose": question.purpose, "recipient": question.recipient},
        }
        return cedarpy.is_authorized(request, self._policies, self._entities).allowed


def permit(number: int, operation: str, purpose: str, recipient: str, need: Need) -> str:
    """Write one rule in Cedar's language."""
    tests = [f'context.purpose == "{purpose}"', f'context.recipient == "{recipient}"']
    tests += [f'principal.consents.contains("{key}")' for key in sorted(need.consents)]
    if need.objectable:
        tests.append(f'!principal.objections.contains("{purpose}")')
    head = f'permit(principal, action == Action::"{operation}", resource in Rule::"{number}")'
    return f"{head} when {{ {' && '.join(tests)} }};"


def graph(world: World, rules: Rules) -> list[dict[str, object]]:
    """Hang every field under the rules that name it, so that one look finds the rule."""
    parents: dict[str, list[dict[str, str]]] = {field: [] for field in world.fields}
    for number, fields in enumerate(rules.values()):
        for field in fields:
            parents[field].append({"type": "Rule", "id": str(number)})
    return [
        {"uid": {"type": "Field", "id": field}, "attrs": {}, "parents": above}
        for field, above in parents.items()
    ]


def person(name: str, said: Said) -> dict[str, object]:
    """Write one subject as a Cedar entity."""
    attributes = {"consents": sorted(said.consents), "objections": sorted(said.objections)}
    return {"uid": {"type": "Subject", "id": name}, "attrs": attributes, "parents": []}


CASBIN_KEYS: Final = (0, 1, 2)
CASBIN_MODEL: Final = """
[request_definition]
r = purpose, operation, recipient, field, said
[policy_definition]
p = purpose, operation, recipient, rule
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.purpose == p.purpose && r.operation == p.operation && r.recipient == p.recipient \
 && permits(p.rule, r.field, r.said)
"""


class Casbin:
    """The fast enforcer, which first narrows the rules down by the words it is keyed on."""

    def __init__(self, world: World, subjects: Mapping[str, Said]) -> None:
        model = FastModel(CASBIN_KEYS)
        model.load_model_from_text(CASBIN_MODEL)
        self._enforcer = casbin.FastEnforcer(model, enable_log=False, cache_key_order=CASBIN_KEYS)
        self._subjects = subjects
        self._rules: dict[str, tuple[frozenset[str], Need, str]] = {}
        lines = []
        for number, (rule, fields) in enumerate(gathered(world).items()):
            operation, purpose, recipient, need = rule
            self._rules[str(number)] = frozenset(fields), need, purpose
            lines.append([purpose, operation, recipient, str(number)])
        self._enforcer.add_policies(lines)
        self._enforcer.add_function("permits", self._permits)

    def _permits(self, rule: str, field: str, said: Said) -> bool:
        fields, need, purpose = self._rules[rule]
        objected = need.objectable and purpose in said.objections
        return field in fields and need.consents <= said.consents and not objected

    def decide(self, subject: str, question: Question) -> bool:
        """Answer one question about one subject."""
        return self._enforcer.enforce(
            question.purpose,
            question.operation,
            question.recipient,
            question.field,
            self._subjects[subject],
        )
