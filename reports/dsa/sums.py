"""Rules on the sums of parts 3 to 6: V3, V4, V8, V9, V11, V27 (orders), V29, V33.

Comparisons within a part belong here; those between parts stand in across.py.
"""

from collections.abc import Iterator
from decimal import Decimal

from reports.dsa import template
from reports.dsa.findings import Finding, Level, Where, finding
from reports.dsa.lines import (
    ZERO,
    Line,
    by_scope,
    cases_of_medians,
    count,
    counts,
    families,
    first_of_each,
    known,
    lines,
    medians,
    some,
    total,
)
from reports.dsa.sheets import Report, Sheet


def check(report: Report) -> Iterator[Finding]:
    """All of this module's findings."""
    for number in template.CATEGORY_PARTS:
        if (sheet := report.get(number)) is None:
            continue
        listed = lines(sheet)
        for scope_lines in by_scope(listed).values():
            yield from _totals(sheet, scope_lines)
            yield from _categories(sheet, scope_lines)
            yield from _medians(sheet, scope_lines)
        for line in listed:
            yield from _row(sheet, line)
    if 3 in report:
        yield from _states(report[3])


def _differs(whole: Decimal | None, parts: Decimal | None) -> bool:
    """Whether a whole and the sum of its parts differ; blank counts nothing, unreadable is told by V5."""
    if parts is None and not some(whole):
        return False
    left, right = whole if whole is not None else ZERO, parts if parts is not None else ZERO
    return known(left, right) and left != right


def _shown(amount: Decimal | None) -> str:
    return "blank" if amount is None else f"{amount:f}"


def _totals(sheet: Sheet, found: list[Line]) -> Iterator[Finding]:
    listed = first_of_each(found)
    whole = next((line for line in listed if line.key == template.TOTAL), None)
    high = [line for line in listed if line.key.startswith(template.HIGH_LEVEL)]
    if whole is None or not high:
        return
    for column in counts(sheet):
        stands = count(sheet, whole, column)
        summed = total(count(sheet, line, column) for line in high)
        if _differs(stands, summed):
            what = f"TOTAL is {_shown(stands)}, but the high-level categories sum to {_shown(summed)}."
            yield _off("V3", sheet, whole, column, what, stands, summed)


def _categories(sheet: Sheet, found: list[Line]) -> Iterator[Finding]:
    for line, children in families(found):
        if not template.children().get(line.key):
            continue
        for column in counts(sheet):
            stands = count(sheet, line, column)
            summed = total(count(sheet, child, column) for child in children)
            if _differs(stands, summed):
                what = f"{line.key} is {_shown(stands)}, but its sub-categories sum to {_shown(summed)}."
                yield _off("V4", sheet, line, column, what, stands, summed)


def _off(
    rule: str, sheet: Sheet, line: Line, column: str, what: str, stands: Decimal | None, wanted: object
) -> Finding:
    expected = _shown(wanted) if isinstance(wanted, Decimal) or wanted is None else wanted
    return finding(
        rule,
        "error",
        what,
        part_number=sheet.part.number,
        row=line.row.number,
        column=column,
        found=_shown(stands),
        expected=expected,
    )


def _row(sheet: Sheet, line: Line) -> Iterator[Finding]:
    number = sheet.part.number
    if number == 4:
        yield from _trusted_flaggers(sheet, line)
        yield from _items(sheet, line, sheet.part.header[5], sheet.part.header[7])
        yield from _items(sheet, line, sheet.part.header[6], sheet.part.header[8])
    elif number == 3:
        yield from _items(sheet, line, sheet.part.header[6], sheet.part.header[7])
    else:
        yield from _restrictions(sheet, line)


def _trusted_flaggers(sheet: Sheet, line: Line) -> Iterator[Finding]:
    header = sheet.part.header
    for all_column, their_column in ((5, 6), (7, 8), (11, 12), (13, 14)):
        whole, theirs = count(sheet, line, header[all_column]), count(sheet, line, header[their_column])
        if known(theirs) and (whole is None or not whole.is_nan()) and _above(theirs, whole):
            what = f"{_shown(theirs)} from trusted flaggers are more than all ({_shown(whole)})."
            yield _off("V8", sheet, line, header[their_column], what, theirs, f"at most {_shown(whole)}")


def _above(part: Decimal | None, whole: Decimal | None) -> bool:
    return part is not None and part > (whole if whole is not None else ZERO)


def _items(sheet: Sheet, line: Line, cases_column: str, items_column: str) -> Iterator[Finding]:
    cases, items = count(sheet, line, cases_column), count(sheet, line, items_column)
    if not known(items) or (cases is not None and cases.is_nan()):
        return
    where: Where = {"part_number": sheet.part.number, "row": line.row.number, "column": items_column}
    if some(cases) and items == 0:
        explained = bool(sheet.context(line.row, items_column))
        what = f"{_shown(cases)} cases name no item at all" + (", as the context explains." if explained else ".")
        level: Level = "note" if explained else "warning"
        yield finding("V9", level, what, found=_shown(items), expected="at least 1", **where)
    elif some(items) and not some(cases):
        what = f"{_shown(items)} items, but no case that names them."
        yield finding("V9", "error", what, found=_shown(items), expected="0", **where)


def _restrictions(sheet: Sheet, line: Line) -> Iterator[Finding]:
    header = sheet.part.header
    measures, automated = count(sheet, line, header[5]), count(sheet, line, header[6])
    imposed = total(count(sheet, line, column) for column in header[7:21])
    if known(measures) and (imposed is None or known(imposed)) and _above(measures, imposed):
        what = f"{_shown(measures)} measures, but only {_shown(imposed)} restrictions."
        yield _off(
            "V11", sheet, line, header[5], what, measures, f"at most {_shown(imposed)} (restrictions of the row)"
        )
    if known(automated) and (measures is None or known(measures)) and _above(automated, measures):
        what = f"{_shown(automated)} measures after solely automated detection of {_shown(measures)} measures."
        yield _off("V29", sheet, line, header[6], what, automated, f"at most {_shown(measures)}")


def _medians(sheet: Sheet, found: list[Line]) -> Iterator[Finding]:
    listed = first_of_each(found)
    whole = next((line for line in listed if line.key == template.TOTAL), None)
    groups = [(line, children) for line, children in families(found) if children]
    if whole is not None:
        groups.append((whole, [line for line in listed if line.key.startswith(template.HIGH_LEVEL)]))
    cases = dict(zip(medians(sheet), cases_of_medians(sheet), strict=False))
    for line, parts in groups:
        for column, counted in cases.items():
            yield from _median_outside(sheet, line, parts, (column, counted))


def _median_outside(sheet: Sheet, line: Line, parts: list[Line], columns: tuple[str, str]) -> Iterator[Finding]:
    column, counted = columns
    stands = sheet.amount(line.row, column, "hours")
    active = [part for part in parts if some(count(sheet, part, counted))]
    theirs = [sheet.amount(part.row, column, "hours") for part in active]
    if not active or stands is None or not known(stands, *theirs):
        return
    present = [amount for amount in theirs if amount is not None]
    low, high = min(present), max(present)
    if not low <= stands <= high:
        what = f"the median is {_shown(stands)} h, those of its parts lie from {_shown(low)} to {_shown(high)} h."
        yield finding(
            "V33",
            "warning",
            what,
            part_number=sheet.part.number,
            row=line.row.number,
            column=column,
            found=_shown(stands),
            expected=f"{_shown(low)} to {_shown(high)}",
        )


def _states(sheet: Sheet) -> Iterator[Finding]:
    listed = lines(sheet)
    of_states = [line for line in listed if line.scope.upper() in template.STATES]
    if not of_states:
        return
    for line in first_of_each(line for line in listed if line.scope == template.TOTAL):
        if line.key == template.OTHER:
            continue
        same = [other for other in of_states if other.key == line.key]
        if not same and line.key != template.TOTAL:
            continue
        for column in counts(sheet):
            stands, summed = count(sheet, line, column), total(count(sheet, other, column) for other in same)
            if _differs(stands, summed):
                what = f"scope TOTAL is {_shown(stands)}, but the Member States sum to {_shown(summed)}."
                yield _off("V27", sheet, line, column, what, stands, summed)
