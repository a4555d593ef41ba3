"""Detection through the real line: what is concluded once stands, whatever comes later, and however often the house is rebuilt.

Belongs here: publication of conclusions over several runs. Not here: one day's rules and their derivation (tests/unit/assets/detection).
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import derived
from orchestration.core.home import Home
from tests.integration.line import published_contents, rapporteur

pytestmark = pytest.mark.slow

FIRST = datetime(2026, 5, 1, tzinfo=UTC)
NOW = "2026-05-08T06:00:00Z"
LATE = (1, "late")
CONCLUDED = (
    "fct_signals",
    "fct_review_queue",
    "fct_queue_withheld",
    "dim_actor_clusters",
    "bridge_cluster_accounts",
    "bridge_cluster_lineage",
    "fct_cluster_links",
    "fct_signal_calibrations",
)
WHEN_WE_KNEW = ("first_known_at", "_batch_id")

Line = dict[str, Any]


def line(account: str, day: int, number: int, **more: Any) -> Line:
    """One request; its id says whose it is."""
    at = FIRST + timedelta(days=day, hours=number % 24, minutes=number % 60)
    return {
        "request_id": f"req_{account}_{day}_{number}", "requested_at": at.isoformat(), "account_id": account, "surface": "api",
        "model": "aria-3", "ip_hash": f"a{abs(hash_of(account)):x}", "input_tokens": 10, "output_tokens": 10, "status_code": 200,
        "prompt_hash": f"{hash_of(account + str(day) + str(number)):x}", "task_category": "coding",
    } | more  # fmt: skip


def hash_of(text: str) -> int:
    """A number that differs where texts do; the same in every process."""
    return int.from_bytes(text.encode(), "big") % (2**61 - 1)


def made_lines() -> dict[tuple[int, str], list[Line]]:
    """Requests by day and delivery: a crowd, a sprayer, two rings, of which one comes late; ids that differ in case."""
    found: dict[tuple[int, str], list[Line]] = {}
    for day in (0, 1, 2, 4):
        today = found.setdefault((day, "time"), [])
        today += [line(f"person{one}", day, number) for one in range(30) for number in range(12)]
        today += [
            line("sprayer", day, number, stop_reason="refusal", policy_scores={f"policy_{number % 5}": 0.9})
            if number % 3 == 0
            else line("sprayer", day, number)
            for number in range(40)
        ]
        today += ring(day, "ringer", "RINGER", "other_ringer")
        found.setdefault((day, "late"), []).extend(ring(day, "late_a", "late_b") if day == LATE[0] else [])
    return found


def ring(day: int, *members: str) -> list[Line]:
    """Accounts behind one address and one device that use the same templates."""
    keys = {"ip_hash": f"b{hash_of(members[0]):x}", "device_hash": f"c{hash_of(members[0]):x}"}
    return [
        line(one, day, number, template_hash=f"d{hash_of(members[0]):x}{number % 3}", **keys)
        for one in members
        for number in range(4)
    ]


def land(home: Home, feed: str, received_on: date, rows: list[Line], name: str = "part") -> None:
    """Deliver rows as one file."""
    if rows:
        folder = home.landing / feed / received_on.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def register(home: Home) -> None:
    """Deliver the accounts, observed before the first request."""
    names = {one["account_id"] for lines in made_lines().values() for one in lines}
    before = (FIRST - timedelta(1)).isoformat()
    rows = [
        {
            "account_id": name,
            "observed_at": before,
            "created_at": before,
            "kind": "individual",
            "status": "active",
            "verification": "none",
        }
        for name in sorted(names)
    ]
    land(home, "accounts", FIRST.date(), rows)


def allow(home: Home, received_on: date) -> None:
    """List the sprayer from the fourth day to the end of the next."""
    listing = {"entity_kind": "account", "entity_id": "sprayer", "reason": "agreed test", "owner": "safety"}
    dates = {"approved_on": "2026-05-04", "expires_on": "2026-05-05", "updated_at": "2026-05-04T00:00:00Z"}
    land(home, "allowlist", received_on, [listing | dates])


def deliver(home: Home, *wanted: tuple[int, str]) -> None:
    """Land the requests of some days."""
    for day, kind in wanted:
        land(home, "model_requests", FIRST.date() + timedelta(days=day + 1), made_lines()[day, kind], kind)


def run(home: Home, *words: str) -> None:
    """Run the command line; it must succeed."""
    answer = rapporteur(home, *words, RAPPORTEUR_NOW=NOW)
    assert answer.code == 0, answer.stderr[-4000:]


def concluded(home: Home) -> dict[str, list[str]]:
    """Rows of every published conclusion, when we first knew aside."""
    with duckdb.connect(str(home.published_current), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        columns = f"columns(lambda name: name not in {WHEN_WE_KNEW!r})"
        return {
            table: sorted(map(repr, connection.execute(f"select {columns} from marts.{table}").fetchall()))
            for table in CONCLUDED
        }


def query(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the published copy."""
    with duckdb.connect(str(home.published_current), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
    return rows


DETECTED = (
    "select signal_id, signal_version, subject_kind, subject_id, first_detected_at from marts.fct_signals order by all"
)


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that knows the first three days, but for the late lines."""
    home = Home.at(tmp_path_factory.mktemp("early") / "home").ensure()
    register(home)
    deliver(home, (0, "time"), (1, "time"), (2, "time"))
    run(home, "run")
    return home


@pytest.fixture(scope="module")
def grown(early: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of it, after the last day, the late lines and a listing."""
    home = Home.at(tmp_path_factory.mktemp("grown") / "home")
    shutil.copytree(early.root, home.root, symlinks=True)
    deliver(home, (4, "time"), LATE)
    allow(home, date(2026, 5, 6))
    run(home, "run")
    return home


def test_a_sprayer_is_queued_with_two_kinds_of_evidence(early: Home) -> None:
    rows = query(early, "select unit_id, evidence_kind_count from marts.fct_review_queue where unit_kind = 'account'")
    assert ("sprayer", 2) in rows
    assert all(kinds >= 2 for _, kinds in rows)


def test_ids_that_differ_only_in_case_are_two_members(early: Home) -> None:
    rows = query(
        early,
        "select list(distinct account_id order by account_id) from marts.bridge_cluster_accounts group by cluster_id",
    )
    assert rows == [(["RINGER", "other_ringer", "ringer"],)]


def test_evidence_names_at_most_twenty_requests_that_were_delivered(grown: Home) -> None:
    delivered = {one["request_id"]: one for lines in made_lines().values() for one in lines}
    rows = query(grown, "select signal_id, subject_id, evidence_request_ids from marts.fct_signals")
    assert rows
    for signal, subject, shown in rows:
        assert 1 <= len(shown) == len(set(shown)) <= 20, signal
        assert set(shown) <= delivered.keys()
        if signal == "refusals":
            assert all(
                delivered[one].get("stop_reason") == "refusal" and delivered[one]["account_id"] == subject
                for one in shown
            )


def test_signals_were_first_detected_when_they_were_whatever_came_later(early: Home, grown: Home) -> None:
    known = query(early, DETECTED)
    assert known
    assert set(known) <= set(query(grown, DETECTED))
    end_of_third_day = FIRST + timedelta(3)
    before = {
        row
        for row in query(grown, DETECTED)
        if row[4] <= end_of_third_day and "late" not in row[3] and row[2] == "account"
    }
    assert before == {row for row in known if row[2] == "account"}


def test_late_rows_are_concluded_from_their_own_day_on(grown: Home) -> None:
    members = query(grown, "select distinct valid_from from marts.bridge_cluster_accounts where account_id = 'late_a'")
    assert members == [(date(2026, 5, 2),)]
    assert [one.days for one in derived.read_derivations(grown)] == [
        ["2026-05-01", "2026-05-02", "2026-05-03"],
        ["2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05"],
    ]


def test_a_listed_account_is_withheld_and_comes_back(grown: Home) -> None:
    withheld = query(
        grown,
        "select as_of_date, withheld_reason, withheld_until from marts.fct_queue_withheld where unit_id = 'sprayer'",
    )
    assert withheld == [(date(2026, 5, 4), "allow-listed: agreed test", date(2026, 5, 5))]
    queued = query(grown, "select as_of_date from marts.fct_review_queue where unit_id = 'sprayer' order by all")
    assert date(2026, 5, 4) not in [day for (day,) in queued]
    assert queued[-1] == (date(2026, 5, 5),)


def test_a_run_with_nothing_new_concludes_nothing(grown: Home) -> None:
    before = derived.read_derivations(grown)
    told = published_contents(grown)
    run(grown, "run")
    assert derived.read_derivations(grown) == before
    assert published_contents(grown) == told


def test_a_rebuild_from_nothing_tells_the_same_story(grown: Home, tmp_path: Path) -> None:
    home = Home.at(tmp_path / "rebuilt")
    shutil.copytree(grown.root, home.root, symlinks=True)
    shutil.rmtree(home.build)
    run(home, "rebuild")
    assert derived.read_derivations(home) == derived.read_derivations(grown)
    assert concluded(home) == concluded(grown)
    known = "select * from marts.fct_signals order by all"
    assert query(home, known) == query(grown, known)
