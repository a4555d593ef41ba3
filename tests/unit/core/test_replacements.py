"""Published copies made before an erasure go once a copy made after it stands, whatever their names say of the time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from orchestration.core import erasures, replacements
from orchestration.core.erasures import Record
from orchestration.core.home import Home

PURGE = """
import sys
from pathlib import Path
from orchestration.core import replacements
from orchestration.core.home import Home
home = Home.at(Path(sys.argv[1]))
replacements.purge_published(home, home.published / "20260602T-b")
"""


def home_with_an_erasure(root: Path) -> Home:
    home = Home.at(root).ensure()
    record = Record(
        number=1, erasure_id="E-1", kind="request", basis="b", performed_by="p", recorded_at="2026-06-01T00:00:00Z",
        watermark=1, previous_sha256="",
    )  # fmt: skip
    erasures.write(home, record)
    for name in ("20260601T-a", "20260602T-b", "20260603T-c"):
        (home.published / name).mkdir()
    (home.published / "latest").symlink_to("20260602T-b")
    return home


def copies(home: Home) -> list[str]:
    return sorted(path.name for path in home.published.iterdir())


def test_every_other_copy_goes_whatever_the_clock_said(tmp_path: Path) -> None:
    home = home_with_an_erasure(tmp_path / "home")
    assert replacements.unpurged(home) == [1]
    removed = replacements.purge_published(home, home.published / "20260602T-b")
    assert [path.name for path in removed] == ["20260601T-a", "20260603T-c"]
    assert copies(home) == ["20260602T-b", "latest"]
    assert replacements.unpurged(home) == []


def test_without_an_erasure_no_copy_goes(tmp_path: Path) -> None:
    home = home_with_an_erasure(tmp_path / "home")
    erasures.path_of(home, 1).unlink()
    assert replacements.purge_published(home, home.published / "20260602T-b") == []
    assert len(copies(home)) == 4


def test_killed_before_it_is_noted_it_is_done_again(tmp_path: Path) -> None:
    home = home_with_an_erasure(tmp_path / "home")
    settings = {**os.environ, "RAPPORTEUR_FAIL_POINT": "erasure_copies_removed"}
    command = [sys.executable, "-c", PURGE, str(home.root)]
    assert subprocess.run(command, env=settings, check=False).returncode == -signal.SIGKILL
    assert replacements.unpurged(home) == [1]
    assert subprocess.run(command, check=False).returncode == 0
    assert replacements.unpurged(home) == []


def test_the_build_is_removed_but_for_parsed_sql(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home").ensure()
    for name in ("warehouse.duckdb", "current.duckdb.wal", "dbt/one/target/manifest.json", "dbt/one/logs/dbt.log"):
        path = home.build / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    replacements.remove_build(home)
    assert [path.relative_to(home.build).as_posix() for path in home.build.rglob("*") if path.is_file()] == [
        "dbt/one/target/manifest.json"
    ]
