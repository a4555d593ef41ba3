"""Every check is green where all is well, and red on the defect that it guards against."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import ops
from orchestration.core.commits import path_of
from orchestration.core.home import Home
from quality_checks import checking
from quality_checks.ledger import CheckResult, record

from .conftest import ACTION, Write, commit, delivery, insert

NOW = "2026-01-03T12:00:00Z"


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORTEUR_NOW", NOW)


def broken(results: list[CheckResult]) -> dict[str, CheckResult]:
    return {f"{one.check} {one.asset}": one for one in results if not one.passed}


def only(results: list[CheckResult], check: str, asset: str) -> CheckResult:
    """The one result that is red, which must be this one and tell its reader where to go on."""
    red = broken(results)
    assert list(red) == [f"{check} {asset}"], {name: one.message for name, one in red.items()}
    one = red[f"{check} {asset}"]
    assert asset in one.message
    assert one.runbook.startswith("docs/runbook.md#")
    assert one.runbook in one.message
    return one


def set_batch(home: Home, write: Write, *deliveries: Any, rows: dict[str, int] | None = None) -> None:
    """Commit batch 2 and move the watermark to it; batch 1 is in the marts."""
    commit(home, 2, list(deliveries), rows)
    write(lambda connection: connection.execute("update raw.pins set watermark = 2, built_through = 1"))


def test_all_is_green_where_all_is_well(line: Home) -> None:
    raw, marts = checking.check_raw(line), checking.check_marts(line)
    assert broken([*raw, *marts]) == {}
    assert {one.check for one in raw} == {
        "lines_are_accounted_for",
        "lake_holds_what_was_booked",
        "rows_are_those_of_the_ledger",
        "required_fields_are_filled",
        "values_are_those_of_the_code_list",
        "numbers_are_in_range",
        "fields_and_values_are_known",
        "every_surface_is_registered",
        "every_policy_is_registered",
        "delivery_is_on_time",
    }
    assert {one.check for one in marts} == {
        "raw_is_staged_superseded_or_withdrawn",
        "facts_equal_contributions",
        "totals_equal_parts",
        "expectations_hold",
    }


def test_a_line_that_the_ledger_lost_is_an_error(line: Home, write: Write) -> None:
    set_batch(line, write, delivery("appeals", 0, lines=3, quarantined=2, file_sha256="e" * 64), rows={})
    red = broken(checking.check_raw(line))
    one = red["lines_are_accounted_for raw/appeals"]
    assert one.severity == "error"
    assert "lines 3" in one.message
    assert "accounted 2" in one.message


def test_a_retry_moves_lines_from_quarantine_and_the_sums_still_hold(line: Home, write: Write) -> None:
    first = delivery("appeals", 0, lines=1, quarantined=1, file_sha256="e" * 64)
    commit(line, 2, [first], {})
    commit(line, 3, [delivery("appeals", 1, lines=0, quarantined=-1, status="retried", file_sha256="e" * 64)])
    write(lambda connection: connection.execute("update raw.pins set watermark = 3, built_through = 1"))
    assert "lines_are_accounted_for raw/appeals" not in broken(checking.check_raw(line))


def test_more_retried_than_ever_quarantined_is_an_error(line: Home, write: Write) -> None:
    set_batch(line, write, delivery("appeals", 1, lines=0, quarantined=-1, status="retried", file_sha256="e" * 64))
    assert "lines_are_accounted_for raw/appeals" in broken(checking.check_raw(line))


def test_a_lake_that_holds_fewer_rows_than_were_booked_is_an_error(line: Home, write: Write) -> None:
    set_batch(line, write, delivery("appeals", 2), rows={"appeals": 1})
    write(
        lambda c: insert(c, "appeals", 2, [{"appeal_id": x, "submitted_at": NOW, "channel": "internal"} for x in "ab"])
    )
    one = only(checking.check_raw(line), "lake_holds_what_was_booked", "raw/appeals")
    assert "ledger_loaded 2, lake_rows 1" in one.message


def test_a_raw_table_that_lost_rows_is_an_error(line: Home, write: Write) -> None:
    set_batch(line, write, delivery("appeals", 2))
    write(lambda c: insert(c, "appeals", 2, [{"appeal_id": "p", "submitted_at": NOW, "channel": "internal"}]))
    one = only(checking.check_raw(line), "rows_are_those_of_the_ledger", "raw/appeals")
    assert "in_table 1, in_ledger 2" in one.message


DEFECTS = [
    ({"explanation": None}, "required_fields_are_filled", "field explanation, rows_without 1"),
    ({"_file_id": None}, "required_fields_are_filled", "field _file_id"),
    ({"ground": "whim"}, "values_are_those_of_the_code_list", "enforcement_actions.ground=whim"),
    ({"severity": 5}, "numbers_are_in_range", "field severity"),
    ({"severity": 0}, "numbers_are_in_range", "field severity"),
]


@pytest.mark.parametrize(("change", "check", "told"), DEFECTS, ids=[str(defect[0]) for defect in DEFECTS])
def test_a_row_outside_the_contract_is_an_error(
    line: Home, write: Write, change: dict[str, Any], check: str, told: str
) -> None:
    set_batch(line, write, delivery("enforcement_actions", 1))
    write(lambda c: insert(c, "enforcement_actions", 2, [{**ACTION, "action_id": "a2", **change}]))
    one = only(checking.check_raw(line), check, "raw/enforcement_actions")
    assert one.severity == "error"
    assert told in one.message


def test_rows_of_older_batches_are_not_judged_again(line: Home, write: Write) -> None:
    write(lambda c: c.execute("update raw.enforcement_actions set ground = 'whim'"))
    set_batch(line, write, delivery("appeals", 1))
    write(lambda c: insert(c, "appeals", 2, [{"appeal_id": "p", "submitted_at": NOW, "channel": "internal"}]))
    assert broken(checking.check_raw(line)) == {}


def test_an_unregistered_surface_is_named_with_feed_and_first_day(line: Home, write: Write) -> None:
    set_batch(line, write, delivery("enforcement_actions", 1))
    write(lambda c: insert(c, "enforcement_actions", 2, [{**ACTION, "action_id": "a2", "surface": "glasses"}]))
    one = only(checking.check_raw(line), "every_surface_is_registered", "raw/surfaces")
    assert one.severity == "warn"
    assert "surface glasses, in enforcement_actions, first seen 2026-01-02" in one.message


def test_a_surface_booked_as_unregistered_stays_red_until_it_is_registered(line: Home, write: Write) -> None:
    commit(line, 2, [delivery("model_requests", 1, unregistered_surfaces=["glasses"])])
    write(lambda c: c.execute("update raw.pins set watermark = 2, built_through = 2"))
    only(checking.check_raw(line), "every_surface_is_registered", "raw/surfaces")
    write(lambda c: insert(c, "surfaces", 2, [{"surface": "glasses"}]))
    assert broken(checking.check_raw(line)) == {}


def test_an_unregistered_policy_is_named(line: Home, write: Write) -> None:
    set_batch(line, write, delivery("enforcement_actions", 1))
    write(lambda c: insert(c, "enforcement_actions", 2, [{**ACTION, "action_id": "a2", "policy_code": "novel"}]))
    assert "policy novel" in only(checking.check_raw(line), "every_policy_is_registered", "raw/policies").message


def test_drift_is_a_warning_that_names_field_and_value(line: Home, write: Write) -> None:
    set_batch(
        line, write, delivery("appeals", 0, lines=4, quarantined=4, new_fields={"mood": 3}, new_values={"channel=pigeon": 4}),
    )  # fmt: skip
    one = broken(checking.check_raw(line))["fields_and_values_are_known raw/appeals"]
    assert one.severity == "warn"
    assert "new field mood, lines 3" in one.message
    assert "new value channel=pigeon, lines 4" in one.message


def test_a_feed_past_its_cadence_is_a_warning_addressed_to_its_owner(
    line: Home, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(lambda c: insert(c, "feeds", 1, [{"feed": "enforcement_actions", "cadence_hours": 12.0, "owner": "ada"}]))
    assert broken(checking.check_raw(line)) == {}
    monkeypatch.setenv("RAPPORTEUR_NOW", "2026-01-03T12:00:01Z")
    one = only(checking.check_raw(line), "delivery_is_on_time", "raw/enforcement_actions")
    assert one.owner == "ada"
    assert one.severity == "warn"


CONTROL = {
    "control_id": "c1",
    "source_system": "ledger",
    "feed": "enforcement_actions",
    "period_start": "2026-01-01T00:00:00Z",
    "period_end": "2026-01-02T00:00:00Z",
    "record_count": 1,
    "generated_at": "2026-01-02T00:00:00Z",
}


def test_a_source_that_sent_more_than_came_is_a_warning_with_both_numbers(line: Home, write: Write) -> None:
    set_batch(line, write, delivery("control_totals", 1))
    write(lambda c: insert(c, "control_totals", 2, [{**CONTROL, "record_count": 3}]))
    one = only(checking.check_raw(line), "ledger_equals_control_totals", "raw/enforcement_actions")
    assert one.severity == "warn"
    assert "sent 3, received 1" in one.message


def test_a_corrected_control_total_replaces_the_earlier_and_two_sources_add_up(line: Home, write: Write) -> None:
    set_batch(line, write, delivery("control_totals", 3))
    later = {**CONTROL, "control_id": "c2", "generated_at": "2026-01-02T06:00:00Z"}
    other = {**CONTROL, "control_id": "c3", "source_system": "other", "record_count": 0}
    write(lambda c: insert(c, "control_totals", 2, [{**CONTROL, "record_count": 9}, later, other]))
    assert broken(checking.check_raw(line)) == {}


def test_requests_are_counted_in_the_lake_files_of_the_period(line: Home, write: Write) -> None:
    path = line.root / "lake/raw/model_requests/2.parquet"
    path.parent.mkdir(parents=True)
    duckdb.execute(
        "copy (select unnest([timestamptz '2026-01-01 23:59:59+00', timestamptz '2026-01-02 00:00:00+00']) as requested_at) "
        f"to '{path}'"
    )
    set_batch(line, write, delivery("model_requests", 2), delivery("control_totals", 1))
    control = {**CONTROL, "feed": "model_requests", "record_count": 2}
    write(lambda c: insert(c, "control_totals", 2, [control]))
    one = broken(checking.check_raw(line))["ledger_equals_control_totals raw/model_requests"]
    assert "sent 2, received 1" in one.message


def test_a_staging_model_that_drops_a_row_is_an_error(line: Home, write: Write) -> None:
    write(
        lambda c: c.execute(
            "create or replace view staging.stg_enforcement_actions as from raw.enforcement_actions limit 0"
        )
    )
    one = broken(checking.check_marts(line))["raw_is_staged_superseded_or_withdrawn staging/stg_enforcement_actions"]
    assert "raw_rows 1, withdrawn 0, superseded 0, staged 0" in one.message


def test_a_staging_model_that_keeps_a_withdrawn_row_is_an_error(line: Home, write: Write) -> None:
    write(lambda c: c.execute("create or replace view staging.stg_enforcement_actions as from raw.enforcement_actions"))
    retraction = {
        "retraction_id": "t",
        "requested_by": "a",
        "approved_by": "b",
        "reason": "r",
        "feed": "enforcement_actions",
    }
    write(lambda c: insert(c, "retractions", 1, [{**retraction, "id": "a1", "requested_at": NOW}]))
    one = broken(checking.check_marts(line))["raw_is_staged_superseded_or_withdrawn staging/stg_enforcement_actions"]
    assert "withdrawn 1, superseded 0, staged 1" in one.message


def in_marts(home: Home, sql: str) -> None:
    with duckdb.connect(str(home.current_db)) as connection:
        connection.execute(sql)


MART_DEFECTS: list[tuple[str, str, str]] = [
    (
        "create or replace view contributions.con_enforcement_overview__actions as select 'actions' as metric, 'count' as role, "
        "action_id as record_id, severity from marts.fct_enforcement_actions where false",
        "facts_equal_contributions contributions/con_enforcement_overview__actions",
        "record_id a1, facts 1, contributions 0",
    ),
    (
        "create or replace view contributions.con_enforcement_overview__actions as select 'actions' as metric, 'count' as role, "
        "action_id as record_id, severity from marts.fct_enforcement_actions, range(2)",
        "facts_equal_contributions contributions/con_enforcement_overview__actions",
        "facts 1, contributions 2",
    ),
    (
        "update reporting.rpt_enforcement_overview__actions set value = 7 where dimensions <> '{}'",
        "totals_equal_parts reporting/rpt_enforcement_overview__actions",
        "breakdown severity, total 1.0000, parts 7.0000",
    ),
    (
        "update marts.fct_enforcement_actions set severity = 9",
        "expectations_hold marts/fct_enforcement_actions",
        "severity",
    ),
    (
        "update marts.fct_enforcement_actions set ground = 'whim'",
        "expectations_hold marts/fct_enforcement_actions",
        "whim",
    ),
    (
        "update marts.fct_enforcement_actions set decided_at = null",
        "expectations_hold marts/fct_enforcement_actions",
        "decided_at",
    ),
]


@pytest.mark.parametrize(("sql", "name", "told"), MART_DEFECTS, ids=[str(n) for n in range(len(MART_DEFECTS))])
def test_a_mart_that_does_not_reconcile_is_an_error(line: Home, sql: str, name: str, told: str) -> None:
    in_marts(line, sql)
    red = broken(checking.check_marts(line))
    assert list(red) == [name]
    assert red[name].severity == "error"
    assert told in red[name].message


def test_feed_status_lies_beside_the_marts(line: Home) -> None:
    checking.check_marts(line)
    with duckdb.connect(str(line.current_db), read_only=True) as connection:
        row = connection.execute(
            "select cadence_hours, last_received_on::varchar, last_event_on::varchar, complete_through_on::varchar, is_late, "
            "open_quarantine, lines_loaded from ops.feed_status where feed = 'enforcement_actions'"
        ).fetchone()
    assert row == (24.0, "2026-01-02", "2026-01-01", "2026-01-01", False, 0, 1)


def test_results_become_lines_of_the_check_ledger(line: Home) -> None:
    results = checking.check_marts(line)
    record(line, "run-1", results)
    rows = ops.read(line, "check_results")
    assert len(rows) == len(results)
    assert set(rows[0]) == set(ops.TABLES["check_results"])
    assert {row["run_id"] for row in rows} == {"run-1"}
    assert {row["batch_id"] for row in rows} == {1}


def test_nothing_new_imports_no_great_expectations(line: Home, write: Write) -> None:
    write(lambda c: c.execute("update raw.pins set built_through = 1"))
    program = (
        "import sys; from pathlib import Path; from quality_checks import assets, checking; from orchestration.core.home import Home;"
        f"checking.check_raw(Home(Path({str(line.root)!r}))); checking.check_marts(Home(Path({str(line.root)!r})));"
        "sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


def test_databases_are_closed_after_both_rounds(line: Home) -> None:
    checking.check_raw(line)
    checking.check_marts(line)
    for path in (line.warehouse_db, line.current_db):
        duckdb.connect(str(path)).close()


def test_great_expectations_brings_neither_plots_nor_scipy_statistics_along() -> None:
    program = (
        "import sys; from quality_checks import suites\n"
        "with suites._library(): pass\n"
        "assert 'great_expectations' in sys.modules\n"
        "sys.exit(any(name in sys.modules for name in ('altair', 'scipy.stats')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_module_left_out_is_still_there_for_whoever_asks() -> None:
    program = (
        "from quality_checks import suites\n"
        "with suites._library(): pass\n"
        "import scipy.stats, great_expectations.expectations as kinds\n"
        "assert scipy.stats.norm.cdf(0) == 0.5\n"
        "from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as module\n"
        "assert module.stats.entropy([1]) == 0\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_broken_commit_is_not_mistaken_for_a_check(line: Home) -> None:
    path: Path = path_of(line, 1)
    path.write_text("{")
    with pytest.raises(Exception, match="not a commit"):
        checking.check_raw(line)
