"""A day's cost is a day's work, and its result is the same: builds that recompute touched days equal a rebuild from nothing.

Belongs here: three batches over one kept manifest, compared row for row. Not here: what a single model says (unit tests in dbt).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.dbt_warehouse import Row, Warehouse, add_file, add_rows, build, make_warehouse, parse, pin

pytestmark = pytest.mark.slow

ONLY_FACTS = ("--exclude-resource-type", "test", "--exclude", "path:models/contributions", "path:models/reporting")


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def action(batch: int, line: int, name: str, day: int, **more: Any) -> Row:
    row = {"action_id": name, "decided_at": at(day), "surface": "chat", "policy_code": "fraud", "action": "warning"}
    return {"_batch_id": batch, "_line_no": line, "_version_at": at(day), **row, **more}


def request(batch: int, line: int, account: str, day: int, hour: int) -> Row:
    row = {"request_id": f"r{batch}-{line}", "requested_at": at(day, hour), "account_id": account, "surface": "api"}
    return {"_batch_id": batch, "_line_no": line, "input_tokens": 10, "output_tokens": 5, "status_code": 200, **row}


def deliver(warehouse: Warehouse) -> None:
    """Three batches: the second moves, withdraws and reaches what the first brought; the third undoes some of it."""
    add_file(warehouse, 1, "aa", "reviews")
    add_rows(warehouse, "policies", [{"_batch_id": 1, "_line_no": 1, "policy_code": "fraud", "dsa_category": "SCAMS"}])
    add_rows(warehouse, "actions", [{"_batch_id": 1, "_line_no": 1, "action": "warning", "is_terminal": False}])
    add_rows(
        warehouse,
        "enforcement_actions",
        [
            action(1, 1, "moves", 1),
            action(1, 2, "withdrawn", 2),
            action(1, 3, "appealed", 3),
            action(1, 4, "relabelled", 4, policy_code="spam"),
            action(1, 5, "untouched", 5),
            action(1, 6, "comes back", 6, severity=1),
            action(2, 1, "moves", 8, updated_at=at(20), _version_at=at(20)),
            action(2, 2, "comes back", 7, severity=2, updated_at=at(20), _version_at=at(20)),
            action(2, 3, "untouched", 5, explanation="late and older", _version_at=at(1)),
        ],
    )
    appeal = {"appeal_id": "late", "action_id": "appealed", "submitted_at": at(15)}
    add_rows(
        warehouse,
        "appeals",
        [
            {"_batch_id": 2, "_line_no": 1, "_version_at": at(15), **appeal},
            {
                "_batch_id": 3,
                "_line_no": 1,
                "_version_at": at(18),
                **appeal,
                "outcome": "reversed",
                "decided_at": at(18),
            },
            {"_batch_id": 1, "_line_no": 1, "appeal_id": "early", "action_id": "moves", "submitted_at": at(4)},
        ],
    )
    add_rows(warehouse, "policies", [{"_batch_id": 2, "_line_no": 1, "policy_code": "spam", "dsa_category": "OTHER"}])
    add_rows(
        warehouse,
        "user_reports",
        [
            {"_batch_id": 1, "_line_no": 1, "report_id": "answered late", "submitted_at": at(2)},
            {
                "_batch_id": 1,
                "_line_no": 2,
                "report_id": "about a server",
                "submitted_at": at(3),
                "mcp_server": "notes",
            },
        ],
    )
    add_rows(
        warehouse,
        "report_outcomes",
        [{"_batch_id": 2, "_line_no": 1, "report_id": "answered late", "decided_at": at(9)}],
    )
    add_rows(
        warehouse, "mcp_servers", [{"_batch_id": 2, "_line_no": 1, "server_name": "io.notes", "aliases": ["notes"]}]
    )
    add_rows(
        warehouse,
        "reviews",
        [{"_batch_id": 1, "_line_no": n, "review_id": f"v{n}", "enqueued_at": at(n)} for n in (1, 2)],
    )
    add_rows(
        warehouse,
        "model_requests",
        [
            request(1, 1, "a", 1, 9),
            request(1, 2, "a", 1, 23),
            request(1, 3, "b", 2, 9),
            request(2, 1, "a", 1, 10),
            request(2, 2, "b", 3, 9),
        ],
    )
    add_rows(
        warehouse,
        "accounts",
        [
            {"_batch_id": 1, "_line_no": 1, "account_id": "a", "status": "active", "observed_at": at(1)},
            {"_batch_id": 2, "_line_no": 1, "account_id": "a", "status": "suspended", "observed_at": at(5)},
        ],
    )
    order = {"order_id": "gagged", "received_at": at(1), "gag_until": datetime(2026, 1, 3, 12, tzinfo=UTC)}
    add_rows(warehouse, "legal_orders", [{"_batch_id": 1, "_line_no": 1, **order}])
    add_rows(
        warehouse,
        "retractions",
        [
            {"_batch_id": 2, "_line_no": 1, "retraction_id": "t1", "feed": "enforcement_actions", "id": "withdrawn"},
            {"_batch_id": 2, "_line_no": 2, "retraction_id": "t2", "feed": "reviews", "file_sha256": "aa", "line": 2},
            {
                "_batch_id": 3,
                "_line_no": 1,
                "retraction_id": "t3",
                "feed": "enforcement_actions",
                "file_sha256": "bb",
                "line": 2,
            },
        ],
    )
    add_file(warehouse, 2, "bb", "enforcement_actions")


def contents(warehouse: Warehouse) -> dict[str, list[str]]:
    """Every built table of the open and the restricted file, as sorted rows."""
    tables = warehouse.query(
        "select database_name || '.' || schema_name || '.' || table_name from duckdb_tables() "
        "where database_name in ('current', 'restricted') and schema_name in ('marts', 'history') order by all"
    )
    return {name: sorted(map(repr, warehouse.query(f"select * from {name}"))) for (name,) in tables}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse(make_warehouse(tmp_path_factory.mktemp("parsed")))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> tuple[Warehouse, dict[int, Any]]:
    """A warehouse built batch by batch on one kept manifest, with what it held after each."""
    warehouse = make_warehouse(tmp_path_factory.mktemp("grown"))
    deliver(warehouse)
    held = {}
    for batch in (1, 2, 3):
        pin(warehouse, watermark=batch, built_through=batch - 1)
        build(warehouse, manifest, *ONLY_FACTS)
        held[batch] = contents(warehouse)
    return warehouse, held


@pytest.mark.parametrize("watermark", [1, 3])
def test_touched_days_give_the_same_rows_as_a_rebuild(
    watermark: int, grown: tuple[Warehouse, dict[int, Any]], manifest: Any, tmp_path: Path
) -> None:
    rebuilt = make_warehouse(tmp_path)
    deliver(rebuilt)
    pin(rebuilt, watermark=watermark, built_through=0)
    build(rebuilt, manifest, *ONLY_FACTS)
    expected = contents(rebuilt)
    assert len(expected) > 30
    for name, rows in expected.items():
        assert grown[1][watermark][name] == rows, name


def test_a_row_that_moved_day_leaves_no_ghost(grown: tuple[Warehouse, dict[int, Any]]) -> None:
    days = grown[0].query("select event_date from current.marts.fct_enforcement_actions where action_id = 'moves'")
    assert [str(day) for (day,) in days] == ["2026-03-08"]


def test_a_withdrawn_row_is_gone_and_the_version_before_stands_again(grown: tuple[Warehouse, dict[int, Any]]) -> None:
    rows = grown[0].query("select action_id, severity, event_date from current.marts.fct_enforcement_actions")
    found = {name: (severity, str(day)) for name, severity, day in rows}
    assert "withdrawn" not in found
    assert found["comes back"] == (1, "2026-03-06")
    assert grown[0].query("select review_id from current.marts.fct_reviews") == [("v1",)]


def test_a_late_appeal_reaches_the_day_of_its_action(grown: tuple[Warehouse, dict[int, Any]]) -> None:
    counts = "select appeal_count, reversing_appeal_count from current.marts.fct_enforcement_actions where action_id = 'appealed'"
    assert grown[0].query(counts) == [(1, 1)]


def test_a_register_row_reaches_the_rows_it_decides(grown: tuple[Warehouse, dict[int, Any]]) -> None:
    label = "select dsa_category from current.marts.fct_enforcement_actions where action_id = 'relabelled'"
    server = "select registered_server_name from current.marts.fct_user_reports where report_id = 'about a server'"
    assert grown[0].query(label) == [("OTHER",)]
    assert grown[0].query(server) == [("io.notes",)]


def test_history_says_which_version_stood_as_of_any_batch(grown: tuple[Warehouse, dict[int, Any]]) -> None:
    as_of = (
        "select severity from current.history.hist_enforcement_actions where action_id = 'comes back' "
        "and _valid_from_batch <= {n} and (_valid_to_batch is null or _valid_to_batch > {n})"
    )
    assert [grown[0].query(as_of.format(n=n)) for n in (1, 2, 3)] == [[(1,)], [(2,)], [(1,)]]
    late = "select _valid_from_batch = _valid_to_batch from current.history.hist_enforcement_actions where explanation like 'late%'"
    assert grown[0].query(late) == [(True,)]


def test_an_order_under_a_gag_is_in_the_open_file_only_once_it_is_lifted(
    grown: tuple[Warehouse, dict[int, Any]],
) -> None:
    held = grown[1]
    assert [len(held[batch]["current.marts.fct_legal_orders"]) for batch in (1, 2, 3)] == [0, 0, 1]
    assert [len(held[batch]["restricted.marts.fct_legal_orders_restricted"]) for batch in (1, 2, 3)] == [1, 1, 1]
