"""Erased entities that come back: lines delivered after an erasure that are about, or name, whom it erased.

Finding and telling them belongs here; erasing again is a command's work, on the same request.
"""

import time
from collections.abc import Sequence

import duckdb

from orchestration.core import erasures
from orchestration.core.entity_fields import BEARINGS, Bearing
from orchestration.core.home import Home
from quality_checks.ledger import CheckResult, verdict
from quality_checks.scope import Scope, has_relation, rows_of


def erased_entities_stay_away(connection: duckdb.DuckDBPyConnection, home: Home, scope: Scope) -> list[CheckResult]:
    """No line of a batch after an erasure names whom it erased.

    Args:
        connection: With the raw tables.
        home: Whose record of erasures.
        scope: The watermark.

    Returns:
        One result on `raw/erasures`, severity warn, naming feed, request and number of rows, never the id; none where nobody was erased.
    """
    began = time.perf_counter()
    done = {record.erasure_id: record.watermark for record in erasures.read(home) if record.kind == "request"}
    if not done:
        return []
    connection.execute(
        "create or replace temp table erased_entities as select distinct e.erasure_id, e.entity_kind, e.entity_id, d.watermark "
        "from raw.erasures as e join (select unnest(?::varchar[]) as erasure_id, unnest(?::bigint[]) as watermark) as d "
        "using (erasure_id) where e._batch_id <= ?",
        [list(done), list(done.values()), scope.watermark],
    )
    found = rows_of(connection, _returned_sql([one for one in BEARINGS if _is_there(connection, one)], scope.watermark))
    connection.execute("drop table erased_entities")
    return [
        verdict(
            "erased_entities_stay_away",
            "raw/erasures",
            "warn",
            "no line delivered after an erasure names whom it erased",
            found,
            remedy="Ask the source to stop delivering it, and run `rapporteur erase` with the same id again.",
            anchor="a-request-to-erase",
            seconds=time.perf_counter() - began,
        )
    ]


def _is_there(connection: duckdb.DuckDBPyConnection, bearing: Bearing) -> bool:
    return has_relation(connection, f"warehouse.raw.{bearing.feed}")


def _returned_sql(bearings: Sequence[Bearing], watermark: int) -> str:
    parts = []
    for one in bearings:
        ids = _ids(one)
        when = f" and r.{one.when[0]} = '{one.when[1]}'" if one.when else ""
        parts.append(
            f"select '{one.feed}' as feed, e.erasure_id, r._file_id, r._line_no from raw.{one.feed} as r, erased_entities as e "
            f"where e.entity_kind = '{one.kind}' and r._batch_id > e.watermark and r._batch_id <= {watermark} and {ids}{when}"
        )
    lines = " union ".join(parts) or "select '' as feed, '' as erasure_id, 0 as _file_id, 0 as _line_no where false"
    return f"select feed, erasure_id, count(*) as rows from ({lines}) group by all order by all"


def _ids(bearing: Bearing) -> str:
    if bearing.inner:
        return f"list_contains(json_extract_string(r.{bearing.field}, '$[*].{bearing.inner}'), e.entity_id)"
    if bearing.field.endswith("_ids"):
        return f"list_contains(r.{bearing.field}, e.entity_id)"
    if bearing.kind == "reporter":
        return f"lower(r.{bearing.field}) = lower(e.entity_id)"
    return f"r.{bearing.field} = e.entity_id"
