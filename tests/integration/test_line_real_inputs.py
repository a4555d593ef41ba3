"""GitHub's notices and the MCP registry run through the real command, each by its mapping, and reconcile with what was published."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.core.home import Home
from tests.integration.dmca_reconciliation import MAPPING, YEARS, published_months
from tests.integration.line import Answer, rapporteur

REGISTRY_MAPPING = MAPPING.with_name("mcp-registry.yml")


@dataclass(frozen=True)
class Ran:
    """A home with both inputs, and what the run answered."""

    home: Home
    answer: Answer


@pytest.fixture(scope="module")
def ran(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    home = Home.at(tmp_path_factory.mktemp("real_inputs") / "home").ensure()
    home.mappings.mkdir(parents=True)
    shutil.copyfile(MAPPING, home.mappings / MAPPING.name)
    shutil.copyfile(REGISTRY_MAPPING, home.mappings / REGISTRY_MAPPING.name)
    for year in YEARS:
        _land(home, "copyright_notices", conformance / "github_dmca" / f"{year}-COMPILED-DATA.csv")
    _land(home, "mcp_servers", conformance / "mcp" / "seed.json")
    return Ran(home, rapporteur(home, "run", "--json"))


def _land(home: Home, feed: str, file: Path) -> None:
    folder = home.landing / feed / "2019-01-15"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, folder / file.name)


@pytest.mark.slow
def test_run_takes_every_row_in_or_sets_it_aside(ran: Ran) -> None:
    assert ran.answer.code == 0, ran.answer.stderr[-4000:]
    counts = {
        one["path"].rpartition("/")[2]: (one["lines"], one["loaded"], one["quarantined"], one["mapping"])
        for one in ran.answer.json()["deliveries"]
    }
    assert counts == {
        "2015-COMPILED-DATA.csv": (532, 532, 0, "github-dmca.yml"),
        "2016-COMPILED-DATA.csv": (784, 779, 5, "github-dmca.yml"),
        "2017-COMPILED-DATA.csv": (1439, 1430, 9, "github-dmca.yml"),
        "2018-COMPILED-DATA.csv": (1846, 1846, 0, "github-dmca.yml"),
        "seed.json": (471, 471, 0, "mcp-registry.yml"),
    }


def test_published_takedowns_per_month_equal_those_that_github_published(conformance: Path, ran: Ran) -> None:
    with duckdb.connect(str(ran.home.published_current), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        counted = {
            (year, month): count
            for year, month, count in connection.execute(
                """select year(received_at), month(received_at), count(*) from marts.fct_copyright_notices
                   where kind = 'takedown' group by all"""
            ).fetchall()
        }
        reported = dict(
            connection.execute(
                """select strftime(event_at, '%Y-%m'), count(*) from contributions.con_enforcement_overview__copyright
                   where metric = 'copyright_notices' and kind = 'takedown' group by all"""
            ).fetchall()
        )
    published = {
        (year, month): count
        for year in YEARS
        for month, count in enumerate(published_months(conformance / "github_dmca", year), start=1)
    }
    equal = {year: sum(counted[year, month] == published[year, month] for month in range(1, 13)) for year in YEARS}
    assert equal == {2015: 11, 2016: 9, 2017: 8, 2018: 12}
    assert (counted[2015, 2], published[2015, 2]) == (16, 17)
    assert sum(counted[2018, month] for month in range(1, 13)) == 1799
    assert reported == {f"{year}-{month:02d}": count for (year, month), count in counted.items()}


def test_register_of_mcp_servers_holds_every_entry(ran: Ran) -> None:
    with duckdb.connect(str(ran.home.published_current), read_only=True) as connection:
        found = connection.execute("select count(*), count(distinct server_name) from marts.dim_mcp_servers").fetchone()
    assert found == (471, 471)


def test_rows_set_aside_are_listed_and_shown_as_delivered(ran: Ran) -> None:
    listed = rapporteur(ran.home, "quarantine", "list", "--json").json()
    assert len(listed) == 14
    (row,) = [one for one in listed if one["line_no"] == 491]
    shown = rapporteur(ran.home, "quarantine", "show", f"{row['file_sha256'][:16]}:491")
    assert shown.code == 0
    assert "2016-08-KingoftheHill.md" in shown.stdout


def test_mapping_check_previews_what_the_run_did(conformance: Path, ran: Ran) -> None:
    preview = rapporteur(
        ran.home, "mapping", "check", str(conformance / "github_dmca" / "2016-COMPILED-DATA.csv"), "--json"
    )
    assert preview.code == 0, preview.stderr
    told = preview.json()
    assert (told["mapping"], told["lines"], told["would_load"], told["quarantined"]) == ("github-dmca.yml", 784, 779, 5)
