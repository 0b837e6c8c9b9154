"""A copy as a page for people; it needs no program and no network (policy 9.1)."""

from collections.abc import Iterator
from html import escape
from typing import Final

from troth.documents.packages.readable import Part, Readable
from troth.documents.packages.words import TAGS

STYLE: Final = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}"
    "th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;"
    "border-bottom:1px solid #8888;overflow-wrap:anywhere}td{white-space:pre-wrap}"
)


def html(told: Readable) -> bytes:
    """Return the page: one file, every value escaped, nothing fetched from anywhere."""
    start = (
        f'<!doctype html>\n<html lang="{TAGS[told.language]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(told.title)}</title><style>{STYLE}</style></head><body>"
    )
    head = (
        start,
        f"<h1>{escape(told.title)}</h1>",
        *(f"<p>{escape(line)}</p>" for line in told.lead),
        f"<p><b>{escape(told.warning)}</b></p>",
    )
    body = (line for part in told.parts for line in _part(part, told.none))
    return "\n".join((*head, *body, f"<p>{escape(told.close)}</p>", "</body></html>")).encode()


def _part(part: Part, none: str) -> Iterator[str]:
    yield f"<h2>{escape(part.heading)}</h2>"
    if part.rows:
        head = "".join(f'<th scope="col">{escape(column)}</th>' for column in part.columns)
        yield f"<table><thead><tr>{head}</tr></thead><tbody>"
        for row in part.rows:
            yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        yield "</tbody></table>"
    else:
        yield f"<p>{escape(none)}</p>"
    if part.note:
        yield f"<p><b>{escape(part.note)}</b></p>"
