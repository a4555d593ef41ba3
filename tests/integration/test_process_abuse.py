"""Brigades, spamming senders and drifting vendors among their look-alikes, through the built models.

Belongs here: who is flagged, since when, and that a later day changes nothing of the past. Not here: limits (tests/unit/dbt).
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.dbt_warehouse import Warehouse, add_rows, build, make_warehouse, parse, pin

pytestmark = pytest.mark.slow

START = datetime(2026, 3, 1, tzinfo=UTC)
MARTS = ("+fct_reporter_reliability", "+fct_sender_quality", "+fct_vendor_quality")
Row = dict[str, Any]


def _reports(draw: random.Random) -> list[Row]:
    rows = [(f"u{draw.randrange(120)}", f"alone{n}", draw.uniform(0, 20 * 24)) for n in range(200)]
    # a ring of 16 strikes one account within 8 hours, and half of it another one the same day
    rows += [(f"ring{n}", "victim", 240 + draw.uniform(0, 8)) for n in range(16)]
    rows += [(f"ring{n}", "friend", 241 + draw.uniform(0, 6)) for n in range(8)]
    # forty independent people complain about one server over two days
    rows += [(f"crowd{n}", "server", 120 + draw.expovariate(1 / 14)) for n in range(40)]
    return [
        {"report_id": f"r{n}", "reporter_id": who, "reporter_kind": "user", "target_kind": "artifact", "target_id": what,
         "submitted_at": START + timedelta(hours=hour), "_batch_id": 1 if hour < 264 else 2}
        for n, (who, what, hour) in enumerate(rows)
    ]  # fmt: skip


def _notices(draw: random.Random) -> list[Row]:
    senders = [(f"person{n}", "individual", 3, 0.45) for n in range(40)]
    senders += [("agency", "agent", 150, 0.85), ("bureau", "agent", 60, 0.8), ("mill", "agent", 50, 0.06)]
    return [
        {"notice_id": f"{sender}{n}", "sender_id": sender, "sender_kind": kind, "kind": "takedown", "received_at": at,
         "decided_at": at + timedelta(hours=9), "decision": "accepted" if draw.random() < share else "rejected",
         "_batch_id": 1 if at < START + timedelta(days=14) else 2}
        for sender, kind, count, share in senders
        for n in range(count)
        for at in [START + timedelta(hours=draw.uniform(0, 19 * 24))]
    ]  # fmt: skip


def _reviews(draw: random.Random) -> list[Row]:
    rows = []
    for vendor, error, later in (("steady", 0.08, 0.08), ("slipping", 0.08, 0.28), ("weak", 0.16, 0.16)):
        for day in range(20):
            for item in range(14):
                wrong = draw.random() < (error if day < 9 else later)
                rows.append({
                    "review_id": f"{vendor}{day}-{item}", "vendor_id": vendor, "queue": "q", "source_kind": "golden",
                    "golden_decision": "violating", "decision": "not_violating" if wrong else "violating",
                    "decided_at": START + timedelta(days=day, minutes=item), "enqueued_at": START + timedelta(days=day),
                    "_batch_id": 1 if day < 14 else 2,
                })  # fmt: skip
    return rows


def _numbered(rows: list[Row]) -> list[Row]:
    return [row | {"_line_no": number} for number, row in enumerate(rows, start=1)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Any]:
    draw = random.Random(5)
    warehouse = make_warehouse(tmp_path_factory.mktemp("abuse"))
    add_rows(warehouse, "user_reports", _numbered(_reports(draw)))
    add_rows(warehouse, "copyright_notices", _numbered(_notices(draw)))
    add_rows(warehouse, "reviews", _numbered(_reviews(draw)))
    manifest = parse(warehouse)
    _built(warehouse, manifest, 2)
    return warehouse, manifest


def _built(warehouse: Warehouse, manifest: Any, watermark: int) -> None:
    pin(warehouse, watermark=watermark, built_through=0)
    build(warehouse, manifest, "--select", *MARTS)


def test_a_ring_is_named_and_a_crowd_is_not(world: tuple[Warehouse, Any]) -> None:
    named = world[0].query(
        "select reporter_id from current.marts.fct_reporter_reliability where is_brigade order by all"
    )
    assert {row[0] for row in named} == {f"ring{n}" for n in range(16)}


def test_a_mill_is_spam_and_an_agency_or_a_careless_person_is_not(world: tuple[Warehouse, Any]) -> None:
    spam = world[0].query("select sender_id from current.marts.fct_sender_quality where is_spam")
    assert spam == [("mill",)]


def test_a_vendor_that_slips_has_drifted_and_a_weak_one_has_not(world: tuple[Warehouse, Any]) -> None:
    drifts = world[0].query(
        "select vendor_id, max(as_of_date) = date '2026-03-20', min(drift_began_on) from current.marts.fct_vendor_quality "
        "where is_drift group by vendor_id"
    )
    assert [(vendor, lasts) for vendor, lasts, _ in drifts] == [("slipping", True)]
    assert abs((drifts[0][2] - START.date()).days - 9) <= 2


def test_nothing_is_dated_back(world: tuple[Warehouse, Any]) -> None:
    warehouse, manifest = world
    vendors = "select * exclude (_batch_id) from current.marts.fct_vendor_quality where as_of_date < '2026-03-14' order by all"
    reporters = "select reporter_id, brigade_detected_on from current.marts.fct_reporter_reliability where is_brigade order by all"
    senders = (
        "select sender_id, spam_detected_on from current.marts.fct_sender_quality "
        "where is_spam and spam_detected_on < date '2026-03-14' order by all"
    )
    whole = [warehouse.query(sql) for sql in (vendors, reporters, senders)]
    _built(warehouse, manifest, 1)
    early = [warehouse.query(sql) for sql in (vendors, reporters, senders)]
    _built(warehouse, manifest, 2)
    assert all(whole)
    assert early == whole
