"""The reports of the catalogue on the real line: they agree with the marts and with one another, and small ones verify like any other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.bundle import prepare
from reports.catalogue import entry_of
from reports.figures import Figures, compute
from reports.manifest import evidence_folder
from reports.metrics import read_metrics
from reports.periods import parse_period
from reports.published import read_state
from reports.splits import breakdowns_of
from reports.suppression import REASON
from tests.integration.line import rapporteur

PERIOD = "2026-06"
REPORTS = ("copyright_transparency", "government_orders", "child_safety", "mcp_connectors", "incident_deadlines")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home.at(tmp_path_factory.mktemp("catalogue") / "home").ensure()
    for words in (["sample", "--days", "30", "--accounts", "60", "--seed", "3", "--end", "2026-06-30"], ["run"]):
        answer = rapporteur(home, *words)
        assert answer.code == 0, answer.stdout + answer.stderr
    return home


def figures_of(home: Home, report_id: str, as_of: datetime | None = None) -> Figures:
    entry = entry_of(report_id)
    with open_published(home) as con:
        parts = {part.part for part in entry.parts}
        metrics = [metric for metric in read_metrics(con).values() if metric.part in parts]
        splits = breakdowns_of(entry)
        state = read_state(con, home)
        return compute(con, metrics, parse_period(PERIOD), state=state, breakdowns=splits, as_of=as_of)


def totals(figures: Figures) -> dict[str, Decimal | None]:
    return {figure.metric: figure.value for figure in figures.figures if not figure.dimensions}


def rows(home: Home, sql: str) -> list[tuple[object, ...]]:
    with open_published(home) as con:
        return con.execute(sql).fetchall()


def test_copyright_report_and_overview_agree_where_they_overlap(line: Home) -> None:
    report, overview = (
        totals(figures_of(line, "copyright_transparency")),
        totals(figures_of(line, "enforcement_overview")),
    )
    pairs = {
        "copyright_received": "copyright_notices",
        "copyright_takedowns_received": "copyright_takedowns",
        "copyright_counter_notices_received": "copyright_counter_notices",
        "copyright_retractions_received": "copyright_retractions",
        "copyright_items_named": "copyright_targets",
    }
    assert {name: report[name] for name in pairs} == {name: overview[other] for name, other in pairs.items()}
    named, actioned, restored = (report[f"copyright_items_{what}"] or 0 for what in ("named", "actioned", "restored"))
    assert 0 < restored <= actioned <= named


def test_orders_in_the_open_and_under_gag_are_all_orders(line: Home) -> None:
    figures = totals(figures_of(line, "government_orders"))
    with duckdb.connect(str(line.published_current.parent / "latest" / "restricted.duckdb"), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        (received,) = con.execute(
            "select count(*) from marts.fct_legal_orders_restricted where received_at >= '2026-06-01' and received_at < '2026-07-01'"
        ).fetchone() or (None,)
    assert (figures["government_orders_received"] or 0) + (figures["government_orders_under_gag"] or 0) == received
    assert received


def test_reports_to_ncmec_and_their_pieces_are_those_of_the_escalations(line: Home) -> None:
    figures = totals(figures_of(line, "child_safety"))
    ((reports, pieces, untold),) = rows(
        line,
        "select count(*), sum(piece_count), count(*) filter (where piece_count is null) from marts.fct_escalations "
        "where channel = 'ncmec' and submitted_at >= '2026-06-01' and submitted_at < '2026-07-01'",
    )
    assert (figures["child_safety_reports"], figures["child_safety_pieces"]) == (reports, pieces)
    assert figures["child_safety_reports_without_pieces"] == untold
    assert reports != pieces


def test_every_clock_is_met_late_overdue_or_running_at_any_instant(line: Home) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    stands = []
    for day in range(0, 90, 9):
        found = totals(figures_of(line, "incident_deadlines", start + timedelta(days=day)))
        stand = [found[f"incident_clocks_{how}"] or 0 for how in ("met", "late", "overdue", "running")]
        assert sum(stand) == found["incident_clocks"]
        stands.append(stand)
    assert stands[0][:3] == [0, 0, 0]
    assert stands[-1][3] == 0
    assert all(stands[-1][:3]), "the sample holds a clock that was met, one that was missed, one that nobody answered"


def test_connectors_are_those_that_people_reported_and_we_delisted(line: Home) -> None:
    figures = figures_of(line, "mcp_connectors")
    ((reports, servers),) = rows(
        line,
        "select count(*), count(distinct coalesce(registered_server_name, mcp_server)) filter (where target_kind = 'mcp_server') "
        "from marts.fct_user_reports where target_kind in ('mcp_server', 'connector') "
        "and submitted_at >= '2026-06-01' and submitted_at < '2026-07-01'",
    )
    assert (totals(figures)["connector_reports"], totals(figures)["connector_servers_reported"]) == (reports, servers)
    assert (totals(figures)["mcp_delistings"] or 0) > 0


@pytest.mark.parametrize("report_id", ["copyright_transparency", "government_orders"])
def test_a_bundle_verifies_down_to_its_lines_with_and_without_small_cells(line: Home, report_id: str) -> None:
    folder = prepare(line, report_id, PERIOD)
    answer = rapporteur(line, "verify", str(folder), "--recompute")
    assert answer.code == 0, answer.stdout + answer.stderr
    assert (evidence_folder(folder) == folder) == isinstance(entry_of(report_id).small_cells, str)


def test_small_cells_are_printed_nowhere_and_trace_leads_to_their_lines(line: Home) -> None:
    folder: Path = prepare(line, "government_orders", PERIOD)
    with duckdb.connect() as con:
        hidden = con.execute(
            f"select a.figure_key, b.value from '{folder}/figures.parquet' as a join '{folder}/restricted/figures.parquet' as b "
            "using (figure_key) where a.null_reason = ? and starts_with(figure_key, "
            "'government_orders/government_orders_received?issuing_country=') and not contains(figure_key, '&') order by 1",
            [REASON],
        ).fetchall()
    assert hidden
    key, value = hidden[0]
    table = (folder / "csv" / "government_orders.csv").read_text()
    assert all(f"{one}," in table for one, _ in hidden)
    told = rapporteur(line, "trace", f"{folder.relative_to(line.filings)}#{key}", "--json")
    assert told.code == 0, told.stderr
    assert len(told.json()["lines"]) == value


def test_what_is_due_is_told_with_an_exit_code(line: Home) -> None:
    answer = rapporteur(line, "report", "due", "--json")
    due = {(row["report_id"], row["period"]): row for row in answer.json()}
    assert due["government_orders", "2026-H1"]["due_on"] == "2026-08-31"
    assert due["mcp_connectors", "2026-Q2"]["status"] == "due"
    assert answer.code == (1 if any(row["is_overdue"] for row in due.values()) else 0)
    listed = rapporteur(line, "report", "list", "--json").json()
    assert set(REPORTS) < {entry["report_id"] for entry in listed}
