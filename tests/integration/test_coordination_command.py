"""`rapporteur coordination` as people and programs call it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RAPPORTEUR = str(Path(sys.executable).with_name("rapporteur"))
NAMES = ("--account", "account_id", "--object", "object_id", "--content", "content_id", "--time", "timestamp_share")


def call(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RAPPORTEUR, "coordination", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"RAPPORTEUR_HOME": str(cwd / "no-home")},
        timeout=120,
    )


@pytest.fixture
def events(tmp_path: Path) -> Path:
    file = tmp_path / "events.csv"
    rows = [f"a{n},o{n % 2},{100 + n},c{n}" for n in range(8)] + [",o1,100,c9"]
    file.write_text("\n".join(["account_id,object_id,timestamp_share,content_id", *rows]) + "\n")
    return file


def test_command_finds_the_published_edges(conformance: Path, tmp_path: Path) -> None:
    source = conformance / "coordination" / "russian_coord_tweets.parquet"
    done = call(source, *NAMES, "--window", "60", "--out", "found", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["edges"], answer["weight"], answer["accounts"], answer["cut"]) == (3721, 3791, 2110, 0)
    with (tmp_path / "found" / "edges.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["account_a", "account_b", "weight"]
    assert (len(rows), sum(int(row["weight"]) for row in rows)) == (3721, 3791)
    assert not (tmp_path / "no-home").exists()


def test_command_tells_a_person_what_was_left_out_and_cut(events: Path, tmp_path: Path) -> None:
    done = call(events, *NAMES, "--window", 60, "--min-participation", 1, "--cap", 3, "--out", "found", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "9 rows, 1 left out (1 without account)" in done.stdout
    assert "were not paired" in done.stderr
    assert "viral.csv" in done.stderr
    assert len((tmp_path / "found" / "viral.csv").read_text().splitlines()) > 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--account", "who", "--window", "60"), "'account_id', 'object_id', 'timestamp_share', 'content_id'"),
        (("--window", "-1"), "window"),
        (("--window", "nan"), "window"),
        (("--window", "60", "--time", "account_id"), "no instants"),
        (("--window", "60", "--min-participation", "0"), "min-participation"),
        (("--window", "60", "--cap", "0"), "cap"),
    ],
)
def test_wrong_use_is_told_and_writes_nothing(events: Path, tmp_path: Path, wrong: tuple[str, ...], told: str) -> None:
    done = call(events, *NAMES, *wrong, "--out", "found", cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "found").exists()


def test_a_place_that_cannot_be_written_is_a_failure(events: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = call(events, *NAMES, "--window", "60", "--out", "file/found", cwd=tmp_path)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
