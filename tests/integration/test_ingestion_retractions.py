"""A retraction of requests changes the figures of their days, and of no others, in the run that takes it in."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.ingestion import batch, raw_tables
from orchestration.core.commits import read_commits
from orchestration.core.home import Home
from tests.integration.dbt_warehouse import Warehouse, build, make_warehouse, parse

_DAYS = ("2026-04-20", "2026-04-21", "2026-04-22")


def _request(name: str, day: str, hour: int) -> dict[str, Any]:
    return {
        "request_id": name,
        "requested_at": f"{day}T{hour:02d}:00:00Z",
        "account_id": "acct_1",
        "surface": "api",
        "model": "aria-3",
        "ip_hash": "ab" * 16,
        "input_tokens": 10,
        "output_tokens": 1,
        "status_code": 200,
    }


def _land(home: Home, feed: str, name: str, rows: list[dict[str, Any]]) -> str:
    folder = home.landing / feed / "2026-04-23"
    folder.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (folder / name).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _retract(home: Home, name: str, **names: Any) -> None:
    row = {
        "retraction_id": name,
        "requested_at": "2026-04-23T12:00:00Z",
        "requested_by": "requester",
        "approved_by": "approver",
        "reason": "delivered in error",
        "feed": "model_requests",
        **names,
    }
    _land(home, "retractions", f"{name}.jsonl", [row])


def _load(home: Home, built_through: int) -> list[tuple[str, str]]:
    batch.ingest(home, "run", batch.discover(home, read_commits(home)))
    with duckdb.connect(str(home.warehouse_db)) as con:
        raw_tables.load(con, home, read_commits(home), built_through=built_through)
        found = con.execute(
            "SELECT event_date::VARCHAR, (SELECT string_agg(request_id, ',' ORDER BY request_id) FROM raw.model_requests "
            "WHERE (requested_at AT TIME ZONE 'UTC')::DATE = event_date) FROM raw.touched_days "
            "WHERE feed = 'model_requests' ORDER BY ALL"
        )
        return [(str(day), str(held)) for day, held in found.fetchall()]


@pytest.fixture
def delivered(tmp_path: Path) -> tuple[Home, str]:
    """A home with three days of requests in two files, ready to load; with it, the digest of the first file."""
    home = Home.at(tmp_path / "home")
    home.ensure()
    first = _land(home, "model_requests", "a.jsonl", [_request("a1", _DAYS[0], 1), _request("a2", _DAYS[1], 2)])
    _land(home, "model_requests", "b.jsonl", [_request("b1", _DAYS[1], 3), _request("b2", _DAYS[2], 4)])
    return home, first


@pytest.mark.parametrize(
    ("names", "touched"),
    [
        ({"id": "b1"}, [(_DAYS[1], "a2,b1")]),
        ({"file_sha256": "first", "line": 1}, [(_DAYS[0], "a1")]),
        ({"file_sha256": "first"}, [(_DAYS[0], "a1"), (_DAYS[1], "a2,b1")]),
        ({"file_sha256": "first", "id": "b1"}, []),
        ({"id": "never delivered"}, []),
        ({"feed": "detections", "id": "b1"}, []),
    ],
)
def test_days_of_withdrawn_requests_are_touched_with_all_their_rows(
    delivered: tuple[Home, str], names: dict[str, Any], touched: list[tuple[str, str]]
) -> None:
    home, first = delivered
    _load(home, 0)
    _retract(home, "t1", **{name: first if value == "first" else value for name, value in names.items()})
    assert _load(home, 1) == touched
    assert _load(home, 2) == []


@pytest.mark.slow
def test_retraction_of_one_request_changes_its_day_only(delivered: tuple[Home, str]) -> None:
    home, _ = delivered
    warehouse = _warehouse(home)
    manifest = parse(warehouse)
    counted = "SELECT event_date::VARCHAR, request_count::INTEGER FROM current.marts.fct_account_days ORDER BY 1"
    _load(home, 0)
    build(warehouse, manifest, "--exclude-resource-type", "test", "--select", "+fct_account_days")
    assert warehouse.query(counted) == [(_DAYS[0], 1), (_DAYS[1], 2), (_DAYS[2], 1)]
    _retract(home, "t1", id="b1")
    _load(home, 1)
    build(warehouse, manifest, "--exclude-resource-type", "test", "--select", "+fct_account_days")
    assert warehouse.query(counted) == [(_DAYS[0], 1), (_DAYS[1], 1), (_DAYS[2], 1)]


def _warehouse(home: Home) -> Warehouse:
    """The home's own databases with a profile for dbt; the hand-made raw tables are taken away again."""
    warehouse = make_warehouse(home.warehouse_db.parent)
    for path in home.warehouse_db.parent.glob("*.duckdb"):
        path.unlink()
    return warehouse
