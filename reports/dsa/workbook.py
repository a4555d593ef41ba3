"""XLSX: the eleven parts as one workbook, a sheet a part.

Sheets, widths and the kinds of cells belong here; contents are those of the CSV parts.
"""

import io
from datetime import datetime
from typing import Any

from reports.dsa.filled import Filled, kind_at
from reports.figures import Figures

_WIDE = 46
_NARROW = 18


def workbook_bytes(parts: list[Filled], figures: Figures) -> bytes:
    """The workbook. Text is never a formula or a link, figures are numbers; the file depends on nothing but its input.

    Args:
        parts: The filled parts, in order.
        figures: For the instant that the file says it was made at.
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    stamp = datetime(figures.as_of.year, figures.as_of.month, figures.as_of.day)  # noqa: DTZ001 - the format has no zones
    book.set_properties({"title": "Harmonised transparency report", "created": stamp})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    for filled in parts:
        _sheet(book.add_worksheet(f"{filled.part.number}_{filled.part.name}"[:31]), filled, head, body)
    book.close()
    return out.getvalue()


def _sheet(sheet: Any, filled: Filled, head: Any, body: Any) -> None:  # noqa: ANN401 - the library is untyped
    header = filled.part.header
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(header):
        wide = name in {"Value", "Indicator"} or name.startswith(("Contextual", "Category description"))
        sheet.set_column(place, place, _WIDE if wide else _NARROW)
        sheet.write_string(0, place, name, head)
    numbers = {(cell.row - 1, header.index(cell.column)) for cell in filled.cells if cell.value}
    for index, row in enumerate(filled.rows[1:], start=1):
        for place, text in enumerate(row):
            if (index, place) in numbers and kind_at(filled.part, row, place) != "text":
                sheet.write_number(index, place, float(text), body)
            elif text:
                sheet.write_string(index, place, text, body)
