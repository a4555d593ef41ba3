"""Mappings of a home: which one reads which delivered file, and what a file would give before it is ingested.

Belongs here: loading the folder, choosing the first that fits, the preview. Does not belong here: the grammar
(`mapping_files`), applying a mapping (`mapping_rows`), reading formats (`readers`), ingesting.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.ingestion.contracts import FEEDS, Feed
from assets.ingestion.exact import Fault, judge
from assets.ingestion.mapping_files import read_claim, read_mapping
from assets.ingestion.mapping_language import Mapping, MappingError
from assets.ingestion.mapping_rows import Refusal, apply
from assets.ingestion.readers import open_lines
from assets.ingestion.source_line import Blank, SourceLine, SourceRejectedError
from orchestration.core.home import Home

__all__ = [
    "CheckResult",
    "Mapping",
    "MappingError",
    "Problem",
    "Refusal",
    "apply",
    "check",
    "load_mappings",
    "mapping_for",
]

FIRST_ROWS = 5
FIRST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that would be quarantined: where, the reason's code, and what is wrong without the content."""

    line_no: int
    sheet: str | None
    reason: str
    json_path: str | None
    detail: str | None


@dataclass(slots=True)
class CheckResult:
    """What a file would give: `lines = would_load + quarantined + blank`.

    Attributes:
        feed: The feed, or None when it cannot be told.
        mapping: Name of the mapping that would read it, or None for the feed's own columns.
        lines: Lines, rows or elements.
        would_load: Those that fit the contract. Deliveries of the past are not looked at: some may be duplicates.
        quarantined: Those that do not.
        blank: Those that hold nothing.
        repeated_keys: Lines among `would_load` whose key an earlier line of the file has.
        reasons: Quarantined lines by reason.
        problems: The first of them.
        first_rows: The first rows that would load, as the contract types them.
        error: Why the whole file would be rejected, or None.
    """

    feed: str | None
    mapping: str | None = None
    lines: int = 0
    would_load: int = 0
    quarantined: int = 0
    blank: int = 0
    repeated_keys: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    first_rows: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None


def load_mappings(home: Home) -> list[Mapping]:
    """Read every `landing/_mappings/*.yml` in the order of their names.

    A broken file does not stop the others: it comes back with `error` set, still claims the files that it names, and
    `open_lines` refuses those whole (`mapping_invalid`). One that does not even say its feed and match is logged.
    """
    mappings = []
    if not home.mappings.is_dir():
        return []
    for path in sorted([*home.mappings.glob("*.yml"), *home.mappings.glob("*.yaml")], key=lambda found: found.name):
        if path.name.startswith("."):
            continue
        try:
            mappings.append(read_mapping(path))
        except MappingError as error:
            claim = read_claim(path, error)
            if claim is not None:
                mappings.append(claim)
            import structlog  # takes 0.1 s to import, and is seldom needed

            structlog.get_logger(__name__).error(
                "mapping_invalid", mapping=path.name, key=error.key, problem=str(error)
            )
    return mappings


def mapping_for(mappings: Sequence[Mapping], feed: str, filename: str) -> Mapping | None:
    """Choose the first mapping of the feed whose `match` fits the file's bare name (without its folder)."""
    return next((mapping for mapping in mappings if mapping.fits(feed, filename)), None)


def check(home: Home, file: Path) -> CheckResult:
    """Preview a file: what its mapping would load and quarantine. Nothing is ingested, kept or written.

    Args:
        home: Whose mappings count.
        file: A delivered file, or one that may become one. Its feed is told by its folder (`<feed>/<day>/<name>`), else
            by the first mapping whose `match` fits its name.

    Returns:
        The counts by reason, the first problems and the first rows; `error` when the whole file would be rejected.
    """
    mappings = load_mappings(home)
    feed = _feed_of(file, mappings)
    if feed is None:
        return CheckResult(None, error=f"no mapping matches {file.name!r}, and its folder names no feed")
    mapping = mapping_for(mappings, feed, file.name)
    result = CheckResult(feed, mapping.name if mapping is not None else None)
    try:
        _count(result, FEEDS[feed], open_lines(file, feed, mapping, file.name))
    except SourceRejectedError as error:
        result.error = str(error)
    except OSError as error:
        result.error = f"unreadable_file: {error.strerror or 'the file cannot be opened'}"
    return result


def _feed_of(file: Path, mappings: Sequence[Mapping]) -> str | None:
    parents = [parent.name for parent in file.resolve().parents][:2]
    named = next((name for name in parents if name in FEEDS), None)
    return named or next((mapping.feed for mapping in mappings if mapping.fits(mapping.feed, file.name)), None)


def _count(result: CheckResult, feed: Feed, lines: Iterable[SourceLine | Blank]) -> None:
    seen: set[int] = set()
    for line in lines:
        result.lines += 1
        if isinstance(line, Blank):
            result.blank += 1
            continue
        if line.value is None:
            _set_aside(result, Problem(line.line_no, line.sheet, line.reason or "", line.json_path, line.detail))
            continue
        judged = judge(feed, line.value)
        if isinstance(judged, Fault):
            _set_aside(result, Problem(line.line_no, line.sheet, judged.reason, judged.json_path, judged.detail))
            continue
        result.would_load += 1
        key = hash(tuple(str(judged.values.get(name)) for name in feed.key))
        result.repeated_keys += key in seen
        seen.add(key)
        if len(result.first_rows) < FIRST_ROWS:
            result.first_rows.append(judged.values)


def _set_aside(result: CheckResult, problem: Problem) -> None:
    result.quarantined += 1
    result.reasons[problem.reason] += 1
    if len(result.problems) < FIRST_PROBLEMS:
        result.problems.append(problem)
