"""One row of a table into one source line: through a mapping, or by the feed's own columns.

Belongs here: header checks, own-column typing, handing rows to a mapping. Not here: file formats, or contract judgement.
"""

from collections.abc import Callable, Sequence
from typing import Any

from assets.ingestion.cells import from_cell
from assets.ingestion.contracts import FEEDS, Field
from assets.ingestion.mapping_language import Mapping
from assets.ingestion.mapping_rows import Refusal, apply
from assets.ingestion.sensitive import printable_name
from assets.ingestion.source_line import SourceLine, SourceRejectedError

ToLine = Callable[[int, Sequence[object]], SourceLine]


def table_rows(feed: str, mapping: Mapping | None, header: Sequence[object], sheet: str | None = None) -> ToLine:
    """Make the function that turns (line number, cells) of one table into a source line.

    Args:
        feed: The feed's name.
        mapping: The mapping in force, or None for the feed's own columns.
        header: The header's cells.
        sheet: The sheet's name, for spreadsheets.

    Raises:
        SourceRejectedError: `duplicate_column`, or `mapping_column_missing` naming the column and those there are.
    """
    columns = _columns(header)
    if mapping is not None:
        _check_columns(mapping, columns)
        return _mapped(mapping, columns, sheet)
    return _own(feed, columns, sheet)


def mapped_line(mapping: Mapping, line_no: int, row: dict[str, Any], sheet: str | None = None) -> SourceLine:
    """Turn one row (column or JSON key -> value) into a source line through a mapping."""
    result = apply(mapping, row, line_no)
    if isinstance(result, Refusal):
        where = f"$.{result.field}"
        return SourceLine(line_no, None, sheet, None, result.reason, result.detail, where, delivered=row)
    return SourceLine(line_no, sheet=sheet, value=result, delivered=row)


def own_record(feed: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Make the function that types one record of own field names (Parquet rows); unknown nulls are left out."""
    fields = {field.name: field for field in FEEDS[feed].fields}

    def convert(record: dict[str, Any]) -> dict[str, Any]:
        return {
            name: from_cell(fields.get(name), value)
            for name, value in record.items()
            if value is not None or name in fields
        }

    return convert


def _columns(header: Sequence[object]) -> list[str]:
    columns = [str(cell).strip() if cell is not None else "" for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    columns = [column or f"column_{index}" for index, column in enumerate(columns, start=1)]
    repeated = sorted({printable_name(column) for column in columns if columns.count(column) > 1})
    if repeated:
        raise SourceRejectedError("duplicate_column", f"the header names {', '.join(repeated)} more than once")
    return columns


def _check_columns(mapping: Mapping, columns: list[str]) -> None:
    there = ", ".join(printable_name(column) for column in columns)
    for rule in mapping.rules:
        missing = rule.missing_columns(frozenset(columns))
        if missing:
            wanted = " or ".join(repr(column) for column in missing)
            raise SourceRejectedError(
                "mapping_column_missing",
                f"{mapping.name}: {rule.field} wants column {wanted}; the file has: {there}",
            )


def _mapped(mapping: Mapping, columns: list[str], sheet: str | None) -> ToLine:
    def to_line(line_no: int, cells: Sequence[object]) -> SourceLine:
        if (ragged := _ragged(line_no, cells, len(columns), sheet)) is not None:
            return ragged
        return mapped_line(mapping, line_no, dict(zip(columns, cells, strict=False)), sheet)

    return to_line


def _own(feed: str, columns: list[str], sheet: str | None) -> ToLine:
    fields = {field.name: field for field in FEEDS[feed].fields}
    typed: list[tuple[str, Field | None]] = [(column, fields.get(column)) for column in columns]

    def to_line(line_no: int, cells: Sequence[object]) -> SourceLine:
        if (ragged := _ragged(line_no, cells, len(columns), sheet)) is not None:
            return ragged
        value = {}
        for (name, field), cell in zip(typed, cells, strict=False):
            converted = from_cell(field, cell)
            if converted is not None or field is not None:
                value[name] = converted
        return SourceLine(line_no, sheet=sheet, value=value)

    return to_line


def _ragged(line_no: int, cells: Sequence[object], width: int, sheet: str | None) -> SourceLine | None:
    """Refuse a row with cells beyond the header, or (where rows are written out in full) with too few."""
    surplus = any(cell not in (None, "") for cell in cells[width:])
    if not surplus and (len(cells) >= width or sheet is not None):
        return None
    detail = f"{len(cells)} cells under a header of {width}"
    return SourceLine(line_no, sheet=sheet, reason="ragged_row", detail=detail)
