"""A day's cost is a day's work for the harmonised report too: what touched days give equals a rebuild, row for row.

Belongs here: four batches over the DSA models alone. Not here: other facts (test_dbt_incremental), what a row says (test_dsa_models).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.dbt_warehouse import Row, Warehouse, add_file, add_rows, build, make_warehouse, parse, pin

pytestmark = pytest.mark.slow

SCAMS, SPEECH = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
LAST = 4


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def action(name: str, day: int, **more: Any) -> Row:
    row = {"action_id": name, "decided_at": at(day), "surface": "gallery", "policy_code": "fraud", "action": "removal"}
    return {**row, "ground": "terms", "source": "own_initiative", "_version_at": at(day), **more}


def again(name: str, day: int, **more: Any) -> Row:
    return action(name, day, updated_at=at(25), _version_at=at(25), **more)


def batches() -> dict[int, dict[str, list[Row]]]:
    """What each batch brings; the second and later ones reach back to days that they do not deliver."""
    service = {"dsa_service": "pictures", "valid_from": at(1, 0)}
    return {
        1: {
            "surfaces": [{"surface": name, "dsa_service": "pictures"} for name in ("gallery", "links")],
            "services": [{**service, "kind": "hosting"}],
            "policies": [{"policy_code": "fraud", "dsa_category": SCAMS}, {"policy_code": "hate", "dsa_category": SPEECH}],
            "actions": [
                {"action": "removal", "dsa_decision_value": "DECISION_VISIBILITY_CONTENT_REMOVED"},
                {"action": "ban", "dsa_decision_value": "DECISION_ACCOUNT_TERMINATED"},
            ],
            "enforcement_actions": [
                action("moves", 2),
                action("first of two", 3, decision_id="two days"),
                action("second of two", 6, decision_id="two days", action="ban"),
                action("leaves", 4, decision_id="shared"),
                action("stays", 5, decision_id="shared"),
                action("withdrawn first", 7, decision_id="loses its first"),
                action("remains", 9, decision_id="loses its first"),
                action("on links", 8, surface="links"),
                action("after a late notice", 10, source="user_report", source_id="late notice"),
                action("after two", 11, source="user_report", source_id="plain", source_ids=["plain", "listed"]),
                action("exempted", 12, action="ban"),
                action("appealed", 13),
            ],
            "user_reports": [{"report_id": "plain", "submitted_at": at(10), "surface": "gallery", "reason_code": "fraud"}],
            "appeals": [
                {"appeal_id": "early", "submitted_at": at(14), "action_id": "appealed", "channel": "internal"},
                {"appeal_id": "unmet", "submitted_at": at(15), "subject_kind": "report", "subject_id": "late notice"},
            ],
            "legal_orders": [{"order_id": "o", "received_at": at(2), "issuing_country": "DE", "surface": "gallery"}],
        },
        2: {
            "enforcement_actions": [
                again("moves", 16),
                again("second of two", 1, decision_id="two days", action="ban"),
                again("leaves", 4, decision_id="alone"),
            ],
            "user_reports": [
                {"report_id": name, "submitted_at": at(9), "is_article_16": True, "surface": "gallery", "reason_code": "fraud"}
                for name in ("late notice", "listed")
            ],
            "retractions": [{"retraction_id": "t", "feed": "enforcement_actions", "id": "withdrawn first"}],
        },
        3: {
            "surfaces": [{"surface": "links", "dsa_service": None, "updated_at": at(20), "_version_at": at(20)}],
            "services": [{"dsa_service": "pictures", "kind": "online_platform", "valid_from": at(8, 0)}],
            "dsa_scope": [{"surface": "gallery", "policy_code": "fraud", "action": "ban", "in_report": False}],
            "appeals": [
                {
                    "appeal_id": "early", "submitted_at": at(14), "action_id": "appealed", "channel": "internal",
                    "decided_at": at(18), "outcome": "reversed", "updated_at": at(18), "_version_at": at(18),
                }
            ],
            "report_outcomes": [{"report_id": "late notice", "decided_at": at(19), "outcome": "action_taken", "basis": "law"}],
        },
        4: {
            "policies": [{"policy_code": "fraud", "dsa_category": SPEECH, "valid_from": at(9, 0)}],
            "actions": [{"action": "ban", "dsa_decision_value": None, "updated_at": at(26), "_version_at": at(26)}],
        },
    }  # fmt: skip


def deliver(warehouse: Warehouse) -> None:
    for batch, feeds in batches().items():
        add_file(warehouse, batch, f"{batch:02d}" * 32, "enforcement_actions")
        for feed, rows in feeds.items():
            numbered = [{**row, "_batch_id": batch, "_line_no": line} for line, row in enumerate(rows, start=1)]
            add_rows(warehouse, feed, numbered)


def grow(warehouse: Warehouse, manifest: Any, watermark: int, built_through: int) -> dict[str, list[str]]:
    """Build one step and return what the DSA tables and findings then hold, as sorted rows."""
    pin(warehouse, watermark=watermark, built_through=built_through)
    build(
        warehouse,
        manifest,
        "--select",
        "+fct_filing_findings",
        "+fct_dsa_withheld_orders",
        "--exclude-resource-type",
        "test",
    )
    names = [
        name for (name,) in warehouse.query("select table_name from duckdb_tables() where table_name like 'fct_dsa_%'")
    ]
    names += ["fct_filing_findings", "fct_register_changes"]
    return {name: sorted(map(repr, warehouse.query(f"select * from current.marts.{name}"))) for name in names}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse(make_warehouse(tmp_path_factory.mktemp("parsed")))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> tuple[Warehouse, dict[int, dict[str, list[str]]]]:
    warehouse = make_warehouse(tmp_path_factory.mktemp("grown"))
    deliver(warehouse)
    return warehouse, {batch: grow(warehouse, manifest, batch, batch - 1) for batch in range(1, LAST + 1)}


@pytest.mark.parametrize("watermark", [2, LAST])
def test_touched_days_give_the_same_decisions_as_a_rebuild(
    watermark: int, grown: tuple[Warehouse, dict[int, dict[str, list[str]]]], manifest: Any, tmp_path: Path
) -> None:
    rebuilt = make_warehouse(tmp_path)
    deliver(rebuilt)
    expected = grow(rebuilt, manifest, watermark, 0)
    assert len(expected["fct_dsa_decisions"]) >= 9
    for name, rows in expected.items():
        assert grown[1][watermark][name] == rows, name


def test_a_decision_lies_on_the_day_of_its_first_action_wherever_that_moves(
    grown: tuple[Warehouse, dict[int, dict[str, list[str]]]],
) -> None:
    found = dict(grown[0].query("select decision_id, cast(event_date as varchar) from current.marts.fct_dsa_decisions"))
    assert found["two days"] == "2026-03-01"
    assert found["loses its first"] == "2026-03-09"
    assert (found["alone"], found["shared"]) == ("2026-03-04", "2026-03-05")


def test_a_notice_that_arrives_late_ends_own_initiative(
    grown: tuple[Warehouse, dict[int, dict[str, list[str]]]],
) -> None:
    found = dict(grown[0].query("select decision_id, is_own_initiative from current.marts.fct_dsa_decisions"))
    assert not found["after a late notice"]
    assert not found["after two"]
    assert found["moves"]
