"""Account-day features through the real line: delivered lines, late ones and withdrawn ones, against a naive count and a rebuild.

Belongs here: what must hold of account days and windows however the lines came. Not here: single models (unit tests in dbt).
"""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core.home import Home
from tests.integration.account_day_reference import Line, account_days, account_windows, day_of
from tests.integration.homes import copied
from tests.integration.line import rapporteur

pytestmark = pytest.mark.slow

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
OFFSETS = (0, 1, 2, 4, 6, 7, 8, 20, 27, 28, 29, 30, 36)
"""Days of traffic after the first: gaps shorter and longer than both windows, and days at their very edges."""
NOW = "2026-04-09T06:00:00Z"
KEPT = (
    "int_account_context_days",
    "int_account_key_days",
    "int_account_template_days",
    "int_account_prompt_days",
    "int_account_place_days",
    "int_account_task_days",
    "int_account_hour_days",
    "int_account_policy_days",
    "int_account_tool_days",
    "int_account_burst_days",
    "int_account_midnight_requests",
)


def made_lines() -> list[Line]:
    """Seeded lines of a few accounts, many of them around midnight; ids that differ in case, keys that are null or empty."""
    rng = random.Random(3)
    lines: list[Line] = []
    for offset in OFFSETS:
        for account in ("acct_one", "ACCT_ONE", "acct_two", "keyless"):
            for _ in range(rng.randrange(5)):
                minute = rng.choice([rng.randrange(1440), rng.randrange(1380, 1440), rng.randrange(60)])
                lines.append(_line(rng, account, FIRST + timedelta(days=offset, minutes=minute), len(lines)))
    # exactly an hour apart across midnight, and a clock that is an hour ahead of the delivery
    for at in ("2026-03-06T23:15:00Z", "2026-03-07T00:15:00Z", "2026-03-07T00:14:59.999999Z", "2026-04-09T00:30:00Z"):
        lines.append(_line(rng, "acct_two", datetime.fromisoformat(at), len(lines)) | {"surface": "api"})
    return lines


def _line(rng: random.Random, account: str, at: datetime, number: int) -> Line:
    line: Line = {
        "request_id": f"req_{number}",
        "requested_at": at.isoformat(),
        "account_id": account,
        "surface": rng.choice(["api", "chat"]),
        "model": rng.choice(["aria-3", "aria-latest"]),
        "ip_hash": rng.choice(["aa", "ab", "ac"]),
        "input_tokens": rng.randrange(100),
        "output_tokens": rng.randrange(100),
        "status_code": rng.choice([200, 200, 429, 529, 400]),
    }
    if account == "keyless":
        return line | {"device_hash": None, "template_hash": "", "payment_hash": ""}
    return line | {
        "hash_key_id": rng.choice([None, "k1", "k2"]),
        "ip_prefix_hash": rng.choice(["a0", None]),
        "asn": rng.choice([1, 2, None]),
        "asn_kind": rng.choice(["cloud", "residential"]),
        "country": rng.choice(["DE", "FR", None]),
        "device_hash": rng.choice(["d1", "d2", None]),
        "payment_hash": rng.choice(["e1", None]),
        "user_agent_hash": rng.choice(["f1", "f2"]),
        "api_key_id": rng.choice(["key_1", None]),
        "template_hash": rng.choice(["b1", "b2", "b3", None]),
        "prompt_hash": rng.choice(["c1", "c2", "c3", "c4", None]),
        "prompt_simhash": rng.choice(["0123456789abcdef", "0123456789abcdee", None]),
        "task_category": rng.choice(["coding", "chat", None]),
        "elicits_reasoning": rng.choice([True, False, None]),
        "grades_outputs": rng.choice([True, None]),
        "strict_format": rng.choice([True, False]),
        "stop_reason": rng.choice(["end_turn", "refusal", "max_tokens", None]),
        "tools": rng.choice([None, [], ["bash"], ["bash", "mcp:notes", "mcp:notes"], ["mcp:files"]]),
        "policy_scores": rng.choice([None, {"cyber": 0.5, "fraud": 0.1}, {"cyber": 0.49, "fraud": 0.93}]),
    }


def land(home: Home, feed: str, received_on: str, rows: list[dict[str, Any]]) -> None:
    """Deliver rows as one file of a feed."""
    folder = home.landing / feed / received_on
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(home: Home, *words: str) -> None:
    """Run the command line; it must succeed."""
    answer = rapporteur(home, *words, RAPPORTEUR_NOW=NOW)
    assert answer.code == 0, answer.stderr[-4000:]


def contents(home: Home) -> dict[str, list[str]]:
    """Every daily table and both marts, as sorted rows."""
    with duckdb.connect(str(home.warehouse_db)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{home.current_db}' as current (read_only)")
        tables = [f"intermediate.{name}" for name in KEPT]
        tables += ["current.marts.fct_account_days", "current.marts.fct_account_windows"]
        return {name: sorted(map(repr, connection.execute(f"select * from {name}").fetchall())) for name in tables}


def published(home: Home, table: str) -> list[dict[str, Any]]:
    """Rows of a published mart."""
    with duckdb.connect(str(home.published_current), read_only=True) as connection:
        answer = connection.execute(f"select * from marts.{table}")
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list[Line]]:
    """A home after three runs: most lines; late ones of every second day with the last days; a retraction. And the lines that stand."""
    home = Home.at(tmp_path_factory.mktemp("features") / "home").ensure()
    lines = made_lines()
    last = FIRST.date() + timedelta(days=29)
    late = [one for number, one in enumerate(lines) if day_of(one) > last or (number % 7 == 3 and day_of(one).day % 2)]
    land(home, "model_requests", "2026-04-07", [one for one in lines if one not in late])
    account = {"account_id": "acct_two", "observed_at": NOW, "created_at": "2026-04-01T00:00:00Z", "kind": "individual"}
    land(home, "accounts", "2026-04-07", [account | {"status": "active", "verification": "none"}])
    run(home, "run")
    land(home, "model_requests", "2026-04-08", late)
    run(home, "run")
    withdrawn = next(one for one in lines if day_of(one) == date(2026, 3, 2) and one not in late)
    retraction = {
        "retraction_id": "t1",
        "requested_at": NOW,
        "requested_by": "p1",
        "approved_by": "p2",
        "reason": "test",
    }
    land(home, "retractions", "2026-04-08", [retraction | {"feed": "model_requests", "id": withdrawn["request_id"]}])
    run(home, "run")
    return home, [one for one in lines if one is not withdrawn]


def test_account_days_agree_with_a_naive_count(delivered: tuple[Home, list[Line]]) -> None:
    home, lines = delivered
    expected = account_days(lines)
    rows = {(row["event_date"], row["account_id"], row["surface"]): row for row in published(home, "fct_account_days")}
    assert rows.keys() == expected.keys()
    for key, features in expected.items():
        assert {name: rows[key][name] for name in features} == features, key


def test_account_windows_agree_with_a_naive_count(delivered: tuple[Home, list[Line]]) -> None:
    home, lines = delivered
    expected = account_windows(lines)
    rows = {(row["event_date"], row["account_id"]): row for row in published(home, "fct_account_windows")}
    assert rows.keys() == expected.keys()
    for key, features in expected.items():
        assert {name: rows[key][name] for name in features} == features, key


def test_late_and_withdrawn_lines_leave_the_same_rows_as_a_rebuild(
    delivered: tuple[Home, list[Line]], tmp_path: Path
) -> None:
    grown = contents(delivered[0])
    rebuilt = copied(delivered[0], tmp_path / "rebuilt")
    run(rebuilt, "rebuild")
    expected = contents(rebuilt)
    for name, rows in expected.items():
        assert rows, name
        assert grown[name] == rows, name


def test_null_and_empty_keys_give_no_row_to_link_by(delivered: tuple[Home, list[Line]]) -> None:
    with duckdb.connect(str(delivered[0].warehouse_db), read_only=True) as connection:
        keys = connection.execute(
            "select distinct key_type from intermediate.int_account_key_days where account_id = 'keyless' order by all"
        ).fetchall()
        empty = connection.execute(
            "select count(*) from intermediate.int_account_key_days where coalesce(key_value, '') = '' "
            "or key_value like '%:' or account_id is null"
        ).fetchone()
    assert keys == [("address",), ("model",)]
    assert empty == (0,)


def test_hashes_of_different_keys_are_different_things(delivered: tuple[Home, list[Line]]) -> None:
    with duckdb.connect(str(delivered[0].warehouse_db), read_only=True) as connection:
        keys = connection.execute(
            "select distinct key_value from intermediate.int_account_key_days where key_type = 'device' order by all"
        ).fetchall()
    assert [key for (key,) in keys] == ["d1", "d2", "k1:d1", "k1:d2", "k2:d1", "k2:d2"]


def test_ids_that_differ_only_in_case_are_different_accounts(delivered: tuple[Home, list[Line]]) -> None:
    home, lines = delivered
    counts = {"acct_one": 0, "ACCT_ONE": 0}
    for row in published(home, "fct_account_days"):
        if row["account_id"] in counts:
            counts[row["account_id"]] += row["request_count"]
    assert counts == {name: sum(one["account_id"] == name for one in lines) for name in counts}


def test_requests_from_before_an_account_was_created_count(delivered: tuple[Home, list[Line]]) -> None:
    (account,) = [row for row in published(delivered[0], "dim_accounts") if row["account_id"] == "acct_two"]
    days = [row["event_date"] for row in published(delivered[0], "fct_account_days") if row["account_id"] == "acct_two"]
    assert min(days) < account["created_at"].date()


def test_a_day_without_traffic_has_no_row_and_a_clock_ahead_has_its_own(delivered: tuple[Home, list[Line]]) -> None:
    days = {row["event_date"] for row in published(delivered[0], "fct_account_days")}
    assert date(2026, 3, 4) not in days
    assert date(2026, 4, 9) in days
