"""Pictures for those who would rather look than read: flows, lanes of time, bars (4, 9.1).

Pure functions from plain values to a ``Drawing``, and from a drawing to inline SVG: no script, no
style of its own, every text escaped and measured so that none overlaps and none is cut. Colours are
the sheet's, so a picture is right in the dark and on paper. What is drawn always stands nearby in
words or in a table, too.

``pictured`` draws twice, for a wide and for a narrow window, and the sheet shows one of them:

>>> told = Told(key="f", title="Where it goes", description="A name goes to a carrier.")
>>> columns = (Column(head="What", nodes=(Node(key="n", label="Name"),)),
...            Column(head="Who", nodes=(Node(key="c", label="Carrier"),)))
>>> markup = pictured(lambda width: flow(columns, [Stream(start="n", end="c")], width), told)
>>> markup.count("<svg"), "Carrier" in markup
(2, True)
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from unicodedata import east_asian_width

from markupsafe import Markup
from msgspec import Struct

WIDE: Final = 760
NARROW: Final = 340
TOKENS: Final = re.compile(r"[!-~À-ɏ]+|\s+|.", re.DOTALL)
LINE: Final = 1.3
"""The height of a line, in letters' sizes."""
GAP: Final = 12
"""What is left free between two things, at least."""


class Told(Struct, frozen=True, kw_only=True):
    """What a picture is called, for those who cannot see it; ``key`` is unique on its page."""

    key: str
    title: str
    description: str


class Text(Struct, frozen=True, kw_only=True):
    """A line of letters: its foot is at ``y``, its ``anchor`` at ``x`` (start, middle or end)."""

    x: float
    y: float
    text: str
    size: float
    anchor: str = "start"
    soft: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom, for letters that are as wide as letters get."""
        width = measured(self.text, self.size)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return left, self.y - self.size, left + width, self.y + self.size * 0.25


class Shape(Struct, frozen=True, kw_only=True):
    """A shape of SVG: its tag, the class that colours it, its attributes, and where it lies."""

    tag: str
    look: str
    at: dict[str, str | float]
    box: tuple[float, float, float, float]


class Drawing(Struct, frozen=True, kw_only=True):
    """A picture before it is written down, in units that are pixels where it is shown in full."""

    width: int
    height: float
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]


# --- letters -----------------------------------------------------------------------------------


def measured(text: str, size: float) -> float:
    """Return how wide a line can be, at most, in any font of the sheet."""
    return size * sum(map(_width, text))


def _width(letter: str) -> float:
    if east_asian_width(letter) in "WFA":
        return 1.0
    if letter in "MWmw@%—…":
        return 1.02
    if letter in " .,:;'|!ijl()[]":
        return 0.42
    return 0.72 if letter.isupper() else 0.66


def wrapped(text: str, width: float, size: float) -> tuple[str, ...]:
    """Break a text into lines of at most a width; a word that is too long is cut.

    >>> wrapped("Legal representative", 115, 12)
    ('Legal', 'representative')
    """
    lines, line = list[str](), ""
    for token in _tokens(text, width, size):
        if line and measured((line + token).rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        line += token if line else token.lstrip()
    return (*lines, line.rstrip()) if line.strip() else tuple(lines)


def _tokens(text: str, width: float, size: float) -> Iterable[str]:
    """Yield words, spaces and single letters of what is written without spaces."""
    for token in TOKENS.findall(text):
        if measured(token, size) > width:
            yield from token
        else:
            yield token


# --- where things go ---------------------------------------------------------------------------


class Node(Struct, frozen=True, kw_only=True):
    """One thing in a column of a flow."""

    key: str
    label: str


class Column(Struct, frozen=True, kw_only=True):
    """Things of one sort, one below the other, under a heading."""

    head: str
    nodes: tuple[Node, ...]


class Stream(Struct, frozen=True, kw_only=True):
    """From a node to one in a later column; the heavier, the broader."""

    start: str
    end: str
    weight: float = 1


Box = tuple[float, float, float, float]


def flow(columns: Sequence[Column], streams: Iterable[Stream], width: int = WIDE) -> Drawing:
    """Draw columns of things and what runs from one column to the next."""
    size = 15 if width > NARROW else 11.5
    broad = width / (len(columns) + (len(columns) - 1) * (0.6 if width > NARROW else 0.3))
    step = (width - broad) / max(1, len(columns) - 1)
    lefts = [step * nth for nth in range(len(columns))]
    heads = [wrapped(column.head, broad, size) for column in columns]
    top = size * LINE * max((len(lines) for lines in heads), default=0) + GAP
    blocks = [
        [wrapped(node.label, broad - size, size) for node in column.nodes] for column in columns
    ]
    tall = [[len(lines) * size * LINE + size for lines in block] for block in blocks]
    room = max((sum(column) + GAP * (len(column) - 1) for column in tall if column), default=0)
    boxes: dict[str, Box] = {}
    texts, shapes = list[Text](), list[Shape]()
    for nth, column in enumerate(columns):
        texts += _lines(heads[nth], lefts[nth] + broad / 2, 0, size, soft=True)
        free = (room - sum(tall[nth])) / max(1, len(column.nodes))
        y = top + free / 2
        for node, lines, height in zip(column.nodes, blocks[nth], tall[nth], strict=True):
            boxes[node.key] = (lefts[nth], y, lefts[nth] + broad, y + height)
            shapes.append(_rect("plate", boxes[node.key], round_=size / 2))
            texts += _lines(lines, lefts[nth] + broad / 2, y + size / 2, size)
            y += height + free
    ribbons = _ribbons(list(streams), boxes, 9 if width > NARROW else 5)
    return Drawing(
        width=width,
        height=round(top + room + 2),
        shapes=(*ribbons, *shapes),
        texts=tuple(texts),
    )


def _ribbons(streams: list[Stream], boxes: dict[str, Box], most: float) -> list[Shape]:
    """Return a curve for each stream; those that leave or reach one side lie side by side."""
    known = [one for one in streams if one.start in boxes and one.end in boxes]
    heaviest = max((one.weight for one in known), default=1)
    leaving = _ports(known, boxes, lambda one: (one.start, one.end))
    arriving = _ports(known, boxes, lambda one: (one.end, one.start))
    drawn = []
    for one in known:
        x1, y1 = boxes[one.start][2], leaving[one.start, one.end]
        x2, y2 = boxes[one.end][0], arriving[one.end, one.start]
        bend = (x1 + x2) / 2
        path = f"M{_n(x1)} {_n(y1)}C{_n(bend)} {_n(y1)} {_n(bend)} {_n(y2)} {_n(x2)} {_n(y2)}"
        broad = 1 + (most - 1) * (one.weight / heaviest) ** 0.5
        at: dict[str, str | float] = {"d": path, "stroke-width": broad}
        box = (x1, min(y1, y2), x2, max(y1, y2))
        drawn.append(Shape(tag="path", look="link", at=at, box=box))
    return drawn


def _ports(
    streams: list[Stream], boxes: dict[str, Box], ends: Callable[[Stream], tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Return the height at which each stream touches one of its ends, in the others' order."""
    touching: dict[str, list[str]] = {}
    for one in streams:
        here, there = ends(one)
        touching.setdefault(here, []).append(there)
    found = {}
    for here, others in touching.items():
        _, top, _, bottom = boxes[here]
        step = (bottom - top) / (len(others) + 1)
        for nth, there in enumerate(sorted(others, key=lambda key: boxes[key][1]), 1):
            found[here, there] = top + step * nth
    return found


# --- when things were --------------------------------------------------------------------------


class Lane(Struct, frozen=True, kw_only=True):
    """What of one sort happened, counted for each tick; ``look``: ``node``, ``good``, ``late``."""

    label: str
    counts: tuple[int, ...]
    look: str = "node"


def timeline(lanes: Sequence[Lane], ticks: Sequence[str], width: int = WIDE) -> Drawing:
    """Draw lanes of dots under a scale of time: the more happened, the larger the dot."""
    size = 15 if width > NARROW else 12
    most = max((count for lane in lanes for count in lane.counts), default=0) or 1
    step = width / max(1, len(ticks))
    radius = min(step / 2 - 1, 16)
    texts, shapes, y = list[Text](), list[Shape](), 0.0
    for lane in lanes:
        lines = wrapped(lane.label, width, size)
        texts += _lines(lines, 0, y, size, anchor="start")
        y += len(lines) * size * LINE + radius + 4
        shapes.append(_rule(y, width))
        for nth, count in enumerate(lane.counts[: len(ticks)]):
            if count > 0:
                shapes.append(_dot(lane.look, step * (nth + 0.5), y, radius, count / most))
        y += radius + GAP
    texts += _scale(ticks, step, y, size * 0.85, width)
    return Drawing(
        width=width, height=round(y + size * LINE), shapes=tuple(shapes), texts=tuple(texts)
    )


def _dot(look: str, x: float, y: float, radius: float, share: float) -> Shape:
    r = max(2.0, radius * share**0.5)
    at: dict[str, str | float] = {"cx": x, "cy": y, "r": r}
    return Shape(tag="circle", look=look, at=at, box=(x - r, y - r, x + r, y + r))


def _rule(y: float, width: int) -> Shape:
    at: dict[str, str | float] = {"d": f"M0 {_n(y)}H{width}"}
    return Shape(tag="path", look="axis", at=at, box=(0, y, width, y))


def _scale(ticks: Sequence[str], step: float, y: float, size: float, width: int) -> list[Text]:
    """Write as many ticks as there is room for, evenly, the last one always."""
    broadest = max((measured(tick, size) for tick in ticks), default=0) + GAP
    every = max(1, -(-int(broadest) // max(1, int(step))))
    written = list[Text]()
    for nth in range(len(ticks) - 1, -1, -every):
        half = measured(ticks[nth], size) / 2
        x = min(max(step * (nth + 0.5), half), width - half)
        one = Text(x=x, y=y + size, text=ticks[nth], size=size, anchor="middle", soft=True)
        free = not written or one.box[2] + GAP / 2 <= written[-1].box[0]
        if free and half * 2 <= width:
            written.append(one)
    return written[::-1]


# --- how much there is -------------------------------------------------------------------------


class Bar(Struct, frozen=True, kw_only=True):
    """How much of one thing there is: its value, and how that is written."""

    label: str
    value: float
    told: str
    look: str = "node"


def bars(rows: Sequence[Bar], width: int = WIDE) -> Drawing:
    """Draw a bar for each row, its label above and its value at the end of the line."""
    size = 15 if width > NARROW else 13
    most = max((row.value for row in rows), default=0) or 1
    texts, shapes, y = list[Text](), list[Shape](), 0.0
    for row in rows:
        told = row.told[: int(width / 2 / size)]
        lines = wrapped(row.label, width - measured(told, size) - GAP, size)
        texts += _lines(lines, 0, y, size, anchor="start")
        texts += _lines((told,), width, y, size, anchor="end", soft=True)
        y += max(1, len(lines)) * size * LINE + 5
        shapes.append(_rect("rail", (0, y, width, y + 7), round_=3.5))
        if row.value > 0:
            shapes.append(_rect(row.look, (0, y, max(7, width * row.value / most), y + 7), 3.5))
        y += 7 + GAP
    return Drawing(width=width, height=round(y), shapes=tuple(shapes), texts=tuple(texts))


# --- written down ------------------------------------------------------------------------------


def _lines(
    lines: Sequence[str],
    x: float,
    y: float,
    size: float,
    anchor: str = "middle",
    soft: bool = False,
) -> list[Text]:
    """Return lines of letters below a height."""
    return [
        Text(x=x, y=y + size * (1 + LINE * nth), text=line, size=size, anchor=anchor, soft=soft)
        for nth, line in enumerate(lines)
    ]


def _rect(look: str, box: Box, round_: float = 0) -> Shape:
    left, top, right, bottom = box
    at: dict[str, str | float] = {"x": left, "y": top, "width": right - left}
    return Shape(tag="rect", look=look, at={**at, "height": bottom - top, "rx": round_}, box=box)


def pictured(draw: Callable[[int], Drawing], told: Told) -> Markup:
    """Return a picture for a wide and one for a narrow window, of which one is shown."""
    return svg(draw(WIDE), told) + svg(draw(NARROW), told)


def svg(drawing: Drawing, told: Told) -> Markup:
    """Write a drawing as inline SVG with its title and description."""
    look = "wide" if drawing.width > NARROW else "narrow"
    head = Markup(
        '<svg class="picture {look}" viewBox="0 0 {width} {height}" role="img"'
        ' aria-labelledby="{key}-{look}-t" aria-describedby="{key}-{look}-d">'
        '<title id="{key}-{look}-t">{title}</title><desc id="{key}-{look}-d">{text}</desc>'
    ).format(
        look=look,
        width=drawing.width,
        height=_n(drawing.height),
        key=told.key,
        title=told.title,
        text=told.description,
    )
    marks = (*map(_shape, drawing.shapes), *map(_text, drawing.texts))
    return head + Markup("").join(marks) + Markup("</svg>")


def _shape(shape: Shape) -> Markup:
    told = Markup("").join(
        Markup(' {}="{}"').format(name, value if isinstance(value, str) else _n(value))
        for name, value in shape.at.items()
    )
    return Markup('<{} class="{}"{}/>').format(shape.tag, shape.look, told)


def _text(text: Text) -> Markup:
    return Markup('<text{} x="{}" y="{}" font-size="{}"{}>{}</text>').format(
        Markup(' class="soft"') if text.soft else "",
        _n(text.x),
        _n(text.y),
        _n(text.size),
        Markup(' text-anchor="{}"').format(text.anchor) if text.anchor != "start" else "",
        text.text,
    )


def _n(number: float) -> str:
    """Write a number with one decimal at most."""
    return f"{number:.1f}".removesuffix(".0")
