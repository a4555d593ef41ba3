"""Coordination in the line: the same edges as `rapporteur coordination` finds, and the same after late rows as after a rebuild.

Belongs here: requests, reports and notices through the built models. Not here: the statement's meaning (test_coordination_command).
"""

import csv
import json
import os
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.dbt_warehouse import Row, Warehouse, add_rows, build, make_warehouse, parse, pin

pytestmark = pytest.mark.slow

START = datetime(2026, 3, 1, tzinfo=UTC)
MARTS = ("--select", "+fct_coordination_edges", "+fct_coordination_viral", "--exclude", "resource_type:seed")
LIMITS = {"template": ("60", "60"), "report": ("3600", "200"), "notice": ("86400", "200")}
"""Window in seconds and cap."""

Event = tuple[str, str, datetime]


def _events(draw: random.Random, days: int) -> dict[str, list[Event]]:
    """Account, object and instant of what happens on some days, by behaviour: rings, midnights, whales, noise, crowds."""
    events: dict[str, list[Event]] = {"template": [], "report": [], "notice": []}
    for day in range(days):
        midnight = START + timedelta(days=day)

        def at(seconds: float, midnight: datetime = midnight) -> datetime:
            return midnight + timedelta(seconds=seconds)

        for _ in range(150):
            events["template"].append((f"a{draw.randrange(30)}", f"t{draw.randrange(8)}", at(draw.uniform(0, 3_000))))
        # in step, to the end of the window and a microsecond beyond it, and from before midnight
        events["template"] += [
            (name, "ring", at(40_000 + step)) for name, step in (("x", 0), ("y", 60), ("z", 60.000001))
        ]
        events["template"] += [("late", "alone", at(86_399.5)), ("early", "alone", at(0.25)), ("own", "own", at(500))]
        # a flood of one account and a thin crowd beside it: more than is paired
        events["template"] += [("flood", "hot", at(50_000 + n / 10)) for n in range(230)]
        events["template"] += [(f"crowd{n}", "hot", at(50_005 + n)) for n in range(15)]
        events["template"] += [(f"p{n}", "public", at(60_000)) for n in range(61)]
        events["report"] += [
            (f"r{draw.randrange(9)}", f"account:v{draw.randrange(3)}", at(draw.uniform(0, 86_399))) for _ in range(25)
        ]
        events["notice"] += [
            (f"s{draw.randrange(4)}", f"u{draw.randrange(6)}", at(draw.uniform(0, 86_399))) for _ in range(8)
        ]
    return events


def _rows(events: dict[str, list[Event]], late: random.Random | None = None) -> dict[str, list[Row]]:
    """The events as delivered lines; with `late`, a third of them come with the second batch."""

    def line(number: int) -> Row:
        return {"_line_no": number, "_batch_id": 2 if late is not None and late.random() < 1 / 3 else 1}

    requests = [
        {
            "request_id": f"q{n}",
            "account_id": who,
            "template_hash": what,
            "hash_key_id": "k",
            "requested_at": at,
            **line(n),
        }
        for n, (who, what, at) in enumerate(events["template"])
    ]
    reports = [
        {"report_id": f"r{n}", "reporter_id": who, "target_kind": "account", "target_id": what.partition(":")[2],
         "submitted_at": at, **line(n)}
        for n, (who, what, at) in enumerate(events["report"])
    ]  # fmt: skip
    notices = [
        {"notice_id": f"n{n}", "sender_id": who, "kind": "takedown", "received_at": at,
         "targets": json.dumps([{"url_hash": what}]), **line(n)}
        for n, (who, what, at) in enumerate(events["notice"])
    ]  # fmt: skip
    return {"model_requests": requests, "user_reports": reports, "copyright_notices": notices}


def _found(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: warehouse.query(f"select * from current.marts.fct_coordination_{name} order by all")
        for name in ("edges", "viral")
    }


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse(make_warehouse(tmp_path_factory.mktemp("parsed")))


def _at_another_door(events: list[Event], behaviour: str, folder: Path) -> tuple[list[Any], list[Any]]:
    """Edges and full buckets that the command finds in the same events."""
    file = folder / f"{behaviour}.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([("who", "what", "at"), *((who, what, at.isoformat()) for who, what, at in events)])
    found = folder / behaviour
    names = ["--account", "who", "--object", "what", "--time", "at", "--out", str(found)]
    window, cap = LIMITS[behaviour]
    limits = ["--window", window, "--min-participation", "1", "--cap", cap]
    subprocess.run(
        [str(Path(sys.executable).with_name("rapporteur")), "coordination", str(file), *names, *limits],
        check=True,
        capture_output=True,
        env=os.environ,
        timeout=120,
    )
    tables = []
    for name in ("edges", "viral"):
        with (found / f"{name}.csv").open(newline="") as rows:
            tables.append([tuple(row.values()) for row in csv.DictReader(rows)])
    return tables[0], tables[1]


def test_a_day_has_the_edges_that_the_command_finds_in_its_events(manifest: Any, tmp_path: Path) -> None:
    events = _events(random.Random(3), days=1)
    warehouse = make_warehouse(tmp_path / "line")
    for feed, rows in _rows(events).items():
        add_rows(warehouse, feed, rows)
    pin(warehouse, watermark=1, built_through=0)
    build(warehouse, manifest, *MARTS)
    for behaviour, seen in events.items():
        kept = [
            ("k:" + what if behaviour == "template" else what, who, at) for who, what, at in seen if what != "public"
        ]
        edges, viral = _at_another_door([(who, what, at) for what, who, at in kept], behaviour, tmp_path)
        assert edges
        assert bool(viral) == (behaviour == "template")
        ours = warehouse.query(
            "select account_a, account_b, cast(weight as varchar) from current.marts.fct_coordination_edges "
            f"where behaviour = '{behaviour}' and event_date = '2026-03-01' order by all"
        )
        assert ours == edges
        full = warehouse.query(
            "select object_id, cast(epoch_us(bucket_started_at) // 1000000 as varchar), cast(account_count as varchar), "
            f"cast(cut_count as varchar) from current.marts.fct_coordination_viral where behaviour = '{behaviour}' order by all"
        )
        assert full == viral


def test_late_rows_and_withdrawn_ones_give_the_same_as_a_rebuild(manifest: Any, tmp_path: Path) -> None:
    events = _events(random.Random(4), days=4)
    withdrawn = [("model_requests", "q150"), ("user_reports", "r3"), ("copyright_notices", "n5")]
    retractions = [
        {"_batch_id": 3, "_line_no": n, "retraction_id": f"w{n}", "feed": feed, "id": name}
        for n, (feed, name) in enumerate(withdrawn)
    ]
    grown, rebuilt = make_warehouse(tmp_path / "grown"), make_warehouse(tmp_path / "rebuilt")
    for warehouse in (grown, rebuilt):
        for feed, rows in _rows(events, random.Random(5)).items():
            add_rows(warehouse, feed, rows)
        add_rows(warehouse, "retractions", retractions)
    for batch in (1, 2, 3):
        pin(grown, watermark=batch, built_through=batch - 1)
        build(grown, manifest, *MARTS)
    pin(rebuilt, watermark=3, built_through=0)
    build(rebuilt, manifest, *MARTS)
    assert _found(grown) == _found(rebuilt)
    assert len(_found(grown)["edges"]) > 500


@pytest.mark.parametrize("later_comes_first", [False, True])
def test_a_pair_across_midnight_is_found_whichever_half_comes_first(
    later_comes_first: bool, manifest: Any, tmp_path: Path
) -> None:
    warehouse = make_warehouse(tmp_path)
    midnight = START + timedelta(days=1)
    halves: list[Row] = [
        {"request_id": "q1", "account_id": "b", "template_hash": "t", "requested_at": midnight - timedelta(seconds=30)},
        {"request_id": "q2", "account_id": "a", "template_hash": "t", "requested_at": midnight + timedelta(seconds=30)},
    ]
    for batch, half in enumerate(reversed(halves) if later_comes_first else halves, start=1):
        # as in a home, where just the files of touched days are at hand
        with warehouse.connect() as connection:
            connection.execute("delete from raw.model_requests")
        add_rows(warehouse, "model_requests", [{**half, "_batch_id": batch, "_line_no": 1}])
        pin(warehouse, watermark=batch, built_through=batch - 1)
        build(warehouse, manifest, *MARTS)
        if batch == 1:
            assert _found(warehouse)["edges"] == []
    seen_at = halves[1]["requested_at"]
    assert _found(warehouse)["edges"] == [(seen_at.date(), "template", "a", "b", 1, seen_at)]
