"""The record: vault, commits, locks and operations tables hold what they promise."""

from __future__ import annotations

import json
import multiprocessing
import time
from pathlib import Path

import pytest

from orchestration.core import ops, vault
from orchestration.core.commits import BrokenRecord, Commit, DataFile, Delivery, head, read_commits, sweep, write_commit
from orchestration.core.failpoints import reach
from orchestration.core.home import Home
from orchestration.core.locks import LockHeld, holder_of, run_lock


def a_commit(batch_id: int, files: list[DataFile] | None = None) -> Commit:
    delivery = Delivery(
        file_id=batch_id,
        file_sha256="ab" * 32,
        feed="appeals",
        received_on="2026-05-01",
        path="appeals/2026-05-01/a.jsonl",
        size_bytes=1,
        mtime_ns=1,
        status="loaded",
        lines=1,
        loaded=1,
    )
    return Commit(
        batch_id=batch_id,
        run_id="run",
        committed_at="2026-05-02T00:00:00.000Z",
        deliveries=[delivery],
        data_files=files or [],
        touched_days={"appeals": ["2026-05-01"]},
        is_synthetic=True,
    )


def test_vault_keeps_the_delivered_bytes_under_their_digest(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "delivered"
    source.write_bytes(b"one line\n")
    stored = vault.store(home, source)
    again = vault.store(home, source)
    assert stored == again
    assert stored.size_bytes == 9
    assert vault.path_of(home, stored.sha256).read_bytes() == b"one line\n"
    assert vault.digest_of(vault.path_of(home, stored.sha256)) == stored.sha256
    assert not list(home.scratch.iterdir())


def test_vault_object_is_read_only(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "delivered"
    source.write_bytes(b"x")
    path = vault.path_of(home, vault.store(home, source).sha256)
    assert path.stat().st_mode & 0o222 == 0


def test_commits_come_back_in_order_as_they_were_written(home: Home) -> None:
    for number in (1, 2):
        write_commit(home, a_commit(number))
    assert read_commits(home) == [a_commit(1), a_commit(2)]
    assert head(home) == a_commit(2)


def test_a_batch_can_be_committed_only_once(home: Home) -> None:
    write_commit(home, a_commit(1))
    with pytest.raises(FileExistsError):
        write_commit(home, a_commit(1))
    assert read_commits(home) == [a_commit(1)]


def test_a_missing_commit_is_named(home: Home) -> None:
    write_commit(home, a_commit(1))
    write_commit(home, a_commit(2))
    (home.commits / "00000001.json").unlink()
    with pytest.raises(BrokenRecord, match="batch 1 expected, 2 found"):
        read_commits(home)


def test_a_torn_commit_is_named(home: Home) -> None:
    (home.commits / "00000001.json").write_text('{"batch_id": 1')
    with pytest.raises(BrokenRecord, match=r"00000001\.json"):
        read_commits(home)


def test_sweep_removes_just_what_no_commit_names(home: Home) -> None:
    folder = home.lake_raw / "appeals"
    folder.mkdir(parents=True)
    (folder / "named.parquet").write_bytes(b"1")
    (folder / "orphan.parquet").write_bytes(b"2")
    (home.scratch / "left.tmp").write_bytes(b"3")
    named = DataFile(
        path="lake/raw/appeals/named.parquet", kind="raw", feed="appeals", sha256="0", rows=1, size_bytes=1
    )
    assert sweep(home, [a_commit(1, [named])]) == [folder / "orphan.parquet"]
    assert [path.name for path in folder.iterdir()] == ["named.parquet"]
    assert not list(home.scratch.iterdir())


def _hold(root: Path, seconds: float) -> None:
    with run_lock(Home.at(root), "first"):
        time.sleep(seconds)


def _held_by_another(home: Home, seconds: float) -> multiprocessing.process.BaseProcess:
    other = multiprocessing.get_context("spawn").Process(target=_hold, args=(home.root, seconds))
    other.start()
    for _ in range(600):
        if (holder := holder_of(home)) and holder.pid == other.pid:
            return other
        time.sleep(0.05)
    raise AssertionError("the other process never took the lock")


def test_whoever_waits_is_told_for_whom_and_gets_the_lock_when_it_is_free(home: Home) -> None:
    other = _held_by_another(home, 3)
    told: list[str] = []
    with run_lock(home, "second", wait_seconds=30, on_wait=lambda holder: told.append(holder.run_id)):
        assert told == ["first"]
    other.join()


def test_a_lock_that_stays_held_is_refused_with_its_holder(home: Home) -> None:
    other = _held_by_another(home, 30)
    try:
        with pytest.raises(LockHeld, match="run first"), run_lock(home, "second"):
            pass
    finally:
        other.kill()
        other.join()
    with run_lock(home, "third"):
        pass


def test_an_operations_row_with_an_undeclared_column_is_refused(home: Home) -> None:
    with pytest.raises(KeyError, match="surprise"):
        ops.append(home, "runs", [{"surprise": 1}])


def test_operations_rows_survive_a_torn_last_line(home: Home) -> None:
    ops.append(home, "runs", [{"run_id": "a"}])
    with (home.ops / "runs" / "log.jsonl").open("ab") as handle:
        handle.write(b'{"run_id": "to')
    ops.append(home, "runs", [{"run_id": "b"}])
    assert [row["run_id"] for row in ops.read(home, "runs")] == ["a", "b"]


def test_an_undeclared_fail_point_is_refused() -> None:
    with pytest.raises(ValueError, match="not declared"):
        reach("nowhere")


def test_commit_file_is_readable_json_for_people(home: Home) -> None:
    path = write_commit(home, a_commit(1))
    assert json.loads(path.read_text())["deliveries"][0]["lines"] == 1
    assert "\n" in path.read_text()
