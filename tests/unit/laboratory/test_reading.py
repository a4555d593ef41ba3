"""Truth and queue are read as they are written."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.core.home import Home
from tests.laboratory import __main__ as laboratory
from tests.laboratory import reading, tables
from tests.laboratory.scoring import Unit, score


@pytest.fixture
def labelled(tmp_path: Path) -> Home:
    home = Home.at(tmp_path).ensure()
    folder = home.root / "truth"
    folder.mkdir()
    (folder / "accounts.csv").write_text(
        "account_id,family,is_bad,actor_id,first_bad_at\n"
        "a,hydra_ring,true,actor_1,2026-06-01T00:00:00.000Z\nb,ordinary,false,,\nc,whale,true,,2026-06-02T12:00:00.000Z\n"
    )
    (folder / "reporters.csv").write_text("reporter_id,family,is_brigade\nr1,brigade,true\nr2,ordinary,false\n")
    lake = home.lake_raw / "model_requests"
    lake.mkdir(parents=True)
    duckdb.sql(
        "copy (select unnest(['a', 'a', 'b']) as account_id) to '" + str(lake / "1.parquet") + "' (format parquet)"
    )
    home.published.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home.published_current)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_review_queue(as_of_date date, review_rank bigint, unit_kind varchar, unit_id varchar, "
            "account_ids varchar[], score double, reasons varchar)"
        )
        connection.execute(
            "insert into marts.fct_review_queue values "
            "('2026-06-02', 1, 'account', 'u1', ['a'], 2, 'x'), "
            "('2026-06-03', 2, 'account', 'u2', ['c'], 1, '[{\"signal\": \"y\"}, \"z\"]'), "
            "('2026-06-03', 1, 'cluster', 'u3', ['a', 'b'], 3, 'x')"
        )
        connection.execute("create table marts.fct_reporter_reliability(reporter_id varchar, is_brigade boolean)")
        connection.execute(
            "insert into marts.fct_reporter_reliability values ('r1', true), ('r2', false), ('r3', true)"
        )
    return home


def test_truth_holds_families_actors_and_requests(labelled: Home) -> None:
    truth = reading.read_truth(labelled)
    assert truth.bad == {"a", "c"}
    assert truth.actor == {"a": "actor_1"}
    assert truth.first_bad["c"] == datetime(2026, 6, 2, 12, tzinfo=UTC)
    assert truth.requests == {"a": 2, "b": 1}


def test_the_queue_is_read_by_day_in_the_order_of_ranks(labelled: Home) -> None:
    assert reading.read_queues(labelled) == {
        date(2026, 6, 2): [Unit("u1", "account", ("a",))],
        date(2026, 6, 3): [Unit("u3", "cluster", ("a", "b")), Unit("u2", "account", ("c",))],
    }
    assert reading.read_reasons(labelled) == {"u3": "x", "u2": "y; z"}


def test_a_home_without_a_queue_has_an_empty_one(tmp_path: Path) -> None:
    assert reading.read_queues(Home.at(tmp_path)) == {}


def test_named_reporters_are_compared_with_those_of_the_truth(labelled: Home) -> None:
    assert reading.read_process(labelled, "reporters") == ({"r1"}, {"r1", "r3"}, {"r1", "r2"})


def test_json_holds_null_where_nothing_was_ever_found(labelled: Home, tmp_path: Path) -> None:
    truth = reading.read_truth(labelled)
    result = tables.Result("dense", 7, "the queue", score({}, truth))
    tables.write_json(tmp_path / "scores.json", [result], {"equalities": []})
    written = json.loads((tmp_path / "scores.json").read_text())
    assert written["results"][0]["score"]["days_to_detection_all"] is None
    assert written["results"][0]["score"]["bad"] == 2


def test_an_unknown_world_is_named_and_exits_with_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert laboratory.main(["nowhere"]) == 2
    assert "there is no world nowhere" in capsys.readouterr().err
