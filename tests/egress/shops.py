"""Another database of the controller's, in memory: obedient, down, deaf, slow, or killed midway."""

import time
from collections.abc import Iterator

from troth.egress.databases.port import Held, Known, Lead, Order, Reach, Remain, Step, Traced, grown
from troth.model.errors import Unreachable
from troth.model.secret import Secret
from troth.model.terms import matches


class Killed(BaseException):
    """The process died here."""


class Shop:
    """People by their e-mail or our id, and orders by the number of their person.

    ``down``, ``deaf``: for so many performs. ``killed``: it dies after the people are gone, before
    their orders are.
    """

    def __init__(
        self, name="shop", *, by=("contact.email", "subject"), categories=("*",), **manner
    ):
        self.name = name
        self.known_by, self.categories = frozenset(by), frozenset(categories)
        self.down, self.deaf = manner.get("down", 0), manner.get("deaf", 0)
        self.hangs, self.killed = manner.get("hangs", 0.0), manner.get("killed", False)
        self.people: dict[int, dict[str, str]] = {}
        self.orders: dict[int, int] = {}
        self.performed: list[str] = []
        self.leads: list[Lead] = []

    def add(self, number, **values):
        """Keep somebody: ``contact_email=...``, ``subject=...``; and an order of theirs."""
        self.people[number] = {key.replace("_", ".", 1): value for key, value in values.items()}
        self.orders[number * 10] = number
        return self

    # --- the port ------------------------------------------------------------------------------

    def trace(self, known: Known, reach: Reach = ()) -> Traced:
        self._answer()
        wanted = {(name, one.reveal()) for name in self.known_by for one in known.get(name, ())}
        found = [
            number
            for number, row in self.people.items()
            if any(item in wanted for item in row.items())
        ]
        leads = [Lead(self.name, "people", ("id",), ((number,),)) for number in found]
        people = _numbers(grown(reach, tuple(leads)), "people")
        leads += [
            Lead(self.name, "orders", ("id",), ((number,),))
            for number, who in self.orders.items()
            if who in people
        ]
        return Traced(reach=grown(reach, tuple(leads)), leads=tuple(self.leads if people else ()))

    def export(self, reach: Reach) -> Iterator[Held]:
        self._answer()
        for number in sorted(_numbers(reach, "people") & self.people.keys()):
            row = self.people[number]
            yield Held(
                store=self.name,
                table="people",
                values={name: Secret(value) for name, value in row.items()},
                categories={name: name for name in row},
            )

    def plan(self, reach: Reach, order: Order) -> Iterator[Step]:
        self._answer()
        count = len(_numbers(reach, "people") & self.people.keys())
        yield Step(
            store=self.name,
            table="people",
            method="delete",
            statement="DELETE FROM people WHERE id = ?",
            records=count,
        )

    def perform(self, reach: Reach, order: Order) -> int:
        self._answer()
        self.performed.append(order.task)
        if self.deaf:
            self.deaf -= 1
            return 1
        work = {"erase": self._erase, "correct": self._correct}.get(order.task, self._mark)
        return work(_numbers(reach, "people"), _numbers(reach, "orders"), order)

    def remains(self, reach: Reach, order: Order) -> tuple[Remain, ...]:
        self._answer()
        people = _numbers(reach, "people") & self.people.keys()
        if order.task == "erase":
            return self._left(people, _numbers(reach, "orders"), order)
        if order.task == "correct":
            wrong = [
                number
                for number in people
                for name, values in order.values.items()
                if name in self.people[number] and self.people[number][name] != values[0].reveal()
            ]
            return _some("people", order.categories[0], len(wrong))
        wanted = "" if order.task == "release" else str(order.until or "for ever")
        return _some("people", "*", sum(self._restricted(each) != wanted for each in people))

    # --- what it does --------------------------------------------------------------------------

    def _answer(self):
        time.sleep(self.hangs)
        if self.down:
            self.down -= 1
            raise Unreachable

    def _erase(self, people, orders, order):
        kept = list(order.held)
        for number in people & self.people.keys():
            row = self.people[number]
            if order.categories == ("*",) and not any(name in row for name in kept):
                del self.people[number]
                continue
            for name in [name for name in row if _asked(name, order) and name not in kept]:
                del row[name]
        if self.killed:
            self.killed = False
            raise Killed
        if order.categories == ("*",):
            for number in orders & self.orders.keys():
                del self.orders[number]
        return len(people)

    def _correct(self, people, orders, order):
        for number in people & self.people.keys():
            for name, values in order.values.items():
                if name in self.people[number]:
                    self.people[number][name] = values[0].reveal()
        return len(people)

    def _mark(self, people, orders, order):
        for number in people & self.people.keys():
            self.people[number].pop("restricted", None)
            if order.task == "restrict":
                self.people[number]["restricted"] = str(order.until or "for ever")
        return len(people)

    def _restricted(self, number):
        return self.people[number].get("restricted", "")

    def _left(self, people, orders, order):
        found = []
        for number in people:
            for name in self.people[number]:
                if name in order.held:
                    day = order.held[name]
                    found.append(
                        Remain(place="people", category=name, count=1, why="held", until=day)
                    )
                elif _asked(name, order) and name not in ("subject", "restricted"):
                    found.append(Remain(place="people", category=name, count=1))
        if order.categories == ("*",):
            found += _some("orders", "billing", len(orders & self.orders.keys()))
        return tuple(found)


def _asked(name, order):
    return any(matches(pattern, name) for pattern in order.categories)


def _some(place, category, count):
    return (Remain(place=place, category=category, count=count),) if count else ()


def _numbers(reach: Reach, table: str) -> set[int]:
    return {value[0] for lead in reach if lead.table == table for value in lead.values}
