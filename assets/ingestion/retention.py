"""Retention: lines older than their feed may be kept go the way of an erasure, but for those of entities under legal hold.

Belongs here: the register's rules, how old a line is, which objects go whole. Not here: how lines go (`erasure`), holds
(`erasure_requests`).

An event is as old as its event time, a record's version as old as its update; a line that is no row and tells no time is as old as
its delivery. A line is kept for the register's number of days after its UTC day, and goes after that.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from assets.ingestion.batch import open_engine
from assets.ingestion.contracts import FEEDS, Feed
from assets.ingestion.entity_lines import ABOUT, Entity, Standing, standing
from assets.ingestion.erasure import Basis, Found, Refused, add_lines, carry_out, spread
from assets.ingestion.erasure_lake import find_rows, raw_files
from assets.ingestion.erasure_objects import WHOLE_FILE, delivered_files, search
from assets.ingestion.erasure_requests import digests_by_file, holds_in_force, in_force
from assets.ingestion.erasure_tables import is_log
from assets.ingestion.erasure_text import Delivered, Judge, Lines
from assets.ingestion.fast_sql import name_of, quoted
from orchestration.core import erasures, replacements
from orchestration.core.clock import utc_now
from orchestration.core.commits import Commit, read_commits
from orchestration.core.entity_fields import KEPT_FEEDS
from orchestration.core.erasures import Record
from orchestration.core.home import Home
from orchestration.core.settings import get_settings

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the register `retention` in force: days that a feed's lines are kept, on what basis, and where the row stands."""

    feed: str
    days: int
    basis: str
    file_sha256: str
    line_no: int

    def cutoff(self, as_of: date) -> date:
        """First UTC day whose lines are kept."""
        return as_of - timedelta(days=self.days)


@dataclass(slots=True)
class Applied:
    """What a rule did, or would do.

    Attributes:
        rule: The rule.
        cutoff: First day that is kept.
        found: Lines that go.
        held: Cases whose legal holds kept rows back -> number of rows.
        record: What was recorded; None when nothing went or on a dry run.
        refused: Why nothing was done, or None.
        shared: Files left alone because the same bytes were delivered under another feed too.
    """

    rule: Rule
    cutoff: date
    found: Found = field(default_factory=Found)
    held: Counter[str] = field(default_factory=Counter)
    record: Record | None = None
    refused: str | None = None
    shared: list[str] = field(default_factory=list)


def read_rules(con: duckdb.DuckDBPyConnection, home: Home, commits: Sequence[Commit]) -> list[Rule]:
    """The register's rows in force, by feed; rows without a number of days say nothing."""
    digests = digests_by_file(commits)
    found = con.execute(
        f"SELECT feed, days, basis, _file_id, _line_no FROM {in_force(home, commits, 'retention')} "
        "WHERE days IS NOT NULL ORDER BY feed"
    ).fetchall()
    return [Rule(feed, days, basis or "", digests[file_id], line) for feed, days, basis, file_id, line in found]


def apply(
    home: Home, as_of: date | None = None, *, dry_run: bool = False, progress: Progress = lambda _: None
) -> list[Applied]:
    """Apply every rule of the register. The caller holds the run lock.

    Args:
        home: The home.
        as_of: The day from which ages are counted, UTC; today when None.
        dry_run: Only find; change nothing.
        progress: Told of each delivered file that is looked through.

    Returns:
        One entry a rule, by feed. The build's databases are removed when a line went; publishing is the caller's.

    Raises:
        OSError: No room, or a broken disk.
    """
    if not dry_run:
        replacements.redo(home)
    today = as_of or utc_now().date()
    applied = []
    with open_engine(home, get_settings()) as con:
        commits = read_commits(home)
        rules = read_rules(con, home, commits)
        holds = holds_in_force(con, home, commits, utc_now())
    cases = {one.entity: one.case_id for one in holds}
    for rule in rules:
        one = Applied(rule, rule.cutoff(today))
        applied.append(one)
        if (why := _no_rule_for(rule)) is not None:
            one.refused = why
            continue
        commits = read_commits(home)
        _find(home, commits, one, cases, progress)
        if dry_run:
            continue
        basis = Basis(
            f"retention:{rule.feed}:{one.cutoff}", "retention", rule.basis,
            request_sha256=rule.file_sha256, request_line=rule.line_no,
        )  # fmt: skip
        try:
            one.record = carry_out(home, commits, one.found, basis, None)
        except Refused as error:
            one.refused = str(error)
    return applied


def _no_rule_for(rule: Rule) -> str | None:
    feed = FEEDS.get(rule.feed)
    if feed is None:
        return f"{rule.feed!r} is no feed; correct the register `retention`"
    if rule.feed in KEPT_FEEDS or feed.kind == "register":
        return f"{rule.feed} explains what was done and what figures meant; its lines are not erased by age"
    if rule.days < 1:
        return f"{rule.days} days are no retention; correct the register `retention`"
    return None


def _find(home: Home, commits: Sequence[Commit], one: Applied, cases: Mapping[Entity, str], progress: Progress) -> None:
    feed = FEEDS[one.rule.feed]
    cutoff = one.cutoff.isoformat()
    numbers = {(d.feed, d.file_sha256): d.file_id for c in commits for d in c.deliveries if d.file_sha256}
    rows = _rows_by_age(home, commits, feed, cutoff)
    held = _held_lines(home, commits, feed, cases)
    sums = _sums(commits, feed.name)
    gone = erasures.erased_lines(home)
    shared = {sha256 for other, sha256 in numbers if other != feed.name}
    for delivered in delivered_files(home, commits):
        if delivered.feed != feed.name or gone.is_whole(delivered.sha256) or not delivered.path.stat().st_size:
            continue
        if delivered.sha256 in shared:
            one.shared.append(f"{delivered.feed}/{delivered.received_on}/{delivered.name}")
            continue
        progress(f"{delivered.feed}/{delivered.received_on}/{delivered.name}")
        file_id = numbers[delivered.feed, delivered.sha256]
        old, count = rows.get(file_id, (set(), 0))
        kept = held.get(file_id, {})
        for case, protected in kept.items():
            one.held[case] += len(protected & old)
        lines, duplicate, quarantined, blank = sums[file_id]
        is_late = delivered.received_on < cutoff
        if len(old) == count and is_late and not _is_any_held(delivered, cases):
            before = gone.count_in(delivered.sha256)
            add_lines(one.found, delivered, Lines(blank={WHOLE_FILE}))
            one.found.whole[delivered.sha256] = max(lines - blank - before, 0)
        elif is_log(delivered):
            continue  # one piece: it goes when all of it is old
        elif old or duplicate or quarantined or (is_late and not lines):
            found = search(delivered, _judge(feed, delivered, cutoff, list(cases)))
            found.blank |= old
            found.blank.difference_update(*kept.values())
            add_lines(one.found, delivered, found)
    spread(one.found, numbers)


def _rows_by_age(home: Home, commits: Sequence[Commit], feed: Feed, cutoff: str) -> dict[int, tuple[set[int], int]]:
    """File number -> (lines whose rows are older than the cutoff, number of all its rows)."""
    paths = [str(home.root / file.path) for file in raw_files(commits, feed.name)]
    if not paths:
        return {}
    listed = ", ".join(quoted(path) for path in paths)
    moment = name_of(feed.event_time or "") if feed.kind == "event" else "_version_at"
    with open_engine(home, get_settings()) as con:
        found = con.execute(
            f"SELECT _file_id, coalesce(list(_line_no) FILTER ({moment} < TIMESTAMPTZ {quoted(cutoff + 'T00:00:00Z')}), []), "
            f"count(*) FROM read_parquet([{listed}], union_by_name = true) GROUP BY 1"
        ).fetchall()
    return {int(file_id): (set(lines), int(count)) for file_id, lines, count in found}


def _held_lines(
    home: Home, commits: Sequence[Commit], feed: Feed, cases: Mapping[Entity, str]
) -> dict[int, dict[str, set[int]]]:
    """Lines of this feed that a legal hold keeps: file number -> case -> lines."""
    held: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    with open_engine(home, get_settings()) as con:
        for entity, case in cases.items():
            for file_id, lines in find_rows(con, home, commits, entity, only=feed.name).items():
                held[file_id][case] |= lines.blank | lines.mask
    return held


def _sums(commits: Sequence[Commit], feed: str) -> dict[int, tuple[int, int, int, int]]:
    """File number -> lines, duplicates, quarantined and blank lines, all its ledger rows together."""
    sums: dict[int, tuple[int, int, int, int]] = defaultdict(lambda: (0, 0, 0, 0))
    for commit in commits:
        for row in commit.deliveries:
            if row.feed == feed:
                a, b, c, d = sums[row.file_id]
                sums[row.file_id] = a + row.lines, b + row.duplicate, c + row.quarantined, d + row.blank
    return sums


def _is_any_held(delivered: Delivered, cases: Mapping[Entity, str]) -> bool:
    if not cases:
        return False
    return bool(search(delivered, _any_of(list(cases), delivered.feed)))


def _any_of(entities: Sequence[Entity], feed: str) -> Judge:
    """A judge that finds lines of any of several entities."""

    def of_value(value: Mapping[str, Any]) -> Standing | None:
        return ABOUT if any(standing(one, feed, value) for one in entities) else None

    def of_text(raw: bytes) -> Standing | None:
        return ABOUT if any(one.is_in(raw) for one in entities) else None

    return Judge(
        of_json=of_text,
        of_value=of_value,
        of_text=of_text,
        places=lambda data: (place for one in entities for place in one.places(data)),
    )


def _judge(feed: Feed, delivered: Delivered, cutoff: str, held: Sequence[Entity]) -> Judge:
    is_late = delivered.received_on < cutoff

    def of_value(value: Mapping[str, Any]) -> Standing | None:
        if any(standing(one, feed.name, value) for one in held):
            return None
        day = day_of(feed, value)
        return ABOUT if (day < cutoff if day is not None else is_late) else None

    def of_text(raw: bytes) -> Standing | None:
        return ABOUT if is_late and not any(one.is_in(raw) for one in held) else None

    def of_json(raw: bytes) -> Standing | None:
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            return of_text(raw)
        return of_value(value) if isinstance(value, dict) else of_text(raw)

    return Judge(of_json=of_json, of_value=of_value, of_text=of_text)


def day_of(feed: Feed, value: Mapping[str, Any]) -> str | None:
    """The UTC day that a line's age counts from: of an event its event time, of a record its update; None when it tells none."""
    told = value.get((feed.event_time if feed.kind == "event" else feed.updated_at) or "")
    try:
        moment = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
        return moment.astimezone(UTC).date().isoformat() if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
