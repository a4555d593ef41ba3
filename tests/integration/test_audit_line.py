"""What an auditor asks of the real line, long after a report was prepared: its figures are re-performed from its own SQL."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestration.core import ops
from reports import recompute
from reports.bundle import prepare
from reports.bundles import found_in
from reports.restatement import restate
from tests.integration.audited_home import PERIOD, REPORT, Audited, audited_home
from tests.integration.homes import Built
from tests.integration.line import Answer, rapporteur

FILING = f"{REPORT}/{PERIOD}/v1"


@pytest.fixture(scope="module")
def audited(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return audited_home(built, tmp_path_factory.mktemp("audited") / "home")


def test_closure_gives_the_same_bytes_after_late_data_a_retraction_and_a_changed_register(audited: Audited) -> None:
    sql = audited.folder / "sql"
    with recompute.run_closure(sql, audited.home.root) as con:
        again = recompute.recomputed(con, sql)
    assert recompute.compare(pq.read_table(audited.folder / "figures.parquet"), again.figures) == []
    assert again.file_sha256 == hashlib.sha256(audited.figures).hexdigest()


def test_what_came_later_did_move_the_figures(audited: Audited, tmp_path: Path) -> None:
    kept = tmp_path / "first"
    shutil.copytree(audited.folder, kept)
    try:
        folder = prepare(audited.home, REPORT, PERIOD)
        moved = recompute.compare(pq.read_table(kept / "figures.parquet"), pq.read_table(folder / "figures.parquet"))
        assert {finding.where for finding in moved} >= {"actions/actions", "accounts/accounts_banned"}
    finally:
        shutil.rmtree(audited.folder)
        shutil.copytree(kept, audited.folder)


def test_closure_runs_on_a_bundle_that_was_moved_with_a_copy_of_the_lake(audited: Audited, tmp_path: Path) -> None:
    shutil.copytree(audited.folder, tmp_path / "bundle")
    shutil.copytree(audited.home.lake, tmp_path / "elsewhere" / "lake")
    with recompute.run_closure(tmp_path / "bundle" / "sql", tmp_path / "elsewhere") as con:
        again = recompute.recomputed(con, tmp_path / "bundle" / "sql")
    assert again.file_sha256 == hashlib.sha256(audited.figures).hexdigest()


def run(audited: Audited, *words: str) -> Answer:
    return rapporteur(audited.home, *words, RAPPORTEUR_ACTOR="an auditor")


def test_whole_bundle_verifies_and_recomputes_through_the_command(audited: Audited) -> None:
    answer = run(audited, "verify", FILING, "--recompute", "--json")
    found = answer.json()
    assert (answer.code, found["findings"]) == (0, []), answer.stdout
    assert {check["check"] for check in found["checks"]} == {
        "files",
        "register",
        "signatures",
        "figures",
        "vault",
        "lake",
        "quarantine",
        "recompute",
    }
    assert all(check["outcome"] == "holds" for check in found["checks"])
    assert "byte for byte" in " ".join(found["notes"])


def test_restatement_names_the_cause_and_the_batch_of_every_difference(audited: Audited) -> None:
    answer = run(
        audited,
        "restate",
        "--report",
        REPORT,
        "--period",
        PERIOD,
        "--from-watermark",
        "1",
        "--to-watermark",
        "2",
        "--json",
    )
    assert answer.code == 0, answer.stderr
    found = answer.json()
    assert found["from_source"] == f"bundle {FILING}"
    named = {one["cause"] for one in found["totals"]}
    assert {"late data", "retraction", "register", "revised record"} <= named
    assert named <= {"late data", "retraction", "register", "revised record", "follow-up"}
    assert {one["batch_id"] for one in found["totals"] if one["cause"] != "follow-up"} == {2}
    records = {one["cause"]: set() for one in found["totals"]}
    cells = {cell["figure_key"]: cell for cell in found["cells"]}
    for cell in found["cells"]:
        assert cell["causes"], cell
        for one in cell["causes"]:
            records[one["cause"]] |= set(one["records"])
    assert f"enforcement_actions/{audited.retracted['record_id']}" in records["retraction"]
    assert f"enforcement_actions/{audited.revised['record_id']}" in records["revised record"]
    banned = cells["accounts/accounts_banned"]
    assert {one["cause"] for one in banned["causes"]} >= {"register"}


def test_difference_of_counts_is_what_the_causes_gain_and_lose(audited: Audited) -> None:
    found = run(
        audited,
        "restate",
        "--report",
        REPORT,
        "--period",
        PERIOD,
        "--from-watermark",
        "1",
        "--to-watermark",
        "2",
        "--json",
    ).json()
    plain_counts = [cell for cell in found["cells"] if cell["figure_key"].startswith("actions/actions")]
    assert plain_counts
    for cell in plain_counts:
        moved = sum(one["gained"] - one["lost"] for one in cell["causes"])
        assert cell["row_count_after"] - cell["row_count_before"] == moved, cell


def test_today_s_models_at_the_bundle_s_watermark_differ_in_nothing(audited: Audited) -> None:
    found = run(audited, "verify", FILING, "--current", "--json").json()
    assert found["current"]["cells"] == []


def test_other_code_and_another_definition_are_told_apart_from_data(audited: Audited, tmp_path: Path) -> None:
    folder = tmp_path / "enforcement_overview" / PERIOD / "v1"
    shutil.copytree(audited.folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for metric in manifest["predicate"]["metrics"]:
        if metric["metric"] == "actions":
            metric["version"] = 0
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (model,) = (folder / "sql" / "30_models").glob("*_fct_enforcement_actions.sql")
    model.write_text(model.read_text() + "-- as it was\n")
    for name in ("contributors", "figures"):
        path = folder / f"{name}.parquet"
        table = pq.read_table(path)
        pq.write_table(
            table.filter(pc.not_equal(table["metric"], "decisions")) if name == "figures" else table.slice(0, 0), path
        )
    found = restate(audited.home, REPORT, PERIOD, 1, 1, keys={}, registers=(), bundle=found_in(folder))
    by_cause = {one.cause for one in found.totals}
    assert by_cause == {"definition", "code"}
    cells = {cell.figure_key: cell for cell in found.cells}
    assert cells["actions/decisions"].before is None
    assert {one.what for one in cells["actions/decisions"].causes} == {"fct_enforcement_actions"}


@pytest.mark.parametrize("place", ["vault", "lake", "quarantine", "bundle", "commits"])
def test_one_flipped_byte_is_found_and_named(audited: Audited, place: str) -> None:
    path = flipped_file(audited, place)
    content, mode = path.read_bytes(), path.stat().st_mode
    flipped = bytearray(content)
    spot = content.index(b'"sha256"') + 14 if place == "commits" else len(content) // 2
    flipped[spot] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(flipped))
    try:
        answer = run(audited, "verify", FILING, "--json")
        findings = answer.json()["findings"]
    finally:
        path.write_bytes(content)
        path.chmod(mode)
    assert answer.code == 1
    named = {finding["where"] for finding in findings}
    assert any(path.name in where or path.stem in where for where in named) or place == "commits", findings
    assert {finding["check"] for finding in findings} & {"vault", "lake", "quarantine", "files"}


def flipped_file(audited: Audited, place: str) -> Path:
    home = audited.home
    if place == "bundle":
        return audited.folder / "strata.parquet"
    if place == "commits":
        return home.commits / "00000001.json"
    if place == "vault":
        return home.vault / audited.retracted["file_sha256"][:2] / str(audited.retracted["file_sha256"])
    folder = home.lake_raw / "enforcement_actions" if place == "lake" else home.lake_quarantine
    return sorted(path for path in folder.rglob("00000001-*.parquet"))[0]


def test_trace_shows_the_delivered_line_and_records_the_look(audited: Audited) -> None:
    answer = run(audited, "trace", f"{FILING}#actions/actions", "--raw", "--json")
    found = answer.json()
    assert answer.code == 0, answer.stderr
    assert found["watermark"] == 1
    assert {"figure_key", "value", "watermark", "role", "lines"} <= set(found)
    assert set(found["role"][0]) == {"role", "row_count", "sha256"}
    assert len(found["lines"]) == found["line_count"] == found["value"]
    assert all(line["record_id"] in line["raw"] and line["path"].startswith(line["feed"]) for line in found["lines"])
    looks = run(audited, "audit", "access", "--json").json()
    assert looks["findings"] == []
    seen = {
        entry["object"]
        for entry in looks["entries"]
        if entry["who"] == "an auditor" and entry["action"] == "trace --raw"
    }
    assert {f"{line['file_sha256']}:{line['line']}" for line in found["lines"]} <= seen


def test_line_leads_back_to_the_figures_it_counts_in_and_those_it_decided(audited: Audited) -> None:
    line = audited.retracted
    answer = run(audited, "trace", "--reverse", f"{line['file_sha256'][:16]}:{line['line']}", "--json")
    found = answer.json()
    assert answer.code == 0, answer.stderr
    assert (found["feed"], found["record_id"]) == ("enforcement_actions", line["record_id"])
    assert {(one["figure_key"], one["via"]) for one in found["figures"]} >= {("actions/actions", "contributor")}
    assert {one["filing"] for one in found["figures"]} == {FILING}
    register = next(
        path for path in sorted(audited.home.vault.glob("*/*")) if b"ladder_rank" in path.read_bytes()[:200]
    )
    decided = run(audited, "trace", "--reverse", f"{register.name}:4", "--json").json()
    assert decided["feed"] == "actions"


def test_wrong_use_is_told_with_what_is_near(audited: Audited) -> None:
    for words, told in (
        (["trace", f"{FILING}#actions/acions"], "actions/actions"),
        (["trace", f"{REPORT}/2020-01/v1#actions/actions"], FILING),
        (["trace", "--reverse", "zz:1"], "no delivered file"),
        (["verify", "nothing/here"], FILING),
        (["verify"], "--all"),
        (
            ["restate", "--report", REPORT, "--period", PERIOD, "--from-watermark", "2", "--to-watermark", "9"],
            "from 1 to 2",
        ),
        (["audit", "sample", "--report", REPORT, "--period", "2019-01", "--seed", "x"], FILING),
    ):
        answer = run(audited, *words)
        assert answer.code == 2, answer.stderr
        assert told in answer.stderr


def test_sample_is_drawn_again_by_hand_and_recorded(audited: Audited, tmp_path: Path) -> None:
    words = [
        "audit",
        "sample",
        "--report",
        REPORT,
        "--seed",
        "2026-07-09",
        "--size",
        "12",
        "--out",
        str(tmp_path),
        "--json",
    ]
    first, second = (run(audited, *words) for _ in range(2))
    assert first.stdout == second.stdout
    found = first.json()
    counted = run(audited, "audit", "population", "--report", REPORT, "--json").json()
    assert found["population"] == counted
    names = ("part", "metric", "role", "file_sha256", "line", "record_id", "unit_id", "amount", "occurrence")
    with duckdb.connect() as con:
        rows = con.execute(
            "select part, metric, role, file_sha256, line, record_id, unit_id, amount, row_number() over (partition by part, metric, "
            "role, file_sha256, line, record_id, unit_id, amount) from read_parquet(?)",
            [str(audited.folder / "contributors.parquet")],
        ).fetchall()
    keys = sorted("|".join("" if value is None else str(value) for value in row) for row in rows)
    assert counted["count"] == len(keys)
    assert counted["sha256"] == hashlib.sha256("".join(f"{key}\n" for key in keys).encode()).hexdigest()
    drawn = sorted(hashlib.sha256(f"2026-07-09\n{key}".encode()).hexdigest() for key in keys)[:12]
    assert [row["draw"] for row in found["rows"]] == drawn
    listed = (tmp_path / "sample.csv").read_text().splitlines()
    assert len(listed) == 13
    assert listed[0].split(",")[2:11] == list(names)
    recorded = [row for row in ops.read(audited.home, "audits") if row["audit_id"] == found["audit_id"]]
    assert {row["seed"] for row in recorded} == {"2026-07-09"}
