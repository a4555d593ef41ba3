"""Exactly once: which of a batch's new rows repeat, contradict or replace what is there.

Belongs here: finding rows that share a key, deciding each in the order of delivery, the days that superseded versions leave.
Not here: writing files (`parts`). Keys are found by an in-process hash, decided by exact text; nothing of the hash is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import duckdb

from assets.ingestion.contracts import Feed
from assets.ingestion.fast_sql import name_of, quoted

DUPLICATE = "duplicate"
CONFLICT = "conflict"
_FETCH = 10_000


class Version(NamedTuple):
    """One row that shares its key with another, old rows before new ones, new ones in the order of delivery.

    Attributes:
        key: Text of the key (and of the UTC day, where keys are unique only within one).
        is_new: Whether this batch brought it.
        file_id: File.
        line_no: Line.
        digest: Digest of its typed content, ``_extra`` included.
        rank: (version instant in microseconds, batch, file, line): the greatest is in force. Empty for events.
        event_day: UTC day, ``YYYY-MM-DD``, or None.
    """

    key: str
    is_new: bool
    file_id: int
    line_no: int
    digest: str
    rank: tuple[int, int, int, int]
    event_day: str | None


@dataclass(slots=True)
class Decisions:
    """What is not loaded, by (file, line), and the days that superseded versions leave."""

    outcomes: dict[tuple[int, int], str] = field(default_factory=dict)
    superseded_days: set[str] = field(default_factory=set)


def decide(versions: Iterable[Version], *, is_event: bool, into: Decisions) -> None:
    """Decide the rows of one key, in order.

    An event that is there already is a duplicate when its content is the same, else a conflict. A record equal to the
    version in force is a duplicate, anything else is a new version, in force when its rank is the greatest.

    Args:
        versions: Rows of one key, old ones first, new ones in the order of delivery.
        is_event: Whether a key's content may never change.
        into: Receives the outcome of each new row that is not loaded.
    """
    held: Version | None = None
    for version in versions:
        if not version.is_new:
            if held is None or (not is_event and version.rank > held.rank):
                held = version
            continue
        if held is None:
            held = version
        elif version.digest == held.digest:
            into.outcomes[version.file_id, version.line_no] = DUPLICATE
        elif is_event:
            into.outcomes[version.file_id, version.line_no] = CONFLICT
        else:
            if not held.is_new and held.event_day:
                into.superseded_days.add(held.event_day)
            if version.rank > held.rank:
                held = version


def find(
    con: duckdb.DuckDBPyConnection,
    feed: Feed,
    batch_id: int,
    new: Sequence[str],
    old: Sequence[str],
    order: Sequence[int],
) -> Decisions:
    """Decide every new row of a feed that shares its key with another row.

    Args:
        con: A connection of the batch.
        feed: Contract.
        batch_id: This batch.
        new: Paths of the batch's Parquet parts.
        old: Paths of earlier lake files that may hold the same keys.
        order: File ids of the batch in the order of delivery.

    Returns:
        The outcomes of rows that are not to be loaded.
    """
    found = Decisions()
    if not new:
        return found
    key_hash = f"hash({', '.join(_key_parts(feed))})"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE shared_keys AS "
        f"SELECT {key_hash} AS h FROM {_source(new)} GROUP BY h HAVING count(*) > 1"
    )
    if old:
        con.execute(
            f"INSERT INTO shared_keys SELECT DISTINCT {key_hash} AS h FROM {_source(old)} "
            f"WHERE h IN (SELECT {key_hash} FROM {_source(new)})"
        )
    counted = con.execute("SELECT count(*) FROM shared_keys").fetchone()
    if counted and counted[0]:
        for _, versions in groupby(
            _versions(con, feed, batch_id, [*new, *old], order), key=lambda version: version.key
        ):
            decide(versions, is_event=feed.kind == "event", into=found)
    con.execute("DROP TABLE shared_keys")
    return found


def event_day(feed: Feed) -> str:
    """SQL of a row's event day, as text: the UTC day of its event time, else of its version."""
    return f"({event_date(feed)})::VARCHAR"


def event_date(feed: Feed) -> str:
    """SQL of a row's event day as a DATE."""
    moments = [name_of(feed.event_time)] if feed.event_time else []
    moments += ["_version_at"] if feed.kind != "event" else []
    return f"(coalesce({', '.join(moments)}) AT TIME ZONE 'UTC')::DATE"


def _source(paths: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(quoted(path) for path in paths)}], union_by_name = true)"


def _key_parts(feed: Feed) -> list[str]:
    return [*(name_of(part) for part in feed.key), *([event_date(feed)] if feed.unique_per_day else [])]


def _versions(
    con: duckdb.DuckDBPyConnection, feed: Feed, batch_id: int, paths: Sequence[str], order: Sequence[int]
) -> Iterator[Version]:
    content = ", ".join(name_of(item) for item in [*(f.name for f in feed.fields), "_extra"])
    is_event = feed.kind == "event"
    instant = "0" if is_event else "epoch_us(_version_at)"
    parts = _key_parts(feed)
    places = ", ".join(f"({file_id}, {place})" for place, file_id in enumerate(order))
    result = con.execute(
        f"SELECT to_json([{', '.join(f'{part}::VARCHAR' for part in parts)}])::VARCHAR AS k, _batch_id = {batch_id} AS is_new, "
        f"_file_id, _line_no, md5(to_json(struct_pack({content}))::VARCHAR) AS digest, {instant} AS instant, _batch_id, "
        f"{event_day(feed)} AS event_day "
        f"FROM {_source(paths)} LEFT JOIN (VALUES {places}) AS places(file_id, place) ON places.file_id = _file_id "
        f"WHERE hash({', '.join(parts)}) IN (SELECT h FROM shared_keys) "
        "ORDER BY k, is_new, CASE WHEN is_new THEN 0 ELSE _batch_id END, CASE WHEN is_new THEN place ELSE _file_id END, _line_no"
    )
    while rows := result.fetchmany(_FETCH):
        for key, is_new, file_id, line_no, digest, moment, batch, day in rows:
            yield Version(key, is_new, file_id, line_no, digest, (moment, batch, file_id, line_no), day)
