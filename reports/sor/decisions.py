"""Decisions of a period that owe a statement, read one after the other from the published copy.

Belongs here: the query, its order and the counting of what is out of scope. What becomes of a decision is mapping.py.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb

RELATION = "marts.fct_dsa_decisions"
OWED = "(coalesce(d.in_sor, false) or coalesce(d.sor_exclusion, '') = 'no_category')"
"""Owes a statement. The mart counts a decision without a category out; it owes one all the same, and is held back by name."""

_COLUMNS = (
    "event_date", "decision_id", "decided_at", "applied_on", "content_id", "target_kind", "surface",
    "dsa_service", "policy_code", "dsa_category", "dsa_keyword", "ground", "legal_ground", "terms_ground",
    "terms_provision", "explanation", "source", "is_own_initiative", "automated_detection",
    "automated_decision", "visibility", "monetary", "provision", "account", "visibility_ends_on",
    "monetary_ends_on", "provision_ends_on", "account_ends_on", "content_kind", "content_created_on",
    "content_language", "territorial_scope",
)  # fmt: skip
_AT_ONCE = 1_000


def decisions_in_scope(
    con: duckdb.DuckDBPyConnection, start: datetime, end: datetime, services: tuple[str, ...] = ()
) -> Iterator[dict[str, Any]]:
    """Rows of RELATION that are in the scope of statements, with `file_sha256` and `line` of the leading action.

    The order is total: service, day, instant, decision. A thousand rows are held at a time. The connection must not be used
    for anything else until the last row was read.

    Args:
        con: The published copy, session zone UTC.
        start: First instant of decisions, inclusive.
        end: Instant of decisions at which it ends, exclusive.
        services: Only decisions of these services; all when empty.
    """
    columns = ", ".join(f"d.{name}" for name in _COLUMNS)
    result = con.execute(
        f"select {columns}, f.file_sha256, d._line_no as line from {RELATION} as d "
        "left join ops.files as f on d._file_id = f.file_id "
        f"where {OWED} and d.decided_at >= $1 and d.decided_at < $2 and (len($3) = 0 or list_contains($3, d.dsa_service)) "
        "order by d.dsa_service nulls last, d.event_date, d.decided_at, d.decision_id",
        [start, end, list(services)],
    )
    names = [column[0] for column in result.description or []]
    while rows := result.fetchmany(_AT_ONCE):
        for row in rows:
            yield dict(zip(names, row, strict=True))


def out_of_scope(
    con: duckdb.DuckDBPyConnection, start: datetime, end: datetime, services: tuple[str, ...] = ()
) -> dict[str, int]:
    """How many decisions of the same range owe no statement, by the code of the reason."""
    rows = con.execute(
        f"select coalesce(d.sor_exclusion, 'unnamed') as reason, count(*) from {RELATION} as d "
        f"where not {OWED} and d.decided_at >= $1 and d.decided_at < $2 "
        "and (len($3) = 0 or list_contains($3, d.dsa_service)) group by all order by reason",
        [start, end, list(services)],
    ).fetchall()
    return {str(reason): int(number) for reason, number in rows}


def services_in_scope(con: duckdb.DuckDBPyConnection, start: datetime, end: datetime) -> list[str]:
    """Services that have decisions in the scope of statements in a range, in order."""
    rows = con.execute(
        f"select distinct d.dsa_service from {RELATION} as d where {OWED} and d.decided_at >= $1 and d.decided_at < $2 "
        "and d.dsa_service is not null order by d.dsa_service",
        [start, end],
    ).fetchall()
    return [str(service) for (service,) in rows]
