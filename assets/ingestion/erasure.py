"""Erasure: everything that names an entity is found, written anew without it, recorded, and put in the place of the old.

Belongs here: the order of the steps under one request, and what is told of it. Not here: formats (`erasure_objects`), rows
(`erasure_lake`), requests and holds (`erasure_requests`), retention (`retention`), the record (orchestration/core/erasures).
"""

import getpass
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assets.ingestion.batch import check_room, open_engine
from assets.ingestion.contracts import FEEDS
from assets.ingestion.entity_lines import Entity
from assets.ingestion.erasure_lake import count_erased, file_id_of, find_rows, raw_files, rewrite_derived, rewrite_raw
from assets.ingestion.erasure_objects import delivered_files, judge_of, rewrite, search
from assets.ingestion.erasure_requests import (
    Request,
    case_holding,
    digests_by_file,
    holds_in_force,
    read_requests,
)
from assets.ingestion.erasure_tables import CannotBeErased
from assets.ingestion.erasure_text import Delivered, Lines
from orchestration.core import derived, erasures, replacements, vault
from orchestration.core.clock import stamp, utc_now
from orchestration.core.commits import Commit, read_commits
from orchestration.core.erasures import DayCount, FileChange, ObjectChange, Record
from orchestration.core.home import Home
from orchestration.core.settings import get_settings

Progress = Callable[[str], None]


class Refused(Exception):  # noqa: N818 - says what happened
    """An erasure that must not, or cannot, be done; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class RequestState:
    """A request and how it stands.

    Attributes:
        request: The request.
        state: `open`, `held` or `done`.
        case_id: The case whose legal hold forbids it; None when it is not held.
        recorded_at: When it was last done, RFC 3339; None when it never was.
    """

    request: Request
    state: str
    case_id: str | None
    recorded_at: str | None


@dataclass(slots=True)
class Found:
    """What is to go: lines by delivered object, and the files that they came from.

    Attributes:
        objects: Digest -> its lines.
        files: Digest -> how it was delivered, a row a feed.
        by_file: File number -> lines, for the lake.
        whole: Digest -> number of lines, where a whole object goes.
        unsearched: Files that could not be looked through, each with the reason.
        elsewhere: Other files of the home that hold the id (logs, packages, what was sent): told, never changed.
    """

    objects: dict[str, Lines] = field(default_factory=dict)
    files: dict[str, list[Delivered]] = field(default_factory=dict)
    by_file: dict[int, Lines] = field(default_factory=dict)
    whole: dict[str, int] = field(default_factory=dict)
    unsearched: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    @property
    def blank_count(self) -> int:
        """Lines that go."""
        return sum(self.count_of(sha256) for sha256 in self.objects)

    def count_of(self, sha256: str) -> int:
        """Lines of an object that go."""
        return self.whole.get(sha256, len(self.objects[sha256].blank))

    @property
    def mask_count(self) -> int:
        """Lines that stand, with an id struck out."""
        return sum(len(lines.mask - lines.blank) for lines in self.objects.values())


@dataclass(frozen=True, slots=True)
class Basis:
    """Under what an erasure is done: what its record says besides what changed."""

    erasure_id: str
    kind: str
    basis: str
    entity_kind: str = ""
    approved_by: str = ""
    request_sha256: str = ""
    request_line: int = 0


def states(home: Home) -> list[RequestState]:
    """Every approved request and how it stands, oldest first."""
    commits = read_commits(home)
    done = {record.erasure_id: record.recorded_at for record in erasures.read(home)}
    with open_engine(home, get_settings()) as con:
        holds = holds_in_force(con, home, commits, utc_now())
        found = []
        for request in read_requests(con, home, commits):
            case = case_holding(request.entity, holds)
            at = done.get(request.erasure_id)
            found.append(RequestState(request, "done" if at else "held" if case else "open", case, at))
    return found


def erase(
    home: Home, erasure_id: str, *, dry_run: bool = False, progress: Progress = lambda _: None
) -> tuple[Found, Record | None]:
    """Erase what an approved request names, from the vault, the lake and derived facts. The caller holds the run lock.

    The build's databases are removed; the published copies hold the rows until a run has published anew.

    Args:
        home: The home.
        erasure_id: The request.
        dry_run: Only find; change nothing.
        progress: Told of each delivered file that is looked through.

    Returns:
        What was found, and the record that was written; None when nothing was found or on a dry run.

    Raises:
        LookupError: No approved request has this id.
        Refused: A legal hold is in force, or a file cannot be taken apart; nothing was changed.
        OSError: No room, or a broken disk.
    """
    if not dry_run:
        replacements.redo(home)
    commits = read_commits(home)
    with open_engine(home, get_settings()) as con:
        request = next((one for one in read_requests(con, home, commits) if one.erasure_id == erasure_id), None)
        if request is None:
            raise LookupError(
                f"no approved request {erasure_id!r} in the feed `erasures` (or it was withdrawn); see `rapporteur erase --list`"
            )
        if case := case_holding(request.entity, holds_in_force(con, home, commits, utc_now())):
            raise Refused(f"{erasure_id}: a legal hold of case {case} is in force on this {request.entity.kind}")
    found = find(home, commits, request.entity, progress)
    found.elsewhere = _elsewhere(home, request.entity)
    if dry_run:
        return found, None
    basis = Basis(
        erasure_id,
        "request",
        request.basis,
        request.entity.kind,
        request.approved_by,
        request.file_sha256,
        request.line_no,
    )
    return found, carry_out(home, commits, found, basis, request.entity)


def find(home: Home, commits: Sequence[Commit], entity: Entity, progress: Progress = lambda _: None) -> Found:
    """Find every line that is about an entity or names it: in delivered bytes, and by the lake's own fields."""
    found = Found()
    numbers: dict[tuple[str, str], int] = {
        (row.feed, row.file_sha256): row.file_id for c in commits for row in c.deliveries if row.file_sha256
    }
    with open_engine(home, get_settings()) as con:
        rows = find_rows(con, home, commits, entity)
    for one in delivered_files(home, commits):
        progress(f"{one.feed}/{one.received_on}/{one.name}")
        try:
            lines = search(one, judge_of(entity, one.feed))
        except CannotBeErased as error:
            found.unsearched.append(str(error))
            continue
        file_id = numbers[one.feed, one.sha256]
        if seen := rows.get(file_id):
            lines.blank |= seen.blank
            lines.mask |= seen.mask - lines.blank
        add_lines(found, one, lines)
    return spread(found, numbers)


def _elsewhere(home: Home, entity: Entity) -> list[str]:
    """Files that hold the id, outside of what an erasure writes anew or builds anew and of what bundles hold as evidence."""
    if not entity.is_distinct:
        return []
    known = {home.landing, home.vault, home.lake, home.build, home.published, home.filings, home.readouts, home.scratch}
    return sorted(
        path.relative_to(home.root).as_posix()
        for folder in home.root.iterdir()
        if folder not in known and folder.is_dir()
        for path in folder.rglob("*")
        if path.is_file() and _holds(path, entity)
    )


def _holds(path: Path, entity: Entity) -> bool:
    tail = b""
    with path.open("rb") as handle:
        while piece := handle.read(1 << 20):
            if entity.is_in(tail + piece):
                return True
            tail = piece[-1024:]
    return False


def add_lines(found: Found, one: Delivered, lines: Lines) -> None:
    """Note lines of a delivered file that are to go."""
    if lines:
        known = found.objects.setdefault(one.sha256, Lines())
        known.blank |= lines.blank
        known.mask |= lines.mask
        found.files.setdefault(one.sha256, []).append(one)


def spread(found: Found, numbers: Mapping[tuple[str, str], int]) -> Found:
    """The same bytes may have come under two feeds: what goes from one goes from both."""
    for (_, sha256), file_id in numbers.items():
        if sha256 in found.objects:
            lines = found.objects[sha256]
            lines.mask -= lines.blank
            found.by_file[file_id] = lines
    return found


def carry_out(
    home: Home, commits: Sequence[Commit], found: Found, basis: Basis, entity: Entity | None
) -> Record | None:
    """Write the files anew, record the erasure and put them in their places. The caller holds the run lock.

    Returns:
        The record; None when nothing was to go.
    """
    _check_room(home, commits, found)
    known = erasures.read(home)
    number = len(known) + 1
    place = replacements.staging(home, number)
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    try:
        objects = [_staged_object(home, number, sha256, found, entity) for sha256 in sorted(found.objects)]
        files, counts = _staged_files(home, number, commits, found, entity)
        if entity is not None:
            files += _staged_facts(home, number, entity)
    except CannotBeErased as error:
        shutil.rmtree(place)
        raise Refused(str(error)) from error
    if not objects and not files:
        shutil.rmtree(place)
        return None
    record = Record(
        number=number,
        erasure_id=basis.erasure_id,
        kind=basis.kind,
        basis=basis.basis,
        entity_kind=basis.entity_kind,
        approved_by=basis.approved_by,
        request_sha256=basis.request_sha256,
        request_line=basis.request_line,
        performed_by=getpass.getuser(),
        recorded_at=stamp(),
        watermark=commits[-1].batch_id if commits else 0,
        previous_sha256=erasures.head_digest(home),
        objects=objects,
        files=files,
        counts=counts,
        notes=found.unsearched,
    )
    replacements.seal(home, record)
    replacements.redo(home)
    return record


def _check_room(home: Home, commits: Sequence[Commit], found: Found) -> None:
    """Everything that changes is written once more before the old bytes go."""
    check_room(home, get_settings())
    wanted = sum(vault.path_of(home, sha256).stat().st_size for sha256 in found.objects)
    wanted += sum(
        f.size_bytes for c in commits for f in c.data_files if f.kind == "raw" and file_id_of(f) in found.by_file
    )
    free = shutil.disk_usage(home.root).free
    if free < wanted + get_settings().min_free_bytes:
        raise OSError(
            28, f"{wanted / 2**20:,.0f} MiB are written anew and {free / 2**20:,.0f} MiB are free; nothing was changed", str(home.root)
        )  # fmt: skip


def _staged_object(home: Home, number: int, sha256: str, found: Found, entity: Entity | None) -> ObjectChange:
    lines = found.objects[sha256]
    target = replacements.staged_object(home, number, sha256)
    rewrite(found.files[sha256][0], lines, entity, target)
    return ObjectChange(
        sha256=sha256,
        digest=vault.digest_of(target),
        line_count=found.count_of(sha256),
        blanked=[erasures.WHOLE] if 0 in lines.blank else erasures.ranges_of(lines.blank),
        masked=erasures.ranges_of(lines.mask),
    )


def _staged_files(
    home: Home, number: int, commits: Sequence[Commit], found: Found, entity: Entity | None
) -> tuple[list[FileChange], list[DayCount]]:
    changes: list[FileChange] = []
    counts: list[DayCount] = []
    with open_engine(home, get_settings()) as con:
        for feed in FEEDS.values():
            rewritten: dict[Path, Path] = {}
            others = []
            for file in raw_files(commits, feed.name):
                lines = found.by_file.get(file_id_of(file), Lines())
                target = replacements.staged_file(home, number, file.path)
                left, taken, masked = (
                    rewrite_raw(con, home, file, lines, entity, target) if lines else (file.rows, 0, 0)
                )
                if taken or masked:
                    rewritten[home.root / file.path] = target
                    changes.append(_change(file.path, file.sha256, target, left, taken, masked))
                else:
                    others.append(home.root / file.path)
            if rewritten:
                days = count_erased(con, home, feed, rewritten, others)
                counts += [DayCount(feed=feed.name, day=day, rows=rows, keys=keys) for day, rows, keys in days]
    return changes, counts


def _staged_facts(home: Home, number: int, entity: Entity) -> list[FileChange]:
    changes = []
    with open_engine(home, get_settings()) as con:
        for derivation in derived.read_derivations(home):
            for file in derivation.files:
                target = replacements.staged_file(home, number, file.path)
                left, taken, changed = rewrite_derived(con, home.root / file.path, entity, target)
                if taken or changed:
                    changes.append(_change(file.path, file.sha256, target, left, taken, changed))
    return changes


def _change(path: str, was: str, target: Path, left: int, taken: int, masked: int) -> FileChange:
    return FileChange(
        path=path,
        was_sha256=was,
        sha256=vault.digest_of(target),
        rows=left,
        size_bytes=target.stat().st_size,
        erased_rows=taken,
        masked_rows=masked,
    )


__all__ = [
    "Basis",
    "Found",
    "Refused",
    "RequestState",
    "add_lines",
    "carry_out",
    "digests_by_file",
    "erase",
    "find",
    "states",
]
