"""The daily dump of the database, read back: its SHA-1 and layout checked, one statement after the other.

Belongs here: reading what dump.py writes, and what the database itself publishes (light or full). A broken dump is told
by file and line; nothing of it is unpacked to disk.
"""

import csv
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from reports.sor.dump import VERSIONS
from reports.sor.kept import DAYS, LISTS

LONGEST_LINE = 1 << 20
_TOLD = re.compile(r"([0-9a-f]{40}) [ *](.+)")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})(?: 00:00:00)?")
_SPENT = (zipfile.BadZipFile, zlib.error, UnicodeDecodeError, csv.Error, EOFError, NotImplementedError)


class BrokenDump(ValueError):  # noqa: N818 - says what is the matter
    """A dump that is not what it says; the message names the file, and the line where there is one."""


class Record(msgspec.Struct, frozen=True):
    """A row of a dump.

    Attributes:
        file: CSV file that holds it.
        line: Row of that file, from 2 (the heading is row 1).
        uuid: The database's number; empty where there is none.
        platform: Name of the platform.
        created_at: `YYYY-MM-DD HH:MM:SS`, UTC.
        statement: The kept fields; a light dump lacks four.
    """

    file: str
    line: int
    uuid: str
    platform: str
    created_at: str
    statement: dict[str, Any]


def read_dump(path: Path, *, verify: bool = True) -> Iterator[Record]:
    """Read a dump row by row.

    Args:
        path: `sor-<slug>-<day>-<full|light>.zip`.
        verify: Compare its SHA-1 with the `.sha1` file beside it, which must then be there.

    Raises:
        BrokenDump: The digest, a zip, a heading or a row is not as it must be.
        OSError: It cannot be read.
    """
    if verify:
        check_sha1(path)
    try:
        with zipfile.ZipFile(path) as outer:
            for part in sorted(outer.namelist()):
                with outer.open(part) as inside, zipfile.ZipFile(_seekable(inside, part)) as inner:
                    for name in sorted(inner.namelist()):
                        with inner.open(name) as file:
                            yield from _rows(file, name)
    except _SPENT as error:
        raise BrokenDump(f"{path.name}: cannot be read ({type(error).__name__}: {error})") from error


def check_sha1(path: Path) -> str:
    """Compare a dump with the digest beside it.

    Returns:
        The digest.

    Raises:
        BrokenDump: There is none, it names another file, or the bytes have another digest.
    """
    told = path.with_name(f"{path.name}.sha1")
    if not told.is_file():
        raise BrokenDump(f"{told.name} is not there: the dump cannot be checked")
    found = _TOLD.fullmatch(told.read_text(encoding="utf-8", errors="replace").strip())
    if found is None or found[2] != path.name:
        raise BrokenDump(f"{told.name} does not hold the digest of {path.name}")
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
    if digest != found[1]:
        raise BrokenDump(f"{path.name} has the SHA-1 {digest}, {told.name} says {found[1]}")
    return digest


def _seekable(file: Any, part: str) -> BinaryIO:  # noqa: ANN401 - zipfile.ZipExtFile, seekable when stored
    if not part.endswith(".csv.zip"):
        raise BrokenDump(f"{part[:200]!r} is no part of a dump")
    return file  # type: ignore[no-any-return]


def _rows(file: BinaryIO | Any, name: str) -> Iterator[Record]:  # noqa: ANN401 - zipfile.ZipExtFile
    lines = _bounded(io.TextIOWrapper(file, encoding="utf-8", newline="\n"), name)
    reader = csv.reader(lines, strict=True)
    heading = tuple(next(reader, ()))
    if heading not in VERSIONS.values():
        raise BrokenDump(f"{name}: its heading is that of no dump (schema of 1 July 2025)")
    for number, row in enumerate(reader, start=2):
        if not row and number == 2:
            return
        if len(row) != len(heading):
            raise BrokenDump(f"{name}, row {number:,}: {len(row)} columns, {len(heading)} expected")
        yield _record(dict(zip(heading, row, strict=True)), name, number)


def _bounded(lines: io.TextIOWrapper, name: str) -> Iterator[str]:
    while line := lines.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise BrokenDump(f"{name}: a line is longer than {LONGEST_LINE:,} characters")
        yield line


def _record(values: dict[str, str], name: str, number: int) -> Record:
    statement: dict[str, Any] = {field: value or None for field, value in values.items()}
    uuid, platform, created_at = (values[field] for field in ("uuid", "platform_name", "created_at"))
    for field in ("uuid", "platform_name", "created_at"):
        del statement[field]
    statement["puid"] = statement.pop("platform_uid")
    for field in LISTS:
        if field in statement:
            statement[field] = _list(statement[field], f"{name}, row {number:,}, {field}")
    for field in DAYS:
        if statement[field] is not None:
            day = _MIDNIGHT.fullmatch(statement[field])
            if day is None:
                raise BrokenDump(f"{name}, row {number:,}, {field}: no day")
            statement[field] = day[1]
    return Record(name, number, uuid, platform, created_at, statement)


def _list(text: str | None, where: str) -> list[str]:
    try:
        return msgspec.json.decode(text or "[]", type=list[str])
    except msgspec.MsgspecError as error:
        raise BrokenDump(f"{where}: no JSON list of texts") from error
