"""A backup is the record, byte for byte, or it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.core import ops, vault
from orchestration.core.backup import backup, restore
from orchestration.core.commits import BrokenRecord, DataFile, read_commits, write_commit
from orchestration.core.home import Home
from tests.unit.core.test_record import a_commit


@pytest.fixture
def kept(home: Home, tmp_path: Path) -> Home:
    source = tmp_path / "delivered"
    source.write_bytes(b"one line\n")
    vault.store(home, source)
    lake = home.lake_raw / "appeals" / "1.parquet"
    lake.parent.mkdir(parents=True)
    lake.write_bytes(b"rows")
    file = DataFile(
        path="lake/raw/appeals/1.parquet",
        kind="raw",
        feed="appeals",
        sha256=vault.digest_of(lake),
        rows=1,
        size_bytes=4,
    )
    write_commit(home, a_commit(1, [file]))
    ops.append(home, "runs", [{"run_id": "a"}])
    return home


def test_a_restored_home_holds_the_same_record(kept: Home, tmp_path: Path) -> None:
    backup(kept, tmp_path / "safe")
    other = Home.at(tmp_path / "other")
    restore(other, tmp_path / "safe")
    assert read_commits(other) == read_commits(kept)
    assert ops.read(other, "runs") == ops.read(kept, "runs")
    for source in [*kept.vault.rglob("*"), *kept.lake.rglob("*")]:
        if source.is_file():
            assert (other.root / source.relative_to(kept.root)).read_bytes() == source.read_bytes()


def test_a_restored_filing_is_still_read_only_and_so_is_its_register_s_every_byte(kept: Home, tmp_path: Path) -> None:
    bundle = kept.filings / "enforcement_overview" / "2026-05" / "v1"
    bundle.mkdir(parents=True)
    for name in ("manifest.json", "manifest.dsse.json", "signatures.json"):
        (bundle / name).write_text(name)
        (bundle / name).chmod(0o444)
    (kept.filings / "register.jsonl").write_text("{}\n")
    for _ in range(2):
        backup(kept, tmp_path / "safe")
    restore(Home.at(tmp_path / "other"), tmp_path / "safe")
    filings = tmp_path / "other" / "filings"
    assert (filings / "register.jsonl").read_text() == "{}\n"
    copies = sorted((filings / "enforcement_overview" / "2026-05" / "v1").iterdir())
    assert [path.name for path in copies] == ["manifest.dsse.json", "manifest.json", "signatures.json"]
    assert {path.stat().st_mode & 0o222 for path in copies} == {0}


def test_a_second_backup_copies_only_what_is_new(kept: Home, tmp_path: Path) -> None:
    backup(kept, tmp_path / "safe")
    copied: list[str] = []
    backup(kept, tmp_path / "safe", progress=copied.append)
    assert copied == []


def test_a_changed_byte_in_the_lake_stops_the_backup(kept: Home, tmp_path: Path) -> None:
    (kept.lake_raw / "appeals" / "1.parquet").write_bytes(b"rowz")
    with pytest.raises(BrokenRecord, match=r"appeals/1\.parquet: its bytes changed"):
        backup(kept, tmp_path / "safe")


def test_a_lost_lake_file_stops_the_backup(kept: Home, tmp_path: Path) -> None:
    (kept.lake_raw / "appeals" / "1.parquet").unlink()
    with pytest.raises(BrokenRecord, match="it is not there"):
        backup(kept, tmp_path / "safe")


def test_a_changed_byte_in_the_backup_stops_the_restore_before_anything_exists(kept: Home, tmp_path: Path) -> None:
    backup(kept, tmp_path / "safe")
    (tmp_path / "safe" / "lake" / "raw" / "appeals" / "1.parquet").write_bytes(b"rowz")
    other = Home.at(tmp_path / "other")
    with pytest.raises(BrokenRecord, match="its bytes changed"):
        restore(other, tmp_path / "safe")
    assert not other.commits.exists()


def test_restore_refuses_a_home_that_holds_a_record(kept: Home, tmp_path: Path) -> None:
    backup(kept, tmp_path / "safe")
    with pytest.raises(FileExistsError, match="empty home"):
        restore(kept, tmp_path / "safe")


def test_backup_refuses_a_folder_inside_the_home(kept: Home) -> None:
    with pytest.raises(ValueError, match="inside the home"):
        backup(kept, kept.root / "backup")
