"""An export holds every decision in scope, as a statement or as a line that says why not."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.core.home import Home
from reports.periods import PeriodError, parse_range
from reports.sor.dump_reading import read_dump
from reports.sor.export import Summary, export
from reports.sor.identity import puid_of
from reports.sor.kept import kept, printed
from reports.sor.verdict import errors
from tests.unit.reports.published_copy import FILE
from tests.unit.reports.sor.decisions import copy_of, decision

MAY = datetime(2026, 5, 1, tzinfo=UTC)


def rows(number: int) -> list[dict[str, Any]]:
    return [
        decision(
            decision_id=f"dec-{n:03d}",
            decided_at=MAY + timedelta(hours=n),
            event_date=(MAY + timedelta(hours=n)).date(),
            dsa_service=("example_gallery", "example_assistant")[n % 2],
        )
        for n in range(number)
    ]


def exported(home: Home, out: Path, start: str = "2026-05-01", end: str = "2026-06-01", **more: Any) -> Summary:
    return export(home, parse_range(start, end), out, **more)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_in_scope_is_statements_and_refusals(home: Home, tmp_path: Path) -> None:
    bad = [
        decision(decision_id="dec-x", explanation="mail ada@example.com", terms_ground="from 10.0.0.1"),
        decision(decision_id="dec-y", dsa_category=None),
        decision(decision_id="dec-z", in_sor=False, sor_exclusion="exempt"),
        decision(decision_id="dec-w", in_sor=False, sor_exclusion=None),
    ]
    copy_of(home, [*rows(230), *bad])
    summary = exported(home, tmp_path / "out")
    assert (summary.in_scope, summary.statements, summary.refused) == (232, 230, 2)
    assert summary.out_of_scope == {"exempt": 1, "unnamed": 1}
    refused = table(tmp_path / "out" / "refused.csv")
    assert [(row["decision_id"], row["file_sha256"], row["line"], row["field"], row["kind"]) for row in refused] == [
        ("dec-x", FILE, "231", "incompatible_content_explanation", "personal data: email"),
        ("dec-x", FILE, "231", "incompatible_content_ground", "personal data: ip"),
        ("dec-y", FILE, "232", "category", "no category for the policy in force"),
    ]
    assert b"ada@" not in b"".join(content(tmp_path / "out").values())
    lines = table(tmp_path / "out" / "lines.csv")
    assert len({row["puid"] for row in lines}) == 230
    assert {row["puid"] for row in lines} == {puid_of(row["service"], row["decision_id"]) for row in lines}
    assert lines[0]["file_sha256"] == FILE


def test_batches_hold_at_most_a_hundred_of_one_service_and_all_are_accepted(home: Home, tmp_path: Path) -> None:
    copy_of(home, rows(430))
    summary = exported(home, tmp_path / "out")
    batches = sorted((tmp_path / "out" / "batches").iterdir())
    assert [path.name for path in batches] == [f"statements-{n:04d}.json" for n in range(1, 7)]
    told = [json.loads(path.read_text())["statements"] for path in batches]
    assert [len(batch) for batch in told] == [100, 100, 15, 100, 100, 15]
    assert summary.batches == 6
    assert all(errors(payload) == [] for batch in told for payload in batch)
    listed = [json.loads(line) for line in (tmp_path / "out" / "statements.jsonl").read_text().splitlines()]
    assert listed == [payload for batch in told for payload in batch]
    service_of = {row["puid"]: row["service"] for row in table(tmp_path / "out" / "lines.csv")}
    assert all(len({service_of[payload["puid"]] for payload in batch}) == 1 for batch in told)
    batch_of = {row["puid"]: row["batch"] for row in table(tmp_path / "out" / "lines.csv")}
    assert all(batch_of[p["puid"]] == path.name for path, batch in zip(batches, told, strict=True) for p in batch)


def test_dump_has_a_file_per_service_and_day_and_reads_back(home: Home, tmp_path: Path) -> None:
    copy_of(home, rows(30))
    summary = exported(home, tmp_path / "out")
    assert len(summary.dumps) == 2 * 2 * 2 * 2  # services, days, full and light, with a digest each
    listed = [json.loads(line) for line in (tmp_path / "out" / "statements.jsonl").read_text().splitlines()]
    read = [
        (path.name, record)
        for path in sorted((tmp_path / "out" / "dump").glob("*-full.zip"))
        for record in read_dump(path)
    ]
    assert sorted((r.statement for _, r in read), key=lambda s: s["puid"]) == sorted(
        (printed(kept(payload)) for payload in listed), key=lambda s: s["puid"]
    )
    assert all(record.created_at[:10] in name and record.platform.replace("_", "-") in name for name, record in read)


def test_a_rerun_is_byte_identical_and_replaces_the_earlier(home: Home, tmp_path: Path) -> None:
    copy_of(home, rows(120))
    exported(home, tmp_path / "a")
    exported(home, tmp_path / "b")
    first = content(tmp_path / "a")
    (tmp_path / "a" / "stray").write_text("x")
    exported(home, tmp_path / "a")
    assert content(tmp_path / "a") == content(tmp_path / "b") == first


def test_days_are_half_open_and_meant_in_utc(home: Home, tmp_path: Path) -> None:
    instants = [
        datetime(2026, 5, 1, tzinfo=UTC),
        datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 5, 2, tzinfo=UTC),
    ]
    copy_of(home, [decision(decision_id=str(n), decided_at=at, event_date=at.date()) for n, at in enumerate(instants)])
    assert exported(home, tmp_path / "out", "2026-05-01", "2026-05-02").statements == 2
    assert exported(home, tmp_path / "out", "2026-05-02", "2026-05-03").statements == 1
    with pytest.raises(PeriodError, match="whole days"):
        exported(home, tmp_path / "out", "2026-05-01T10:00:00Z", "2026-05-02")


def test_an_empty_day_says_so(home: Home, tmp_path: Path) -> None:
    copy_of(home, [])
    summary = exported(home, tmp_path / "out", "2028-02-29", "2028-03-01")
    assert (summary.in_scope, summary.batches, summary.dumps) == (0, 0, [])
    assert (tmp_path / "out" / "statements.jsonl").read_bytes() == b""


def test_one_service_can_be_chosen(home: Home, tmp_path: Path) -> None:
    copy_of(home, rows(10))
    assert exported(home, tmp_path / "out", services=("example_assistant",)).statements == 5
    assert exported(home, tmp_path / "out", services=("x' or 1=1 --",)).in_scope == 0


def test_a_folder_with_other_things_is_left_alone(home: Home, tmp_path: Path) -> None:
    copy_of(home, rows(1))
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("x")
    with pytest.raises(FileExistsError, match="something else"):
        exported(home, out)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".out")] == []
    with pytest.raises(FileExistsError, match="no folder"):
        exported(home, out / "thesis.txt")


def test_a_failed_export_leaves_the_earlier_one(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_of(home, rows(3))
    exported(home, tmp_path / "out")
    before = content(tmp_path / "out")

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("reports.sor.export.kept", fail)
    with pytest.raises(OSError, match="no space"):
        exported(home, tmp_path / "out")
    assert content(tmp_path / "out") == before


def test_formulas_do_not_reach_a_spreadsheet(home: Home, tmp_path: Path) -> None:
    copy_of(home, [decision(decision_id="=1+1"), decision(decision_id="@x", dsa_category=None, dsa_service="=evil")])
    exported(home, tmp_path / "out")
    assert table(tmp_path / "out" / "lines.csv")[0]["decision_id"] == "'=1+1"
    (refused,) = table(tmp_path / "out" / "refused.csv")
    assert (refused["decision_id"], refused["service"]) == ("'@x", "'=evil")


def test_synthetic_data_are_marked(home: Home, tmp_path: Path) -> None:
    copy_of(home, rows(1), is_synthetic=True)
    assert exported(home, tmp_path / "out").is_synthetic
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["is_synthetic"] is True


def test_a_language_and_a_date_of_their_own_reach_the_dump(home: Home, tmp_path: Path) -> None:
    copy_of(home, [decision(content_created_on=date(2024, 2, 29))])
    exported(home, tmp_path / "out")
    (path,) = (tmp_path / "out" / "dump").glob("*-full.zip")
    (record,) = read_dump(path)
    assert (record.statement["content_date"], record.statement["content_language"]) == ("2024-02-29", "EL")
