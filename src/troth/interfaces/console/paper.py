"""The paper register: what lies where, entered, moved, destroyed and certified (policy 9.4).

A row names a category, a place and a number, and nothing of what is written on the paper.
"""

from collections.abc import Mapping
from typing import Final

from troth.interfaces.console.areas import PAPER, desk_page, number_at, told
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house, tongue
from troth.interfaces.pages.words import Tongue, Trouble
from troth.model.acts import Actor
from troth.model.errors import BadInput, TrothError
from troth.model.terms import SubjectId

ONE: Final = "/desk/paper/{number:str}"
KINDS: Final = ("letter", "form", "copy", "contract", "card", "other")
WAYS: Final = ("shredded P-4", "shredded P-5", "shredded P-6", "shredded P-7", "burnt", "pulped")
"""How paper is destroyed: a method, and of a shredder the level of DIN 66399."""


def papers(request: Call, by: Actor) -> Page:
    """List what lies there, soonest due first, and what was destroyed."""
    return _list(request, by)


def enter(request: Call, form: Form, by: Actor) -> Page:
    """Enter paper that came in."""
    try:
        house(request).retention.papers.enter(
            category=form.text("category"),
            kind=form.text("kind"),  # type: ignore[arg-type]  # the register refuses another word
            pages=_number(form.text("pages")),
            place=form.text("place"),
            subject=_subject(form.text("subject")),
            letter=form.text("letter"),
            by=by,
        )
    except TrothError as error:
        troubles = told(request, error, key=f"paper_{error.field}")
        return _list(request, by, error.status, troubles, form.carried())
    return go(request, f"{PAPER.root}?done=paper_entered")


def paper(request: Call, by: Actor) -> Page:
    """Show one: where it lies, when it is due; once it is destroyed, its certificate."""
    return _one(request, by)


def act(request: Call, form: Form, by: Actor) -> Page:
    """Note that paper lies elsewhere, or that it was destroyed."""
    register, number = house(request).retention.papers, number_at(request)
    try:
        if form.text("do") == "move":
            register.move(number, form.text("place"), by=by)
            return go(request, f"{PAPER.root}/{number}?done=paper_moved")
        method, _, level = form.text("way").partition(" ")
        done = register.destroy(number, method, level, by=by)  # type: ignore[arg-type]  # it refuses others
    except TrothError as error:
        return _one(request, by, error.status, told(request, error, key=f"paper_{error.field}"))
    return go(request, f"{PAPER.root}/{number}?done=paper_{done.state}")


def _list(
    request: Call,
    by: Actor,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    typed: Mapping[str, str] | None = None,
) -> Page:
    chapter, words = house(request).retention, tongue(request)
    fields = [line.field for line in chapter.schedule() if "paper" in line.methods]
    return desk_page(
        request,
        by,
        "papers",
        status=status,
        place=PAPER.root,
        troubles=troubles,
        papers=chapter.papers.all(),
        gone=chapter.papers.gone(),
        fields=[(field, words.field(field)) for field in dict.fromkeys(fields)],
        kinds=[(kind, words.say(f"paper_kind.{kind}")) for kind in KINDS],
        typed=typed or {},
    )


def _one(request: Call, by: Actor, status: int = 200, troubles: tuple[Trouble, ...] = ()) -> Page:
    register: Seen = house(request).retention.papers
    one = register.get(number_at(request))
    return desk_page(
        request,
        by,
        "paper",
        status=status,
        place=f"{PAPER.root}/{one.id}",
        troubles=troubles,
        one=one,
        two=register.two(one),
        mine=one.state == "proposed" and one.first == by.id,
        ways=[(way, _way(way, tongue(request))) for way in WAYS],
        certificate=register.certificate(one.id) if one.state == "destroyed" else None,
    )


def _way(way: str, words: Tongue) -> str:
    method, _, level = way.partition(" ")
    return words.say(f"paper_way.{method}") + (f" (DIN 66399 {level})" if level else "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _subject(text: str) -> SubjectId | None:
    try:
        return SubjectId(text) if text else None
    except ValueError:
        raise BadInput("this is no subject's id", field="subject") from None
