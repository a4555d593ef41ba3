"""CSV files as source lines, with the physical line on which each record starts.

Belongs here: line ends, quoting, the header, blank lines, one bad line costing only itself. Not here: typing or mapping.
"""

import csv
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assets.ingestion.mapping_language import Format, Mapping
from assets.ingestion.readers.records import table_rows
from assets.ingestion.readers.streams import choose_encoding, chunks, is_bytewise, utf8_chunks
from assets.ingestion.source_line import Blank, Lines, SourceLine, SourceRejectedError
from orchestration.core.settings import get_settings

_OWN = Format("csv")
_BOM = b"\xef\xbb\xbf"
_LINE = {
    "any": re.compile(rb"[^\r\n]*+(?:\r\n|[\r\n])"),
    "lf": re.compile(rb"[^\n]*+\n"),
    "crlf": re.compile(rb"(?:[^\r]++|\r(?!\n))*+\r\n"),
    "cr": re.compile(rb"[^\r]*+\r"),
}
_field_limit = threading.Lock()


@dataclass(frozen=True, slots=True)
class PhysicalLine:
    """One line of the file with its end: number from 1, offset in the decompressed bytes, size, and whether it is too long."""

    number: int
    offset: int
    content: bytes
    is_too_long: bool = False
    size: int = 0


class _RecordTooLongError(Exception):
    """A quoted cell has swallowed more than a record may hold."""


def read_csv(path: Path, feed: str, mapping: Mapping | None, name: str) -> Lines:
    """Read a CSV (or csv.gz) file.

    Args:
        path: Where the bytes are.
        feed: The feed's name.
        mapping: The mapping in force, or None for the feed's own columns.
        name: The delivered name.

    Yields:
        A SourceLine for each record (its first physical line; the header's line counts but is not yielded), a Blank for
        each line of white space. Ragged rows, quoting that does not close and bytes that do not decode come with a reason.

    Raises:
        SourceRejectedError: the file cannot be read, or its header does not fit.
    """
    for line, _, _ in read_csv_records(path, feed, mapping, name):
        yield line


def read_csv_records(
    path: Path, feed: str, mapping: Mapping | None, name: str
) -> Iterator[tuple[SourceLine | Blank, int, int]]:
    """Read a CSV file as `read_csv` does, each line with where its bytes are: (line, offset, size) in the stream of `csv_bytes`."""
    layout = mapping.format if mapping is not None else _OWN
    stream = csv_bytes(path, mapping, name)
    source, encoding, has_offsets = stream.chunks, stream.encoding, stream.is_delivered
    limit = get_settings().max_line_bytes
    records = _records(_Lines(physical_lines(source, layout.newline, limit), encoding, limit), layout, limit)
    header = _header(records, layout.header_row)
    if header is None:
        return
    to_line = table_rows(feed, mapping, header)
    for item in records:
        if isinstance(item, Blank):
            yield item, 0, 0
            continue
        first, cells, refused, size = item
        line = refused if refused is not None else to_line(first.number, cells)
        yield replace(line, byte_offset=first.offset if has_offsets else None), first.offset, size


@dataclass(frozen=True, slots=True)
class CsvBytes:
    """A CSV file as a stream of bytes in which line ends can be found.

    Attributes:
        chunks: The stream, decompressed.
        encoding: What it is in.
        delivered: What the file is in.
        is_delivered: Whether the stream is the file's own bytes; else it is its text as UTF-8.
    """

    chunks: Iterator[bytes]
    encoding: str
    delivered: str
    is_delivered: bool


def csv_bytes(path: Path, mapping: Mapping | None, name: str) -> CsvBytes:
    """Open a CSV file as a stream of bytes."""
    encoding = choose_encoding(path, name, (mapping.format if mapping is not None else _OWN).encoding)
    if is_bytewise(encoding):
        plain = "utf-8" if encoding == "utf-8-sig" else encoding
        return CsvBytes(chunks(path, name), plain, encoding, is_delivered=True)
    return CsvBytes(utf8_chunks(path, name, encoding), "utf-8", encoding, is_delivered=False)


def physical_lines(source: Iterator[bytes], newline: str, limit: int) -> Iterator[PhysicalLine]:
    """Cut a stream into lines, each with its end, keeping no more than one line and one chunk in memory.

    Args:
        source: Chunks of bytes.
        newline: `any`, `lf`, `crlf` or `cr`.
        limit: Bytes that a line may have; of a longer one only the first bytes are kept.
    """
    pattern, number, offset, rest, dropped = _LINE[newline], 0, 0, b"", 0
    for chunk in source:
        text = rest + chunk
        if not offset and not number and text.startswith(_BOM):
            text, offset = text[len(_BOM) :], len(_BOM)
        held = text.endswith(b"\r")  # its LF may be in the next chunk
        position, end = 0, len(text) - held
        while (
            match := pattern.match(text, position, end)
        ) is not None:  # a search would try every position of a long line
            number += 1
            content = match.group()
            yield PhysicalLine(number, offset, content, dropped > 0 or len(content) > limit, len(content) + dropped)
            offset += len(content) + dropped
            position, dropped = match.end(), 0
        rest = text[position:]
        if len(rest) > limit + 2:
            dropped += len(rest) - 2
            rest = rest[-2:]  # enough to see a line end that two chunks share
    while rest:
        whole = pattern.match(rest)
        content = whole.group() if whole is not None else rest
        number += 1
        yield PhysicalLine(number, offset, content, dropped > 0 or len(content) > limit, len(content) + dropped)
        offset += len(content) + dropped
        rest, dropped = rest[len(content) :], 0


class _Lines:
    """Decoded lines for the csv module, which can be put back when a record turns out to be broken."""

    def __init__(self, source: Iterator[PhysicalLine], encoding: str, limit: int) -> None:
        self._source = source
        self._encoding = encoding
        self._limit = limit
        self._put_back: list[PhysicalLine] = []
        self.taken: list[PhysicalLine] = []
        self._size = 0

    def start_record(self) -> None:
        self.taken = []
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._put_back.pop() if self._put_back else next(self._source)
        self.taken.append(line)
        self._size += len(line.content)
        if line.is_too_long or self._size > self._limit:
            raise _RecordTooLongError
        return line.content.decode(self._encoding)

    def keep_first(self) -> PhysicalLine:
        """Put back all lines of the broken record but its first."""
        self._put_back.extend(reversed(self.taken[1:]))
        return self.taken[0]


Record = tuple[PhysicalLine, list[str], SourceLine | None, int]


def _records(lines: _Lines, layout: Format, limit: int) -> Iterator[Record | Blank]:
    with _field_limit:
        csv.field_size_limit(max(csv.field_size_limit(), limit))
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
    while True:
        lines.start_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeDecodeError, _RecordTooLongError) as error:
            first = lines.keep_first()
            yield first, [], _refused(first, error), first.size
            reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
            continue
        first = lines.taken[0]
        if len(lines.taken) == 1 and not first.content.strip():
            yield Blank(first.number)
        else:
            yield first, cells, None, sum(line.size for line in lines.taken)


def _refused(first: PhysicalLine, error: Exception) -> SourceLine:
    if first.is_too_long:
        return SourceLine(first.number, reason="line_too_long", detail="the line is longer than a line may be")
    if isinstance(error, UnicodeDecodeError):
        return SourceLine(first.number, reason="bad_encoding", detail="the record's bytes do not decode")
    return SourceLine(
        first.number, reason="malformed_csv", detail="quotes that do not pair, or a line end inside a cell"
    )


def _header(records: Iterator[Record | Blank], row: int) -> list[str] | None:
    """Take records up to the header's line; None when the file ends before, which only an empty file may do."""
    seen = 0
    for item in records:
        if isinstance(item, Blank):
            seen = item.line_no
            continue
        first, cells, refused, _ = item
        seen = first.number
        if seen < row:
            continue
        if refused is not None or "\x00" in "".join(cells):
            raise SourceRejectedError("unreadable_header", f"line {seen} cannot be read as a CSV header")
        return cells
    if row > 1 and seen:
        raise SourceRejectedError("unreadable_header", f"the file ends at line {seen}, before the header's line {row}")
    return None
