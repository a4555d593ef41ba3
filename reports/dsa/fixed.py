"""Rules on what the template fixes: V6, V7, V20, V21, V26, V28.

Rows, categories, codes, placeholders and the service's name belong here; numbers do not.
"""

from collections.abc import Iterator

from reports.dsa import template
from reports.dsa.findings import Finding, Level, Seen, Where, finding
from reports.dsa.lines import Line, by_scope, count, counts, lines, some
from reports.dsa.sheets import Report, Row, Sheet, comparable

_PLACEHOLDERS = {"text", "free text", comparable(template.DAY_PLACEHOLDER)}
_MORE = {"[...]", "[…]", "...", "…"}
_NO_SCOPE_CODE = {"total number", "own-initiative", "nam total", "nam trusted flagger", "total"}
_ALIASES = {
    "GR": "EL",
    "EN": "the code of a Member State",
    "UK": "EU Member States only",
    "GB": "EU Member States only",
}
_LISTED = 8


def check(report: Report) -> Iterator[Finding]:
    """All of this module's findings."""
    yield from _services(report)
    for number, sheet in report.items():
        yield from _placeholders(sheet)
        if number in template.CATEGORY_PARTS:
            listed = lines(sheet)
            yield from _categories(sheet, listed)
            yield from _category_rows(sheet, listed)
            yield from _others(sheet, listed)
            if number == 3:
                yield from _states(sheet, listed)
        elif number == 2:
            yield from _names(sheet)
        elif not sheet.foreign:
            yield from _fixed_rows(sheet)
        if number in {8, 9, 10}:
            yield from _codes(sheet)


def _services(report: Report) -> Iterator[Finding]:
    named: str | None = None
    for sheet in report.values():
        if "Service" not in sheet.columns:
            continue
        for row in sheet.rows:
            service = sheet.cell(row, "Service").strip()
            where: Where = {"part_number": sheet.part.number, "row": row.number, "column": "Service"}
            if not service:
                yield finding("V28", "warning", "the service is not named.", found="blank", expected=named, **where)
            elif named is None:
                named = service
            elif comparable(service) != comparable(named):
                what = f'the service is "{service[:60]}", but "{named[:60]}" before.'
                yield finding("V28", "error", what, found=service, expected=named, **where)


def _placeholders(sheet: Sheet) -> Iterator[Finding]:
    for row in sheet.rows:
        filled = _filled(sheet, row)
        for column in sheet.columns:
            text = sheet.cell(row, column)
            if level := _placeholder_level(text, column, filled=filled):
                yield finding(
                    "V21",
                    level,
                    f'"{text.strip()}" is the template\'s placeholder.',
                    part_number=sheet.part.number,
                    row=row.number,
                    column=column,
                    found=text.strip(),
                    expected="a value",
                )


def _placeholder_level(text: str, column: str, *, filled: bool) -> Level | None:
    bare = comparable(text)
    if column == "Value" and bare in _PLACEHOLDERS:
        return "error"
    if text.strip().replace("[...]", "[…]") == template.STATES_PLACEHOLDER:
        return "error" if filled else "warning"
    if bare in _MORE and column == "Scope":
        return "error" if filled else "note"
    if bare == comparable(template.OTHER_PLACEHOLDER):
        return "error" if filled else "note"
    return None


def _filled(sheet: Sheet, row: Row) -> bool:
    """Whether a row counts something: any figure above 0 (parts 3 to 6), any value elsewhere."""
    if sheet.part.number in template.CATEGORY_PARTS:
        line = Line(row, template.TOTAL, "", "")
        return any(some(count(sheet, line, column)) for column in counts(sheet))
    return bool(sheet.cell(row, "Value").strip())


def _categories(sheet: Sheet, listed: list[Line]) -> Iterator[Finding]:
    number = sheet.part.number
    column = sheet.part.header[3]
    for line in listed:
        known = line.key in {template.TOTAL, template.OTHER} or line.key in template.parent_of()
        known = known or line.key in template.children()
        where: Seen = {"part_number": number, "row": line.row.number, "column": column, "found": line.key or "blank"}
        if not known:
            what = f'"{line.key[:80]}" is not a category of the template.'
            yield finding("V7", "error", what, expected="a key of part 2", **where)
        elif line.parent and not template.allowed_in(line.parent, number):
            what = f"{line.key} ({line.parent}) stands in part {template.ONLY_IN[line.parent]} only."
            expected = f"part {template.ONLY_IN[line.parent]}"
            yield finding("V7", "error", what, expected=expected, **where)


def _category_rows(sheet: Sheet, listed: list[Line]) -> Iterator[Finding]:
    number = sheet.part.number
    scopes = by_scope(listed)
    if template.TOTAL not in scopes:
        yield _rows_missing(sheet, "no row of scope TOTAL.", "TOTAL")
    for scope, found in scopes.items():
        wanted = template.category_keys(number)
        present = {(line.parent, line.key) for line in found}
        missing = [
            f"{parent}/{key}" if key == template.OTHER else key
            for parent, key in wanted
            if (parent, key) not in present and not (scope != template.TOTAL and key == template.NOT_REPEATED_PER_STATE)
        ]
        if missing:
            level: Level = "error" if scope == template.TOTAL else "warning"
            where = "" if scope == template.TOTAL else f" for {scope[:20]}"
            shown = ", ".join(missing[:_LISTED]) + (
                f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
            )
            what = f"{len(missing)} rows are missing{where}: {shown}."
            yield _rows_missing(sheet, what, missing[0], level)
        yield from _repeated_and_moved(sheet, found, [key for _, key in wanted if key != template.OTHER])


def _rows_missing(sheet: Sheet, what: str, expected: str, level: Level = "error") -> Finding:
    return finding("V20", level, what, part_number=sheet.part.number, found="no row", expected=expected)


def _repeated_and_moved(sheet: Sheet, found: list[Line], order: list[str]) -> Iterator[Finding]:
    column = sheet.part.header[3]
    seen: set[str] = set()
    highest = -1
    told = False
    for line in found:
        if line.key == template.OTHER or line.key not in order:
            continue
        where: Seen = {"part_number": sheet.part.number, "row": line.row.number, "column": column, "found": line.key}
        if line.key in seen:
            what = f"{line.key} stands there twice; the first one was counted."
            yield finding("V20", "error", what, expected="one row", **where)
        elif order.index(line.key) < highest and not told:
            told = True
            what = f"from {line.key} on, the rows stand in another order than the template's."
            yield finding("V20", "warning", what, expected=order[highest], **where)
        seen.add(line.key)
        highest = max(highest, order.index(line.key))


def _others(sheet: Sheet, listed: list[Line]) -> Iterator[Finding]:
    column = sheet.part.header[4]
    rows_of: dict[tuple[str, str], list[Line]] = {}
    for line in listed:
        text = sheet.cell(line.row, column).strip()
        if line.key == template.OTHER:
            rows_of.setdefault((line.scope, line.parent), []).append(line)
        elif text:
            what = f"only {template.OTHER} rows are described, {line.key[:60]} is not one."
            where: Where = {"part_number": sheet.part.number, "row": line.row.number, "column": column}
            yield finding("V6", "warning", what, found=text, expected="blank", **where)
    for (_, parent), group in rows_of.items():
        yield from _descriptions(sheet, parent, group)


def _descriptions(sheet: Sheet, parent: str, group: list[Line]) -> Iterator[Finding]:
    column = sheet.part.header[4]
    seen: dict[str, int] = {}
    for line in group:
        text = comparable(sheet.cell(line.row, column))
        blank = not text or text == comparable(template.OTHER_PLACEHOLDER)
        where: Where = {"part_number": sheet.part.number, "row": line.row.number, "column": column}
        found = sheet.cell(line.row, column) or "blank"
        if blank and (_filled(sheet, line.row) or len(group) > 1):
            what = f"{template.OTHER} of {parent} counts something, but does not say what."
            yield finding("V6", "error", what, found=found, expected="a description", **where)
        elif not blank and text in seen:
            what = f"{template.OTHER} of {parent} is described as row {seen[text]} is."
            yield finding("V6", "error", what, found=found, expected="a description of its own", **where)
        seen.setdefault(text, line.row.number)


def _states(sheet: Sheet, listed: list[Line]) -> Iterator[Finding]:
    for line in listed:
        is_placeholder = line.scope.replace("[...]", "[…]") == template.STATES_PLACEHOLDER
        if line.scope != template.TOTAL and not is_placeholder:
            yield from _code(sheet, line.row, line.scope, template.STATES)


def _code(sheet: Sheet, row: Row, text: str, codes: frozenset[str]) -> Iterator[Finding]:
    what_kind = "Member State" if codes is template.STATES else "official language"
    wanted = text.upper() if codes is template.STATES else text.lower()
    where: Seen = {"part_number": sheet.part.number, "row": row.number, "column": "Scope", "found": text or "blank"}
    if text in codes:
        return
    if wanted in codes:
        what = f'"{text}" is written in the wrong case.'
        yield finding("V26", "error", what, expected=wanted, **where)
        return
    expected = _ALIASES.get(wanted, f"the code of an EU {what_kind}")
    what = f'"{text[:40]}" is not the code of an EU {what_kind}.'
    yield finding("V26", "error", what, expected=expected, **where)


def _codes(sheet: Sheet) -> Iterator[Finding]:
    codes = template.STATES if sheet.part.number == 10 else template.LANGUAGES
    for row in sheet.rows:
        text = sheet.cell(row, "Scope").strip()
        if comparable(text) not in _NO_SCOPE_CODE and comparable(text) not in _MORE:
            yield from _code(sheet, row, text, codes)


def _names(sheet: Sheet) -> Iterator[Finding]:
    column = sheet.part.header[2]
    present = {sheet.cell(row, column).strip().upper() for row in sheet.rows}
    for category in template.categories():
        if category.key not in present:
            what = f"the row of {category.key} is missing."
            yield finding("V20", "error", what, part_number=2, column=column, found="no row", expected=category.key)
    known = {category.key for category in template.categories()}
    for row in sheet.rows:
        key = sheet.cell(row, column).strip()
        if key.upper() not in known:
            what = f'"{key[:80]}" is not a category of the template.'
            where: Seen = {"part_number": 2, "row": row.number, "column": column, "found": key or "blank"}
            yield finding("V7", "error", what, expected="a key of the template", **where)


def _fixed_rows(sheet: Sheet) -> Iterator[Finding]:
    wanted = {tuple(comparable(cell) for cell in cells[1:]): cells for cells in sheet.part.rows}
    present: dict[tuple[str, ...], Row] = {}
    for row in sheet.rows:
        key = sheet.key(row)
        where: Where = {"part_number": sheet.part.number, "row": row.number}
        shown = " / ".join(sheet.cell(row, name).strip() for name in sheet.part.key_columns) or "blank"
        if key in wanted:
            repeatable = sheet.part.number == 8 and _may_repeat(key)
            if key in present and not repeatable:
                what = f'"{shown[:160]}" stands there twice.'
                yield finding("V20", "error", what, found=shown, expected="one row", **where)
            yield from _applicability(sheet, row, wanted[key][0])
        elif not _is_more(sheet, key):
            what = f'"{shown[:160]}" is not a row of the template.'
            yield finding("V20", "error", what, found=shown, expected="a row of the template", **where)
        present.setdefault(key, row)
    for key, cells in wanted.items():
        if key not in present and not _stands_for_more(sheet, key):
            shown = " / ".join(cell.strip() for cell in cells[1:])
            what = f'the row "{shown[:160]}" is missing.'
            yield finding("V20", "error", what, part_number=sheet.part.number, found="no row", expected=shown)


def _may_repeat(key: tuple[str, ...]) -> bool:
    """Accuracy, precision and recall may have a row per classifier; the official part repeats its language rows."""
    return key[1].startswith("accuracy")


def _stands_for_more(sheet: Sheet, key: tuple[str, ...]) -> bool:
    """Rows of single languages or states (and "[...]") are examples: those of others may stand there instead."""
    return sheet.part.number in {8, 9, 10} and key[-1] not in _NO_SCOPE_CODE


def _is_more(sheet: Sheet, key: tuple[str, ...]) -> bool:
    """Whether a row adds a language or a state to an indicator of the template."""
    indicators = {comparable(cells[2]) for cells in sheet.part.rows if len(cells) > 3}
    return sheet.part.number in {8, 9, 10} and key[1] in indicators and key[-1] not in _NO_SCOPE_CODE


def _applicability(sheet: Sheet, row: Row, wanted: str) -> Iterator[Finding]:
    text = sheet.cell(row, "Applicability")
    if comparable(text) != comparable(wanted):
        what = f'the applicability reads "{text[:80]}".'
        where: Where = {"part_number": sheet.part.number, "row": row.number, "column": "Applicability"}
        yield finding("V20", "warning", what, found=text or "blank", expected=wanted, **where)
