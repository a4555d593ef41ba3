"""`rapporteur dsa validate` as people and programs call it, on the official template and on hand-made reports."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from reports.dsa import template
from reports.dsa.sheets import part_of_name
from tests.unit.reports.dsa.hand_made import hand_made, set_count, write

RAPPORTEUR = str(Path(sys.executable).with_name("rapporteur"))


def call(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RAPPORTEUR, "dsa", "validate", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"RAPPORTEUR_HOME": str(cwd / "no-home")},
        timeout=120,
    )


def findings(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    document = json.loads(done.stdout)
    assert {"findings", "errors", "warnings"} <= set(document)
    levels = Counter(finding["level"] for finding in document["findings"])
    assert (levels["error"], levels["warning"]) == (document["errors"], document["warnings"])
    return list(document["findings"])


@pytest.fixture(scope="module")
def official(conformance: Path) -> Path:
    return conformance / "dsa_template"


def test_our_headers_and_fixed_rows_are_the_official_ones(official: Path) -> None:
    compared = set()
    for path in official.glob("*.csv"):
        number = part_of_name(path.name)
        assert number is not None
        assert template.blank_rows(number) == list(csv.reader(io.StringIO(path.read_text("utf-8"), newline="")))
        compared.add(number)
    assert compared == set(range(1, 12))


def test_an_untouched_template_lacks_only_what_a_provider_fills_in(official: Path, tmp_path: Path) -> None:
    done = call(official, "--json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    found = findings(done)
    told = Counter((finding["level"], finding["rule"]) for finding in found)
    assert told == {
        ("error", "V2"): 9,  # the period's placeholder, in each part that has one
        ("error", "V21"): 3,  # the placeholders of name, dates and free text
        ("warning", "V14"): 5,  # parts and rows for every provider, blank
        ("warning", "V21"): 1,  # "AT, […], SE" as a scope
        ("warning", "V28"): 10,  # no service
        ("note", "V21"): 7,  # the description of "Other", and "[...]" rows
        ("note", "V31"): 1,  # the official part 8 has its language rows shuffled
    }
    (shuffled,) = [finding for finding in found if finding["rule"] == "V31"]
    assert (shuffled["part"], shuffled["row"]) == (8, 31)


def test_names_with_a_language_are_the_same_parts(official: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    for path in official.glob("*.csv"):
        number = part_of_name(path.name)
        shutil.copyfile(path, renamed / f"4_EN_Annex_I__Templates_for_Transparency_Reports_CSV_Part_{number}_x.csv")
    assert findings(call(renamed, "--json", cwd=tmp_path)) == findings(call(official, "--json", cwd=tmp_path))


def test_a_right_report_exits_0_and_says_so(tmp_path: Path) -> None:
    done = call(write(hand_made(), tmp_path / "report"), cwd=tmp_path)
    assert (done.returncode, done.stdout.strip().splitlines()[-1]) == (0, "0 errors, 0 warnings, 0 notes")
    assert not (tmp_path / "no-home").exists()


def test_warnings_alone_exit_0(tmp_path: Path) -> None:
    parts = hand_made()
    set_count(parts, 4, "TOTAL", "Median time to take action", "")
    done = call(write(parts, tmp_path / "report"), "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert [(f["rule"], f["level"], f["part"], f["row"]) for f in findings(done)] == [("V14", "warning", 4, 2)]


def test_a_broken_copy_exits_1_and_writes_a_page(tmp_path: Path) -> None:
    parts = hand_made()
    set_count(parts, 5, "TOTAL", "Number of measures taken at", "693")
    parts[11][2][4] = "There are no fully automated means. <script>alert(1)</script>"
    report = write(parts, tmp_path / "report")
    (report / "3_member_states_orders.csv").write_bytes(random.Random(7).randbytes(5000))
    done = call(report, "--html", "out/findings.html", cwd=tmp_path)
    assert done.returncode == 1
    page = (tmp_path / "out" / "findings.html").read_text()
    assert "TOTAL is 693, but the high-level categories sum to 9" in page
    assert "<script" not in page
    assert "src=" not in page


def test_the_rules_are_told_with_their_source(tmp_path: Path) -> None:
    done = subprocess.run(
        [RAPPORTEUR, "dsa", "rules", "--json"], capture_output=True, text=True, cwd=tmp_path, timeout=120
    )
    told = json.loads(done.stdout)
    assert [rule["rule"] for rule in told] == [f"V{n}" for n in range(1, 37)]
    assert all(rule["title"] and rule["source"] and rule["do"] for rule in told)


@pytest.mark.parametrize("arguments", [("nowhere",), ("file.csv",), (), (".", "--statements", "nowhere")])
def test_wrong_use_exits_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("x")
    assert call(*arguments, cwd=tmp_path).returncode == 2
