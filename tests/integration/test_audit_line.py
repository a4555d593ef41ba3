"""What an auditor asks of the real line, long after a report was prepared: its figures are re-performed from its own SQL."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from reports import recompute
from reports.bundle import prepare
from tests.integration.audited_home import PERIOD, REPORT, Audited, audited_home
from tests.integration.homes import Built


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
