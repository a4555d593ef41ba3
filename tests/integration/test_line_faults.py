"""Bad deliveries cost only themselves, a full disk tears nothing, and lines set aside come in once their cause is mended."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core.commits import read_commits
from orchestration.core.home import Home
from tests.integration.homes import PINNED_NOW, Built, copied, deliver
from tests.integration.line import Answer, published_contents, rapporteur

DAY = "2026-06-30"
HUGE = str(2**60)
MAPPING = """
feed: user_reports
match: "connector-reports*.csv"
format: {kind: csv}
fields:
  report_id: {template: "sheet-{Ticket}"}
  submitted_at: {column: Received, parse: "%d.%m.%Y %H:%M", zone: UTC}
  reporter_kind: {constant: user}
  surface: {constant: mcp_connector}
  target_kind: {constant: mcp_server}
  target_id: {column: Server}
  mcp_server: {column: Server}
  reason_code: {column: Reason, map: {spam: fraud_scams}}
  claims_illegal: {constant: false}
  is_article_16: {constant: false}
"""
SHEET = """Ticket,Received,Server,Reason
1,29.06.2026 10:00,server.example,spam
2,29.06.2026 11:00,server.example,tool poisoning
3,29.06.2026 12:00,other.example,spam
"""


def _run(home: Home, *words: str, **environment: str) -> Answer:
    return rapporteur(home, *words, **{"RAPPORTEUR_NOW": PINNED_NOW, **environment})


def _asked(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.published_current), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _detection(number: int) -> bytes:
    record = {
        "detection_id": f"late_{number}", "detected_at": "2026-06-29T10:00:00Z", "detector_id": "made-up", "detector_version": "1",
        "account_id": "acct_example", "surface": "api", "policy_code": "spam", "score": 0.5, "is_automated": True,
    }  # fmt: skip
    return json.dumps(record).encode() + b"\n"


def _land(home: Home, name: str, content: bytes) -> Path:
    path = home.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# --- a landing zone full of traps --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trapped:
    """A home whose landing zone holds traps beside good deliveries, after one run.

    Attributes:
        landed: Good deliveries that came with them.
        replaced: A file that was delivered again under its name, with one more line.
    """

    home: Home
    landed: list[str]
    replaced: str
    answer: Answer

    @property
    def deliveries(self) -> dict[str, dict[str, Any]]:
        return {one["path"]: one for one in self.answer.json()["deliveries"]}


@pytest.fixture(scope="module")
def trapped(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Trapped:
    home = copied(built.home, tmp_path_factory.mktemp("trapped") / "home")
    landed = deliver(built.later, home, ["detections"])
    whole = gzip.compress(b"".join(_detection(100 + number) for number in range(50)))
    _land(home, f"detections/{DAY}/a\\..\\evil.jsonl", _detection(1))
    _land(home, f"detections/{DAY}/two\nlines.jsonl", _detection(2))
    _land(home, f"detections/{DAY}/a%2f..%2fpasswd.jsonl", _detection(3))
    _land(home, f"detections/{DAY}/empty.jsonl", b"")
    _land(home, f"detections/{DAY}/cut.jsonl.gz", whole[: len(whole) // 2])
    _land(home, f"detections/{DAY}/half.jsonl", _detection(4) + _detection(5)[:40])
    _land(home, "no_such_feed/2026-06-30/a.jsonl", _detection(6))
    _land(home, "detections/yesterday/a.jsonl", _detection(7))
    (home.landing / "detections" / DAY / "folder.jsonl").mkdir()
    (home.landing / "detections" / DAY / "gone.jsonl").symlink_to(home.root / "not-there.jsonl")
    (home.landing / "detections" / DAY / "outside.jsonl").symlink_to(home.root / "dagster" / "dagster.yaml")
    _land(home, f"detections/{DAY}/closed.jsonl", _detection(8)).chmod(0)
    (first,) = (home.landing / "detections" / "2026-06-28").iterdir()
    first.write_bytes(gzip.compress(gzip.decompress(first.read_bytes()) + _detection(9)))
    _land(home, "_mappings/connector-reports.yml", MAPPING.encode())
    _land(home, f"user_reports/{DAY}/connector-reports.csv", SHEET.encode())
    return Trapped(home, landed, str(first.relative_to(home.landing)), _run(home, "run", "--json"))


@pytest.mark.slow
def test_run_succeeds_and_takes_in_what_is_good(trapped: Trapped) -> None:
    assert trapped.answer.code == 0, trapped.answer.stderr[-4000:]
    for name in trapped.landed:
        assert trapped.deliveries[name]["status"] == "loaded"
        assert trapped.deliveries[name]["loaded"] > 0
    half = trapped.deliveries[f"detections/{DAY}/half.jsonl"]
    assert (half["lines"], half["loaded"], half["quarantined"]) == (2, 1, 1)
    empty = trapped.deliveries[f"detections/{DAY}/empty.jsonl"]
    assert (empty["status"], empty["lines"], empty["loaded"]) == ("loaded", 0, 0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a\\..\\evil.jsonl", "odd_name"),
        ("two\nlines.jsonl", "odd_name"),
        ("a%2f..%2fpasswd.jsonl", "odd_name"),
        ("outside.jsonl", "outside_landing"),
        ("cut.jsonl.gz", "truncated_file"),
    ],
)
def test_file_that_cannot_be_taken_is_named_in_ledger_and_status(trapped: Trapped, name: str, reason: str) -> None:
    path = f"detections/{DAY}/{name}"
    delivery = trapped.deliveries[path]
    assert (delivery["status"], delivery["loaded"]) == ("rejected", 0)
    assert delivery["reason"].startswith(f"{reason}: ")
    assert _asked(trapped.home, f"select status from ops.deliveries where path = '{path}'") == [("rejected",)]
    told = {row["path"]: row["reason"] for row in _run(trapped.home, "status", "--json").json()["rejected_files"]}
    assert told[path] == delivery["reason"]


def test_what_is_no_delivery_is_named_in_status_and_log(trapped: Trapped) -> None:
    unread = {
        "no_such_feed": "its name is no feed",
        "detections/yesterday": "its name is no day",
        f"detections/{DAY}/folder.jsonl": "it is no file",
        f"detections/{DAY}/gone.jsonl": "No such file",
    }
    told = {row["path"]: row["reason"] for row in _run(trapped.home, "status", "--json").json()["unread"]}
    for path, reason in unread.items():
        assert told[path].startswith(reason)
        assert path in trapped.answer.stderr
    assert not set(unread) & set(trapped.deliveries)


def test_file_without_permission_waits_and_costs_nothing_else(trapped: Trapped) -> None:
    path = f"detections/{DAY}/closed.jsonl"
    if os.access(trapped.home.landing / path, os.R_OK):  # a superuser reads it all the same
        assert trapped.deliveries[path]["loaded"] == 1
    else:
        assert path not in trapped.deliveries
        assert path in {row["path"] for row in _run(trapped.home, "status", "--json").json()["unread"]}


def test_file_replaced_under_its_name_is_another_delivery(trapped: Trapped) -> None:
    again = trapped.deliveries[trapped.replaced]
    assert (again["status"], again["loaded"]) == ("loaded", 1)
    assert again["duplicate"] == again["lines"] - 1
    rows = _asked(trapped.home, f"select batch_id, file_sha256 from ops.deliveries where path = '{trapped.replaced}'")
    assert sorted(batch for batch, _ in rows) == [1, 2]
    assert len({sha256 for _, sha256 in rows}) == 2


def test_traps_change_no_other_feed(built: Built, trapped: Trapped) -> None:
    counted = (
        "select feed, sum(loaded) from ops.deliveries where feed not in ('detections', 'user_reports') group by all"
    )
    assert sorted(_asked(trapped.home, counted)) == sorted(_asked(built.home, counted))


# --- set aside, looked at, mended, taken in ----------------------------------------------------------------------------------


def test_line_set_aside_comes_in_once_its_mapping_is_mended(trapped: Trapped) -> None:
    home = trapped.home
    sheet = f"user_reports/{DAY}/connector-reports.csv"
    sha256 = trapped.deliveries[sheet]["file_sha256"]
    assert (trapped.deliveries[sheet]["loaded"], trapped.deliveries[sheet]["quarantined"]) == (2, 1)
    listed = _run(home, "quarantine", "list", "--feed", "user_reports", "--json").json()
    (row,) = [one for one in listed if one["file_sha256"] == sha256]
    assert (row["line_no"], row["reason"], row["json_path"]) == (3, "mapping_no_match", "$.reason_code")
    assert "tool poisoning" not in json.dumps(listed)

    shown = _run(home, "quarantine", "show", f"{sha256[:16]}:3")
    assert shown.code == 0
    assert "tool poisoning" in shown.stdout

    assert _run(home, "quarantine", "retry", "--feed", "user_reports", "--json").code == 1
    mended = MAPPING.replace("{spam: fraud_scams}", "{spam: fraud_scams, tool poisoning: mcp_abuse}")
    _land(home, "_mappings/connector-reports.yml", mended.encode())
    retried = _run(home, "quarantine", "retry", "--feed", "user_reports", "--json")
    assert (retried.code, retried.json()["loaded"]) == (0, 1)
    ran = _run(home, "run", "--json")
    assert ran.code == 0, ran.stderr[-4000:]
    assert ran.json()["deliveries"] == []

    assert _asked(
        home,
        f"""select sum(lines), sum(loaded), sum(duplicate), sum(quarantined), sum(blank), count(*)
            from ops.deliveries where file_sha256 = '{sha256}'""",
    ) == [(3, 3, 0, 0, 0, 2)]
    assert _asked(home, f"select line_no, resolved_batch_id from ops.quarantine where file_sha256 = '{sha256}'") == [
        (3, retried.json()["batch_id"])
    ]
    assert _asked(home, "select reason_code from marts.fct_user_reports where report_id = 'sheet-2'") == [
        ("mcp_abuse",)
    ]
    assert _asked(home, "select object from ops.access_log where action = 'quarantine show'") == [(f"{sha256}:3",)]
    assert sha256 not in {one["file_sha256"] for one in _run(home, "quarantine", "list", "--json").json()}


# --- no room -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """A file system of its own, 320 MiB; None where one may not be mounted."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=320m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        yield None
        return
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_full_disk_is_told_plainly_tears_nothing_and_is_overcome(
    built: Built, small_disk: Path | None, tmp_path: Path
) -> None:
    home = copied(built.home, (small_disk or tmp_path) / "home")
    landed = deliver(built.later, home, ["user_reports"])
    before = published_contents(home)
    _assert_refused(home, {"RAPPORTEUR_MIN_FREE_BYTES": HUGE}, "MiB wanted (RAPPORTEUR_MIN_FREE_BYTES)", before)
    assert len(read_commits(home)) == 1
    if small_disk is not None:  # and one that fills up in the middle of a run
        room = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        (small_disk / "ballast").write_bytes(b"\0" * (room - 12 * 2**20))
        _assert_refused(home, {"RAPPORTEUR_MIN_FREE_BYTES": "0"}, "the disk is full", before)
        (small_disk / "ballast").unlink()
    resumed = _run(home, "run", "--json", RAPPORTEUR_MIN_FREE_BYTES="0")
    assert resumed.code == 0, resumed.stderr[-4000:]
    assert sorted(one.path for one in read_commits(home)[1].deliveries) == landed
    assert len(read_commits(home)) == 2
    after = published_contents(home)
    assert after["current.marts.fct_user_reports"][0] > before["current.marts.fct_user_reports"][0]


def _assert_refused(home: Home, settings: dict[str, str], why: str, before: dict[str, Any]) -> None:
    answer = _run(home, "run", **settings)
    told = answer.stdout + answer.stderr
    assert answer.code == 3, told[-3000:]
    assert why in told
    assert str(home.root) in told
    assert "make room and run again" in told
    assert published_contents(home) == before
