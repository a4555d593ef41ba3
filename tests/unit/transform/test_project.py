"""The dbt project's place, version and manifest."""

from pathlib import Path

import msgspec
import pytest
import yaml

from assets.transform import project as dbt_home
from orchestration.core.home import Home

from .conftest import land


def test_fingerprint_changes_with_content_and_with_a_name_but_not_with_a_touch(project: Path) -> None:
    before = dbt_home.fingerprint(project)
    model = project / "models/staging/enforcement/stg_actions.sql"
    model.write_bytes(model.read_bytes())
    assert dbt_home.fingerprint(project) == before
    model.write_text(model.read_text() + "-- more\n")
    changed = dbt_home.fingerprint(project)
    model.rename(model.with_name("stg_acts.sql"))
    assert len({before, changed, dbt_home.fingerprint(project)}) == 3


def test_manifest_is_parsed_once_a_version(home: Home, project: Path) -> None:
    first = dbt_home.manifest_file(home, project)
    stamp = first.stat().st_mtime_ns
    assert dbt_home.manifest_file(home, project).stat().st_mtime_ns == stamp
    (project / "seeds/codes.csv").write_text("code,name\nb,second\n")
    assert dbt_home.manifest_file(home, project) != first


def test_manifest_is_made_in_an_empty_home(tmp_path: Path, project: Path) -> None:
    parsed = dbt_home.manifest(Home.at(tmp_path / "fresh"), project)
    assert "model.small.fct_actions" in parsed["nodes"]


def test_profile_names_the_three_databases_of_this_home_and_utc(home: Home, project: Path) -> None:
    profile = yaml.safe_load((dbt_home.profiles_dir(home, project) / "profiles.yml").read_text())
    output = profile["small"]["outputs"]["duckdb"]
    assert output["path"] == str(home.warehouse_db)
    assert {one["alias"]: one["path"] for one in output["attach"]} == {
        "current": str(home.current_db),
        "restricted": str(home.restricted_db),
    }
    assert output["settings"]["TimeZone"] == "UTC"


def test_broken_project_says_what_dbt_says(home: Home, project: Path) -> None:
    (project / "models/staging/broken.sql").write_text("select * from {{ ref('nowhere') }}")
    with pytest.raises(dbt_home.ProjectBroken, match="nowhere"):
        dbt_home.manifest(home, project)


def test_only_the_present_and_the_last_version_are_kept(home: Home, project: Path) -> None:
    for number in range(4):
        (project / "seeds/codes.csv").write_text(f"code,name\na,{number}\n")
        dbt_home.manifest_file(home, project)
    assert len(list((home.build / "dbt").iterdir())) == 2


def test_compiled_models_carry_their_sql_and_parents(home: Home, project: Path) -> None:
    from assets.transform.run import build

    land(home, 1, [], [])
    build(home, project=project)
    models = msgspec.json.decode(dbt_home.compiled_models(home, project))
    fact = models["current.marts.fct_actions"]
    assert fact["depends_on"] == ["warehouse.raw.touched_days", "warehouse.staging.stg_actions"]
    assert "{{" not in fact["sql"]
    assert '"warehouse"."staging"."stg_actions"' in fact["sql"]
