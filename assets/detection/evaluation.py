"""One day's evaluation: who is linked, what fires, what to review, from what the data up to the end of that day shows.

The order of the steps belongs here; each step is a file of sql/, read top to bottom. No step looks past the day, so an evaluation
made late says the same as one made in time.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from importlib.resources import files

import duckdb
import pyarrow as pa

from assets.detection import registry
from assets.detection.clusters import components, stable_ids
from orchestration.core.derived import RELATIONS

WINDOW_DAYS = 28
_SQL = files("assets.detection") / "sql"


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ready the tables that evaluations fill.

    Args:
        connection: In memory or not, with `warehouse` (for writing) and `current` attached.
    """
    connection.execute("set timezone = 'UTC'")
    connection.execute("create schema if not exists warehouse.detection")
    connection.execute(
        "create table if not exists warehouse.detection.near_pairs (event_date date, account_a varchar, account_b varchar, "
        "hash_a ubigint, hash_b ubigint, template_a varchar, template_b varchar)"
    )
    connection.execute("create table if not exists warehouse.detection.near_days (event_date date)")
    connection.execute("create or replace temp table window_extent (made_on date, filled_to date)")
    registry.load(connection)
    for relation, columns in RELATIONS.items():
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create or replace temp table new_{relation} ({typed})")


def near_duplicates(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Find the near-duplicate prompts that a day brought, and keep them in `warehouse.detection`, a cache by day.

    Args:
        connection: As `prepare` left it.
        day: UTC day; what was found for it before is replaced.
    """
    _set_day(connection, day)
    _run(connection, "prompts", "near")
    connection.execute("delete from warehouse.detection.near_days where event_date = ?", [day])
    connection.execute("insert into warehouse.detection.near_days values (?)", [day])


def evaluate(connection: duckdb.DuckDBPyConnection, day: date, previous: dict[str, str]) -> dict[str, str]:
    """Evaluate one day and append what it concludes to the tables `new_<relation>`.

    Args:
        connection: As `prepare` left it; near-duplicates of the window's earlier days are cached.
        day: UTC day; everything up to its end counts, nothing later.
        previous: Account -> cluster id as of the day before.

    Returns:
        Account -> cluster id as of this day.
    """
    registry.in_force(connection, day)
    near_duplicates(connection, day)
    _run(connection, "window", "links")
    _hash_families(connection)
    _run(connection, "edges")
    members = _clusters(connection, day, previous)
    _run(connection, "account_values", "calibration", "cluster_values", "queue", "results", "evidence")
    return members


def _set_day(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    connection.execute(
        f"""create or replace temp table evaluation as
            select
                cast($day as date) as as_of_date,
                cast($day as date) - {WINDOW_DAYS - 1} as window_start,
                timezone('UTC', cast(cast($day as date) + 1 as timestamp)) as as_of_end,
                $digest as registry_sha256,
                cast($filled_from as date) as filled_from""",
        {"day": day, "digest": registry.digest(), "filled_from": _filled_from(connection, day)},
    )


def _filled_from(connection: duckdb.DuckDBPyConnection, day: date) -> date:
    """First day to read into the window's tables, which then hold all days up to `day`.

    A later day reads what is new since the one before it. The tables are made anew for an earlier day, and once in a window's length,
    because deleted rows keep their place in memory.
    """
    first = day - timedelta(WINDOW_DAYS - 1)
    row = connection.execute("select made_on, filled_to from window_extent").fetchone()
    is_kept = row is not None and row[1] < day and (day - row[0]).days < WINDOW_DAYS
    if not is_kept:
        connection.execute("drop table if exists window_prompts; drop table if exists near_known")
    made_on = row[0] if is_kept and row else day
    connection.execute("delete from window_extent; insert into window_extent values (?, ?)", [made_on, day])
    return max(first, row[1] + timedelta(1)) if is_kept and row else first


def _run(connection: duckdb.DuckDBPyConnection, *steps: str) -> None:
    for step in steps:
        connection.execute((_SQL / f"{step}.sql").read_text())


def _hash_families(connection: duckdb.DuckDBPyConnection) -> None:
    """`hash_family`: one row per near-duplicate hash of the window, with the number of its connected component."""
    pairs = connection.execute(
        "select distinct hash_a, hash_b from warehouse.detection.near_pairs, evaluation "
        "where event_date between window_start and as_of_date"
    ).fetchnumpy()
    hashes, labels = components(pairs["hash_a"], pairs["hash_b"])
    _table(connection, "hash_family", {"hash": pa.array(hashes, pa.uint64()), "family": pa.array(labels, pa.int64())})


def _clusters(connection: duckdb.DuckDBPyConnection, day: date, previous: dict[str, str]) -> dict[str, str]:
    """`member` (cluster_id, account_id) and `previous_member`, and the lineage of the day."""
    pairs = connection.execute("select account_a, account_b from edge order by all").fetchall()
    accounts, labels = components([a for a, _ in pairs], [b for _, b in pairs])
    groups: dict[int, set[str]] = defaultdict(set)
    for account, label in zip(accounts, labels, strict=True):
        groups[int(label)].add(str(account))
    ordered = list(groups.values())
    names, lineage = stable_ids(ordered, previous, day)
    members = {account: name for name, group in zip(names, ordered, strict=True) for account in sorted(group)}
    for table, mapping in (("member", members), ("previous_member", previous)):
        _table(connection, table, {"account_id": _text(mapping), "cluster_id": _text(mapping.values())})
    columns = list(RELATIONS["lineage"])
    rows = [[day, one.cluster_id, one.parent_cluster_id, one.shared_account_count, one.relation] for one in lineage]
    if rows:
        connection.executemany(f"insert into new_lineage ({', '.join(columns)}) values (?, ?, ?, ?, ?)", rows)
    return members


def _text(values: Iterable[str]) -> pa.Array:
    return pa.array(list(values), pa.string())


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.Array]) -> None:
    connection.register("incoming", pa.table(columns))
    connection.execute(f"create or replace temp table {name} as select * from incoming")
    connection.unregister("incoming")
