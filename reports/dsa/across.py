"""Rules that compare rows of parts 7 to 10 and parts with each other: V10, V12, V18, V19, V27 (recipients), V31, V34 to V36.

Identities between named cells belong here; sums over categories stand in sums.py.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from reports.dsa import template
from reports.dsa.findings import Finding, Level, Seen, Where, finding
from reports.dsa.lines import known, some, total, total_of
from reports.dsa.sheets import Report, Row, Sheet, comparable

COMPLAINTS = "Number of complaints submitted to the internal-complaints mechanism"
DISPUTES = "Number of disputes submitted to out-of-court dispute settlement bodies"
ON_NOTICES = "Complaint regarding a decision not to take action on a notice submitted in accordance with Article 16"
ON_FLAGGERS = "Complaint regarding a decision not to take action on a notice submitted by a Trusted Flagger in accordance with Article 16"
SOLELY_MEASURES = "Number of measures solely taken by automated means"
OTHER_MEASURES = "Number of measures not taken by automated means"
SOLELY_NOTICES = "Number of notices solely processed by automated means"
LINGUISTS = "Number of total moderators with sufficient linguistic expertise"
OTHER_NOTICES = "Number of notices not processed by automated means"
_OUTCOMES = ("Decisions upheld", "Decisions partially reversed", "Decisions reversed", "Decision omitted")


class Value(NamedTuple):
    """A value of parts 7 to 10 and the row it stands in."""

    row: Row
    amount: Decimal | None


def values(sheet: Sheet) -> dict[tuple[str, str], Value]:
    """The first value of each (indicator, scope), in comparable form."""
    found: dict[tuple[str, str], Value] = {}
    for row in sheet.rows:
        indicator, scope = sheet.cell(row, "Indicator"), sheet.cell(row, "Scope")
        kind = template.kind_of_row(sheet.part.number, indicator.strip(), scope.strip())
        key = (comparable(indicator), comparable(scope))
        found.setdefault(key, Value(row, sheet.amount(row, "Value", kind)))
    return found


def check(report: Report) -> Iterator[Finding]:
    """All of this module's findings."""
    if 7 in report and not report[7].foreign:
        yield from _outcomes(report[7])
        yield from _grounds(report[7])
    if 8 in report and not report[8].foreign:
        yield from _automated(report, report[8])
        yield from _subsets(report[8])
        yield from _languages(report[8])
    if 9 in report and not report[9].foreign:
        yield from _by_language(report[9], "V35", "Total number", (LINGUISTS,))
    if 10 in report:
        yield from _recipients(report[10])


def _get(found: dict[tuple[str, str], Value], indicator: str, scope: str) -> Decimal | None:
    value = found.get((comparable(indicator), comparable(scope)))
    return value.amount if value is not None else None


def _outcomes(sheet: Sheet) -> Iterator[Finding]:
    found = values(sheet)
    scope = comparable("Total number")
    for (indicator, of), value in found.items():
        outcomes = [_get(found, indicator, name) for name in _OUTCOMES]
        if of != scope or not any((indicator, comparable(name)) in found for name in _OUTCOMES):
            continue
        decided = total(outcomes)
        if decided is None or decided.is_nan() or (value.amount is not None and value.amount.is_nan()):
            continue
        submitted = value.amount if value.amount is not None else Decimal(0)
        yield from _gap(sheet, value.row, submitted, decided)


def _gap(sheet: Sheet, row: Row, submitted: Decimal, decided: Decimal) -> Iterator[Finding]:
    indicator = sheet.cell(row, "Indicator").strip()
    where: Seen = {"part_number": 7, "row": row.number, "column": "Value", "found": f"{submitted:f}"}
    if decided > submitted:
        what = f'"{indicator}": outcomes sum to {decided:f}, more than the {submitted:f} submitted.'
        yield finding("V10", "error", what, expected=f"at least {decided:f} (sum of the outcomes)", **where)
    elif decided < submitted:
        explained = bool(sheet.cell(row, "Contextual Information").strip())
        level: Level = "note" if explained else "warning"
        gap = submitted - decided
        what = f'"{indicator}": {gap:f} of {submitted:f} have no outcome' + (
            ", as the context explains." if explained else "."
        )
        yield finding("V10", level, what, expected=f"{decided:f} (sum of the outcomes)", **where)


def _grounds(sheet: Sheet) -> Iterator[Finding]:
    found = values(sheet)
    for scope in ("Total number", *_OUTCOMES[:3]):
        whole = _get(found, COMPLAINTS, scope)
        on_notices = _get(found, ON_NOTICES, scope)
        for (indicator, of), value in found.items():
            if of == comparable(scope) and indicator.startswith("complaint regarding"):
                yield from _at_most("V34", sheet, value, whole, f'all complaints ("{scope}")')
        flaggers = found.get((comparable(ON_FLAGGERS), comparable(scope)))
        if flaggers is not None:
            yield from _at_most("V34", sheet, flaggers, on_notices, f'complaints on notices ("{scope}")')


def _at_most(rule: str, sheet: Sheet, value: Value, whole: Decimal | None, of: str) -> Iterator[Finding]:
    if value.amount is None or whole is None or not known(value.amount, whole) or value.amount <= whole:
        return
    yield finding(
        rule,
        "error",
        f"{value.amount:f} is more than {whole:f}, {of}.",
        part_number=sheet.part.number,
        row=value.row.number,
        column="Value",
        found=f"{value.amount:f}",
        expected=f"at most {whole:f}",
    )


def _automated(report: Report, sheet: Sheet) -> Iterator[Finding]:
    found = values(sheet)
    measures = [total_of(report.get(n), template.part(n).header[5]) for n in template.OWN_INITIATIVE_PARTS]
    if all(n in report for n in template.OWN_INITIATIVE_PARTS):
        pair = (SOLELY_MEASURES, OTHER_MEASURES)
        yield from _equal("V12", sheet, found, pair, "Own-initiative", total(measures), "TOTAL of parts 5 and 6")
    for scope, column in (("NAM Total", 5), ("NAM Trusted Flagger", 6)):
        if 4 in report:
            notices = total_of(report[4], template.part(4).header[column])
            pair = (SOLELY_NOTICES, OTHER_NOTICES)
            yield from _equal("V18", sheet, found, pair, scope, notices, "TOTAL of part 4")


def _equal(
    rule: str,
    sheet: Sheet,
    found: dict[tuple[str, str], Value],
    pair: tuple[str, str],
    scope: str,
    other: Decimal | None,
    name: str,
) -> Iterator[Finding]:
    here = total(_get(found, indicator, scope) for indicator in pair)
    left, right = here if here is not None else Decimal(0), other if other is not None else Decimal(0)
    if (here is None and other is None) or not known(left, right) or left == right:
        return
    # These rows are for online platforms only; part 4 asks every hosting service for its trusted flaggers.
    level: Level = "note" if here is None and scope == "NAM Trusted Flagger" else "error"
    first = found.get((comparable(pair[0]), comparable(scope)))
    yield finding(
        rule,
        level,
        f"automated and not automated of {scope} sum to {left:f}, but {name} is {right:f}.",
        part_number=8,
        row=first.row.number if first is not None else None,
        column="Value",
        found=f"{left:f}",
        expected=f"{right:f}",
    )


def _subsets(sheet: Sheet) -> Iterator[Finding]:
    found = values(sheet)
    pairs = (
        (SOLELY_MEASURES, "Own-initiative", "Total number"),
        (OTHER_MEASURES, "Own-initiative", "Total number"),
        (SOLELY_NOTICES, "NAM Trusted Flagger", "NAM Total"),
        (OTHER_NOTICES, "NAM Trusted Flagger", "NAM Total"),
    )
    for indicator, scope, whole in pairs:
        value = found.get((comparable(indicator), comparable(scope)))
        if value is not None:
            yield from _at_most("V19", sheet, value, _get(found, indicator, whole), f'"{whole}" of the same indicator')
    yield from _by_language(sheet, "V19", "Total number", (SOLELY_MEASURES, OTHER_MEASURES))


def _by_language(sheet: Sheet, rule: str, scope: str, indicators: tuple[str, ...]) -> Iterator[Finding]:
    """No language alone has more than the whole; the sum may, for content and people can have several."""
    found = values(sheet)
    for indicator in indicators:
        whole = _get(found, indicator, scope)
        for (name, code), value in found.items():
            if name == comparable(indicator) and code in template.LANGUAGES:
                yield from _at_most(rule, sheet, value, whole, f'"{scope}" of the same indicator')


def _languages(sheet: Sheet) -> Iterator[Finding]:
    rows = [row for row in sheet.rows if _is_language(sheet.cell(row, "Scope"))]
    spoken: dict[str, set[str]] = {}
    repeated: list[Row] = []
    for row in rows:
        code, indicator = comparable(sheet.cell(row, "Scope")), comparable(sheet.cell(row, "Indicator"))
        if indicator in spoken.setdefault(code, set()) and not sheet.cell(row, "Contextual Information").strip():
            repeated.append(row)
        spoken[code].add(indicator)
    if repeated:
        filled = any(sheet.cell(row, "Value").strip() for row in rows)
        what = f"{len(repeated)} language rows repeat another one" + (
            ", and the rows are filled in." if filled else "."
        )
        level: Level = "warning" if filled else "note"
        row = repeated[0]
        shown = f"{sheet.cell(row, 'Scope').strip()} / {sheet.cell(row, 'Indicator').strip()}"
        expected = "one row per language and indicator"
        yield finding("V31", level, what, part_number=8, row=row.number, column="Scope", found=shown, expected=expected)
    yield from _unequal_languages(sheet, rows)


def _unequal_languages(sheet: Sheet, rows: list[Row]) -> Iterator[Finding]:
    wanted = {comparable(cells[2]): cells[2].strip() for cells in sheet.part.rows if _is_language(cells[3])}
    valued: dict[str, dict[str, Row]] = {}
    explained: set[tuple[str, str]] = set()
    for row in rows:
        code, indicator = sheet.cell(row, "Scope").strip(), comparable(sheet.cell(row, "Indicator"))
        if sheet.cell(row, "Value").strip():
            valued.setdefault(code, {})[indicator] = row
        elif sheet.context(row, "Value"):
            explained.add((code, indicator))
    for code, present in valued.items():
        missing = [name for key, name in wanted.items() if key not in present and (code, key) not in explained]
        if missing and code.lower() in template.LANGUAGES:
            first = next(iter(present.values()))
            what = f'language "{code}" has no value for: {"; ".join(missing)}.'
            where: Where = {"part_number": 8, "row": first.number, "column": "Scope"}
            yield finding("V31", "warning", what, found=code, expected=missing[0], **where)


def _is_language(scope: str) -> bool:
    bare = scope.strip()
    return bare.lower() in template.LANGUAGES or bare in {"[...]", "[…]"}


def _recipients(sheet: Sheet) -> Iterator[Finding]:
    whole: Value | None = None
    states: list[Decimal | None] = []
    present: set[str] = set()
    for row in sheet.rows:
        amount = sheet.amount(row, "Value", "count")
        scope = sheet.cell(row, "Scope").strip().upper()
        if scope == template.TOTAL and whole is None:
            whole = Value(row, amount)
        elif scope in template.STATES:
            states.append(amount)
            present |= {scope} if amount is not None else set()
    if whole is not None and some(whole.amount) and (missing := sorted(template.STATES - present)):
        what = f"{len(missing)} Member States have no number: {', '.join(missing)}."
        at: Where = {"part_number": 10, "row": whole.row.number, "column": "Scope"}
        yield finding("V36", "warning", what, found=f"{len(present)} Member States", expected=missing[0], **at)
    summed = total(states)
    if whole is None or whole.amount is None or summed is None or not known(whole.amount, summed):
        return
    where: Seen = {"part_number": 10, "row": whole.row.number, "column": "Value", "found": f"{whole.amount:f}"}
    largest = max(amount for amount in states if amount is not None)
    if some(largest) and largest > whole.amount:
        what = f"TOTAL is {whole.amount:f}, but one Member State alone has {largest:f}."
        yield finding("V27", "error", what, expected=f"at least {largest:f}", **where)
    elif summed != whole.amount:
        what = f"TOTAL is {whole.amount:f}, but the Member States sum to {summed:f}."
        yield finding("V27", "warning", what, expected=f"{summed:f}", **where)
