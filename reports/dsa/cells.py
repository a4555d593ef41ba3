"""Rules on single cells: V5, V9 (negative numbers), V13, V14, V15, V25, V32.

What one cell may hold belongs here; sums and comparisons of cells do not.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from reports.dsa import template
from reports.dsa.findings import Finding, Level, Seen, Where, finding
from reports.dsa.lines import Line, cases_of_medians, count, counts, known, lines, medians, some, total_line
from reports.dsa.numbers import Amount, read_amount
from reports.dsa.period import hours_of
from reports.dsa.sheets import Report, Row, Sheet, comparable
from reports.dsa.template import Kind

LONGEST_TEXT = 5000
_FORMULA = re.compile(r"[=@\t]|[+-]\S")
_EVERYBODY = comparable("All")
_FIRST_REPORT = "latest previous"


class Cell(NamedTuple):
    """A cell that holds a number."""

    sheet: Sheet
    row: Row
    column: str
    kind: Kind


def check(report: Report) -> Iterator[Finding]:
    """All of this module's findings."""
    longest = hours_of(report)
    for sheet in report.values():
        for cell in numeric_cells(sheet):
            yield from _number(cell, longest)
        yield from _texts(sheet)
        if sheet.part.number in template.CATEGORY_PARTS:
            yield from _blanks(sheet)
            yield from _blank_medians(sheet)
        elif sheet.part.number != 2:
            yield from _blank_values(sheet)


def numeric_cells(sheet: Sheet) -> Iterator[Cell]:
    """Every cell that should hold a number, blank ones too."""
    number = sheet.part.number
    if number in template.CATEGORY_PARTS:
        columns = [(name, kind) for name, kind in template.kinds(number).items() if name in sheet.columns]
        for row in sheet.rows:
            for name, kind in columns:
                yield Cell(sheet, row, name, kind)
    elif number in {7, 8, 9, 10} and not sheet.foreign:
        for row in sheet.rows:
            kind = template.kind_of_row(number, sheet.cell(row, "Indicator").strip(), sheet.cell(row, "Scope").strip())
            yield Cell(sheet, row, "Value", kind)


def _number(cell: Cell, longest: Decimal | None) -> Iterator[Finding]:
    text = cell.sheet.cell(cell.row, cell.column)
    amount = read_amount(text, cell.kind)
    where: Seen = {"part_number": cell.sheet.part.number, "row": cell.row.number, "column": cell.column, "found": text}
    if amount.defect:
        rule = "V13" if cell.kind == "fraction" and text.strip().endswith("%") else "V5"
        level: Level = "error" if amount.hard else "warning"
        yield finding(rule, level, f'"{text[:60]}": {amount.defect}.', expected=amount.expected, **where)
    yield from _range(amount, cell.kind, where, longest)


def _range(amount: Amount, kind: Kind, where: Seen, longest: Decimal | None) -> Iterator[Finding]:
    value = amount.value
    if value is None or value.is_nan():
        return
    if kind == "fraction":
        if not 0 <= value <= 1:
            what = f"{where['found']} is not a share between 0 and 1."
            expected = f"{value / 100:f}" if 1 < value <= 100 else "0 to 1"
            yield finding("V13", "error", what, expected=expected, **where)
    elif value < 0:
        yield finding("V9", "error", f"{where['found']} is negative.", expected="0 or more", **where)
    elif kind == "hours" and longest is not None and value > longest:
        what = f"a median of {value:f} hours is longer than the period ({longest:f} hours)."
        yield finding("V32", "warning", what, expected=f"at most {longest:f}", **where)


def _texts(sheet: Sheet) -> Iterator[Finding]:
    numbers = set(template.kinds(sheet.part.number))
    for row in sheet.rows:
        for name in sheet.columns:
            text = sheet.cell(row, name)
            where: Where = {"part_number": sheet.part.number, "row": row.number, "column": name}
            if len(text) > LONGEST_TEXT:
                what = f"the text has {len(text)} characters."
                found, expected = f"{len(text)} characters", f"at most {LONGEST_TEXT}"
                yield finding("V15", "error", what, found=found, expected=expected, **where)
            is_number = name in numbers or (name == "Value" and sheet.part.number in {7, 8, 9, 10})
            if _FORMULA.match(text) and not (is_number and known(read_amount(text, "hours").value)):
                what = f'a spreadsheet takes "{text[:40]}" for a formula.'
                yield finding("V25", "warning", what, found=text, expected="text", **where)


def _blanks(sheet: Sheet) -> Iterator[Finding]:
    """A column whose TOTAL holds a number applies to the service: its other cells hold one, too."""
    whole = total_line(sheet)
    listed = [line for line in lines(sheet) if line.scope == template.TOTAL]
    if whole is None:
        return
    if all(count(sheet, line, column) is None for line in listed for column in counts(sheet)):
        if sheet.part.number != 4:
            what = "no number stands in the whole part, which applies to every provider; blank means that it does not."
            yield finding("V14", "warning", what, part_number=sheet.part.number, found="blank", expected="0 or a count")
        return
    for column in counts(sheet):
        if count(sheet, whole, column) is None:
            continue
        for line in listed:
            if count(sheet, line, column) is None:
                what = "the cell is blank, though the column's TOTAL holds a number."
                yield _blank("warning", sheet, line.row, column, what, "0")


def _blank(level: Level, sheet: Sheet, row: Row, column: str, what: str, expected: str) -> Finding:
    return finding(
        "V14",
        level,
        what,
        part_number=sheet.part.number,
        row=row.number,
        column=column,
        found="blank",
        expected=expected,
    )


def _blank_medians(sheet: Sheet) -> Iterator[Finding]:
    for column, counted in zip(medians(sheet), cases_of_medians(sheet), strict=False):
        for line in lines(sheet):
            yield from _blank_median(sheet, line, column, count(sheet, line, counted))


def _blank_median(sheet: Sheet, line: Line, column: str, cases: Decimal | None) -> Iterator[Finding]:
    median = sheet.amount(line.row, column, "hours")
    if some(cases) and median is None:
        level: Level = "note" if sheet.context(line.row, column) else "warning"
        what = "the row counts cases, but has no median" + (", as the context explains." if level == "note" else ".")
        yield _blank(level, sheet, line.row, column, what, "hours, or the reason in the contextual column")
    elif median is not None and not some(cases) and (cases is None or not cases.is_nan()):
        level = "warning" if some(median) else "note"
        what = "a median of no cases."
        where: Where = {"part_number": sheet.part.number, "row": line.row.number, "column": column}
        found = sheet.cell(line.row, column)
        yield finding("V14", level, what, found=found, expected="blank", **where)


def _blank_values(sheet: Sheet) -> Iterator[Finding]:
    for row in sheet.rows:
        if sheet.cell(row, "Value").strip() or comparable(sheet.cell(row, "Applicability")) != _EVERYBODY:
            continue
        indicator = sheet.cell(row, "Indicator").strip()
        if sheet.part.number == 1:
            first = _FIRST_REPORT in indicator
            what = f'"{indicator[:80]}" is blank' + ("; right only for a first report." if first else ".")
            yield _blank("note" if first else "error", sheet, row, "Value", what, "a value")
        else:
            level: Level = "note" if sheet.context(row, "Value") else "warning"
            why = ", as the context explains." if level == "note" else "."
            what = f"the cell is blank, though its row applies to every provider{why}"
            yield _blank(level, sheet, row, "Value", what, "a value; 0 if none")
