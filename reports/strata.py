"""Strata: the disjoint groups of contributions behind figures, their digests, and the lines that they count.

Everything here is read from the tables `contributed_<part>` that reports.figures leaves on its connection.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from reports.figure_sql import counts_at
from reports.figures import Figures
from reports.metrics import dimensions_of

STRATA_COLUMNS = ("stratum_id", "part", "metric", "role", "dimensions", "row_count", "amount", "digest")


def build_strata(con: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    """Make `counted_<part>` (one row per contribution that counts) and `strata_<part>` (one row per metric, role and dimensions).

    A stratum's digest is SHA-256 over its sorted lines `file_sha256:line:role:amount` and a line feed each (no amount:
    nothing after the last colon).
    """
    for part, dimensions in _parts(con, figures):
        query = ", '&', ".join(f"'{name}=', url_encode(c.{name})" for name in sorted(dimensions))
        pairs = ", ".join(f"'{name}', c.{name}" for name in sorted(dimensions))
        con.execute(
            f"create or replace temp table counted_{part} as select "
            f"left(sha256(concat('{part}/', c.metric, '#', c.role, '?', {query})), 32) as stratum_id, "
            f"cast(json_object({pairs}) as varchar) as dimension_json, c.* "
            f"from contributed_{part} as c where {counts_at('c', 'cast($as_of as timestamptz)')}",
            {"as_of": figures.as_of},
        )
        line = "concat(file_sha256, ':', _line_no, ':', role, ':', amount, chr(10))"
        names = ", ".join(dimensions)
        con.execute(
            f"create or replace temp table strata_{part} as select stratum_id, metric, role, {names}, "
            "any_value(dimension_json) as dimensions, cast(count(*) as bigint) as row_count, "
            "cast(sum(amount) as bigint) as amount, "
            f"sha256(string_agg({line}, '' order by {line})) as digest "
            f"from counted_{part} group by stratum_id, metric, role, {names}"
        )


def with_digests(con: duckdb.DuckDBPyConnection, figures: Figures) -> Figures:
    """The figures with their digests: SHA-256 over the sorted digests of their strata, a line feed after each.

    A figure without a single contribution has the digest of nothing.
    """
    build_strata(con, figures)
    nothing = con.execute("select sha256('')").fetchone()
    digests: dict[tuple[str, str], str] = {}
    for part, _ in _parts(con, figures):
        for breakdown in figures.breakdowns[part]:
            names = sorted(breakdown.dimensions)
            pairs = ", ".join(f"'{name}', {name}" for name in names)
            rows = con.execute(
                f"select metric, cast(json_object({pairs}) as varchar), "
                "sha256(string_agg(concat(digest, chr(10)), '' order by digest)) "
                f"from strata_{part} group by all"
            ).fetchall()
            digests |= {(metric, _sorted_json(text)): digest for metric, text, digest in rows}
    empty = str(nothing[0]) if nothing else ""
    return msgspec.structs.replace(
        figures,
        figures=tuple(
            msgspec.structs.replace(
                figure, digest=digests.get((figure.metric, _sorted_json_of(figure.dimensions)), empty)
            )
            for figure in figures.figures
        ),
    )


def strata_table(con: duckdb.DuckDBPyConnection, figures: Figures) -> pa.Table:
    """All strata, ordered by (part, metric, role, dimensions)."""
    selects = [
        f"select stratum_id, '{part}' as part, metric, role, dimensions, row_count, amount, digest from strata_{part}"
        for part, _ in _parts(con, figures)
    ]
    return con.execute(" union all ".join(selects) + " order by part, metric, role, dimensions").to_arrow_table()


def contributor_batches(
    con: duckdb.DuckDBPyConnection, figures: Figures, rows: int = 65536
) -> Iterator[pa.RecordBatch]:
    """All contributions that count, in batches, ordered by (stratum, file, line, record)."""
    selects = [
        f"select stratum_id, '{part}' as part, metric, role, unit_id, amount, event_at, record_kind, record_id, "
        f"file_sha256, _line_no as line, input_refs from counted_{part}"
        for part, _ in _parts(con, figures)
    ]
    sql = " union all ".join(selects) + " order by part, metric, role, stratum_id, file_sha256, line, record_id"
    yield from con.execute(sql).to_arrow_reader(rows)


def _parts(con: duckdb.DuckDBPyConnection, figures: Figures) -> list[tuple[str, Sequence[str]]]:
    relations = {metric.part: metric.relation for metric in figures.metrics.values()}
    return [(part, dimensions_of(con, relation)) for part, relation in relations.items()]


def _sorted_json(text: str) -> str:
    return _sorted_json_of(msgspec.json.decode(text, type=dict[str, Any]))


def _sorted_json_of(values: dict[str, Any]) -> str:
    return msgspec.json.encode(values, order="deterministic").decode()
