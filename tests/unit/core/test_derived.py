"""The log of derived facts: written once, read in order, swept of what no derivation names, loaded once each."""

from __future__ import annotations

from pathlib import Path

import duckdb
import msgspec
import pytest

from orchestration.core import derived
from orchestration.core.commits import BrokenRecord
from orchestration.core.home import Home
from orchestration.core.vault import digest_of


def facts(home: Home, relation: str, number: int, days: list[str]) -> derived.DerivedFile:
    """A file of facts, one row a day, as a derivation would leave it."""
    path = derived.folder(home) / relation / f"{number:08d}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = ", ".join(f"date '{day}'" for day in days)
    with duckdb.connect() as connection:
        connection.execute(
            f"""copy (
                select unnest([{listed}]) as as_of_date, {number}::bigint as _derivation_id, {10 * number}::bigint as _batch_id,
                    timestamptz '2026-07-01 00:00:00+00' as _derived_at
            ) to '{path}' (format parquet)"""
        )
    return derived.DerivedFile(
        relation=relation, path=path.relative_to(home.root).as_posix(), sha256=digest_of(path), rows=len(days)
    )


def derivation(home: Home, number: int, days: list[str]) -> derived.Derivation:
    """A derivation of members and evaluations, at batch 10, 20, 30, ..."""
    return derived.Derivation(
        derivation_id=number,
        batch_id=10 * number,
        run_id="run",
        derived_at="2026-07-01T00:00:00Z",
        days=days,
        files=[facts(home, relation, number, days) for relation in ("members", "evaluations")],
    )


def loaded(connection: duckdb.DuckDBPyConnection, relation: str = "members") -> list[tuple[str, int]]:
    rows: list[tuple[str, int]] = connection.execute(
        f"select as_of_date::varchar, _derivation_id from derived.{relation} order by all"
    ).fetchall()
    return rows


def write(home: Home, *of_days: list[str]) -> list[derived.Derivation]:
    written = [derivation(home, number, days) for number, days in enumerate(of_days, start=1)]
    for one in written:
        derived.write_derivation(home, one)
    return written


def test_derivations_are_read_as_they_were_written(home: Home) -> None:
    written = write(home, ["2026-05-01"], ["2026-05-01", "2026-05-02"])
    assert derived.read_derivations(home) == written


def test_a_derivation_is_never_written_over(home: Home) -> None:
    (first,) = write(home, ["2026-05-01"])
    with pytest.raises(FileExistsError):
        derived.write_derivation(home, msgspec.structs.replace(first, run_id="other"))
    assert derived.read_derivations(home) == [first]


def test_a_missing_or_unreadable_derivation_is_told(home: Home) -> None:
    write(home, ["2026-05-01"], ["2026-05-02"])
    log = derived.folder(home) / "_log"
    kept = (log / "00000001.json").read_bytes()
    (log / "00000001.json").unlink()
    with pytest.raises(BrokenRecord, match="derivation 1 expected, 2 found"):
        derived.read_derivations(home)
    (log / "00000001.json").write_bytes(kept[:-5])
    with pytest.raises(BrokenRecord, match="not a derivation"):
        derived.read_derivations(home)


def test_the_sweep_takes_what_no_derivation_names_and_nothing_else(home: Home) -> None:
    write(home, ["2026-05-01"])
    orphan = home.root / facts(home, "members", 2, ["2026-05-02"]).path
    half_written = derived.folder(home) / "_log" / ".00000002.json.77.tmp"
    half_written.write_bytes(b"{")
    assert set(derived.sweep(home, derived.read_derivations(home))) == {orphan, half_written}
    left = {path.name for path in derived.folder(home).rglob("*") if path.is_file()}
    assert left == {"00000001.parquet", "00000001.json"}


def test_loading_takes_each_derivation_once(home: Home) -> None:
    write(home, ["2026-05-01"])
    with duckdb.connect() as connection:
        for _ in range(2):
            derived.load(connection, home, 30)
        assert loaded(connection) == [("2026-05-01", 1)]
        derived.write_derivation(home, derivation(home, 2, ["2026-05-01"]))
        derived.load(connection, home, 30)
        assert loaded(connection) == [("2026-05-01", 1), ("2026-05-01", 2)]


def test_an_earlier_watermark_sees_earlier_facts_alone(home: Home) -> None:
    write(home, ["2026-05-01"], ["2026-05-02"])
    with duckdb.connect() as connection:
        derived.load(connection, home, 20)
        derived.load(connection, home, 19)
        assert loaded(connection) == [("2026-05-01", 1)]


def test_a_load_that_breaks_off_leaves_nothing_to_be_counted_twice(home: Home) -> None:
    (one,) = write(home, ["2026-05-01"])
    last = home.root / one.files[-1].path
    kept = last.read_bytes()
    last.unlink()
    with duckdb.connect() as connection:
        with pytest.raises(duckdb.IOException):
            derived.load(connection, home, 10)
        last.write_bytes(kept)
        derived.load(connection, home, 10)
        assert loaded(connection) == [("2026-05-01", 1)]
        assert loaded(connection, "evaluations") == [("2026-05-01", 1)]


def test_tables_of_other_columns_are_made_anew(home: Home) -> None:
    write(home, ["2026-05-01"])
    with duckdb.connect() as connection:
        derived.load(connection, home, 10)
        connection.execute("alter table derived.members drop column account_id")
        derived.load(connection, home, 10)
        assert loaded(connection) == [("2026-05-01", 1)]


def test_a_home_without_facts_has_empty_tables(home: Home) -> None:
    with duckdb.connect() as connection:
        derived.load(connection, home, 0)
        assert [loaded(connection, relation) for relation in derived.RELATIONS] == [[]] * len(derived.RELATIONS)


def test_facts_lie_in_the_record_that_backups_save(home: Home) -> None:
    write(home, ["2026-05-01"])
    assert derived.folder(home).is_relative_to(home.lake)
    assert Path(home.lake, "derived", "_log", "00000001.json").exists()
