"""Export: the statements of a period as files: batches for the API, JSON lines, the daily-dump layout, and who is held back.

Belongs here: which file gets what, and that statements and refusals together are all decisions in scope. Mapping, dump and
sending have modules of their own. Bytes depend on the published copy and the range alone; no row is held.
"""

import csv
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import duckdb
import msgspec

from orchestration.core.durable import sync_folder, write_bytes
from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.catalogue import Entry
from reports.figures import Figures
from reports.periods import Period, PeriodError
from reports.published import read_state
from reports.render.csv import safe_text
from reports.sor.advice import warnings
from reports.sor.decisions import decisions_in_scope, out_of_scope
from reports.sor.dump import DumpWriter, dump_values
from reports.sor.identity import slug_of
from reports.sor.kept import kept
from reports.sor.mapping import HeldBack, Statement, made_of
from reports.sor.rules import MOST_IN_BATCH

SUMMARY = "summary.json"
LINES = ("puid", "decision_id", "file_sha256", "line", "service", "decided_on", "batch", "notes")
REFUSED = ("decision_id", "file_sha256", "line", "service", "decided_on", "field", "kind")
ABOUT_DAYS = (
    "Days are those of the decision (UTC). The database's own dump goes by the day of submission: a statement that is sent "
    "later stands in a later dump there. Here created_at is the instant of the decision and uuid is empty."
)


class Summary(msgspec.Struct, kw_only=True):
    """What an export holds.

    Attributes:
        period_start: First instant of decisions, UTC.
        period_end: Instant at which it ends, UTC, exclusive.
        watermark: Last batch that the published copy holds.
        is_synthetic: Whether the data are generated: such statements must never be sent to the database.
        in_scope: Decisions that owe a statement.
        statements: Statements made.
        refused: Decisions held back; with `statements` they are `in_scope`.
        refused_by: Held-back decisions by field and kind; one that has two counts under both.
        out_of_scope: Decisions that owe none, by reason.
        batches: Files for the API.
        with_notes: Statements with notes in `lines.csv`.
        dumps: Files of the daily-dump layout.
        about_days: How days are meant.
    """

    period_start: str
    period_end: str
    watermark: int
    is_synthetic: bool
    in_scope: int = 0
    statements: int = 0
    refused: int = 0
    refused_by: dict[str, int] = msgspec.field(default_factory=dict)
    out_of_scope: dict[str, int] = msgspec.field(default_factory=dict)
    batches: int = 0
    with_notes: int = 0
    dumps: list[str] = msgspec.field(default_factory=list)
    about_days: str = ABOUT_DAYS


def export(home: Home, period: Period, out: Path, *, services: tuple[str, ...] = ()) -> Summary:
    """Write the statements of a period's decisions into a folder, whole or not at all.

    Args:
        home: Whose published copy.
        period: Half-open range of decision instants; whole days (UTC).
        out: Folder to write; it may be absent, empty, or an earlier export, which is replaced.
        services: Only these services; all when empty.

    Raises:
        PeriodError: The range does not begin and end at midnight UTC.
        FileExistsError: The folder holds something else.
        FileNotFoundError: Nothing has been published yet.
    """
    if any(instant.astimezone(UTC).time() != datetime.min.time() for instant in (period.start, period.end)):
        raise PeriodError(f"{period.name}: statements are exported by whole days (UTC); give days, not instants.")
    with replacing(out) as folder, open_published(home) as con:
        return _write(folder, con, home, period, services)


def write_bundle(folder: Path, con: duckdb.DuckDBPyConnection, home: Home, figures: Figures, entry: Entry) -> Summary:
    """Write the same files into a bundle, under `sor/`.

    Args:
        folder: The bundle.
        con: The published copy, session zone UTC.
        home: Whose it is.
        figures: Figures of the bundle; their period is exported.
        entry: The catalogue's entry, for the seam's sake.
    """
    del entry
    return _write(folder / "sor", con, home, figures.period, ())


def _write(
    folder: Path, con: duckdb.DuckDBPyConnection, home: Home, period: Period, services: tuple[str, ...]
) -> Summary:
    state = read_state(con, home)
    summary = Summary(
        period_start=period.start.isoformat(),
        period_end=period.end.isoformat(),
        watermark=state.watermark,
        is_synthetic=state.is_synthetic,
        out_of_scope=out_of_scope(con, period.start, period.end, services),
    )
    folder.mkdir(parents=True, exist_ok=True)
    refused_by: Counter[str] = Counter()
    today = max([period.end, *([state.known_until] if state.known_until else [])]).date()
    with _Files(folder, today) as files:
        for row in decisions_in_scope(con, period.start, period.end, services):
            summary.in_scope += 1
            try:
                statement = made_of(row)
            except HeldBack as held:
                summary.refused += 1
                refused_by.update(f"{refusal.field}: {refusal.kind}" for refusal in held.refusals)
                files.refuse(row, held)
            else:
                summary.statements += 1
                summary.with_notes += files.add(row, statement)
    summary.refused_by = dict(sorted(refused_by.items()))
    summary.batches = files.batches
    summary.dumps = sorted(path.relative_to(folder).as_posix() for path in files.dumps)
    write_bytes(folder / SUMMARY, msgspec.json.format(msgspec.json.encode(summary), indent=1) + b"\n")
    return summary


class _Files:
    """The open files of an export."""

    def __init__(self, folder: Path, today: date) -> None:
        self._folder, self._today = folder, today
        self.batches = 0
        self.dumps: list[Path] = []
        self._stack = ExitStack()
        self._pending: list[bytes] = []
        self._service: str | None = None
        self._dump: tuple[str, date, DumpWriter] | None = None
        self._encoder = msgspec.json.Encoder()

    def __enter__(self) -> "_Files":
        self._lines = self._table("lines.csv", LINES)
        self._refused = self._table("refused.csv", REFUSED)
        self._statements: IO[bytes] = self._stack.enter_context((self._folder / "statements.jsonl").open("wb"))
        (self._folder / "batches").mkdir(exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._end_batch()
        self._end_dump(kind)
        self._stack.close()

    def refuse(self, row: Mapping[str, Any], held: HeldBack) -> None:
        """Note a decision that has no statement, once for each reason."""
        for refusal in held.refusals:
            self._refused.writerow([*where_of(row), refusal.field, safe_text(refusal.kind)])

    def add(self, row: Mapping[str, Any], statement: Statement) -> bool:
        """Write a statement everywhere; returns whether there is something to say about it."""
        service, day = str(row["dsa_service"]), row["decided_at"].astimezone(UTC).date()
        if service != self._service:
            self._end_batch()
            self._service = service
        encoded = self._encoder.encode(statement.payload)
        self._statements.write(encoded + b"\n")
        self._pending.append(encoded)
        batch = f"statements-{self.batches + 1:04d}.json"
        if len(self._pending) == MOST_IN_BATCH:
            self._end_batch()
        advice = [f"{finding.field}: {finding.message}" for finding in warnings(statement.payload, self._today)]
        notes = "; ".join([*statement.notes, *advice])
        self._lines.writerow([statement.puid, *where_of(row), batch, safe_text(notes)])
        self._dump_of(service, day).write(
            dump_values(
                kept(statement.payload),
                uuid="",
                platform=service,
                created_at=f"{row['decided_at'].astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            )
        )
        return bool(notes)

    def _table(self, name: str, columns: tuple[str, ...]) -> Any:  # noqa: ANN401 - csv.writer has no name
        handle = self._stack.enter_context((self._folder / name).open("w", encoding="utf-8", newline=""))
        writer = csv.writer(handle, lineterminator="\r\n")
        writer.writerow(columns)
        return writer

    def _dump_of(self, service: str, day: date) -> DumpWriter:
        if self._dump is None or self._dump[:2] != (service, day):
            self._end_dump(None)
            self._dump = (service, day, DumpWriter(self._folder / "dump", slug_of(service), day).__enter__())
        return self._dump[2]

    def _end_dump(self, kind: type[BaseException] | None) -> None:
        if self._dump is not None:
            self._dump[2].__exit__(kind)
            self.dumps += self._dump[2].files
            self._dump = None

    def _end_batch(self) -> None:
        if self._pending:
            self.batches += 1
            content = b'{"statements":[' + b",".join(self._pending) + b"]}"
            (self._folder / "batches" / f"statements-{self.batches:04d}.json").write_bytes(content)
            self._pending.clear()


def where_of(row: Mapping[str, Any]) -> list[object]:
    """Decision, file, line, service and day of a row, safe for a spreadsheet."""
    return [
        safe_text(str(row["decision_id"])),
        row["file_sha256"] or "",
        row["line"] if row["line"] is not None else "",
        safe_text(str(row["dsa_service"] or "")),
        row["decided_at"].astimezone(UTC).date().isoformat(),
    ]


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A folder beside the target that takes its place when all is written.

    Raises:
        FileExistsError: The target is no folder, or holds something else than an earlier export.
    """
    target = out.resolve()
    if target.exists() and not target.is_dir():
        raise FileExistsError(f"{target} is no folder; name another with --out")
    if target.exists() and any(target.iterdir()) and not (target / SUMMARY).is_file():
        raise FileExistsError(f"{target} holds something else than an earlier export; name another folder with --out")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        yield draft
        if target.exists():
            shutil.rmtree(target)
        draft.rename(target)
        sync_folder(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
