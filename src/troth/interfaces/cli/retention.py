"""Keeping and ending at a terminal: schedule, plan, approval, sweep, orders, paper (7.2, 9.4)."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from troth.interfaces.cli.saying import as_json, err, folder, house, out, rows, say, says_why
from troth.model.acts import Actor
from troth.model.clock import date
from troth.model.terms import SubjectId

BAR: Final = 40
FIGURES: Final = ("category", "what", "law", "subjects")
KINDS: Final = ("letter", "form", "copy", "contract", "card", "other")
METHODS: Final = ("shredded", "burnt", "pulped")
LEVELS: Final = ("P-3", "P-4", "P-5", "P-6", "P-7")
"""What the register takes; it says so itself where they are another day's."""
staff = click.option(
    "--as", "who", default="terminal", show_default=True, help="The member of staff who does it."
)


def _desk(who: str) -> Actor:
    return Actor(kind="staff", id=who, role="privacy", assurance=2)


@click.group()
def retention() -> None:
    """What is kept how long, what is due, and its end."""


@retention.command()
@folder
@as_json
@says_why
def schedule(folder: Path, *, as_json: bool) -> None:
    """Show each category's term, the laws on it, and how every store forgets it."""
    with house(folder) as troth:
        lines = troth.retention.schedule()
    say(
        lines,
        json_wanted=as_json,
        table=lambda: rows(
            "kept how long",
            ("category", "keep", "from", "then", "law", "methods"),
            (
                (
                    one.field,
                    one.keep,
                    one.start,
                    one.then,
                    ", ".join(f"{law.law} ({law.keep})" for law in one.laws),
                    " ".join(f"{store}:{method}" for store, method in one.methods.items()),
                )
                for one in lines
            ),
        ),
    )


@retention.command()
@folder
@click.option("--months", default=12, show_default=True, help="How far to look ahead.")
@as_json
@says_why
def plan(folder: Path, months: int, *, as_json: bool) -> None:
    """Say what a sweep would do now and what falls due later; nothing is erased.

    The first sweep of an instance, and the first after an edition that shortens a term, waits until
    somebody has approved its plan: `troth retention approve`.
    """
    with house(folder) as troth, _progress() as bar:
        chapter = troth.retention
        task = bar.add_task("looking", total=chapter.overdue())
        made = chapter.plan(lambda looked, _: bar.update(task, completed=looked))
        ahead, approved = chapter.ahead(months), chapter.sweeping.approved()
    told = {"plan": made, "approved": approved, "ahead": ahead}
    if as_json:
        say(told, json_wanted=True)
        return
    out.print(rows(f"plan {made.id}", FIGURES, _table(made.figures)))
    out.print(_bars([(one.month, one.subjects) for one in ahead]))
    if not approved:
        err.print(f"not approved: troth retention approve {folder} {made.id}")


@retention.command()
@folder
@click.argument("plan_id", metavar="PLAN")
@staff
@as_json
@says_why
def approve(folder: Path, plan_id: str, who: str, *, as_json: bool) -> None:
    """Let sweeps go by PLAN from now on, until an edition shortens a term. It is recorded."""
    with house(folder) as troth:
        approved = troth.retention.approve(plan_id, by=_desk(who))
    say({"approved": approved.id, "values": approved.values}, json_wanted=as_json)


@retention.command()
@folder
@click.option("--dry-run", is_flag=True, help="Only plan.")
@as_json
@says_why
def run(folder: Path, *, dry_run: bool, as_json: bool) -> None:
    """Sweep whatever is due, in short transactions. Killed at any point, it goes on next time."""
    with house(folder) as troth, _progress() as bar:
        chapter = troth.retention
        task = bar.add_task("sweeping", total=chapter.overdue())

        def progress(looked: int, _: int) -> None:
            bar.update(task, completed=looked)

        told: object = chapter.plan(progress) if dry_run else chapter.run(progress=progress)
    say(told, json_wanted=as_json)


# --- orders ------------------------------------------------------------------------------------


@retention.command("close-purpose")
@folder
@click.argument("purpose")
@click.option("--dry-run", is_flag=True, help="Say what would go, and do nothing.")
@staff
@as_json
@says_why
def close_purpose(folder: Path, purpose: str, who: str, *, dry_run: bool, as_json: bool) -> None:
    """Close PURPOSE: what rests on it alone is erased now. There is no way back."""
    with house(folder) as troth:
        done = troth.retention.closing.purpose(purpose, by=_desk(who), dry_run=dry_run)
    _say_ordered(done, dry_run=dry_run, as_json=as_json)


@retention.command("stop-service")
@folder
@click.argument("service")
@click.option("--dry-run", is_flag=True, help="Say what would go, and do nothing.")
@staff
@as_json
@says_why
def stop_service(folder: Path, service: str, who: str, *, dry_run: bool, as_json: bool) -> None:
    """Stop SERVICE: what only it needed is erased now. There is no way back."""
    with house(folder) as troth:
        done = troth.retention.closing.service(service, by=_desk(who), dry_run=dry_run)
    _say_ordered(done, dry_run=dry_run, as_json=as_json)


@retention.command("by-law")
@folder
@click.argument("name")
@click.option("--law", required=True, help="The law or order, as it is cited.")
@click.option("--category", "categories", multiple=True, required=True, help="What has to go.")
@click.option("--regime", "regimes", multiple=True, help="Whom it protects; default: everybody.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and do nothing.")
@staff
@as_json
@says_why
def by_law(
    folder: Path,
    name: str,
    law: str,
    categories: tuple[str, ...],
    regimes: tuple[str, ...],
    who: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Erase what a law or an authority's order NAME demands. There is no way back."""
    with house(folder) as troth:
        done = troth.retention.closing.law(
            name, law=law, categories=categories, regimes=regimes, by=_desk(who), dry_run=dry_run
        )
    _say_ordered(done, dry_run=dry_run, as_json=as_json)


@retention.command()
@folder
@as_json
@says_why
def anonymised(folder: Path, *, as_json: bool) -> None:
    """Show what remains of values that were anonymised: counts of at least ten, and a heap."""
    with house(folder) as troth:
        counted = troth.retention.anonymised()
    columns = ("category", "month", "value", "many")
    say(counted, json_wanted=as_json, table=lambda: rows("anonymised", columns, counted))


# --- paper -------------------------------------------------------------------------------------


@retention.group()
def paper() -> None:
    """The paper register: what lies where, until when, and how it ended."""


@paper.command("list")
@folder
@click.option("--destroyed", is_flag=True, help="What was destroyed instead.")
@as_json
@says_why
def listed(folder: Path, *, destroyed: bool, as_json: bool) -> None:
    """List paper, soonest due first."""
    with house(folder) as troth:
        papers = troth.retention.papers
        found = papers.gone() if destroyed else papers.all()
    say(
        found,
        json_wanted=as_json,
        table=lambda: rows(
            "paper",
            ("number", "of", "category", "kind", "pages", "place", "due", "state"),
            (
                (
                    one.id,
                    one.subject or one.letter,
                    one.category,
                    one.kind,
                    one.pages,
                    one.place,
                    "" if one.due is None else "now" if one.due == 0 else date(one.due),
                    one.state,
                )
                for one in found
            ),
        ),
    )


@paper.command()
@folder
@click.option("--subject", default="", help="The subject's id.")
@click.option("--letter", default="", help="The letter's number, where nobody knows whose it is.")
@click.option("--category", required=True, help="What is written on it, as the policy names it.")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="letter",
    show_default=True,
    help="What kind of paper it is.",
)
@click.option("--pages", default=1, show_default=True, help="How many pages it has.")
@click.option("--place", required=True, help="Room, cabinet, shelf.")
@staff
@as_json
@says_why
def enter(
    folder: Path,
    subject: str,
    letter: str,
    category: str,
    kind: str,
    pages: int,
    place: str,
    who: str,
    *,
    as_json: bool,
) -> None:
    """Enter paper that came in, or was found."""
    with house(folder) as troth:
        entered = troth.retention.papers.enter(
            category=category,
            kind=kind,  # type: ignore[arg-type]  # one of the choices
            pages=pages,
            place=place,
            subject=_subject(subject),
            letter=letter,
            by=_desk(who),
        )
    say(entered, json_wanted=as_json)


@paper.command()
@folder
@click.argument("number")
@click.argument("place")
@staff
@as_json
@says_why
def move(folder: Path, number: str, place: str, who: str, *, as_json: bool) -> None:
    """Note that paper NUMBER lies at PLACE now."""
    with house(folder) as troth:
        moved = troth.retention.papers.move(number, place, by=_desk(who))
    say(moved, json_wanted=as_json)


@paper.command()
@folder
@click.argument("number")
@click.option("--method", type=click.Choice(METHODS), required=True, help="What was done to it.")
@click.option("--level", type=click.Choice(LEVELS), default=None, help="Of DIN 66399, if shredded.")
@staff
@as_json
@says_why
def destroy(
    folder: Path, number: str, method: str, level: str | None, who: str, *, as_json: bool
) -> None:
    """Say that paper NUMBER was destroyed; a second person confirms what is sensitive."""
    with house(folder) as troth:
        papers = troth.retention.papers
        done = papers.destroy(number, method, level or "", by=_desk(who))  # type: ignore[arg-type]  # one of the choices
        told: object = papers.certificate(number) if done.state == "destroyed" else done
    say(told, json_wanted=as_json)


@paper.command()
@folder
@click.argument("number")
@as_json
@says_why
def certificate(folder: Path, number: str, *, as_json: bool) -> None:
    """Show the certificate of paper that was destroyed."""
    with house(folder) as troth:
        told = troth.retention.papers.certificate(number)
    say(told, json_wanted=as_json)


# --- saying ------------------------------------------------------------------------------------


def _subject(text: str) -> SubjectId | None:
    if not text:
        return None
    try:
        return SubjectId(text)
    except ValueError:
        raise click.BadParameter("not a subject id: one looks like cn-2k4p...") from None


class Counted(Protocol):
    """One line of a plan."""

    @property
    def field(self) -> str:
        """The category."""

    @property
    def done(self) -> str:
        """What is done with it."""

    @property
    def law(self) -> str:
        """The law that says so, if one does."""

    @property
    def subjects(self) -> int:
        """Of how many."""


class Ordered(Protocol):
    """What an order does."""

    @property
    def figures(self) -> Sequence[Counted]:
        """What goes, what a law holds, of how many."""

    @property
    def subjects(self) -> int:
        """Of how many subjects in all."""


def _table(figures: Iterable[Counted]) -> list[tuple[str, str, str, int]]:
    return [(one.field, one.done, one.law, one.subjects) for one in figures]


def _say_ordered(done: Ordered, *, dry_run: bool, as_json: bool) -> None:
    """Say what an order does, or did."""
    title = f"{done.subjects} subjects" + (" (nothing was done)" if dry_run else "")
    say(done, json_wanted=as_json, table=lambda: rows(title, FIGURES, _table(done.figures)))


def _bars(ahead: list[tuple[str, int]]) -> Table | Text:
    """Draw the months ahead as bars, each with its number beside it."""
    most = max((many for _, many in ahead), default=0)
    lines = [(month, "█" * -(-many * BAR // most) if most else "", many) for month, many in ahead]
    return rows("falls due", ("month", "", "subjects"), lines)


def _progress() -> Progress:
    """Show how far a sweep is, on standard error."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=err,
    )
