"""XLSX sheets as source lines, with the sheet's name and row numbers.

Belongs here: choosing the sheet, typed cells, error cells, refusing bombs. Not here: typing rules, mappings, other formats.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from assets.ingestion.mapping_language import Format, Mapping
from assets.ingestion.readers.records import table_rows
from assets.ingestion.readers.streams import UNCHECKED_EXPANSION_BYTES
from assets.ingestion.source_line import Blank, Lines, SourceLine, SourceRejectedError
from orchestration.core.settings import get_settings

MAX_PART_BYTES = 512 << 20
"""Bytes that one part of a workbook may have unpacked: a full sheet has fewer."""
MAX_SHARED_TEXT_BYTES = 96 << 20
"""Bytes of shared texts, which are held in memory while a sheet is read."""

_OWN = Format("xlsx")
_DECLARATION = b"<!DOCTYPE"
_ERROR_CELL = "e"


def read_xlsx(path: Path, feed: str, mapping: Mapping | None, name: str) -> Lines:
    """Read one sheet row by row. A formula counts as the value that was last saved for it; text that begins with `=` is text.

    Args:
        path: Where the bytes are.
        feed: The feed's name.
        mapping: The mapping in force, or None for the feed's own columns.
        name: The delivered name (unused).

    Yields:
        A SourceLine a row below the header, a Blank for each empty row that another row follows.

    Raises:
        SourceRejectedError: `unreadable_file`, `expansion_limit`, `sheet_missing`, `duplicate_column`,
            `mapping_column_missing` or `unreadable_header`.
    """
    del name
    layout = mapping.format if mapping is not None else _OWN
    _check_parts(path)
    with path.open(
        "rb"
    ) as stream:  # a stream, because openpyxl goes by a path's ending and the vault's names have none
        workbook = _workbook(stream)
        try:
            yield from _sheet_lines(workbook, feed, mapping, layout)
        except SourceRejectedError:
            raise
        except Exception as error:  # openpyxl raises whatever the broken part happens to trip
            raise SourceRejectedError("unreadable_file", "the workbook cannot be read to its end") from error
        finally:
            workbook.close()


def _check_parts(path: Path) -> None:
    """Refuse what would not fit in memory or is no workbook, by the archive's own directory, before unpacking."""
    limit = max(get_settings().max_expansion_ratio * path.stat().st_size, UNCHECKED_EXPANSION_BYTES)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > limit or any(part.file_size > MAX_PART_BYTES for part in parts):
                raise SourceRejectedError("expansion_limit", f"more than {limit} bytes would come out of this workbook")
            for part in parts:
                is_text = part.filename.endswith("sharedStrings.xml")
                if is_text and part.file_size > MAX_SHARED_TEXT_BYTES:
                    raise SourceRejectedError(
                        "expansion_limit", "the workbook's texts are too large: deliver it as CSV"
                    )
                with archive.open(part) as stream:
                    if part.filename.endswith((".xml", ".rels")) and _DECLARATION in stream.read(4096).upper():
                        raise SourceRejectedError("unreadable_file", "a workbook does not declare document types")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise SourceRejectedError("unreadable_file", "this is not an XLSX workbook") from error


def _workbook(stream: BinaryIO) -> Any:  # noqa: ANN401  openpyxl's read-only workbook
    import openpyxl

    try:
        return openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # see read_xlsx
        raise SourceRejectedError("unreadable_file", "this is not an XLSX workbook that can be opened") from error


def _sheet_lines(workbook: Any, feed: str, mapping: Mapping | None, layout: Format) -> Lines:  # noqa: ANN401
    sheet = _sheet(workbook, layout.sheet)
    if sheet is None:
        return
    rows = _rows(sheet)
    header: list[object] | None = None
    for row_no, cells in rows:
        if row_no == layout.header_row:
            header = [value for value, _ in cells]
            break
    if header is None or all(cell is None for cell in header):
        raise SourceRejectedError(
            "unreadable_header", f"sheet {sheet.title!r} has nothing in its header row {layout.header_row}"
        )
    to_line = table_rows(feed, mapping, header, sheet.title)
    blanks: list[int] = []
    for row_no, cells in rows:
        if all(value is None or (isinstance(value, str) and not value.strip()) for value, _ in cells):
            blanks.append(row_no)
            continue
        yield from (Blank(blank) for blank in blanks)
        blanks.clear()
        if any(kind == _ERROR_CELL for _, kind in cells):
            yield SourceLine(
                row_no, sheet=sheet.title, reason="spreadsheet_error", detail="a cell holds an error value"
            )
        else:
            yield to_line(row_no, [value for value, _ in cells])


def _sheet(workbook: Any, wanted: str | None) -> Any:  # noqa: ANN401
    sheets = list(workbook.worksheets)
    for sheet in sheets:
        sheet.reset_dimensions()  # what a producer declares is not to be trusted
    names = ", ".join(repr(sheet.title) for sheet in sheets)
    if wanted is not None:
        found = next((sheet for sheet in sheets if sheet.title == wanted), None)
        if found is None:
            raise SourceRejectedError("sheet_missing", f"no sheet is called {wanted!r}; there are: {names}")
        return found
    filled = [sheet for sheet in sheets if any(cells for _, cells in _rows(sheet))]
    if len(filled) > 1:
        raise SourceRejectedError("sheet_missing", f"several sheets hold rows ({names}): name one in a mapping")
    return filled[0] if filled else None


def _rows(sheet: Any) -> Iterator[tuple[int, list[tuple[object, str]]]]:  # noqa: ANN401
    for row_no, cells in enumerate(sheet.iter_rows(), start=1):
        yield row_no, [(cell.value, cell.data_type) for cell in cells]
