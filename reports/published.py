"""Published: the copy that readers open, read only, and what it says about itself.

Opening it and its state (watermark, completeness, synthetic marking) belong here; figures do not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from orchestration.core.home import Home


class NothingPublished(Exception):  # noqa: N818 - says what is the matter
    """There is no published copy yet."""


class State(msgspec.Struct, frozen=True):
    """What a published copy says about itself.

    Attributes:
        watermark: Last batch in it; 0 when the copy does not say.
        published: Name of the run that published it.
        is_synthetic: Whether any delivery in it was generated.
        complete_through: Last complete day of each feed; None when the copy keeps no such record.
        known_until: Instant up to which the data can know what happened: the end of the last complete day of any
            feed, else the last commit's instant, else None.
    """

    watermark: int
    published: str
    is_synthetic: bool
    complete_through: dict[str, date | None] | None
    known_until: datetime | None


@contextmanager
def open_published(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the published copy: read only, UTC, without access to files or the network.

    The copy that the link names now stays the one that is read, whatever is published meanwhile.

    Raises:
        NothingPublished: There is none yet.
    """
    link = home.published_current
    if not link.exists():
        raise NothingPublished(f"nothing is published in {home.root}: run `rapporteur run` first")
    target = link.resolve()
    connection = connect(target)
    try:
        yield connection
    finally:
        connection.close()


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a database file as readers do; its catalog is the file's stem."""
    connection = duckdb.connect(
        str(path),
        read_only=True,
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "TimeZone": "UTC",
        },
    )
    connection.execute("set lock_configuration = true")
    return connection


def read_state(con: duckdb.DuckDBPyConnection, home: Home) -> State:
    """What the open copy says about itself."""
    tables = relations(con, "ops")
    watermark, synthetic, committed = 0, False, None
    if "deliveries" in tables:
        columns = columns_of(con, "ops.deliveries")
        instant = "max(committed_at)" if "committed_at" in columns else "null"
        row = con.execute(f"select coalesce(max(batch_id), 0), {instant} from ops.deliveries").fetchone()
        watermark, committed = (int(row[0]), row[1]) if row else (0, None)
    if "files" in tables:
        row = con.execute("select coalesce(bool_or(is_synthetic), false) from ops.files").fetchone()
        synthetic = bool(row and row[0])
    complete = _complete_through(con) if "feed_status" in tables else None
    days = [day for day in (complete or {}).values() if day]
    known = datetime.combine(max(days) + timedelta(days=1), time(), UTC) if days else _instant(committed)
    return State(watermark, _run_name(home), synthetic, complete, known)


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


def _complete_through(con: duckdb.DuckDBPyConnection) -> dict[str, date | None]:
    rows = con.execute("select feed, cast(complete_through as date) from ops.feed_status").fetchall()
    return {str(feed): day for feed, day in rows}


def _run_name(home: Home) -> str:
    return home.published_current.resolve().parent.name


def _instant(value: Any) -> datetime | None:  # noqa: ANN401 - whatever type the ledger's column has
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(UTC) if isinstance(value, datetime) else None
