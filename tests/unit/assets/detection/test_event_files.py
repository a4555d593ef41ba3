"""Event files: what each kind of time column means, what is left out, what is refused and how it is told."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from assets.detection.coordination import Coordination, find
from assets.detection.event_files import Columns

NAMES = Columns(account="who", object="what", time="when", content="made")


def run(file: Path, out: Path, columns: Columns = NAMES, window: float = 10) -> tuple[Coordination, list[list[str]]]:
    found = find(file, columns, window, out, min_participation=1)
    with (out / "pairs.csv").open(encoding="utf-8", newline="") as text:
        return found, list(csv.reader(text))[1:]


def csv_file(path: Path, rows: list[tuple[str, ...]], header: str = "who,what,when,made") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header + "\r\n")
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize(
    ("one", "two", "delta"),
    [
        ("100", "105", "5"),
        ("-3", "4", "7"),
        ("100.25", "100.5", "0.25"),
        ("1623881091", "1.6238810925e9", "1.5"),
        ("2026-05-01T12:00:00Z", "2026-05-01T14:00:03.5+02:00", "3.5"),
        ("2026-05-01 12:00:00+00", "2026-05-01 12:00:07 UTC", "7"),
        ("2026-10-25T02:59:58+02:00", "2026-10-25t02:00:01+01:00", "3"),
    ],
)
def test_times_of_text_are_exact_instants(tmp_path: Path, one: str, two: str, delta: str) -> None:
    _, pairs = run(csv_file(tmp_path / "e.csv", [("a", "o", one, "c1"), ("b", "o", two, "c2")]), tmp_path)
    assert pairs == [["o", "c1", "c2", "a", "b", delta]]


def test_the_window_is_kept_to_the_microsecond(tmp_path: Path) -> None:
    rows = [("a", "o", "0", "c1"), ("b", "o", "0.500000", "c2"), ("c", "o", "0.500001", "c3")]
    _, pairs = run(csv_file(tmp_path / "e.csv", rows), tmp_path, window=0.5)
    assert [(row[3], row[4]) for row in pairs] == [("a", "b"), ("b", "c")]


@pytest.mark.parametrize(
    ("time", "advice"),
    [
        ("2026-05-01T12:00:00", "offset"),
        ("2026-05-01", "offset"),
        ("yesterday", "offset"),
        ("nan", "offset"),
        ("1623881091000", "milliseconds"),
    ],
)
def test_a_time_that_is_no_instant_is_refused_with_advice(tmp_path: Path, time: str, advice: str) -> None:
    file = csv_file(tmp_path / "e.csv", [("a", "o", "2026-05-01T12:00:00Z", "c1"), ("b", "o", time, "c2")])
    with pytest.raises(ValueError, match=advice) as told:
        run(file, tmp_path)
    assert repr(time) in str(told.value)
    assert not (tmp_path / "pairs.csv").exists()


@pytest.mark.parametrize(
    ("kind", "value", "naive"),
    [
        ("bigint", "100 + n", False),
        ("uinteger", "100 + n", False),
        ("double", "100 + n", False),
        ("decimal(12, 3)", "100 + n", False),
        ("timestamptz", "to_timestamp(100 + n)", False),
        ("timestamp", "make_timestamp((100 + n) * 1000000)", True),
        ("timestamp_ns", "make_timestamp((100 + n) * 1000000)", True),
        ("timestamp_s", "make_timestamp((100 + n) * 1000000)", True),
    ],
)
def test_typed_times_of_parquet_are_read(tmp_path: Path, kind: str, value: str, naive: bool) -> None:
    file = tmp_path / "e.parquet"
    duckdb.sql(
        f"copy (select n as who, 7 as what, cast({value} as {kind}) as when, -n as made from range(1, 3) r(n)) "
        f"to '{file}' (format parquet)"
    )
    found, pairs = run(file, tmp_path)
    assert pairs == [["7", "-1", "-2", "1", "2", "1"]]
    assert found.naive_time is naive


@pytest.mark.parametrize(
    ("kind", "value"), [("date", "date '2026-05-01'"), ("boolean", "true"), ("time", "time '12:00'")]
)
def test_a_column_that_tells_no_instant_is_refused(tmp_path: Path, kind: str, value: str) -> None:
    file = tmp_path / "e.parquet"
    duckdb.sql(f"copy (select 'a' as who, 'o' as what, {value} as when, 'c' as made) to '{file}' (format parquet)")
    with pytest.raises(ValueError, match=kind.upper()):
        run(file, tmp_path)


def test_numbers_without_end_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "e.parquet"
    duckdb.sql(
        f"copy (select 'a' as who, 'o' as what, 'inf'::double as when, 'c' as made) to '{file}' (format parquet)"
    )
    with pytest.raises(ValueError, match="no instants"):
        run(file, tmp_path)


def test_a_missing_column_is_told_with_the_columns_there_are(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "e.csv", [], header="Who,what,when")
    with pytest.raises(ValueError, match=r"--account 'who', --content 'made'.*'Who', 'what', 'when'"):
        run(file, tmp_path)


def test_json_lines_keep_offsets_and_lack_nothing(tmp_path: Path) -> None:
    rows = [
        {"who": "a", "what": "o", "when": "2026-05-01T12:00:00+02:00", "made": "c1"},
        {"who": "b", "what": "o", "when": "2026-05-01T10:00:05Z", "made": "c2", "more": {"x": 1}},
        {"who": None, "what": "o", "when": "2026-05-01T10:00:05Z"},
    ]
    file = tmp_path / "e.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    found, pairs = run(file, tmp_path)
    assert pairs == [["o", "c1", "c2", "a", "b", "5"]]
    assert (found.rows, found.left_out) == (3, 1)


def test_the_same_events_in_every_kind_of_file_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [(f"a{n % 7}", f"o{n % 3}", str(1000 + n * 3), f"c{n}") for n in range(60)]
    text = csv_file(tmp_path / "e.csv", rows).read_text()
    (tmp_path / "f.tsv").write_text(text.replace(",", "\t"))
    (tmp_path / "g.csv.gz").write_bytes(gzip.compress(("\ufeff" + text).encode()))
    (tmp_path / "h.csv").write_bytes(text.replace("\r\n", "\n").replace("\n", "\r").encode())
    duckdb.sql(f"copy (from read_csv('{tmp_path / 'e.csv'}')) to '{tmp_path / 'i.parquet'}' (format parquet)")
    duckdb.sql(f"copy (from read_csv('{tmp_path / 'e.csv'}')) to '{tmp_path / 'j.jsonl'}' (format json)")
    texts = set()
    for name in ("e.csv", "f.tsv", "g.csv.gz", "h.csv", "i.parquet", "j.jsonl"):
        found, _ = run(tmp_path / name, tmp_path / "out")
        assert found.pairs
        texts.add((tmp_path / "out" / "pairs.csv").read_bytes())
    assert len(texts) == 1


def test_names_with_quotes_and_patterns_are_only_names(tmp_path: Path) -> None:
    header = '"wh""o","what;drop table x","it\'s when","*"'
    file = csv_file(tmp_path / "[1] it's *?.csv", [("a", "o", "1", "c1"), ("b", "o", "2", "c2")], header=header)
    columns = Columns(account='wh"o', object="what;drop table x", time="it's when", content="*")
    out = tmp_path / "ou't [2]"
    assert run(file, out, columns)[1] == [["o", "c1", "c2", "a", "b", "1"]]


def test_ids_come_back_as_they_were_and_start_no_formula(tmp_path: Path) -> None:
    ids = ["=1+1", " =cmd|' /C calc'!A0", "@x", "+1", "-1", "-x", "\tq", 'q"u,o\nte', "A", "a", "é", "0010", "1e5"]
    rows = [(name, "=o", str(number), f"-c{number}") for number, name in enumerate(ids)]
    _, pairs = run(csv_file(tmp_path / "e.csv", rows), tmp_path, window=100)
    shown = {name for row in pairs for name in (row[3], row[4])}
    assert shown == {
        "'=1+1", "' =cmd|' /C calc'!A0", "'@x", "'+1", "-1", "'-x", "'\tq", 'q"u,o\nte', "A", "a", "é", "0010", "1e5",
    }  # fmt: skip
    assert {row[0] for row in pairs} == {"'=o"}
    assert {row[1] for row in pairs} <= {f"'-c{number}" for number in range(len(ids))}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("e.csv", b"", "header"),
        ("e.csv", b"who,what,when,made\na,o\n", "Line: 2"),
        ("e.csv", b"who,what,when,made\na,o,1,\xe9\n", "cannot be read"),
        ("e.csv", b"who,what,when,made\na,o,1,c\r\nb,o,2,d\r\n", "line ends"),
        ("e.csv", b"\xff\xfewho", "cannot be read"),
        ("e.csv.gz", b"no gzip", "cannot be read"),
        ("e.parquet", b"no parquet", "cannot be read"),
        ("e.jsonl", b'{"who": "a"\n', "cannot be read"),
        ("e.xlsx", b"PK", "must end"),
        ("e", b"who", "must end"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=said) as told:
        run(tmp_path / name, tmp_path)
    assert "\n" not in str(told.value)


def test_a_column_named_twice_is_not_guessed(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "e.csv", [("a", "b", "o", "1", "c")], header="who,who,what,when,made")
    with pytest.raises(ValueError, match="--account 'who'"):
        run(file, tmp_path)


def test_zones_of_the_session_do_not_move_a_time(tmp_path: Path) -> None:
    file = tmp_path / "e.parquet"
    instant = datetime(2026, 5, 1, 12, tzinfo=UTC)
    duckdb.execute(
        f"copy (select unnest(['a', 'b']) as who, 'o' as what, unnest([?::timestamptz, ?::timestamptz]) as when, "
        f"unnest(['c1', 'c2']) as made) to '{file}' (format parquet)",
        [instant, instant.replace(second=4)],
    )
    assert run(file, tmp_path)[1] == [["o", "c1", "c2", "a", "b", "4"]]
