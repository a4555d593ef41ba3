"""Rule V30: what the texts deny although the numbers say it.

Denials, as data, and where the number stands belong here; lengths and placeholders of texts do not.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from reports.dsa import template
from reports.dsa.across import COMPLAINTS, DISPUTES, SOLELY_MEASURES, SOLELY_NOTICES, values
from reports.dsa.findings import Finding, Seen, finding
from reports.dsa.lines import some, total_of
from reports.dsa.sheets import Report, comparable

_NO = r"\b(?:no|not|never|without|none|neither|n't)\b[^.;\n]{0,80}?"


class Denial(NamedTuple):
    """A sentence that claims there is none of something.

    Attributes:
        pattern: Of the sentence.
        subject: What is denied.
        places: (part, indicator or column, scope) of the numbers that must then be 0.
    """

    pattern: re.Pattern[str]
    subject: str
    places: tuple[tuple[int, str, str], ...]


def _denial(subject: str, words: str, *places: tuple[int, str, str]) -> Denial:
    return Denial(re.compile(_NO + words, re.IGNORECASE), subject, places)


DENIALS = (
    _denial(
        "solely automated means",
        r"(?:fully|solely|exclusively|entirely)[ -]+(?:by )?automated",
        (8, SOLELY_MEASURES, "Total number"),
        (8, SOLELY_MEASURES, "Own-initiative"),
        (8, SOLELY_NOTICES, "NAM Total"),
        (5, template.part(5).header[6], ""),
        (6, template.part(6).header[6], ""),
    ),
    _denial(
        "automated means",
        r"(?:use|uses|using|used|employ|employs|rely|relies)\b[^.;\n]{0,30}\bautomated (?:means|tools|systems|moderation)",
        (8, SOLELY_MEASURES, "Total number"),
        (8, SOLELY_NOTICES, "NAM Total"),
    ),
    _denial(
        "notices",
        r"notices? (?:was|were|has been|have been) (?:received|submitted)",
        (4, template.part(4).header[5], ""),
    ),
    _denial(
        "orders", r"orders? (?:was|were|has been|have been) (?:received|issued)", (3, template.part(3).header[6], "")
    ),
    _denial(
        "complaints",
        r"complaints? (?:was|were|has been|have been) (?:received|submitted)",
        (7, COMPLAINTS, "Total number"),
    ),
    _denial(
        "disputes", r"disputes? (?:was|were|has been|have been) (?:received|submitted)", (7, DISPUTES, "Total number")
    ),
)


def check(report: Report) -> Iterator[Finding]:
    """A warning for each text that denies what a number above 0 says."""
    sheet = report.get(11)
    if sheet is None:
        return
    for row in sheet.rows:
        text = sheet.cell(row, "Value")[:20_000]
        for denial in DENIALS:
            match = denial.pattern.search(text)
            told = _first_above_zero(report, denial) if match else None
            if match and told is not None:
                number, amount = told
                what = f'the text says "{match.group(0)[:90]}", but part {number} has {amount:f} ({denial.subject}).'
                where: Seen = {"part_number": 11, "row": row.number, "column": "Value", "found": match.group(0)}
                yield finding("V30", "warning", what, expected=f"{amount:f} in part {number}", **where)


def _first_above_zero(report: Report, denial: Denial) -> tuple[int, Decimal] | None:
    for number, name, scope in denial.places:
        if number not in report:
            continue
        if number in template.CATEGORY_PARTS:
            amount = total_of(report[number], name)
        else:
            value = values(report[number]).get((comparable(name), comparable(scope)))
            amount = value.amount if value is not None else None
        if amount is not None and some(amount):
            return number, amount
    return None
