"""Read-outs: the same figures over any range, refused clearly, recorded, from the published copy."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.core import ops
from orchestration.core.home import Home
from reports.metrics import UnknownName
from reports.periods import PeriodError
from reports.readout import FORMATS, ReadoutError, readout
from tests.unit.reports.conftest import HOSTILE


def test_readout_writes_every_format_with_the_same_total(small_copy: Home, tmp_path: Path) -> None:
    paths = readout(small_copy, "2026-05-01", "2026-06-01", ["actions"], ["surface"], [], FORMATS, tmp_path / "out")
    assert [path.name for path in paths] == [f"readout.{kind}" for kind in FORMATS]
    data = json.loads(paths[0].read_text())
    totals = [row["value"] for row in data["figures"] if not row["dimensions"]]
    with paths[1].open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert totals == [40]
    assert [int(row["value"]) for row in rows if not row["surface"]] == [40]
    assert sum(int(row["value"]) for row in rows if row["surface"]) == 40
    assert data["metrics"][0]["definition"]


def test_range_is_half_open_and_may_start_in_the_middle_of_a_day(small_copy: Home, tmp_path: Path) -> None:
    def count(start: str, end: str) -> int:
        (path,) = readout(small_copy, start, end, ["user_reports"], out=tmp_path)
        value: int = json.loads(path.read_text())["figures"][0]["value"]
        return value

    assert count("2026-05-01", "2026-05-02") == 20
    assert count("2026-05-01T00:00:00Z", "2026-05-01T05:00:00Z") == 5
    assert count("2026-05-01T02:00:00+02:00", "2026-05-01T05:00:00Z") == 5
    assert count("2026-04-01", "2026-05-01") == 0


def test_hostile_filter_is_a_value(small_copy: Home, tmp_path: Path) -> None:
    (path,) = readout(
        small_copy,
        "2026-05-01",
        "2026-06-01",
        ["mcp_server_reports"],
        where=[f"mcp_server={HOSTILE}"],
        formats=["csv"],
        out=tmp_path,
    )
    with path.open(newline="") as handle:
        (row,) = csv.DictReader(handle)
    assert row["value"] == "1"
    assert row["only"] == f"mcp_server = {HOSTILE}"


def test_filter_given_twice_allows_both_values(small_copy: Home, tmp_path: Path) -> None:
    (path,) = readout(
        small_copy, "2026-05-01", "2026-06-01", ["actions"], where=["surface=api", "surface=chat"], out=tmp_path
    )
    assert json.loads(path.read_text())["figures"][0]["value"] == 27


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        ({"metrics": ["acions"]}, UnknownName, "Did you mean actions.*There are: accounts_actioned"),
        ({"metrics": ["actions"], "by": ["policy"]}, UnknownName, "Did you mean policy_code"),
        ({"by": ["nothing"]}, UnknownName, "There are: action, automation"),
        ({"by": ["surface", "sender_kind", "policy_code"]}, UnknownName, "no metric has all of"),
        ({"where": ["surface"]}, ReadoutError, "write dimension=value"),
        ({"formats": ["docx"]}, ReadoutError, "There are: json, csv, xlsx, html"),
        ({"end": "2026-05-01"}, PeriodError, "is empty"),
        ({"start": "yesterday"}, PeriodError, "not an instant"),
        ({"zone": "Nowhere/At_All"}, PeriodError, "time zone"),
    ],
)
def test_request_that_cannot_be_met_says_what_can(
    small_copy: Home, tmp_path: Path, request_: dict[str, object], error: type[Exception], message: str
) -> None:
    asked: dict[str, object] = {"start": "2026-05-01", "end": "2026-06-01", "out": tmp_path / "none"} | request_
    with pytest.raises(error, match=message):
        readout(small_copy, **asked)  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()
    assert ops.read(small_copy, "readouts") == []


def test_metrics_without_the_dimension_are_left_out_when_none_is_named(small_copy: Home, tmp_path: Path) -> None:
    (path,) = readout(small_copy, "2026-05-01", "2026-06-01", by=["sender_kind"], out=tmp_path)
    assert {row["metric"].split("_")[0] for row in json.loads(path.read_text())["figures"]} == {"copyright"}


def test_readout_is_recorded_with_its_watermark(small_copy: Home) -> None:
    (path,) = readout(small_copy, "2026-05-01", "2026-06-01", ["actions"])
    (row,) = ops.read(small_copy, "readouts")
    assert (row["metrics"], row["watermark"]) == ("actions", 7)
    assert path.parent == small_copy.readouts / row["readout_id"]


def test_plain_readout_imports_no_heavy_library() -> None:
    code = (
        "import sys, reports.readout; "
        "print(sorted({'plotly', 'typst', 'xlsxwriter', 'dagster', 'pandas', 'great_expectations', 'dbt'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
