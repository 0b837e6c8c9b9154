"""A copy as sheets to print: PDF with the characters embedded (policy 9.1). Needs ``fpdf2``.

``printing`` runs it as a program of its own.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Final

import msgspec
from fpdf import FPDF
from fpdf.enums import WrapMode
from fpdf.fonts import FontFace

from troth.documents.packages.printing import Task
from troth.documents.packages.readable import Part
from troth.documents.packages.words import TAGS

FAMILY: Final = "copy"
TITLE, HEADING, TEXT, SMALL = 18, 13, 10, 8
"""Sizes of letters, in points."""
MARGIN: Final = 18.0
"""Millimetres around a sheet."""
GREY: Final = (110, 110, 110)


class _Sheets(FPDF):
    """Sheets with a number at the foot of each."""

    def footer(self) -> None:
        """Write the number of the sheet."""
        self.set_y(-MARGIN + 4)
        self.set_font(FAMILY, size=SMALL)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="C")


def main() -> None:
    """Print the task on the standard input to the standard output."""
    sys.stdout.buffer.write(pdf(msgspec.json.decode(sys.stdin.buffer.read(), type=Task)))


def pdf(task: Task) -> bytes:
    """Return the sheets of a copy, on A4, with the letters that it needs embedded.

    Characters that the font does not have are named as such at the end, never left out silently.
    """
    told = task.told
    sheets = _Sheets(format="A4")
    sheets.set_margins(MARGIN, MARGIN)
    sheets.set_auto_page_break(auto=True, margin=MARGIN)
    sheets.set_creation_date(datetime.fromtimestamp(task.made / 1000, UTC))
    sheets.set_title(told.title)
    sheets.set_lang(TAGS[told.language])
    # It tells of every character a font lacks, one by one: values do not belong into a log.
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    logging.getLogger("fpdf").setLevel(logging.CRITICAL)
    sheets.add_font(FAMILY, fname=task.font, collection_font_number=task.face)
    sheets.add_page()
    _line(sheets, told.title, TITLE)
    for line in (*told.lead, told.warning):
        _line(sheets, line, TEXT)
    for part in told.parts:
        _part(sheets, part, told.none)
    _line(sheets, told.close, SMALL)
    if _missing(sheets):
        _line(sheets, told.unprinted, TEXT)
    return bytes(sheets.output())


def _line(sheets: FPDF, text: str, size: int) -> None:
    sheets.set_font(FAMILY, size=size)
    sheets.multi_cell(0, size * 0.55, text, new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR)
    sheets.ln(1.5)


def _part(sheets: FPDF, part: Part, none: str) -> None:
    sheets.ln(3)
    _line(sheets, part.heading, HEADING)
    if not part.rows:
        _line(sheets, none, TEXT)
    else:
        sheets.set_font(FAMILY, size=SMALL)
        with sheets.table(
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(color=GREY, emphasis="NONE"),
            wrapmode=WrapMode.CHAR,
            line_height=4.5,
            padding=(0.8, 1.5, 0.8, 0),
        ) as table:
            for cells in (part.columns, *part.rows):
                row = table.row()
                for cell in cells:
                    row.cell(cell)
    if part.note:
        _line(sheets, part.note, TEXT)


def _missing(sheets: FPDF) -> bool:
    return any(getattr(font, "missing_glyphs", ()) for font in sheets.fonts.values())


if __name__ == "__main__":
    main()
