"""Identities of reconciliation, over made-up histories."""

from datetime import UTC, date, datetime, timedelta

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_checks.expectations import FEEDS
from quality_checks.freshness import due_at
from quality_checks.reconciliation import LEDGER_BREAKS, staged_rows_sql

COUNT = st.integers(0, 5)
ROW = st.tuples(st.sampled_from("ab"), COUNT, COUNT, COUNT, COUNT)
VERSION = st.tuples(st.sampled_from("xyz"), st.integers(1, 4))
RETRACTION = st.tuples(st.sampled_from("xyz"), st.integers(1, 4))


def _ledger(rows: list[tuple[str, int, int, int, int]], wrong: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create table ledger (feed varchar, file_id bigint, file_sha256 varchar, batch_id bigint, lines bigint, loaded bigint, "
        "duplicate bigint, quarantined bigint, blank bigint)"
    )
    for batch, (file, *parts) in enumerate(rows):
        lines = sum(parts) + (wrong if batch == 0 else 0)
        connection.execute("insert into ledger values ('f', 1, ?, ?, ?, ?, ?, ?, ?)", [file, batch, lines, *parts])
    return connection


@settings(max_examples=30, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=6))
def test_a_ledger_that_adds_up_has_no_offender(rows: list[tuple[str, int, int, int, int]]) -> None:
    with _ledger(rows, 0) as connection:
        assert connection.execute(LEDGER_BREAKS).fetchall() == []


@settings(max_examples=30, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=6), st.integers(-3, 3).filter(bool))
def test_a_line_too_many_or_too_few_is_always_found(rows: list[tuple[str, int, int, int, int]], wrong: int) -> None:
    with _ledger(rows, wrong) as connection:
        assert connection.execute(LEDGER_BREAKS).fetchall()


@settings(max_examples=40, deadline=None)
@given(st.lists(VERSION, max_size=8), st.lists(RETRACTION, max_size=3), st.integers(1, 4))
def test_staged_superseded_and_withdrawn_are_counted_as_a_reader_would(
    versions: list[tuple[str, int]], retractions: list[tuple[str, int]], watermark: int
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create schema raw; create schema staging; create table ledger (feed varchar, file_sha256 varchar, file_id bigint)"
        )
        connection.execute(
            "create table raw.appeals (appeal_id varchar, _batch_id bigint, _file_id bigint, _line_no bigint)"
        )
        connection.execute(
            "create table raw.retractions (feed varchar, file_sha256 varchar, line bigint, id varchar, _batch_id bigint)"
        )
        for number, (key, batch) in enumerate(versions):
            connection.execute("insert into raw.appeals values (?, ?, 1, ?)", [key, batch, number])
        for key, batch in retractions:
            connection.execute("insert into raw.retractions values ('appeals', null, null, ?, ?)", [key, batch])
        seen = [one for one in versions if one[1] <= watermark]
        known = [one for one in retractions if one[1] <= watermark]
        standing = [(key, at) for key, at in seen if not any(key == gone and at <= then for gone, then in known)]
        connection.execute("create table staging.stg_appeals as select 1 as n limit 0")
        counted = connection.execute(staged_rows_sql(FEEDS["appeals"], watermark)).fetchone()
        in_force = len({key for key, _ in standing})
        assert counted == (len(seen), len(seen) - len(standing), len(standing) - in_force, 0)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.floats(1, 1000))
def test_a_feed_is_never_late_within_its_cadence_of_the_delivery_s_day(received: date, hours: float) -> None:
    end = datetime(received.year, received.month, received.day, tzinfo=UTC) + timedelta(days=1)
    assert due_at(received, hours) - end == timedelta(hours=hours)
