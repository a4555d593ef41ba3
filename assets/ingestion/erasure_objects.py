"""Delivered files and what is to go from them: which way each format is searched and written anew.

Belongs here: the choice by format, files that cannot be read, the judge of one entity. Not here: how a format is taken apart
(`erasure_text`, `erasure_tables`), the lake (`erasure_lake`).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from assets.ingestion.entity_lines import (
    Entity,
    Standing,
    standing,
    standing_of_json,
    standing_of_text,
    strike,
    strike_bytes,
)
from assets.ingestion.erasure_tables import (
    find_in_rows,
    is_log,
    is_parquet,
    is_workbook,
    log_holds,
    rewrite_json,
    rewrite_log,
    rewrite_parquet,
    rewrite_xlsx,
)
from assets.ingestion.erasure_text import (
    Delivered,
    Judge,
    Lines,
    find_in_csv,
    find_in_jsonl,
    is_csv,
    is_jsonl,
    reading_limits,
    rewrite_csv,
    rewrite_jsonl,
)
from assets.ingestion.mappings import load_mappings, mapping_for
from assets.ingestion.source_line import SourceRejectedError
from orchestration.core import vault
from orchestration.core.commits import Commit
from orchestration.core.entity_fields import KEPT_FEEDS
from orchestration.core.home import Home

WHOLE_FILE = 0
_PIECE = 1 << 20


def delivered_files(home: Home, commits: Sequence[Commit]) -> Iterator[Delivered]:
    """Every (feed, object) that was ever delivered and lies in the vault, in the order of file numbers."""
    mappings, limits = load_mappings(home), reading_limits()
    seen: dict[tuple[str, str], Delivered] = {}
    for commit in commits:
        for row in commit.deliveries:
            if row.file_sha256 and (row.feed, row.file_sha256) not in seen:
                name = PurePosixPath(row.path).name
                seen[row.feed, row.file_sha256] = Delivered(
                    path=vault.path_of(home, row.file_sha256),
                    sha256=row.file_sha256,
                    feed=row.feed,
                    name=name,
                    received_on=row.received_on,
                    mapping=mapping_for(mappings, row.feed, name),
                    limits=limits,
                )
    yield from seen.values()


def judge_of(entity: Entity, feed: str) -> Judge:
    """What says whether a line of a feed is an entity's."""

    def of_value(value: Mapping[str, Any]) -> Standing | None:
        return standing(entity, feed, value)

    return Judge(
        of_json=lambda raw: standing_of_json(entity, feed, raw),
        of_value=of_value,
        of_text=lambda raw: standing_of_text(entity, feed, raw),
        places=entity.places,
    )


def search(one: Delivered, judge: Judge) -> Lines:
    """Find the lines of a file that are to go.

    A file that cannot be read to its end is looked through as bytes; where something is to go from it, all of it goes.

    Raises:
        CannotBeErased: An evaluation log whose parts cannot be unpacked.
    """
    if one.feed in KEPT_FEEDS:
        return Lines()
    try:
        return _search(one, judge)
    except SourceRejectedError:
        return Lines(blank={WHOLE_FILE}) if holds_as_bytes(one, judge) else Lines()


def _search(one: Delivered, judge: Judge) -> Lines:
    if is_jsonl(one):
        return find_in_jsonl(one, judge)
    if is_csv(one):
        return find_in_csv(one, judge)
    if not _may_hold(one, judge):
        return Lines()
    if is_log(one) and judge.places is not None:
        return Lines(mask={WHOLE_FILE}) if log_holds(one, judge) else Lines()
    return find_in_rows(one, judge)


def _may_hold(one: Delivered, judge: Judge) -> bool:
    """Whether a document that is plain text may hold what is looked for; anything packed may."""
    is_plain = one.name.lower().endswith(".json")
    return judge.places is None or not is_plain or holds_as_bytes(one, judge)


def holds_as_bytes(one: Delivered, judge: Judge) -> bool:
    """Whether a file's bytes, as they lie in the vault, hold what a judge looks for."""
    tail = b""
    with one.path.open("rb") as handle:
        while piece := handle.read(_PIECE):
            if judge.of_text(tail + piece) is not None:
                return True
            tail = piece[-1024:]
    return False


def rewrite(one: Delivered, lines: Lines, entity: Entity | None, target: Path) -> None:
    """Write a delivered file anew without the lines that are to go.

    Args:
        one: The file.
        lines: What is to go.
        entity: Whose id is to be struck out of lines that stand; None when there are no such lines.
        target: Where to.

    Raises:
        CannotBeErased: Its format cannot be taken apart.
    """

    def struck(raw: bytes) -> bytes:
        return strike_bytes(entity, raw) if entity else raw

    def struck_value(value: Any) -> Any:  # noqa: ANN401  any JSON-like value, of which the like is returned
        return strike(entity, value) if entity else value

    if WHOLE_FILE in lines.blank:
        target.write_bytes(b"")
    elif is_jsonl(one):
        rewrite_jsonl(one, lines, struck, target)
    elif is_csv(one):
        rewrite_csv(one, lines, struck, target)
    elif is_parquet(one):
        rewrite_parquet(one, lines, struck_value, target)
    elif is_workbook(one):
        rewrite_xlsx(one, lines, struck_value, target)
    elif is_log(one):
        rewrite_log(one, lines, struck, target)
    else:
        rewrite_json(one, lines, struck_value, target)
