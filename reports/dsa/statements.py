"""Rule V17: Statements of Reasons against parts 4, 5 and 6.

Counting statements by ground and source belongs here; whether a statement is valid does not.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from reports.dsa import template
from reports.dsa.findings import Finding, Seen, finding
from reports.dsa.lines import known, total, total_of
from reports.dsa.sheets import Report

ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
FROM_NOTICES = frozenset({"SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER"})
# part, columns of the report, ground, whether notices led to the decisions
_PAIRS = (
    (5, (5,), ILLEGAL, False),
    (6, (5,), INCOMPATIBLE, False),
    (4, (11,), ILLEGAL, True),
    (4, (13,), INCOMPATIBLE, True),
)


def reconcile(report: Report, statements: Path) -> Iterator[Finding]:
    """A warning for each total that the statements do not explain."""
    counted, unread = count_statements(statements)
    if unread:
        what = f"{unread} lines of the statements could not be read and are not counted."
        yield finding("V17", "warning", what, found=f"{unread} lines", expected="JSON lines, or CSV of the database")
    for number, columns, ground, noticed in _PAIRS:
        if number not in report:
            continue
        header = template.part(number).header
        stands = total(total_of(report[number], header[column]) for column in columns)
        there = Decimal(counted[ground, noticed])
        shown = stands if stands is not None else Decimal(0)
        if known(shown) and shown != there:
            what = f"TOTAL is {shown:f}, but there are {there} statements of that kind."
            column_name = header[columns[0]]
            where: Seen = {"part_number": number, "column": column_name, "found": f"{shown:f}"}
            yield finding("V17", "warning", what, expected=there, **where)


def count_statements(file: Path) -> tuple[Counter[tuple[str, bool]], int]:
    """Statements by (ground, whether an Article 16 notice led to them), and how many lines could not be read."""
    text = file.read_text("utf-8-sig", errors="replace")
    counted: Counter[tuple[str, bool]] = Counter()
    unread = 0
    for record in _records(text):
        ground, source = (str(record.get(name, "")).strip() for name in ("decision_ground", "source_type"))
        if ground in {ILLEGAL, INCOMPATIBLE} and source.startswith("SOURCE_"):
            counted[ground, source in FROM_NOTICES] += 1
        else:
            unread += 1
    return counted, unread


def _records(text: str) -> Iterator[dict[str, Any]]:
    if text.lstrip().startswith("{"):
        for line in filter(str.strip, text.splitlines()):
            yield _object(line)
    else:
        try:
            yield from csv.DictReader(io.StringIO(text, newline=""))
        except csv.Error:
            yield {}


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
