"""A company for tests, with the people it names."""

from typing import Any

from tests.chapters.people import House
from troth.chapters.accounts import Welcome
from troth.model.secret import Secret

NAME = Secret("示例科技有限公司")
USCC = Secret("91110105MA00014212")
OTHER_USCC = Secret("91350100M000100Y43")
LEGAL_REP = Secret("王伟")
HANDLER = Secret("赵敏")
HANDLER_EMAIL = Secret("zhao.min@company.example")
HANDLER_PHONE = Secret("+8613900003333")
OTHER = {
    "email": Secret("post@other.example"),
    "phone": Secret("+8613900004444"),
}
VALUES = {
    "enterprise.name": NAME,
    "enterprise.uscc": USCC,
    "legal_rep.name": LEGAL_REP,
    "handler.name": HANDLER,
    "handler.phone": HANDLER_PHONE,
    "handler.email": HANDLER_EMAIL,
}
NEXT = {
    "handler.name": Secret("孙悦"),
    "handler.phone": Secret("+8613900005555"),
    "handler.email": Secret("sun.yue@company.example"),
}


def filled(house: House, **changes: Any) -> dict[str, Any]:
    """Return what a company's form says beyond a person's."""
    values = {**VALUES, **changes.pop("values", {})}
    values = {field: value for field, value in values.items() if value is not None}
    return {"kind": "enterprise", "values": values, "about_others": True, "born": None, **changes}


def register(house: House, **changes: Any) -> Welcome:
    """Open a company's account."""
    return house.register(**filled(house, **changes))
