"""Published: what the copy that readers open says about itself.

Its state (watermark, completeness, synthetic marking) and models belong here; opening it is core/publish.py, figures are not.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb
import msgspec

from orchestration.core.home import Home


class State(msgspec.Struct, frozen=True):
    """What a published copy says about itself.

    Attributes:
        watermark: Last batch in it; 0 when the copy does not say.
        published: Name of the run that published it.
        is_synthetic: Whether any delivery in it was generated.
        complete_through: Last complete day of each feed; None when the copy keeps no such record.
        known_since: First day on which something was delivered.
        known_until: Instant up to which the data can know what happened: the end of the last day of delivery, but not
            after the last commit; None when nothing was delivered.
    """

    watermark: int
    published: str
    is_synthetic: bool
    complete_through: dict[str, date | None] | None
    known_since: date | None
    known_until: datetime | None


def read_state(con: duckdb.DuckDBPyConnection, home: Home) -> State:
    """What the open copy says about itself."""
    row = con.execute(
        "select coalesce(max(batch_id), 0), min(received_on), max(received_on), max(committed_at), "
        f"coalesce(bool_or(is_synthetic), false) from ops.deliveries where batch_id <= {_watermark(con)}"
    ).fetchone()
    watermark, first, last, committed, synthetic = row or (0, None, None, None, False)
    complete = _complete_through(con) if "feed_status" in relations(con, "ops") else None
    known = None
    if last is not None:
        known = datetime.combine(last + timedelta(days=1), time(), UTC)
        known = min(known, committed.astimezone(UTC)) if committed else known
    return State(int(watermark), _run_name(home), bool(synthetic), complete, first, known)


def relations(con: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    """Names of the tables and views of a schema."""
    rows = con.execute(
        "select table_name from information_schema.tables where table_schema = ? and table_catalog = current_database()",
        [schema],
    ).fetchall()
    return {str(row[0]) for row in rows}


def columns_of(con: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    """Columns of a relation, in order."""
    return [str(row[0]) for row in con.execute(f"describe {relation}").fetchall()]


def published_models(home: Home) -> dict[str, dict[str, Any]]:
    """The models behind the published copy by name: relation, compiled_sql, depends_on, meta, columns; may be empty."""
    path = home.published_current.resolve().parent / "models.json"
    if not path.is_file():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Any]])


def _watermark(con: duckdb.DuckDBPyConnection) -> int:
    """The last batch in the marts; beyond it, the ledger names lines that were taken in but are in no mart yet."""
    if "pins" not in relations(con, "ops"):
        return 2**62
    row = con.execute("select max(watermark) from ops.pins").fetchone()
    return int(row[0]) if row and row[0] is not None else 2**62


def _complete_through(con: duckdb.DuckDBPyConnection) -> dict[str, date | None]:
    # A register has no cadence: nobody promised a next delivery, so what is there is complete.
    rows = con.execute(
        "select feed, case when cadence_hours is null then date '9999-12-31' else cast(complete_through_on as date) end "
        "from ops.feed_status"
    ).fetchall()
    return {str(feed): day for feed, day in rows}


def _run_name(home: Home) -> str:
    return home.published_current.resolve().parent.name
