"""From the bytes of a CSV part to rows of cells, whatever the bytes are; every repair is a finding.

Encodings, separators, quotes and line ends belong here; what the cells mean does not. Nothing here raises on any content.
"""

import csv
import io
import sys
from collections.abc import Iterator
from typing import NamedTuple

from reports.dsa.findings import Finding, Level, finding

MOST_ROWS = 20_000
MOST_CELLS = 500
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class Grid(NamedTuple):
    """Rows of cells with their numbers (the header is 1), and what had to be repaired to get them."""

    rows: list[tuple[int, list[str]]]
    findings: list[Finding]


def to_grid(content: bytes, number: int, columns: int) -> Grid:
    """Read a part.

    Args:
        content: The file's bytes.
        number: The part, 1 to 11.
        columns: How many the template has; decides between separators.
    """
    text, found = _decode(content, number)
    if "\x00" in text:
        found.append(_form(number, "it holds NUL characters.", "NUL", "text"))
        text = text.replace("\x00", "")
    if not text.strip():
        return Grid([], [*found, finding("V24", "error", "the file is empty.", part_number=number, found="0 rows")])
    if "\r" in text and "\n" not in text:
        found.append(_form(number, "its lines end in CR alone.", "CR", "CRLF or LF", level="warning"))
    separator = _separator(text, columns)
    if separator != ",":
        name = _SEPARATORS[separator]
        found.append(_form(number, f"its cells are separated by {name}; read as such.", name, "commas"))
    if broken := _strict_error(text, separator):
        found.append(_form(number, f"its quoting is broken ({broken}); read as well as possible.", broken, "RFC 4180"))
    rows, complaints = _rows(text, separator, number)
    return Grid(rows, found + complaints)


def _form(number: int, what: str, found: str, expected: str, *, level: Level = "error") -> Finding:
    return finding("V22", level, what, part_number=number, found=found, expected=expected)


def _decode(content: bytes, number: int) -> tuple[str, list[Finding]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded_as(content, "utf-16", number)
    found = []
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
        found.append(_form(number, "it starts with a byte order mark.", "UTF-8 with BOM", "UTF-8", level="note"))
    try:
        return content.decode("utf-8"), found
    except UnicodeDecodeError as error:
        likely = "utf-16-le" if content[1:200:2].count(0) > 20 else "cp1252"
        text, more = _decoded_as(content, likely, number, f" (byte {error.start} is not)")
        return text, found + more


def _decoded_as(content: bytes, encoding: str, number: int, why: str = "") -> tuple[str, list[Finding]]:
    text = content.decode(encoding, errors="replace")
    return text, [_form(number, f"it is not UTF-8{why}; read as {encoding}.", encoding, "UTF-8")]


def _separator(text: str, columns: int) -> str:
    head = text.lstrip("\r\n").splitlines()[0][:20_000]

    def cells(separator: str) -> int:
        return len(next(_reader(head, separator, strict=False), []))

    commas = cells(",")
    best = max(_SEPARATORS, key=cells)
    return best if commas < columns and cells(best) > max(commas, columns // 2) else ","


def _reader(text: str, separator: str, *, strict: bool) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)


def _strict_error(text: str, separator: str) -> str:
    limit = csv.field_size_limit(sys.maxsize)
    try:
        for _ in _reader(text, separator, strict=True):
            pass
    except csv.Error as error:
        return str(error)
    finally:
        csv.field_size_limit(limit)
    return ""


def _rows(text: str, separator: str, number: int) -> tuple[list[tuple[int, list[str]]], list[Finding]]:
    limit = csv.field_size_limit(sys.maxsize)
    rows: list[tuple[int, list[str]]] = []
    found = []
    try:
        for row_number, cells in enumerate(_reader(text, separator, strict=False), start=1):
            if row_number > MOST_ROWS:
                what = f"it has more than {MOST_ROWS} rows; the rest was not read."
                found.append(finding("V24", "error", what, part_number=number, row=row_number))
                break
            if len(cells) > MOST_CELLS:
                what = f"the row has {len(cells)} cells; those after {MOST_CELLS} were not read."
                found.append(finding("V24", "error", what, part_number=number, row=row_number, found=len(cells)))
            rows.append((row_number, cells[:MOST_CELLS]))
    except csv.Error as error:
        what = f"reading stopped: {error}."
        found.append(finding("V24", "error", what, part_number=number, row=len(rows) + 1, found=error))
    finally:
        csv.field_size_limit(limit)
    return rows, found
