"""A dbt project of three feeds, small enough to build in a test, laid out as ours is."""

import shutil
from pathlib import Path

import duckdb
import pytest

from assets.transform.project import manifest_file
from orchestration.core.home import Home

PROJECT = """
name: small
profile: small
version: "1.0"
config-version: 2
model-paths: [models]
seed-paths: [seeds]
macro-paths: [macros]
flags: {send_anonymous_usage_stats: false}
models:
  small:
    staging: {+schema: staging, +materialized: view}
    marts: {+schema: marts, +database: current, +materialized: incremental, +incremental_strategy: append}
seeds:
  small: {+schema: codes}
"""
SCHEMA = """
{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or target.schema }}{% endmacro %}
{% macro forget_touched_days(feed) %}
{% if execute and load_relation(this) %}
delete from {{ this }}
where event_date in (select event_date from {{ source('raw', 'touched_days') }} where feed = '{{ feed }}')
{% endif %}
{% endmacro %}
"""
SOURCES = """
version: 2
sources:
  - name: raw
    schema: raw
    tables: [{name: pins}, {name: touched_days}, {name: actions}, {name: appeals}, {name: surfaces}]
"""
STAGING = """
select * from {{ source('raw', '%s') }} where _batch_id <= (select watermark from {{ source('raw', 'pins') }})
"""
FACTS = """
{{ config(pre_hook="{{ forget_touched_days('actions') }}") }}
select action_id, event_date from {{ ref('stg_actions') }}
where event_date in (select event_date from {{ source('raw', 'touched_days') }} where feed = 'actions')
"""
AGES = """
{{ config(materialized='table') }}
select surface, (select as_of from {{ source('raw', 'pins') }}) as known_at from {{ ref('stg_surfaces') }}
"""
MODELS_YAML = """
version: 2
models:
  - name: stg_actions
    description: One row per action.
  - name: fct_actions
    description: One row per action, as the register rules.
    meta: {owner: enforcement}
    columns:
      - name: action_id
        data_tests:
          - not_null: {config: {severity: error}}
          - unique: {config: {severity: warn}}
"""


def _write_project(folder: Path) -> Path:
    files = {
        "dbt_project.yml": PROJECT,
        "macros/schema.sql": SCHEMA,
        "models/sources.yml": SOURCES,
        "models/staging/enforcement/stg_actions.sql": STAGING % "actions",
        "models/staging/enforcement/stg_appeals.sql": STAGING % "appeals",
        "models/staging/registers/stg_surfaces.sql": STAGING % "surfaces",
        "models/marts/enforcement/fct_actions.sql": FACTS,
        "models/marts/enforcement/fct_actions.yml": MODELS_YAML,
        "models/marts/registers/dim_ages.sql": AGES,
        "seeds/codes.csv": "code,name\na,first\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture(scope="session")
def parsed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What parsing the project leaves in a home: the same for every test that does not change it."""
    home = Home.at(tmp_path_factory.mktemp("parsed"))
    manifest_file(home, _write_project(tmp_path_factory.mktemp("small") / "dbt_project"))
    return home.build / "dbt"


@pytest.fixture
def project(home: Home, tmp_path: Path, parsed_once: Path) -> Path:
    """The project, parsed in this home; a test may change it, which makes it another version."""
    shutil.copytree(parsed_once, home.build / "dbt")
    return _write_project(tmp_path / "dbt_project")


def land(
    home: Home, watermark: int, days: list[str], rows: list[tuple[str | None, str, int]], built_through: int = 0
) -> None:
    """Write raw tables as of a watermark: `rows` are (action_id, event_date, batch)."""
    with duckdb.connect(str(home.warehouse_db)) as connection:
        connection.execute("create schema if not exists raw")
        connection.execute("create or replace table raw.actions (action_id varchar, event_date date, _batch_id bigint)")
        for row in rows:
            connection.execute("insert into raw.actions values (?, ?, ?)", row)
        connection.execute("create or replace table raw.appeals as select 'p' as appeal_id, 1 as _batch_id")
        connection.execute("create or replace table raw.surfaces as select 'api' as surface, 1 as _batch_id")
        connection.execute("create or replace table raw.retractions (feed varchar, _batch_id bigint)")
        connection.execute(
            "create or replace table raw.pins as select ? as watermark, ? as built_through, now() as as_of",
            [watermark, built_through],
        )
        connection.execute("create or replace table raw.touched_days (feed varchar, event_date date)")
        for day in days:
            connection.execute("insert into raw.touched_days values ('actions', ?)", [day])


def facts(home: Home) -> list[tuple[str, str]]:
    """The built facts, sorted."""
    with duckdb.connect(str(home.current_db), read_only=True) as connection:
        return connection.execute(
            "select action_id, event_date::varchar from marts.fct_actions order by all"
        ).fetchall()
