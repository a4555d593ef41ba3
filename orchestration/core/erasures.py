"""Erasures: the record of what was erased, by whom and under which request; it holds no line and no id of an erased entity.

Its shape, reading, hash links and lookups belong here; replacing files (replacements.py) and finding lines (assets/ingestion) do not.
"""

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from orchestration.core.durable import BrokenRecord, create_exclusively
from orchestration.core.home import Home

WHOLE = (0, 0)
"""The range that stands for a whole object: one that cannot be taken apart into lines."""


class ObjectChange(msgspec.Struct, frozen=True, kw_only=True):
    """A vault object that keeps its name and lost lines.

    Attributes:
        sha256: Digest of the bytes as delivered: its name for ever.
        digest: What its bytes hash to since this record.
        blanked: Ranges of lines (first, last; 1-based, inclusive) that hold nothing any more; (0, 0) is the whole object.
        masked: Ranges of lines that stand, with an id struck out in them.
        line_count: Lines that went, by their number.
    """

    sha256: str
    digest: str
    line_count: int = 0
    blanked: list[tuple[int, int]] = []
    masked: list[tuple[int, int]] = []


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """A lake file that keeps its path and lost rows.

    Attributes:
        path: Relative to the home.
        was_sha256: Digest before.
        sha256: Digest since.
        rows: Rows left.
        size_bytes: Size since.
        erased_rows: Rows taken out.
        masked_rows: Rows in which an id was struck out.
    """

    path: str
    was_sha256: str
    sha256: str
    rows: int
    size_bytes: int
    erased_rows: int = 0
    masked_rows: int = 0


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """Rows erased of one feed and UTC event day, and how many keys they had: what sums over the feed lack since."""

    feed: str
    day: str
    rows: int
    keys: int


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure.

    Attributes:
        number: 1, 2, 3, ...
        erasure_id: The request, or `retention:<feed>:<cutoff day>`.
        kind: `request` or `retention`.
        entity_kind: `account`, `reporter` or `sender`; empty for a retention.
        basis: Legal basis, as the request or the register states it.
        approved_by: Who approved the request; empty for a retention.
        request_sha256: Delivered file that holds the request's (or the register's) line.
        request_line: That line.
        performed_by: Who ran the command.
        recorded_at: UTC instant, RFC 3339.
        watermark: Last batch that was searched.
        previous_sha256: Digest of the record before this one; empty for the first.
        objects: Vault objects that changed.
        files: Lake files that changed.
        counts: Rows erased by feed and event day.
        notes: What could not be done, in words without ids.
    """

    number: int
    erasure_id: str
    kind: str
    basis: str
    performed_by: str
    recorded_at: str
    watermark: int
    previous_sha256: str
    entity_kind: str = ""
    approved_by: str = ""
    request_sha256: str = ""
    request_line: int = 0
    objects: list[ObjectChange] = []
    files: list[FileChange] = []
    counts: list[DayCount] = []
    notes: list[str] = []


class LineErased(ValueError):  # noqa: N818 - says what happened
    """A line that was asked for and is erased."""

    def __init__(self, sha256: str, line: int, erasure_id: str) -> None:
        super().__init__(f"line {line} of {sha256[:16]} was erased under {erasure_id}")
        self.erasure_id = erasure_id


@dataclass(frozen=True)
class ErasedLines:
    """Which lines are gone, and which had an id struck out.

    Attributes:
        blanked: Digest of a delivered file -> (first, last, erasure id), sorted.
        masked: Likewise, lines that stand.
        count: Lines that are gone.
    """

    blanked: Mapping[str, Sequence[tuple[int, int, str]]]
    masked: Mapping[str, Sequence[tuple[int, int, str]]]
    count: int = 0

    def erasure_of(self, file_sha256: str, line: int) -> str | None:
        """The erasure under which a line is gone, or None while it stands."""
        return _covering(self.blanked.get(file_sha256, ()), line)

    def mask_of(self, file_sha256: str, line: int) -> str | None:
        """The erasure under which an id was struck out of a line that stands, or None."""
        return _covering(self.masked.get(file_sha256, ()), line)

    def is_whole(self, file_sha256: str) -> bool:
        """Whether nothing of a delivered file is left."""
        return any(one[:2] == WHOLE for one in self.blanked.get(file_sha256, ()))

    def count_in(self, file_sha256: str) -> int:
        """Lines of a delivered file that went one by one."""
        return sum(last - first + 1 for first, last, _ in self.blanked.get(file_sha256, ()) if first)


def _covering(ranges: Sequence[tuple[int, int, str]], line: int) -> str | None:
    if not ranges:
        return None
    if ranges[0][:2] == WHOLE:
        return ranges[0][2]
    at = bisect_right(ranges, (line, line + 1 << 62, "")) - 1
    return ranges[at][2] if at >= 0 and ranges[at][0] <= line <= ranges[at][1] else None


def folder(home: Home) -> Path:
    """Where the record lies."""
    return home.lake / "_erasures"


def path_of(home: Home, number: int) -> Path:
    """Where one erasure's record lies."""
    return folder(home) / f"{number:08d}.json"


def read(home: Home) -> list[Record]:
    """The whole record, in order.

    Raises:
        BrokenRecord: One cannot be read, a number is missing, or one does not follow from the one before it.
    """
    return list(_read(_files(home)))


def _files(home: Home) -> tuple[tuple[str, int, int], ...]:
    paths = sorted(folder(home).glob("[0-9]*.json"))
    return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths)


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[str, int, int], ...]) -> tuple[Record, ...]:
    """The records in these files (path, size, time); asked for once a line of a trace, read once."""
    found: list[Record] = []
    previous = ""
    for number, (path, _, _) in enumerate(files, start=1):
        content = Path(path).read_bytes()
        try:
            one = msgspec.json.decode(content, type=Record)
        except msgspec.MsgspecError as error:
            raise BrokenRecord(f"{path}: not an erasure's record ({error}). Restore it from a backup.") from error
        if one.number != number:
            raise BrokenRecord(f"{path}: erasure {number} expected, {one.number} found. Restore it from a backup.")
        if one.previous_sha256 != previous:
            raise BrokenRecord(f"{path}: it does not follow from the record before it. Restore both from a backup.")
        found.append(one)
        previous = hashlib.sha256(content).hexdigest()
    return tuple(found)


def head_digest(home: Home) -> str:
    """Digest of the last record; empty when nothing was ever erased."""
    paths = sorted(folder(home).glob("[0-9]*.json"))
    return hashlib.sha256(paths[-1].read_bytes()).hexdigest() if paths else ""


def write(home: Home, record: Record) -> Path:
    """Make an erasure irrevocable: from here on it is finished, whatever happens.

    Raises:
        FileExistsError: Another writer took this number first.
    """
    path = path_of(home, record.number)
    create_exclusively(path, msgspec.json.format(msgspec.json.encode(record), indent=1))
    return path


def erased_lines(home: Home) -> ErasedLines:
    """Look-up of every line that is gone or had an id struck out."""
    return _look_up(_files(home))


@lru_cache(maxsize=4)
def _look_up(files: tuple[tuple[str, int, int], ...]) -> ErasedLines:
    records = _read(files)
    blanked: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    masked: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for record in records:
        for change in record.objects:
            blanked[change.sha256] += [(first, last, record.erasure_id) for first, last in change.blanked]
            masked[change.sha256] += [(first, last, record.erasure_id) for first, last in change.masked]
    count = sum(change.line_count for record in records for change in record.objects)
    return ErasedLines(blanked=_sorted(blanked), masked=_sorted(masked), count=count)


def _sorted(ranges: Mapping[str, list[tuple[int, int, str]]]) -> dict[str, list[tuple[int, int, str]]]:
    return {sha256: sorted(rows) for sha256, rows in ranges.items() if rows}


def digests(home: Home) -> dict[str, str]:
    """Name (original digest) of each changed vault object -> what its bytes hash to now."""
    return {change.sha256: change.digest for record in read(home) for change in record.objects}


def current_digest(home: Home, sha256: str) -> str:
    """What the vault object of this name must hash to now: its name, unless lines of it were erased."""
    return digests(home).get(sha256, sha256)


def file_changes(home: Home) -> dict[str, FileChange]:
    """Path of each changed lake file -> how it stands now; rows erased by several erasures are added up."""
    found: dict[str, FileChange] = {}
    for record in read(home):
        for change in record.files:
            before = found.get(change.path)
            found[change.path] = change if before is None else _after(before, change)
    return found


def _after(before: FileChange, change: FileChange) -> FileChange:
    return msgspec.structs.replace(
        change,
        was_sha256=before.was_sha256,
        erased_rows=before.erased_rows + change.erased_rows,
        masked_rows=before.masked_rows + change.masked_rows,
    )


def current_file_digest(home: Home, path: str, recorded_sha256: str) -> str:
    """What a lake file must hash to now.

    Args:
        home: Whose lake.
        path: Relative to the home, as a commit or a bundle names it.
        recorded_sha256: The digest that stands there.
    """
    change = file_changes(home).get(path)
    return change.sha256 if change else recorded_sha256


def erased_counts(home: Home) -> list[DayCount]:
    """Rows and keys erased, by feed and UTC event day, all erasures together; sorted."""
    sums: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for record in read(home):
        for one in record.counts:
            rows, keys = sums[one.feed, one.day]
            sums[one.feed, one.day] = rows + one.rows, keys + one.keys
    return [DayCount(feed=f, day=d, rows=rows, keys=keys) for (f, d), (rows, keys) in sorted(sums.items())]


def ranges_of(lines: Iterable[int]) -> list[tuple[int, int]]:
    """Line numbers as ranges (first, last), sorted, without gaps inside."""
    found: list[tuple[int, int]] = []
    for line in sorted(set(lines)):
        if found and found[-1][1] == line - 1:
            found[-1] = (found[-1][0], line)
        else:
            found.append((line, line))
    return found
