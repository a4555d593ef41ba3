"""A part as it is being filled: the template's rows with values put into them, and which figure stands in which cell.

The shape of a filled part and of problems belongs here; what is put in is decided by the modules beside.
"""

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

from reports.dsa import template
from reports.dsa.lookup import Lookup, Shown
from reports.dsa.services import Service
from reports.dsa.template import Kind, Part
from reports.render.csv import safe_text

_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
Severity = Literal["blocking", "warning", "note"]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the way of filing, or must be explained.

    Attributes:
        finding: Code: `text_missing`, `figure_without_cell`, ..., or `validator` for what the validator says.
        severity: `blocking`, `warning` or `note`.
        message: What, where, what to do.
        service: Code of the service; None when it is about the bundle.
        rule: The validator's rule.
        part: 1 to 11.
        row: As a spreadsheet counts: the header is row 1.
        column: The template's name of the column.
        found: What stands there.
        expected: What should.
    """

    finding: str
    severity: Severity
    message: str
    service: str | None = None
    rule: str | None = None
    part: int | None = None
    row: int | None = None
    column: str | None = None
    found: str | None = None
    expected: str | None = None


class Cell(NamedTuple):
    """A cell that shows a figure; `row` as a spreadsheet counts, the header is row 1."""

    part: int
    row: int
    column: str
    figure_key: str
    value: str


class Subject(NamedTuple):
    """What a report is about.

    Attributes:
        service: The service.
        period: The period cell, `YYYY-MM-DD/YYYY-MM-DD`, last day in it.
        as_of: Day at whose instant open items were read, for explanations.
        lookup: The figures.
        descriptions: Of the sub-category "Other", by high-level category.
    """

    service: Service
    period: str
    as_of: str
    lookup: Lookup
    descriptions: dict[str, str]


@dataclass(frozen=True)
class Filled:
    """A part with its values.

    Attributes:
        part: The template's part.
        rows: The header, then one list of texts a row.
        cells: Where figures stand.
    """

    part: Part
    rows: list[list[str]]
    cells: list[Cell] = field(default_factory=list)


def started(number: int, subject: Subject, rows: list[list[str]]) -> Filled:
    """A part whose rows name the service and the period, values still blank."""
    part = template.part(number)
    for row in rows:
        if "Service" in part.header:
            row[part.header.index("Service")] = safe(subject.service.name)
        if "Reporting period" in part.header:
            row[part.header.index("Reporting period")] = subject.period
    return Filled(part, [list(part.header), *rows])


def put(filled: Filled, row: int, place: int, shown: Shown) -> None:
    """Put a figure into a cell; a blank one without a figure leaves no trace in `cells`."""
    filled.rows[row][place] = shown.text
    if shown.figure_key:
        column = filled.part.header[place]
        filled.cells.append(Cell(filled.part.number, row + 1, column, shown.figure_key, shown.text))


def kind_at(part: Part, row: list[str], place: int) -> Kind:
    """What a cell holds."""
    if part.number in template.CATEGORY_PARTS:
        return template.kinds(part.number).get(part.header[place], "text")
    if part.number in {7, 8, 9, 10} and part.header[place] == "Value":
        indicator, scope = (row[part.header.index(name)].strip() for name in ("Indicator", "Scope"))
        return template.kind_of_row(part.number, indicator, scope)
    return "text"


def safe(text: str) -> str:
    """A text of ours as a cell: no control characters, no beginning that a spreadsheet takes for a formula."""
    return safe_text(_STEERING.sub(" ", text))
