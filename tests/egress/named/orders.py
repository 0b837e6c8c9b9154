"""Orders and people that the tests of this room share."""

from troth.egress.databases.port import Order
from troth.model.clock import moment
from troth.model.secret import Secret

KEY = b"a key of thirty-two octets, here"
MEI = "mei@example.cn"
OTHER = "anna@example.com"
AT = moment("2026-11-22")


def erase(**more) -> Order:
    return Order(**({"id": "o1", "task": "erase", "at": AT} | more))


def correct(**values: str) -> Order:
    told = {category: (Secret(value),) for category, value in values.items()}
    return Order(id="o2", task="correct", at=AT, values=told)


def restrict(**more) -> Order:
    return Order(**({"id": "o3", "task": "restrict", "at": AT} | more))
