"""Trace and verification over a small bundle: every figure recounts from its lines, and whatever is altered is named."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.core.home import Home
from reports.bundle import prepare
from reports.bundles import Found, UnknownFigure, UnknownFiling, all_bundles, find_bundle, found_in
from reports.trace import trace
from reports.trace_back import trace_back
from reports.verify_evidence import check_evidence
from reports.verify_files import check_manifest
from tests.unit.reports.published_copy import FILE

REPORT = "enforcement_overview"


@pytest.fixture
def bundle(small_copy: Home) -> Found:
    return found_in(prepare(small_copy, REPORT, "2026-05"))


def rewritten(path: Path, sql: str) -> None:
    """Replace a Parquet file by what a select over it (as `t`) gives."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"create table t as select * from '{path}'")
        con.execute(f"copy ({sql}) to '{path}' (format parquet)")


def test_every_figure_is_traced_to_as_many_lines_as_it_counts(bundle: Found) -> None:
    with duckdb.connect() as con:
        rows = con.execute(
            f"select figure_key, row_count, open_count, digest from '{bundle.folder}/figures.parquet'"
        ).fetchall()
    assert len(rows) > 50
    for key, row_count, open_count, digest in rows:
        found = trace(bundle, key)
        assert found.findings == ()
        assert found.digest == digest
        assert sum(line.role != "open" for line in found.lines) == row_count
        assert sum(line.role == "open" for line in found.lines) == open_count
        assert sum(role.row_count for role in found.role) == found.line_count == row_count + open_count


def test_limit_shortens_the_answer_but_not_what_is_checked(bundle: Found) -> None:
    found = trace(bundle, "actions/actions", limit=3)
    assert (len(found.lines), found.line_count, found.value) == (3, 40, 40)
    assert found.role[0].sha256 == found.digest


def test_digest_of_a_role_is_that_of_its_lines_where_it_has_one_stratum(bundle: Found) -> None:
    found = trace(bundle, "legal_orders/legal_orders?issuing_country=DE")
    lines = "".join(sorted(f"{line.file_sha256}:{line.line}:{line.role}:{line.amount or ''}\n" for line in found.lines))
    stratum = hashlib.sha256(lines.encode()).hexdigest()
    assert found.digest == hashlib.sha256(f"{stratum}\n".encode()).hexdigest()


def test_wrong_key_is_answered_with_near_ones(bundle: Found) -> None:
    with pytest.raises(UnknownFigure, match="actions/actions"):
        trace(bundle, "action/action")


def test_filing_is_found_by_id_by_report_and_period_and_by_folder(small_copy: Home, bundle: Found) -> None:
    for name in (f"{REPORT}/2026-05/v1", f"{REPORT}/2026-05", str(bundle.folder), str(bundle.folder / "manifest.json")):
        assert find_bundle(small_copy, name).filing == f"{REPORT}/2026-05/v1"
    assert [found.filing for found in all_bundles(small_copy)] == [f"{REPORT}/2026-05/v1"]
    for name in (f"{REPORT}/2026-04/v1", f"{REPORT}/2026-05/v7", "../../etc", ""):
        with pytest.raises(UnknownFiling, match=f"{REPORT}/2026-05/v1"):
            find_bundle(small_copy, name)


def test_altered_contributor_is_found_by_trace_and_by_verification(bundle: Found) -> None:
    rewritten(bundle.folder / "contributors.parquet", "select * replace (line + 1 as line) from t order by all")
    found = trace(bundle, "actions/actions")
    assert {finding.check for finding in found.findings} == {"strata"}
    findings, _ = check_evidence(bundle)
    assert "strata" in {finding.check for finding in findings}


def test_removed_contributors_are_found(bundle: Found) -> None:
    rewritten(bundle.folder / "contributors.parquet", "select * from t where metric <> 'actions'")
    findings, _ = check_evidence(bundle)
    assert {"strata", "figures"} <= {finding.check for finding in findings}
    assert "actions/actions" in {finding.where for finding in findings}


@pytest.mark.parametrize(
    "change",
    [
        "value + 1 as value",
        "row_count + 1 as row_count",
        "open_count + 1 as open_count",
        "numerator + 1 as numerator",
        "reverse(digest) as digest",
    ],
)
def test_altered_figure_is_named(bundle: Found, change: str) -> None:
    keys = "('actions/actions', 'appeals/appeal_rate')"
    path = bundle.folder / "figures.parquet"
    rewritten(
        path,
        f"select * replace ({change}) from t where figure_key in {keys} union all from t where figure_key not in {keys}",
    )
    findings, _ = check_evidence(bundle)
    assert {finding.where for finding in findings} & {"actions/actions", "appeals/appeal_rate"}


def test_flipped_byte_missing_file_and_added_file_are_named(bundle: Found) -> None:
    content = bytearray((bundle.folder / "report.html").read_bytes())
    content[1000] ^= 1
    (bundle.folder / "report.html").write_bytes(bytes(content))
    (bundle.folder / "checks.json").unlink()
    (bundle.folder / "csv" / "extra.csv").write_text("x")
    findings, _ = check_manifest(bundle.folder)
    assert [(f.where, f.message) for f in findings] == [
        ("checks.json", "a file of the bundle is missing"),
        ("csv/extra.csv", "a file was added to the bundle"),
        ("report.html", "a file of the bundle was changed"),
    ]


def test_line_leads_back_to_every_figure_that_counts_it(small_copy: Home, bundle: Found) -> None:
    reached = trace_back(small_copy, FILE, 5)
    assert {one.via for one in reached} == {"contributor"}
    assert "actions/actions" in {one.figure_key for one in reached}
    for one in reached:
        lines = [line for line in trace(bundle, one.figure_key).lines if line.line == 5 and line.role == one.role]
        assert len(lines) == one.row_count


def test_record_leads_back_to_the_figures_that_it_also_decided(small_copy: Home) -> None:
    prepare(small_copy, REPORT, "2026-05")
    reached = trace_back(small_copy, "cd" * 32, 1, ["enforcement_actions/act-1"])
    assert {one.via for one in reached} == {"input_ref"}
    assert "appeals/appeals_filed" in {one.figure_key for one in reached}
    assert trace_back(small_copy, "cd" * 32, 1, ["enforcement_actions/act-1"], batch_id=8) == []
    assert trace_back(small_copy, "cd" * 32, 1) == []


def test_a_bundle_that_counts_nothing_can_be_traced_back_too(small_copy: Home) -> None:
    folder = prepare(small_copy, "enforcement_overview", "2026-04")
    with duckdb.connect() as con:
        described = con.execute(f"describe select * from '{folder}/contributors.parquet'").fetchall()
    assert {"stratum_id", "file_sha256", "line", "input_refs"} <= {str(row[0]) for row in described}


def test_printed_figure_that_is_not_the_exact_one_is_named_where_small_cells_are_suppressed(bundle: Found) -> None:
    exact = bundle.folder / "restricted"
    exact.mkdir()
    for name in ("figures.parquet", "strata.parquet", "contributors.parquet"):
        shutil.copyfile(bundle.folder / name, exact / name)
    rewritten(
        bundle.folder / "figures.parquet",
        "select * replace (case figure_key when 'actions/actions' then value + 1 when 'actions/decisions' then null "
        "else value end as value) from t",
    )
    findings, _ = check_evidence(bundle)
    assert [finding.where for finding in findings] == ["actions/actions"]
