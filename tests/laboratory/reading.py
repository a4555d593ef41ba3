"""Reading what is to be scored: the truth beside a home, its published queue, its registers of abuse of process.

Belongs here: files and databases turned into the records of `scoring`.
Does not belong here: judging them.
"""

import csv
import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.core.home import Home
from tests.laboratory.scoring import Truth, Unit

PROCESS = {
    "reporters": ("marts.fct_reporter_reliability", "reporter_id", "is_brigade"),
    "senders": ("marts.fct_sender_quality", "sender_id", "is_spam"),
    "vendors": ("marts.fct_vendor_quality", "queue", "is_drift"),
}
"""Truth file: (published relation, its key, its verdict)."""


def read_truth(home: Home) -> Truth:
    """Who is who in a labelled world, with the requests that ingestion has of each account."""
    rows = _csv(home.root / "truth" / "accounts.csv")
    bad = frozenset(row["account_id"] for row in rows if row["is_bad"] == "true")
    first = {row["account_id"]: datetime.fromisoformat(row["first_bad_at"]) for row in rows if row["first_bad_at"]}
    return Truth(
        {row["account_id"]: row["family"] for row in rows},
        bad,
        {row["account_id"]: row["actor_id"] for row in rows if row["actor_id"]},
        first,
        read_requests(home),
    )


def read_requests(home: Home) -> dict[str, int]:
    """Requests by account, as they lie in the lake."""
    lake = str(home.lake_raw / "model_requests" / "*.parquet")
    rows = _rows(None, "select account_id, count(*) from read_parquet(?) group by account_id", [lake])
    return {str(account): int(count) for account, count in rows}


def read_queues(home: Home) -> dict[date, list[Unit]]:
    """The published review queue by as-of day, each in its order; empty when it is not published."""
    if not is_published(home, "marts.fct_review_queue"):
        return {}
    rows = _rows(
        home,
        "select as_of_date, unit_kind, unit_id, account_ids from marts.fct_review_queue "
        "where review_rank is not null order by as_of_date, review_rank, unit_id",
    )
    queues: dict[date, list[Unit]] = {}
    for day, kind, unit_id, accounts in rows:
        queues.setdefault(day, []).append(Unit(str(unit_id), str(kind), tuple(_list(accounts))))
    return queues


def read_reasons(home: Home) -> dict[str, str]:
    """Reasons by unit, as text, on the last as-of day."""
    if not is_published(home, "marts.fct_review_queue"):
        return {}
    rows = _rows(
        home,
        "select unit_id, reasons from marts.fct_review_queue "
        "where as_of_date = (select max(as_of_date) from marts.fct_review_queue)",
    )
    return {str(unit): _told(text) for unit, text in rows}


def _told(reasons: object) -> str:
    """Reasons in one line: the names of signals where they are a JSON list of signals."""
    try:
        listed = json.loads(reasons) if isinstance(reasons, str) else reasons
    except ValueError:
        return str(reasons)
    if not isinstance(listed, list):
        return str(reasons)
    return "; ".join(
        str(each["signal"]) if isinstance(each, dict) and "signal" in each else str(each) for each in listed
    )


def read_process(home: Home, name: str) -> tuple[set[str], set[str], set[str]]:
    """Verdicts on those who report, notify or review.

    Args:
        home: A labelled world that was run.
        name: `reporters`, `senders` or `vendors`.

    Returns:
        Keys that are abusive in truth, keys that the product names, and all keys of the truth.
    """
    relation, key, verdict = PROCESS[name]
    rows = _csv(home.root / "truth" / f"{name}.csv")
    true = {row[key] for row in rows if row[verdict] == "true"}
    everybody = {row[key] for row in rows}
    if not is_published(home, relation):
        return true, set(), everybody
    named = {str(row[0]) for row in _rows(home, f"select distinct {key} from {relation} where {verdict}")}
    return true, named, everybody


def is_published(home: Home, relation: str) -> bool:
    """Whether the home's published database has a relation, `schema.name`."""
    if not home.published_current.exists():
        return False
    schema, _, name = relation.partition(".")
    sql = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
    return bool(_rows(home, sql, [schema, name]))


def _rows(home: Home | None, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    database = duckdb.connect(str(home.published_current), read_only=True) if home else duckdb.connect()
    with database as connection:
        rows: list[tuple[Any, ...]] = connection.execute(sql, list(values)).fetchall()
    return rows


def _list(value: object) -> list[str]:
    if isinstance(value, str):
        return [part for part in value.split(";") if part]
    return [str(each) for each in value] if isinstance(value, list) else []


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))
