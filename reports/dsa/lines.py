"""The rows of parts 3 to 6 by what they count: scope, high-level category, key; and sums over them.

Arithmetic on rows belongs here; the rules that use it stand in sums.py and cells.py.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from reports.dsa import template
from reports.dsa.sheets import Row, Sheet

ZERO = Decimal(0)


class Line(NamedTuple):
    """A row of parts 3 to 6.

    Attributes:
        row: The row.
        scope: TOTAL or what stands in the column Scope; TOTAL in parts without one.
        key: TOTAL, a high-level category or a keyword, upper case.
        parent: The high-level category it belongs to ("" for TOTAL and for what cannot be placed).
    """

    row: Row
    scope: str
    key: str
    parent: str


def lines(sheet: Sheet) -> list[Line]:
    """All rows; a KEYWORD_OTHER belongs to the category whose rows it stands among."""
    found = []
    current = ""
    for row in sheet.rows:
        key = sheet.cell(row, sheet.part.header[3]).strip().upper()
        scope = sheet.cell(row, "Scope").strip() if sheet.part.number == 3 else template.TOTAL
        scope = template.TOTAL if scope.upper() == template.TOTAL else scope
        if key == template.TOTAL:
            current = ""
        elif key.startswith(template.HIGH_LEVEL):
            current = key
        else:
            current = template.parent_of().get(key, current)
        found.append(Line(row, scope, key, current))
    return found


def by_scope(found: Iterable[Line]) -> dict[str, list[Line]]:
    """Lines by scope, in order of appearance."""
    groups: dict[str, list[Line]] = {}
    for line in found:
        groups.setdefault(line.scope, []).append(line)
    return groups


def first_of_each(found: Iterable[Line]) -> list[Line]:
    """Without repeated rows: each key once, but every KEYWORD_OTHER, for those may repeat."""
    kept = []
    seen: set[str] = set()
    for line in found:
        if line.key == template.OTHER or line.key not in seen:
            seen.add(line.key)
            kept.append(line)
    return kept


def counts(sheet: Sheet) -> list[str]:
    """Columns of a part of 3 to 6 that hold counts."""
    return [
        name for name, kind in template.kinds(sheet.part.number).items() if kind == "count" and name in sheet.columns
    ]


def medians(sheet: Sheet) -> list[str]:
    """Columns of a part of 3 to 6 that hold medians."""
    return [
        name for name, kind in template.kinds(sheet.part.number).items() if kind == "hours" and name in sheet.columns
    ]


def cases_of_medians(sheet: Sheet) -> list[str]:
    """The count that each median column is the median of."""
    header = sheet.part.header
    places = (6, 6, 10, 10) if sheet.part.number == 3 else (5, 6) if sheet.part.number == 4 else ()
    return [header[place] for place in places]


def count(sheet: Sheet, line: Line, column: str) -> Decimal | None:
    """The count in a cell: None blank, NaN unreadable."""
    return sheet.amount(line.row, column, "count")


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """A sum in which blanks count nothing: None when all are blank, NaN when one is unreadable."""
    present = [amount for amount in amounts if amount is not None]
    return sum(present, ZERO) if present else None


def known(*amounts: Decimal | None) -> bool:
    """Whether all are numbers: neither blank nor unreadable."""
    return all(amount is not None and not amount.is_nan() for amount in amounts)


def some(amount: Decimal | None) -> bool:
    """Whether it is a readable number above 0."""
    return amount is not None and not amount.is_nan() and amount > 0


def total_line(sheet: Sheet) -> Line | None:
    """The row TOTAL of scope TOTAL."""
    return next((line for line in lines(sheet) if line.key == template.TOTAL and line.scope == template.TOTAL), None)


def total_of(sheet: Sheet | None, column: str) -> Decimal | None:
    """A column's count in the row TOTAL; None when blank or absent."""
    line = total_line(sheet) if sheet is not None else None
    return count(sheet, line, column) if sheet is not None and line is not None else None


def families(found: list[Line]) -> Iterator[tuple[Line, list[Line]]]:
    """Each high-level category's row with the rows of its sub-categories, within one scope."""
    listed = first_of_each(found)
    for line in listed:
        if line.key.startswith(template.HIGH_LEVEL):
            yield line, [child for child in listed if child.parent == line.key and child.key != line.key]
