"""Bundles: whole, digested, replaced only while drafts; the index leads to them."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import ops
from orchestration.core.home import Home
from reports import bundle
from reports.bundle import prepare
from reports.catalogue import CATALOGUE, UnknownReport
from reports.catalogue.calendar import ended_periods
from reports.catalogue.standing import due
from reports.filing.planning import PeriodFiled
from reports.filing.shelf import lock_bundle
from reports.manifest import read_manifest
from reports.periods import PeriodError
from tests.unit.reports.published_copy import build_copy

REPORT = "enforcement_overview"


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_manifest_names_every_file_with_its_digest(small_copy: Home) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    files = files_of(folder)
    manifest: dict[str, Any] = json.loads(files.pop("manifest.json"))
    assert manifest["_type"] == "https://in-toto.io/Statement/v1"
    assert {s["name"]: s["digest"]["sha256"] for s in manifest["subject"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert {
        "report.html",
        "report.xlsx",
        "report.pdf",
        "figures.parquet",
        "strata.parquet",
        "contributors.parquet",
        "checks.json",
    } <= set(files)
    assert {f"csv/{part.part}.csv" for part in CATALOGUE[REPORT].parts} <= set(files)
    assert {f"sql/40_figures/{part.part}.sql" for part in CATALOGUE[REPORT].parts} <= set(files)
    predicate = manifest["predicate"]
    assert (predicate["version"], predicate["watermark"], predicate["is_synthetic"]) == (1, 7, True)


def test_preparing_again_replaces_the_draft_with_the_same_bytes(small_copy: Home) -> None:
    first = files_of(prepare(small_copy, REPORT, "2026-05"))
    folder = prepare(small_copy, REPORT, "2026-05")
    second = files_of(folder)
    assert folder.name == "v1"
    assert {name for name in first if first[name] != second[name]} <= {"manifest.json"}
    assert [path.name for path in folder.parent.iterdir()] == ["v1"]


def test_read_only_bundle_cannot_be_rewritten(small_copy: Home) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    lock_bundle(folder)
    before = files_of(folder)
    with pytest.raises(PeriodFiled):
        prepare(small_copy, REPORT, "2026-05")
    assert files_of(folder) == before


def test_bundle_whose_manifest_cannot_be_read_is_left_alone(small_copy: Home) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    (folder / "manifest.json").write_text("torn")
    assert prepare(small_copy, REPORT, "2026-05").name == "v2"


def test_failed_preparation_leaves_the_draft_as_it_was(small_copy: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    before = files_of(folder)

    def fail(*_: object) -> dict[str, Any]:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(bundle, "build_manifest", fail)
        with pytest.raises(OSError, match="No space left"):
            prepare(small_copy, REPORT, "2026-05")
    assert files_of(folder) == before
    prepare(small_copy, REPORT, "2026-05")
    assert [path.name for path in folder.parent.iterdir()] == ["v1"]


def test_draft_set_aside_by_a_killed_preparation_comes_back(small_copy: Home) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    folder.rename(folder.with_name(".v1.99.old"))
    (folder.parent / ".v1.99.tmp").mkdir()
    assert prepare(small_copy, REPORT, "2026-05").name == "v1"
    assert [path.name for path in folder.parent.iterdir()] == ["v1"]


def test_default_period_is_the_last_month_that_the_data_cover(small_copy: Home) -> None:
    assert prepare(small_copy, REPORT).parent.name == "2026-06"


def test_unknown_report_and_period_are_refused_before_anything_is_written(small_copy: Home) -> None:
    with pytest.raises(UnknownReport, match=r"There are: .*enforcement_overview"):
        prepare(small_copy, "enforcement_overwiew", "2026-05")
    with pytest.raises(PeriodError):
        prepare(small_copy, REPORT, "../../etc")
    assert not list(small_copy.filings.glob("*/*"))


def test_nothing_published_is_said_so(home: Home) -> None:
    with pytest.raises(FileNotFoundError, match="rapporteur run"):
        prepare(home, REPORT)
    assert due(home) == []


def test_registers_hold_just_the_rows_that_figures_use(small_copy: Home) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    assert (folder / "registers" / "dim_actions.csv").read_bytes() == b"action,name\r\nwarning,Warning\r\n"


def test_evidence_agrees_with_the_figures(small_copy: Home) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    with duckdb.connect() as con:
        rows = con.execute(
            "select f.metric, f.row_count + f.open_count, coalesce(s.rows, 0), coalesce(c.rows, 0) "
            f"from '{folder}/figures.parquet' as f "
            f"left join (select metric, sum(row_count) as rows from '{folder}/strata.parquet' group by 1) as s using (metric) "
            f"left join (select metric, count(*) as rows from '{folder}/contributors.parquet' group by 1) as c using (metric) "
            "where f.dimensions = '{}'"
        ).fetchall()
    assert len(rows) == 25
    assert [row for row in rows if not row[1] == row[2] == row[3]] == []


def test_figure_sql_of_the_bundle_gives_the_bundle_s_figures_and_digests(small_copy: Home, tmp_path: Path) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    shutil.copyfile(small_copy.published_current.resolve(), tmp_path / "copy.duckdb")
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"attach '{tmp_path / 'copy.duckdb'}' as current")
        con.execute("create schema current.filing")
        seeds = (folder / "sql" / "20_seeds.sql").read_text()
        con.execute(seeds[seeds.index("create table current.filing.provisional") :])
        for stretch in ("40_figures", "50_strata"):
            for path in sorted((folder / "sql" / stretch).iterdir()):
                con.execute(path.read_text())
        again = con.execute((folder / "sql" / "60_result.sql").read_text()).fetchall()
        filed = con.execute(f"select * from '{folder}/figures.parquet' order by figure_key").fetchall()
    assert len(filed) > 50
    assert again == filed


def test_index_lists_what_is_due_and_links_only_to_files_that_exist(small_copy: Home) -> None:
    import re
    from urllib.parse import unquote

    prepare(small_copy, REPORT, "2026-05")
    page = (small_copy.filings / "index.html").read_text()
    links = [unquote(link) for link in re.findall(r'href="([^"#]+)"', page)]
    assert links
    assert all((small_copy.filings / link).is_file() for link in links)
    assert "SYNTHETIC" in page
    assert [(row.period, row.status) for row in due(small_copy) if row.report_id == REPORT] == [
        ("2026-06", "due"),
        ("2026-05", "prepared"),
        ("2026-04", "overdue"),
    ]
    assert "rapporteur report prepare enforcement_overview --period 2026-06" in page


def test_months_before_deliveries_began_are_not_due() -> None:
    from datetime import date

    assert ended_periods("month", date(2026, 4, 3), date(2026, 7, 1)) == ["2026-06", "2026-05", "2026-04"]
    assert ended_periods("month", date(2026, 4, 20), date(2026, 7, 1)) == ["2026-06", "2026-05"]
    assert len(ended_periods("month", date(2020, 1, 1), date(2026, 7, 1))) == 12


def test_preparation_is_recorded_as_a_filing(small_copy: Home) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    (row,) = ops.read(small_copy, "filings")
    assert (row["filing_id"], row["status"], row["watermark"]) == (f"{REPORT}/2026-05/v1", "draft", 7)
    assert row["manifest_sha256"] == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


def test_readers_keep_their_copy_while_another_is_published(small_copy: Home) -> None:
    from orchestration.core.publish import open_published

    with open_published(small_copy) as con:
        build_copy(small_copy, {}, run="run-2")
        assert con.execute("select count(*) from marts.fct_user_reports").fetchone() == (20,)
    manifest = read_manifest(prepare(small_copy, REPORT, "2026-05"))
    assert manifest is not None
    assert manifest["predicate"]["published"] == "run-2"
