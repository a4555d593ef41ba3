"""Erasing rows of delivered tables and documents (Parquet, XLSX, JSON): finding them, and writing the file anew without their content.

Belongs here: rows emptied in their places, so that every other row keeps its number. Not here: text (`erasure_text`), the record.
An evaluation log is one piece: an id is struck out of all of it, or it goes whole. What cannot be read is refused, never passed over.
"""

import gzip
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assets.ingestion.erasure_text import Delivered, Judge, Lines
from assets.ingestion.mapping_language import PathStep
from assets.ingestion.readers import open_lines
from assets.ingestion.readers.streams import choose_encoding, chunks
from assets.ingestion.source_line import SourceLine

Strike = Callable[[Any], Any]


class CannotBeErased(Exception):  # noqa: N818 - says what is the matter
    """A file holds what is to go and cannot be taken apart; the message says what to do, without any id."""


def find_in_rows(one: Delivered, judge: Judge) -> Lines:
    """Judge the rows or elements of a Parquet, XLSX or JSON file, or the samples of an evaluation log.

    Raises:
        SourceRejectedError: It cannot be read to its end.
    """
    found, unread = Lines(), set[int]()
    for line in open_lines(one.path, one.feed, one.mapping, one.name):
        if not isinstance(line, SourceLine):
            continue
        if line.value is None and line.delivered is None:
            unread.add(line.line_no)
        else:
            found.add(line.line_no, judge.of_value({**(line.delivered or {}), **(line.value or {})}))
    for number, text in _texts_of(one, unread):
        found.add(number, judge.of_text(text))
    return found


def _texts_of(one: Delivered, wanted: set[int]) -> Iterator[tuple[int, bytes]]:
    """The content of rows or elements that the reader refused to hand on."""
    if not wanted:
        return
    if is_workbook(one):
        import openpyxl

        with one.path.open("rb") as stream:
            workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            for sheet in workbook.worksheets:
                for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                    if number in wanted:
                        yield number, " ".join(str(cell) for cell in row).encode()
            workbook.close()
        return
    for number, (holder, index) in enumerate(_elements(_document(one)[0], _rows_path(one)), start=1):
        if number in wanted:
            yield number, json.dumps(holder[index], ensure_ascii=False).encode()


def is_workbook(one: Delivered) -> bool:
    """Whether a file is read as XLSX."""
    return one.mapping.format.kind == "xlsx" if one.mapping is not None else one.name.lower().endswith(".xlsx")


def is_parquet(one: Delivered) -> bool:
    """Whether a file is read as Parquet."""
    return one.mapping.format.kind == "parquet" if one.mapping is not None else one.name.lower().endswith(".parquet")


def rewrite_parquet(one: Delivered, lines: Lines, strike: Strike, target: Path) -> None:
    """Write a Parquet file anew: rows to be blanked hold nulls alone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(one.path) as file:
        schema = pa.schema([item.with_nullable(True) for item in file.schema_arrow], file.schema_arrow.metadata)
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            row = 0
            for batch in file.iter_batches(batch_size=65_536):
                wanted = range(row + 1, row + 1 + batch.num_rows)
                row += batch.num_rows
                is_hit = any(line in lines.blank or line in lines.mask for line in wanted)
                arrays = [
                    _column(column, wanted, lines, strike) if is_hit else column
                    for column in (batch.column(i) for i in range(batch.num_columns))
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _column(column: Any, wanted: range, lines: Lines, strike: Strike) -> Any:  # noqa: ANN401  pyarrow has no types
    import pyarrow as pa

    values = [
        None if line in lines.blank else strike(value.as_py()) if line in lines.mask else value.as_py()
        for line, value in zip(wanted, column, strict=True)
    ]
    return pa.array(values, type=column.type)


def rewrite_xlsx(one: Delivered, lines: Lines, strike: Strike, target: Path) -> None:
    """Write a workbook anew: cells of rows to be blanked are empty. Formulas become the values saved for them; pictures are lost."""
    import openpyxl

    sheets = {
        line.sheet
        for line in open_lines(one.path, one.feed, one.mapping, one.name)
        if isinstance(line, SourceLine) and line.line_no in lines.blank | lines.mask
    }
    with one.path.open("rb") as stream:
        workbook = openpyxl.load_workbook(stream, data_only=True, keep_links=False)
    for sheet in workbook.worksheets:
        is_read = sheet.title in sheets
        for number, row in enumerate(sheet.iter_rows(), start=1):
            for cell in row:
                if is_read and number in lines.blank:
                    cell.value, cell.comment, cell.hyperlink = None, None, None
                elif isinstance(cell.value, str):
                    cell.value = strike(cell.value)
    with target.open("wb") as handle:
        workbook.save(handle)
    workbook.close()


def is_log(one: Delivered) -> bool:
    """Whether a file is an evaluation log, which holds whole conversations: no row of ours tells what is in it."""
    return one.feed == "evaluations" and one.mapping is None and one.name.lower().endswith((".eval", ".json"))


def log_holds(one: Delivered, judge: Judge) -> bool:
    """Whether anything in an evaluation log is what a judge looks for.

    Raises:
        CannotBeErased: A part of it cannot be unpacked.
    """
    return any(judge.of_text(content) is not None for _, content in _log_parts(one))


def rewrite_log(one: Delivered, lines: Lines, strike: Callable[[bytes], bytes], target: Path) -> None:
    """Write an evaluation log anew with an id struck out of every part.

    Raises:
        CannotBeErased: Single samples are to go: its parts refer to each other, so it goes whole or not at all.
    """
    if lines.blank:
        raise CannotBeErased(f"{_told(one)}: single samples cannot be taken out of an evaluation log")
    if not zipfile.is_zipfile(one.path):
        target.write_bytes(strike(one.path.read_bytes()))
        return
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in _log_parts(one):
            packed.writestr(zipfile.ZipInfo(name), strike(content), zipfile.ZIP_DEFLATED)


def _log_parts(one: Delivered) -> Iterator[tuple[str, bytes]]:
    if not zipfile.is_zipfile(one.path):
        yield one.name, one.path.read_bytes()
        return
    try:
        with zipfile.ZipFile(one.path) as archive:
            for part in archive.infolist():
                yield part.filename, archive.read(part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise CannotBeErased(
            f"{_told(one)}: a part of this evaluation log cannot be unpacked ({type(error).__name__}); have it delivered anew "
            "without the entity, retract it, and remove its object from the vault by hand"
        ) from error


def _told(one: Delivered) -> str:
    return f"{one.feed}/{one.received_on}/{one.name}"


def rewrite_json(one: Delivered, lines: Lines, strike: Strike, target: Path) -> None:
    """Write a JSON document anew: elements to be blanked are null, an id is struck out of all its texts."""
    document, encoding = _document(one)
    for number, (holder, index) in enumerate(list(_elements(document, _rows_path(one))), start=1):
        if number in lines.blank:
            holder[index] = None
    content = json.dumps(strike(document), ensure_ascii=False, indent=1).encode(encoding)
    target.write_bytes(gzip.compress(content, mtime=0) if one.name.lower().endswith(".gz") else content)


def _document(one: Delivered) -> tuple[Any, str]:
    encodings = one.mapping.format.encoding if one.mapping is not None else ("utf-8",)
    encoding = choose_encoding(one.path, one.name, encodings)
    return json.loads(b"".join(chunks(one.path, one.name)).decode(encoding)), encoding


def _rows_path(one: Delivered) -> tuple[PathStep, ...]:
    if one.mapping is not None:
        return one.mapping.format.rows
    return ("objects", None) if one.feed == "threat_intel" else (None,)


def _elements(node: Any, path: tuple[PathStep, ...]) -> Iterator[tuple[list[Any], int]]:  # noqa: ANN401  any JSON document
    """Where the elements lie that a reader numbers: (list, index), in its order."""
    step, *rest = path
    if isinstance(node, list) and step is None:
        for index, item in enumerate(node):
            if rest:
                yield from _elements(item, tuple(rest))
            else:
                yield node, index
    elif isinstance(node, dict) and isinstance(step, str) and step in node and rest:
        yield from _elements(node[step], tuple(rest))
