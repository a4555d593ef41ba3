"""A consistent hand-made report, to be broken one defect at a time.

Synthetic figures of a synthetic provider belong here; judgements do not.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from reports.dsa import template

Parts = dict[int, list[list[str]]]
SERVICE = "Example Service"
PERIOD = "2026-01-01/2026-12-31"
# measures per keyword of a category, placed under parts 3 to 6
FIGURES = {"KEYWORD_HATE_SPEECH": 3, "KEYWORD_DEFAMATION": 2, "KEYWORD_PHISHING": 4}


def place(part: int, column: str) -> int:
    """Where a column stands; its beginning is enough."""
    return next(n for n, name in enumerate(template.part(part).header) if name.strip().startswith(column))


def hand_made(*, very_large: bool = False) -> Parts:
    """A report of a platform without findings."""
    parts = {number: template.blank_rows(number) for number in range(1, 12)}
    for number, rows in parts.items():
        for row in rows[1:]:
            if number != 2:
                row[1] = SERVICE
            if number not in {1, 2}:
                row[2] = PERIOD
    for number, value in enumerate(("Example Ltd", "2027-02-20", "2026-02-25", "2026-01-01", "2026-12-31"), start=1):
        parts[1][number][3] = value
    for row in parts[11][1:]:
        row[4] = "Synthetic text for a test." if very_large or row[0] == "All" else ""
    _categories(parts)
    _appeals(parts[7])
    _automated(parts, very_large=very_large)
    if very_large:
        _very_large(parts)
    else:
        parts[9] = [row for row in parts[9] if row[5] != "[...]"]
        parts[10] = [row for row in parts[10] if row[5] != "[...]"]
    return parts


def _categories(parts: Parts) -> None:
    for number in template.CATEGORY_PARTS:
        rows = parts[number]
        if number == 3:
            totals = [row for row in rows[1:] if row[5] == "TOTAL"]
            rows[1:] = totals + [_of_state(row, state) for state in ("DE", "EL") for row in totals]
        parent = ""
        for row in rows[1:]:
            row[4] = ""
            parent = row[3] if row[3].startswith("STATEMENT") else "" if row[3] == "TOTAL" else parent
            cases = sum(value for key, value in FIGURES.items() if _counts(row[3], key, parent))
            _fill(number, row, cases * (2 if number == 3 and row[5] == "TOTAL" else 1))


def _of_state(row: list[str], state: str) -> list[str]:
    return [*row[:5], state, *row[6:]]


def _counts(row_key: str, keyword: str, parent: str) -> bool:
    home = template.parent_of()[keyword]
    return row_key in {"TOTAL", keyword} or (row_key == parent == home)


def _fill(number: int, row: list[str], cases: int) -> None:
    for column, kind in template.kinds(number).items():
        row[place(number, column.strip())] = ("6.5" if cases else "") if kind == "hours" else str(cases)
    if number in template.OWN_INITIATIVE_PARTS:
        for n in range(8, 21):
            row[n] = "0"


def _appeals(rows: list[list[str]]) -> None:
    for row in rows[1:]:
        row[6] = "0"
        if row[5] == "Median time":
            row[6] = ""
        if row[5].startswith("Percentage"):
            row[6] = ""
    for scope, value in (("Total number", "10"), ("Decisions upheld", "6"), ("Decisions partially reversed", "1")):
        set_value(rows, "Number of complaints", scope, value)
    set_value(rows, "Number of complaints", "Decisions reversed", "2")
    set_value(rows, "Number of complaints", "Decision omitted", "1")
    set_value(rows, "Number of complaints", "Median time", "30.25")


def _automated(parts: Parts, *, very_large: bool) -> None:
    rows = parts[8]
    languages = rows[21:]
    del rows[21:]
    for row in rows[1:]:
        row[6] = "0.95" if row[4].startswith("Accuracy") else "9"
    for scope in ("NAM Total", "NAM Trusted Flagger"):
        set_value(rows, "Number of notices solely", scope, "4")
        set_value(rows, "Number of notices not", scope, "5")
    if very_large:
        for code in ("bg", "sv"):
            for indicator in dict.fromkeys(row[4] for row in languages):
                value = "0.9" if indicator.startswith("Accuracy") else "1"
                rows.append([*languages[0][:4], indicator, code, value, ""])


def _very_large(parts: Parts) -> None:
    parts[9] = [row for row in parts[9] if row[5] != "[...]"]
    for row in parts[9][1:]:
        row[6] = "12.5"
    lead = parts[10][1]
    parts[10][1:] = [[*lead[:5], "TOTAL", "270"]] + [[*lead[:5], state, "10"] for state in sorted(template.STATES)]


def set_value(rows: list[list[str]], indicator: str, scope: str, value: str) -> int:
    """Set `Value` of a row of parts 7 to 10; returns the row's number in the file."""
    for number, row in enumerate(rows):
        if row[4].startswith(indicator) and row[5].strip() == scope:
            row[6] = value
            return number + 1
    raise LookupError((indicator, scope))


def row_of(parts: Parts, part: int, key: str, scope: str = "TOTAL") -> int:
    """Number in the file of a category's row in parts 3 to 6."""
    return next(n for n, r in enumerate(parts[part], start=1) if r[3] == key and (part != 3 or r[5] == scope))


def set_count(parts: Parts, part: int, key: str, column: str, value: str) -> int:
    """Set a cell of parts 3 to 6; returns the row's number."""
    number = row_of(parts, part, key)
    parts[part][number - 1][place(part, column)] = value
    return number


def csv_bytes(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def write(parts: Parts, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, rows in parts.items():
        (folder / template.part(number).file_name).write_bytes(csv_bytes(rows))
    return folder
