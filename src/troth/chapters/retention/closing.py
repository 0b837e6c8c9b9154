"""Orders to erase: a purpose is closed, a service is stopped, a law demands it (9.4-1, -2, -4).

Who gives an order sees first what it would do. It is then carried out page by page, in the order of
the subjects' ids, and goes on after a kill. What a law holds of it is set aside, as ever.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct

from troth.chapters.retention.ground import Ground
from troth.documents import ending
from troth.documents.retention.orders import GROUNDS, Kind, Order, covered
from troth.documents.retention.plans import Figure, Figures
from troth.documents.retention.unused import PURPOSE
from troth.gate import Looked, Terms
from troth.model.acts import SYSTEM, Act, Actor, Began, Event, Record
from troth.model.clock import Moment
from troth.model.errors import BadInput, Erased, NotFound, Refused
from troth.model.terms import Region, SubjectId

PAGE: Final = 200
ENDED: Final = ("erased", "unknown")


class Ordered(Struct, frozen=True, kw_only=True):
    """An order as it would be, or was, carried out: what goes, what a law holds, of how many."""

    order: Order | None
    figures: tuple[Figure, ...]
    subjects: int
    refused: int = 0


class Closing:
    """Gives orders and carries them out."""

    def __init__(self, ground: Ground) -> None:
        self._gate = ground.gate
        self._orders = ground.books.orders
        self._terms = Terms(ground.gate)

    def purpose(self, name: str, *, by: Actor, dry_run: bool = False) -> Ordered:
        """Close a purpose: what rests on closed purposes alone is due now (9.4-1).

        Raises ``UnknownTerm`` for one the policy does not declare, ``BadInput`` unless staff asks.
        """
        self._gate.policy().purpose(name)
        return self._give("purpose", name, by=by, dry_run=dry_run)

    def service(self, name: str, *, by: Actor, dry_run: bool = False) -> Ordered:
        """Stop a service: what only it needed is due now (9.4-2). Raises ``NotFound``."""
        if name not in self._gate.policy().edition.services:
            raise NotFound(f"the policy declares no service `{name}`", clause="A.4")
        return self._give("service", name, by=by, dry_run=dry_run)

    def law(
        self,
        name: str,
        *,
        law: str,
        categories: Iterable[str],
        regimes: Iterable[str] = (),
        by: Actor,
        dry_run: bool = False,
    ) -> Ordered:
        """Erase what a law or an authority's order demands, of those it protects (9.4-4).

        Raises ``BadInput`` for one without a citation or categories, ``UnknownTerm``.
        """
        patterns = tuple(categories)
        if not law.strip() or not patterns:
            raise BadInput(
                "an order by law cites the law and names the categories",
                clause="9.4",
                remedy="give both",
                field="law",
            )
        for pattern in patterns:
            if not self._gate.policy().fields(pattern):
                self._gate.policy().field(pattern)
        return self._give(
            "law",
            name,
            by=by,
            dry_run=dry_run,
            law=law,
            categories=patterns,
            regimes=tuple(regimes),
        )

    def _give(
        self,
        kind: Kind,
        name: str,
        *,
        by: Actor,
        dry_run: bool,
        law: str = "",
        categories: tuple[str, ...] = (),
        regimes: tuple[str, ...] = (),
    ) -> Ordered:
        if by.kind != "staff":
            raise BadInput("an order to erase is given by staff", clause="9.4", field="by")
        at = self._gate.clock.now()
        if dry_run:
            order = Order(
                id="",
                kind=kind,
                name=name,
                law=law,
                regimes=regimes,
                categories=categories,
                at=at,
                by=by.id,
                region="",
                cursor="",
                erased=0,
                done=None,
            )
            return self._would(order)
        order = self._orders.give(
            kind, name, at=at, by=by.id, law=law, regimes=regimes, categories=categories
        )
        detail: Record = {"order": order.id, "kind": kind, "name": name, "law": law}
        self._gate.perform(Event(subject=None, name=f"{kind}.closed", detail=detail), by=by)
        return self._carry_out(order)

    def orders(self) -> list[Order]:
        """Return every order, newest first: what it is, and how far."""
        return self._orders.all()

    # --- carrying out --------------------------------------------------------------------------

    def work(self) -> int:
        """Carry out what was begun and not finished; return how many subjects lost something."""
        return sum(self._carry_out(order).subjects for order in self._orders.open())

    def _would(self, order: Order) -> Ordered:
        figures, subjects = Figures(), 0
        for _, page in self._pages(order):
            for one in page:
                what = self._plan(order, one)
                figures.add(what.gone, "erase")
                for held in what.held:
                    figures.add([held.field], "hold", held.law)
                subjects += bool(what.gone)
        return Ordered(order=None, figures=figures.told(), subjects=subjects)

    def _carry_out(self, order: Order) -> Ordered:
        figures, subjects, refused = Figures(), 0, 0
        for region, page in self._pages(order):
            erased = 0
            for one in page:
                what = self._plan(order, one)
                try:
                    self._erase(order, one, what)
                except (NotFound, Erased):
                    continue
                except Refused:
                    refused += 1
                    continue
                figures.add(what.gone, "erase")
                for held in what.held:
                    figures.add([held.field], "hold", held.law)
                erased += bool(what.gone)
            subjects += erased
            self._orders.advance(order, region, str(page[-1].subject), erased)
        self._orders.finish(order, self._gate.clock.now())
        return Ordered(
            order=self._orders.get(order.id),
            figures=figures.told(),
            subjects=subjects,
            refused=refused,
        )

    def _plan(self, order: Order, one: Looked) -> ending.Plan:
        policy, at = self._gate.policy(), self._gate.clock.now()
        closed = self._orders.closed() | ({order.name} if order.kind == "purpose" else set())
        stopped = self._orders.stopped() | ({order.name} if order.kind == "service" else set())
        if one.standing.life in ENDED:
            return ending.Plan(gone=(), held=())
        fields = covered(order, one.standing, policy.edition, closed=closed, stopped=stopped)
        if not fields:
            return ending.Plan(gone=(), held=())
        return ending.plan(one.standing, fields, policy.edition, at)

    def _erase(self, order: Order, one: Looked, what: ending.Plan) -> None:
        acts = [*self._marks(order, one, what.gone)]
        acts += ending.acts(
            one.subject, what, ground=GROUNDS[order.kind], placed=one.standing.holds
        )
        if acts:
            self._gate.perform(*acts, by=SYSTEM)

    @staticmethod
    def _marks(order: Order, one: Looked, gone: Sequence[str]) -> list[Act]:
        """Note the closing with whoever keeps something that was collected for that purpose too."""
        if order.kind != "purpose":
            return []
        stays = any(
            order.name in held.purposes and field not in gone
            for field, held in one.standing.held.items()
        )
        mark = Began(subject=one.subject, what=PURPOSE + order.name, since=order.at)
        return [mark] if stays else []

    def _pages(self, order: Order) -> Iterable[tuple[Region, Sequence[Looked]]]:
        """Go through everybody from where an order has got to."""
        for region in sorted(self._gate.regions):
            if str(region) < order.region:
                continue
            after = order.cursor if str(region) == order.region else ""
            while page := self._terms.page(region, PAGE, after):
                yield region, page
                after = str(page[-1].subject)


def contract_ended(
    perform: Callable[..., object], subject: SubjectId, since: Moment, by: Actor
) -> None:
    """Note that the contract with a subject ended: terms that wait for it begin."""
    perform(Began(subject=subject, what="contract_ended", since=since), by=by)
