"""Publishing swaps whole copies, and readers are cut off from everything else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.core import commits, ops
from orchestration.core.home import Home
from orchestration.core.publish import KEPT, open_published, publish, republish_operations


def build(home: Home, value: int) -> None:
    home.current_db.unlink(missing_ok=True)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{home.current_db}' as current")
        connection.execute("create schema current.marts")
        connection.execute(f"create table current.marts.t as select {value} as v")
        connection.execute("create view current.marts.w as select v from current.marts.t")


def value_of(home: Home) -> int:
    with open_published(home) as connection:
        row = connection.execute("select v from marts.w").fetchone()
        assert row is not None
        return int(row[0])


def test_views_of_the_build_resolve_in_the_published_copy(home: Home) -> None:
    build(home, 1)
    publish(home, "run-1")
    assert value_of(home) == 1


def test_a_plain_reader_opens_the_link_under_the_same_catalog(home: Home) -> None:
    build(home, 1)
    publish(home, "run-1")
    with duckdb.connect(str(home.published_current), read_only=True) as connection:
        assert connection.execute("select v from marts.w").fetchall() == [(1,)]


def test_a_reader_keeps_its_copy_while_the_next_is_swapped_in(home: Home) -> None:
    build(home, 1)
    publish(home, "run-1")
    with open_published(home) as reader:
        build(home, 2)
        publish(home, "run-2")
        assert reader.execute("select v from marts.t").fetchall() == [(1,)]
    assert value_of(home) == 2


def test_just_the_last_copies_are_kept(home: Home) -> None:
    for number in range(KEPT + 2):
        build(home, number)
        publish(home, f"run-{number}")
    folders = [path for path in home.published.iterdir() if path.is_dir() and not path.is_symlink()]
    assert len(folders) == KEPT
    assert value_of(home) == KEPT + 1


def test_operations_are_republished_alone(home: Home) -> None:
    build(home, 1)
    publish(home, "run-1")
    home.current_db.unlink()
    ops.append(home, "runs", [{"run_id": "later", "status": "failure"}])
    republish_operations(home, "run-2")
    with open_published(home) as connection:
        assert connection.execute("select run_id from ops.runs").fetchall() == [("later",)]
    assert value_of(home) == 1


def test_every_figure_of_every_bundle_is_indexed(home: Home) -> None:
    bundle = home.filings / "overview" / "2026-05" / "v1"
    bundle.mkdir(parents=True)
    duckdb.sql(
        "select 'part/m' as figure_key, 1.5::decimal(18, 4) as value, 'count' as unit, 3::bigint as row_count, 'ab' as digest"
    ).write_parquet(str(bundle / "figures.parquet"))
    build(home, 1)
    publish(home, "run-1")
    with open_published(home) as connection:
        rows = connection.execute(
            "select filing, figure_key, value::varchar, row_count from ops.figure_index"
        ).fetchall()
    assert rows == [("overview/2026-05/v1", "part/m", "1.5000", 3)]


def test_restricted_copy_is_readable_by_its_owner_alone(home: Home) -> None:
    build(home, 1)
    publish(home, "run-1")
    assert home.published_restricted.stat().st_mode & 0o077 == 0


def test_a_reader_can_reach_no_other_file(home: Home, tmp_path: Path) -> None:
    build(home, 1)
    publish(home, "run-1")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with open_published(home) as connection:
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"select * from read_csv('{tmp_path}/secret.csv')")
        with pytest.raises(duckdb.InvalidInputException):
            connection.execute("set enable_external_access = true")


def test_nothing_published_is_told_with_what_to_do(home: Home) -> None:
    with pytest.raises(FileNotFoundError, match="rapporteur run"):
        open_published(home)


def test_republished_ledger_does_not_move_what_the_marts_hold(home: Home) -> None:
    build(home, 1)
    commits.write_commit(home, _commit(1))
    publish(home, "run-1")
    commits.write_commit(home, _commit(2))
    republish_operations(home, "operations")
    with open_published(home) as connection:
        assert connection.execute("select max(batch_id) from ops.deliveries").fetchone() == (2,)
        assert connection.execute("select watermark from ops.pins").fetchone() == (1,)


def _commit(number: int) -> commits.Commit:
    delivery = commits.Delivery(
        file_id=number,
        file_sha256="ab" * 32,
        feed="appeals",
        received_on="2026-05-01",
        path="x",
        size_bytes=1,
        mtime_ns=1,
        status="loaded",
    )
    return commits.Commit(
        batch_id=number,
        run_id="run",
        committed_at="2026-05-01T00:00:00Z",
        deliveries=[delivery],
        data_files=[],
        touched_days={},
        is_synthetic=True,
    )
