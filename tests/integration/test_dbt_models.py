"""The whole dbt project, built from empty raw tables with every test of its own, and what its open file then holds.

Belongs here: what only a build can show about all models. Not here: recomputed days (test_dbt_incremental).
"""

from typing import Any

import pytest

from assets.transform.dictionary import read_models
from tests.integration.dbt_warehouse import PROJECT, Warehouse, build, make_warehouse, parse, pin, run_tests

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Any]:
    warehouse = make_warehouse(tmp_path_factory.mktemp("built"))
    pin(warehouse, watermark=0, built_through=0)
    manifest = parse(warehouse)
    build(warehouse, manifest)
    return warehouse, manifest


def test_an_empty_landing_zone_builds(built: tuple[Warehouse, Any]) -> None:
    assert built[0].query("select count(*) from current.marts.fct_enforcement_actions") == [(0,)]


def test_every_unit_test_of_a_model_holds(built: tuple[Warehouse, Any]) -> None:
    passed = run_tests(built[0], built[1], "--select", "test_type:unit")
    assert len(passed) >= 15


def test_the_open_file_holds_no_restricted_column(built: tuple[Warehouse, Any]) -> None:
    columns = built[0].query(
        "select schema_name, table_name, column_name from duckdb_columns() where database_name = 'current' and not internal"
    )
    open_columns = {
        (model.name, column.name)
        for model in read_models(PROJECT)
        for column in model.columns
        if column.sensitivity != "restricted"
    }
    built_by_dbt = [row for row in columns if row[0] != "ops"]
    assert len(built_by_dbt) > 300
    assert [row for row in built_by_dbt if (row[1], row[2]) not in open_columns] == []


def test_a_day_knows_its_month_and_weekday(built: tuple[Warehouse, Any]) -> None:
    days = built[0].query(
        "select cast(day as varchar), cast(month_start_date as varchar), iso_weekday, calendar_quarter "
        "from current.marts.dim_dates where day in ('2014-12-29', '2026-03-01', '2040-12-31') order by day"
    )
    assert days == [
        ("2014-12-29", "2014-12-01", 1, 4),
        ("2026-03-01", "2026-03-01", 7, 1),
        ("2040-12-31", "2040-12-01", 1, 4),
    ]
