"""The report from raw rows: dbt builds the marts, the monthly tables and the copy; the same figures come out of both doors."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import msgspec
import pytest

from orchestration.core.commits import Commit, Delivery, write_commit
from orchestration.core.home import Home
from orchestration.core.publish import open_published, publish
from reports.bundle import prepare
from reports.catalogue import entry_of
from reports.figures import Figures, compute
from reports.manifest import read_manifest
from reports.metrics import read_metrics
from reports.periods import parse_period
from reports.published import read_state
from reports.splits import breakdowns_of
from tests.integration import dbt_warehouse

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
AS_OF = datetime(2026, 6, 15, tzinfo=UTC)
FEEDS = ("enforcement_actions", "appeals", "user_reports", "report_outcomes", "legal_orders", "copyright_notices")


def lineage(number: int) -> dict[str, Any]:
    return {"_batch_id": 1, "_line_no": number}


def raw_rows() -> dict[str, list[dict[str, Any]]]:
    """Sixty days of records; every hand-checked number of the tests below follows from these rules."""
    actions, appeals, reports, outcomes = [], [], [], []
    for n in range(60):
        at = APRIL + timedelta(days=n, hours=1)
        actions.append(
            {
                "action_id": f"act-{n}",
                "decided_at": at,
                "account_id": f"acc-{n % 20}",
                "surface": "chat" if n % 2 else "api",
                "policy_code": "fraud",
                "action": "account_termination" if n % 3 == 0 else "warning",
                "automated_decision": "fully" if n % 4 == 0 else "none",
                "source": "user_report",
            }
        )
        if n % 5 == 0:
            appeals.append(
                {
                    "appeal_id": f"app-{n}",
                    "action_id": f"act-{n}",
                    "submitted_at": at + timedelta(days=2),
                    "decided_at": at + timedelta(days=40 if n % 10 else 7),
                    "channel": "internal",
                    "outcome": "reversed",
                }
            )
        reports.append(
            {
                "report_id": f"rep-{n}",
                "submitted_at": at,
                "surface": "chat",
                "target_kind": "mcp_server" if n % 6 == 0 else "conversation",
                "mcp_server": "acme-files" if n % 6 == 0 else None,
            }
        )
        if n % 10:
            outcomes.append(
                {"report_id": f"rep-{n}", "decided_at": at + timedelta(seconds=100 * n), "outcome": "no_action"}
            )
    order = {"order_id": "ord-1", "received_at": APRIL, "kind": "provide_information", "item_count": 3}
    gagged = {**order, "order_id": "ord-2", "gag_until": AS_OF + timedelta(days=300)}
    notices = [
        {"notice_id": f"not-{n}", "received_at": APRIL + timedelta(days=n), "kind": kind, "target_count": 2}
        for n, kind in enumerate(["takedown", "takedown", "counter_notice", "retraction"])
    ]
    rows = zip(FEEDS, (actions, appeals, reports, outcomes, [order, gagged], notices), strict=True)
    return {feed: [{**row, **lineage(n)} for n, row in enumerate(found, start=1)] for feed, found in rows}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("reporting")
    warehouse = dbt_warehouse.make_warehouse(root / "build")
    home = Home.at(root / "home").ensure()
    dbt_warehouse.add_file(warehouse, 1, "ab" * 32, "enforcement_actions")
    for feed, rows in raw_rows().items():
        dbt_warehouse.add_rows(warehouse, feed, rows)
    dbt_warehouse.pin(warehouse, 1, 0)
    with warehouse.connect() as connection:
        connection.execute("update raw.pins set as_of = ?", [AS_OF])
    manifest = dbt_warehouse.parse(warehouse)
    registers = ("+dim_actions", "+dim_surfaces", "+dim_policies", "+dim_mcp_servers")
    dbt_warehouse.build(warehouse, manifest, "--select", "+tag:enforcement_overview", *registers)
    shutil.copyfile(root / "build" / "current.duckdb", home.current_db)
    delivery = Delivery(
        file_id=1,
        file_sha256="ab" * 32,
        feed="enforcement_actions",
        received_on=str(AS_OF.date()),
        path="enforcement_actions/a.jsonl",
        size_bytes=1,
        mtime_ns=1,
        status="loaded",
    )
    write_commit(
        home,
        Commit(
            batch_id=1,
            run_id="run",
            committed_at=AS_OF.isoformat(),
            deliveries=[delivery],
            data_files=[],
            touched_days={},
            is_synthetic=False,
        ),
    )
    publish(home, "run", models=b"{}")
    return home


def april(home: Home, as_of: datetime = AS_OF) -> Figures:
    with open_published(home) as con:
        entry = entry_of("enforcement_overview")
        parts = {part.part for part in entry.parts}
        return compute(
            con,
            [metric for metric in read_metrics(con).values() if metric.part in parts],
            parse_period("2026-04"),
            state=read_state(con, home),
            breakdowns=breakdowns_of(entry),
            as_of=as_of,
        )


def total(figures: Figures, metric: str) -> Any:
    (figure,) = figures.of(metric)
    return figure


def test_april_figures_are_those_that_a_hand_count_gives(published: Home) -> None:
    figures = april(published)
    values = {name: total(figures, name).value for name in figures.metrics}
    assert values["actions"] == 30
    assert values["accounts_actioned"] == 20
    assert values["accounts_banned"] == 10  # every third of thirty actions, on accounts 0, 3, ... 27 modulo 20
    assert values["fully_automated_rate"] == Decimal("0.2667")  # 8 of 30
    assert (values["appeals_filed"], values["appeals_decided"]) == (6, 3)
    assert (values["appeals_reversed"], total(figures, "appeal_rate").numerator) == (3, 6)
    assert values["overturn_rate"] == 1
    assert (values["user_reports"], values["mcp_server_reports"]) == (30, 5)
    assert (values["legal_orders"], values["legal_order_items"]) == (1, 3)  # the order under a gag is in no open figure
    assert (values["copyright_takedowns"], values["copyright_targets"]) == (2, 4)
    assert (values["copyright_counter_notices"], values["copyright_retractions"]) == (1, 1)
    seconds = sorted(100 * n for n in range(30) if n % 10)
    assert values["time_to_action_median"] == seconds[13]
    assert values["time_to_action_p90"] == seconds[24]
    assert total(figures, "time_to_action_median").open_count == 3


def test_monthly_tables_hold_the_same_figures_as_a_prepared_report(published: Home) -> None:
    figures = april(published)
    columns = "figure_key, value, numerator, denominator, open_count, row_count, unit, null_reason"
    monthly: list[tuple[Any, ...]] = []
    with open_published(published) as con:
        for part in figures.breakdowns:
            monthly += con.execute(
                f"select {columns} from reporting.rpt_enforcement_overview__{part} where period = '2026-04'"
            ).fetchall()
    computed = [
        (f.figure_key, f.value, f.numerator, f.denominator, f.open_count, f.row_count, f.unit, f.null_reason)
        for f in figures.figures
    ]
    assert sorted(monthly) == sorted(computed)


def test_cohort_without_full_follow_up_is_open_and_not_in_the_rate(published: Home) -> None:
    figure = total(april(published, APRIL + timedelta(days=35)), "appeal_reversal_rate")
    assert (figure.denominator, figure.open_count) == (5, 25)
    assert figure.is_provisional
    assert "follow-up" in figure.provisional_reason


def test_every_contribution_leads_to_a_line_and_no_model_counts_one_twice(published: Home) -> None:
    with open_published(published) as con:
        for part in april(published).breakdowns:
            rows, keys, unnamed = con.execute(
                "select count(*), count(distinct (metric, role, record_kind, record_id)), "
                "count(*) filter (where file_sha256 is null or _line_no is null) "
                f"from contributions.con_enforcement_overview__{part}"
            ).fetchone() or (0, 0, 0)
            assert rows > 0
            assert (keys, unnamed) == (rows, 0)


def test_bundle_is_prepared_from_the_real_marts_with_registers_and_strata(published: Home) -> None:
    folder = prepare(published, "enforcement_overview", "2026-04", as_of="2026-06-15")
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest["predicate"]["watermark"] == 1
    assert {path.name for path in (folder / "registers").iterdir()} >= {"dim_actions.csv", "dim_surfaces.csv"}
    with duckdb.connect() as con:
        figures, strata, lines = (
            con.execute(f"select count(*) from '{folder / name}.parquet'").fetchone()
            for name in ("figures", "strata", "contributors")
        )
    assert figures is not None
    assert figures[0] == manifest["predicate"]["figure_count"]
    assert strata is not None
    assert lines is not None
    assert 0 < strata[0] <= lines[0]
    assert msgspec.json.decode((folder / "checks.json").read_bytes())["required"]
