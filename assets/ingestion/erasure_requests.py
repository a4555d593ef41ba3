"""Requests to erase and legal holds, as they stand in the lake: who is to be erased, and what forbids it.

Belongs here: reading both, versions in force, withdrawn requests. Not here: erasing (`erasure`), retention (`retention`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from assets.ingestion.contracts import FEEDS, lake_columns
from assets.ingestion.entity_lines import Entity
from assets.ingestion.fast_sql import name_of, quoted
from orchestration.core.commits import Commit
from orchestration.core.entity_fields import ENTITY_KINDS
from orchestration.core.home import Home


@dataclass(frozen=True, slots=True)
class Request:
    """An approved request to erase.

    Attributes:
        erasure_id: Its id.
        requested_at: UTC.
        entity: Who is to be erased.
        basis: Legal basis, as given.
        approved_by: Who approved it.
        file_sha256: Delivered file that holds it.
        line_no: Its line there.
    """

    erasure_id: str
    requested_at: datetime
    entity: Entity
    basis: str
    approved_by: str
    file_sha256: str
    line_no: int


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold in force: whom it protects, and the case that asks for it."""

    entity: Entity
    case_id: str


def read_requests(con: duckdb.DuckDBPyConnection, home: Home, commits: Sequence[Commit]) -> list[Request]:
    """Every approved request that no retraction withdrew, in order of time, then id."""
    relation = rows_of(home, commits, "erasures")
    withdrawn = _withdrawn(con, home, commits, "erasures")
    digests = digests_by_file(commits)
    found = con.execute(
        f"SELECT erasure_id, requested_at, entity_kind, entity_id, basis, approved_by, _file_id, _line_no FROM {relation} "
        "ORDER BY requested_at, erasure_id"
    ).fetchall()
    return [
        Request(erasure_id, at, Entity(kind, entity_id), basis, approved_by, digests[file_id], line)
        for erasure_id, at, kind, entity_id, basis, approved_by, file_id, line in found
        if not any(
            (sha256 is None or sha256.lower() == digests[file_id])
            and (number is None or number == line)
            and (key is None or key == erasure_id)
            for sha256, number, key in withdrawn
        )
    ]


def digests_by_file(commits: Sequence[Commit]) -> dict[int, str]:
    """File number -> digest of the bytes as delivered."""
    return {row.file_id: row.file_sha256 for commit in commits for row in commit.deliveries}


def _withdrawn(
    con: duckdb.DuckDBPyConnection, home: Home, commits: Sequence[Commit], feed: str
) -> list[tuple[str | None, int | None, str | None]]:
    found: list[tuple[str | None, int | None, str | None]] = con.execute(
        f"SELECT file_sha256, line, id FROM {rows_of(home, commits, 'retractions')} WHERE feed = {quoted(feed)} "
        "AND (file_sha256 IS NOT NULL OR id IS NOT NULL)"
    ).fetchall()
    return found


def holds_in_force(
    con: duckdb.DuckDBPyConnection, home: Home, commits: Sequence[Commit], as_of: datetime
) -> list[Hold]:
    """Legal holds at an instant: the register's rows, and the accounts of every case that says it is under hold.

    Args:
        con: Any connection.
        home: Whose lake.
        commits: All commits.
        as_of: UTC instant. A hold is in force from `valid_from` (always, when it has none) until just before `valid_to`.

    Returns:
        By kind, then sorted by id and case.
    """
    moment = f"TIMESTAMPTZ {quoted(as_of.isoformat())}"
    held = con.execute(
        f"SELECT entity_kind, entity_id, case_id FROM {in_force(home, commits, 'legal_holds')} "
        f"WHERE coalesce(valid_from <= {moment}, true) AND coalesce(valid_to > {moment}, true)"
    ).fetchall()
    held += con.execute(
        f"WITH held AS (SELECT case_id, lead_ids FROM {in_force(home, commits, 'cases')} WHERE legal_hold) "
        f"SELECT 'account', unnest(l.account_ids), h.case_id FROM held AS h "
        f"JOIN {in_force(home, commits, 'leads')} AS l ON list_contains(h.lead_ids, l.lead_id) UNION "
        f"SELECT 'account', unnest(e.account_ids), h.case_id FROM held AS h "
        f"JOIN {in_force(home, commits, 'escalations')} AS e ON e.case_id = h.case_id UNION "
        f"SELECT 'account', a.account_id, h.case_id FROM held AS h "
        f"JOIN {in_force(home, commits, 'enforcement_actions')} AS a ON a.case_id = h.case_id WHERE a.account_id IS NOT NULL"
    ).fetchall()
    return [
        Hold(Entity(kind, entity_id), case_id or "unnamed")
        for kind in ENTITY_KINDS
        for entity_id, case_id in sorted({(str(one), str(case or "")) for k, one, case in held if k == kind})
    ]


def case_holding(entity: Entity, holds: Sequence[Hold]) -> str | None:
    """The case whose hold protects an entity, or None."""
    return next((one.case_id for one in holds if one.entity.kind == entity.kind and entity.equals(one.entity.id)), None)


def rows_of(home: Home, commits: Sequence[Commit], feed: str) -> str:
    """SQL of all rows of a feed in the lake, under today's columns."""
    columns = lake_columns(FEEDS[feed])
    empty = ", ".join(f"NULL::{kind} AS {name_of(name)}" for name, kind in columns.items())
    files = [f for commit in commits for f in commit.data_files if f.kind == "raw" and f.feed == feed]
    if not files:
        return f"(SELECT {empty} WHERE false)"
    listed = ", ".join(quoted(str(home.root / file.path)) for file in files)
    return (
        f"(SELECT {empty} WHERE false UNION ALL BY NAME SELECT * FROM read_parquet([{listed}], union_by_name = true))"
    )


def in_force(home: Home, commits: Sequence[Commit], feed: str) -> str:
    """SQL of the version in force of each record of a feed."""
    key = ", ".join(name_of(part) for part in FEEDS[feed].key)
    return (
        f"(SELECT * FROM {rows_of(home, commits, feed)} QUALIFY row_number() OVER "
        f"(PARTITION BY {key} ORDER BY _version_at DESC, _batch_id DESC, _file_id DESC, _line_no DESC) = 1)"
    )
