"""The overview's actions, the DSA report's measures and the Statements of Reasons reconcile, whatever was decided when."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.figures import Figure, Figures
from reports.filing.blockers import _unreconciled
from reports.periods import parse_period
from reports.published import State
from reports.reconciliation import NAME, Item, reconcile, unexplained, write_reconciliation
from tests.unit.reports.published_copy import FACTS
from tests.unit.reports.sor.decisions import DECISIONS, decision

FIRST = datetime(2026, 4, 20, tzinfo=UTC)
STATE = State(1, "run", False, None, date(2026, 4, 1), datetime(2026, 9, 1, tzinfo=UTC))
ACTION = st.tuples(st.integers(0, 40), st.sampled_from(["content_removal", "warning"]))
DECIDED = st.tuples(
    st.lists(ACTION, min_size=1, max_size=3),
    st.sampled_from([None, "exempt", "recipient_outside_eea"]),
    st.sampled_from([None, "no_online_platform"]),
    st.sampled_from(["own_initiative", "order"]),
    st.booleans(),
)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables that the reconciliation reads, empty."""
    with duckdb.connect() as opened:
        opened.execute("set timezone = 'UTC'")
        for schema in ("marts", "reporting", "contributions", "ops"):
            opened.execute(f"create schema {schema}")
        opened.execute(f"create table marts.fct_dsa_decisions ({DECISIONS})")
        opened.execute(f"create table marts.fct_enforcement_actions ({FACTS['fct_enforcement_actions']})")
        opened.execute("create table ops.files (file_id bigint, file_sha256 varchar)")
        opened.execute(
            "create table reporting.metrics as select 'actions' as part, 'actions' as metric, 1 as version, 'Actions' as name, "
            "'actions' as unit, '' as definition, 'decided' as date_basis, 'additive' as additivity, 'gross' as netting, "
            "0 as precision, 'count' as kind, 'con_actions' as relation, 0 as follow_up_seconds, '' as feeds, '' as exclusions, "
            "date '2026-01-01' as effective_from, 'someone' as approved_by"
        )
        opened.execute(
            "create view contributions.con_actions as select 'actions' as metric, 'count' as role, action_id as unit_id, "
            "cast(1 as bigint) as amount, decided_at as event_at, cast(null as timestamptz) as effective_at, "
            "cast(null as timestamptz) as expires_at from marts.fct_enforcement_actions"
        )
        yield opened


def fill(con: duckdb.DuckDBPyConnection, decided: list[Any]) -> int:
    """Put decisions and their actions into the tables; returns how many are printed as measures in May 2026."""
    for table in ("fct_dsa_decisions", "fct_enforcement_actions"):
        con.execute(f"delete from marts.{table}")
    printed = 0
    for number, (actions, exclusion, no_statement, source, has_personal_data) in enumerate(decided):
        instants = [FIRST + timedelta(days=day) for day, _ in actions]
        ids = [f"a{number}-{n}" for n in range(len(actions))]
        for action_id, instant, (_, action) in zip(ids, instants, actions, strict=True):
            con.execute(
                "insert into marts.fct_enforcement_actions (action_id, decision_id, decided_at, action) values (?, ?, ?, ?)",
                [action_id, f"d{number}", instant, action],
            )
        row = decision(
            decision_id=f"d{number}",
            decided_at=min(instants),
            event_date=min(instants).date(),
            action_ids=json.dumps(ids),
            in_report=exclusion is None,
            report_exclusion=exclusion,
            in_sor=no_statement is None,
            sor_exclusion=no_statement,
            source=source,
            is_own_initiative=source == "own_initiative",
            explanation="Write to jane@example.org" if has_personal_data else "Phishing is forbidden.",
        )
        marks = ", ".join("?" for _ in row)
        con.execute(f"insert into marts.fct_dsa_decisions ({', '.join(row)}) values ({marks})", list(row.values()))
        printed += min(instants).month == 5 and exclusion is None and source == "own_initiative"
    return printed


def report(printed: int) -> Figures:
    """A DSA report of May 2026 that prints that many measures."""
    figure = Figure(
        figure_key="measures/own_initiative_measures",
        part="measures",
        metric="own_initiative_measures",
        metric_version=1,
        dimensions={},
        value=Decimal(printed),
        numerator=None,
        denominator=None,
        open_count=0,
        row_count=printed,
        unit="measures",
        null_reason=None,
        is_provisional=False,
        provisional_reason="",
    )
    return Figures(
        period=parse_period("2026-05"),
        as_of=datetime(2026, 7, 1, tzinfo=UTC),
        state=STATE,
        metrics={},
        breakdowns={},
        figures=(figure,),
    )


@given(decided=st.lists(DECIDED, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_left_unexplained(con: duckdb.DuckDBPyConnection, decided: list[Any]) -> None:
    items = reconcile(con, report(fill(con, decided)))
    assert unexplained(items) == 0
    assert all(item.count for item in items if item.kind in {"less", "plus"})


def test_a_measure_too_many_stays_unexplained_and_stops_the_filing(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    printed = fill(con, [([(15, "content_removal")], None, None, "own_initiative", False)])
    write_reconciliation(tmp_path, con, report(printed))
    assert not list(_unreconciled(tmp_path))
    write_reconciliation(tmp_path, con, report(printed + 1))
    (blocker,) = _unreconciled(tmp_path)
    assert (blocker.name, blocker.rows) == ("reconciliation", 1)


def test_each_bridge_has_its_name(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    decided = [
        ([(15, "content_removal"), (15, "warning")], None, None, "own_initiative", False),
        ([(2, "content_removal"), (15, "content_removal")], None, None, "own_initiative", False),
        ([(15, "content_removal")], "exempt", "no_online_platform", "own_initiative", False),
        ([(15, "content_removal")], None, None, "order", False),
        ([(16, "content_removal")], None, None, "own_initiative", True),
    ]
    write_reconciliation(tmp_path, con, report(fill(con, decided)))
    with (tmp_path / NAME).open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert list(rows[0]) == list(Item.__struct_fields__)
    told = {row["code"]: int(row["count"]) for row in rows if row["kind"] == "less"}
    assert told == {
        "further actions of a decision": -1,
        "decided in another period": -1,
        "exempt": -1,
        "order": -1,
        "no_online_platform": -1,
        "incompatible_content_explanation: personal data: email": -1,
    }
    assert [row["count"] for row in rows if row["kind"] == "unexplained"] == ["0", "0", "0"]
