"""The daily dump of the database, written: zips of CSV parts inside one stored zip, a SHA-1 beside it.

Belongs here: columns, quoting, names and packaging, as the database publishes them. Reading it back is dump_reading.py.
Bytes are a function of the rows: times inside the zips are fixed, and no row is held longer than it takes to write it.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import IO, Any

from reports.sor.kept import DAYS, LISTS, printed

FULL: tuple[str, ...] = (
    "uuid", "decision_visibility", "decision_visibility_other", "end_date_visibility_restriction", "decision_monetary",
    "decision_monetary_other", "end_date_monetary_restriction", "decision_provision", "end_date_service_restriction",
    "decision_account", "end_date_account_restriction", "account_type", "decision_ground", "decision_ground_reference_url",
    "illegal_content_legal_ground", "illegal_content_explanation", "incompatible_content_ground",
    "incompatible_content_explanation", "incompatible_content_illegal", "category", "category_addition",
    "category_specification", "category_specification_other", "content_type", "content_type_other", "content_language",
    "content_date", "content_id_ean", "territorial_scope", "application_date", "decision_facts", "source_type",
    "source_identity", "automated_detection", "automated_decision", "platform_name", "platform_uid", "created_at",
)  # fmt: skip
LEFT_OUT_OF_LIGHT = (
    "illegal_content_explanation", "incompatible_content_explanation", "territorial_scope", "decision_facts",
)  # fmt: skip
LIGHT: tuple[str, ...] = tuple(column for column in FULL if column not in LEFT_OUT_OF_LIGHT)
VERSIONS: dict[str, tuple[str, ...]] = {"full": FULL, "light": LIGHT}

ROWS_IN_FILE = 100_000
ROWS_IN_PART = 1_000_000

_NEEDS_QUOTES = frozenset(',"\\\n\r\t ')
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def csv_line(values: Sequence[str]) -> str:
    """One row with the quoting of PHP's fputcsv, without a line end."""
    return ",".join(
        '"' + value.replace('"', '""') + '"' if not _NEEDS_QUOTES.isdisjoint(value) else value for value in values
    )


def dump_values(statement: Mapping[str, Any], *, uuid: str, platform: str, created_at: str) -> dict[str, str]:
    """A kept statement as the dump's columns hold it.

    Args:
        statement: As `kept.kept` returns it.
        uuid: The database's own number; empty where it is not known.
        platform: Name of the platform.
        created_at: `YYYY-MM-DD HH:MM:SS`, UTC.
    """
    found = printed(statement)
    values = {name: "" if value is None else str(value) for name, value in found.items() if name not in LISTS}
    for name in LISTS:
        values[name] = '["' + '","'.join(found[name]) + '"]' if found[name] else "[]"
    for name in DAYS:
        if values[name]:
            values[name] += " 00:00:00"
    return values | {
        "uuid": uuid, "platform_name": platform, "platform_uid": values["puid"], "created_at": created_at,
    }  # fmt: skip


class DumpWriter:
    """Writes the dump of one platform and day, full and light; use it as a context manager.

    Attributes:
        files: The zips and their SHA-1 files, when it is closed.
    """

    def __init__(
        self, folder: Path, slug: str, day: date, *, in_file: int = ROWS_IN_FILE, in_part: int = ROWS_IN_PART
    ) -> None:
        self.files: list[Path] = []
        self._versions = [
            _Version(folder, f"sor-{slug}-{day.isoformat()}-{name}", columns, in_file, in_part)
            for name, columns in VERSIONS.items()
        ]
        self._stack = ExitStack()

    def __enter__(self) -> "DumpWriter":
        for version in self._versions:
            self._stack.callback(version.close)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._stack.close()
        if kind is None:
            self.files = [path for version in self._versions for path in version.packed()]

    def write(self, values: Mapping[str, str]) -> None:
        """Add a row, as `dump_values` returns it."""
        for version in self._versions:
            version.write(values)


class _Version:
    """Full or light: parts are written one after the other, then stored in one zip."""

    def __init__(self, folder: Path, name: str, columns: Sequence[str], in_file: int, in_part: int) -> None:
        self._folder, self._name, self._columns = folder, name, columns
        self._in_file, self._in_part = in_file, in_part
        self._rows = 0
        self._parts: list[Path] = []
        self._zip: zipfile.ZipFile | None = None
        self._csv: IO[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, values: Mapping[str, str]) -> None:
        if self._rows % self._in_part == 0:
            self._next_part()
        if self._rows % self._in_part % self._in_file == 0:
            self._next_file()
        assert self._csv is not None  # noqa: S101 - the first row of a part opened a file
        self._csv.write(b"\n" + csv_line([values[column] for column in self._columns]).encode())
        self._rows += 1

    def packed(self) -> list[Path]:
        """Store the parts in one zip, write its SHA-1, and remove them."""
        if not self._parts:
            self._next_part()
            self._next_file()
            self.close()
        whole = self._folder / f"{self._name}.zip"
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as outer:
            for part in self._parts:
                with part.open("rb") as source, outer.open(_entry(part.name), "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target, 1 << 20)
        for part in self._parts:
            part.unlink()
        with whole.open("rb") as handle:
            digest = hashlib.file_digest(handle, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
        told = whole.with_name(f"{whole.name}.sha1")
        told.write_text(f"{digest}  {whole.name}", encoding="ascii")
        return [whole, told]

    def close(self) -> None:
        if self._csv is not None:
            self._csv.close()
        if self._zip is not None:
            self._zip.close()
        self._csv = self._zip = None

    def _next_part(self) -> None:
        self.close()
        path = self._folder / f"{self._name}-{len(self._parts):05d}.csv.zip"
        self._parts.append(path)
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)

    def _next_file(self) -> None:
        if self._csv is not None:
            self._csv.close()
        assert self._zip is not None  # noqa: S101 - a part is open
        number = self._rows % self._in_part // self._in_file
        entry = _entry(f"{self._name}-{len(self._parts) - 1:05d}-{number:05d}.csv", zipfile.ZIP_DEFLATED)
        self._csv = self._zip.open(entry, "w", force_zip64=True)
        self._csv.write(csv_line(self._columns).encode())


def _entry(name: str, compression: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIXED_TIME)
    entry.compress_type = compression
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
