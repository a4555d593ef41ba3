"""Bad input costs its own line or file, gets a clear reason, and loses nothing."""

from __future__ import annotations

import errno
import gzip
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from assets.ingestion import batch, quarantine
from assets.ingestion.accounting import AccountingError
from orchestration.core import vault
from orchestration.core.commits import Commit, Delivery, read_commits, sweep
from orchestration.core.home import Home

_DAY = "2026-04-23"


def _detection(number: int = 1, **changes: Any) -> dict[str, Any]:
    record = {
        "detection_id": f"det_{number}",
        "detected_at": "2026-04-23T10:00:00Z",
        "detector_id": "d",
        "detector_version": "v1",
        "account_id": "acct_1",
        "surface": "api",
        "policy_code": "p",
        "score": 0.5,
        "is_automated": True,
    }
    return {**record, **changes}


def _line(number: int = 1, **changes: Any) -> bytes:
    return json.dumps(_detection(number, **changes), separators=(",", ":")).encode()


def _land(home: Home, name: str, content: bytes, feed: str = "detections", day: str = _DAY) -> Path:
    folder = home.landing / feed / day
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def _ingest(home: Home) -> Commit | None:
    return batch.ingest(home, "run", batch.discover(home, read_commits(home)))


def _only(home: Home) -> Delivery:
    commit = _ingest(home)
    assert commit is not None
    (delivery,) = commit.deliveries
    assert delivery.lines == delivery.loaded + delivery.duplicate + delivery.quarantined + delivery.blank
    return delivery


def _counts(delivery: Delivery) -> tuple[int, int, int, int, int]:
    return delivery.lines, delivery.loaded, delivery.duplicate, delivery.quarantined, delivery.blank


def _reasons(home: Home) -> list[tuple[int, str, str | None]]:
    return [(line.line_no, line.reason, line.json_path) for line in quarantine.list_open(home)]


def test_blank_lines_crlf_and_bom_change_no_line_number(home: Home) -> None:
    _land(home, "a.jsonl", b"\xef\xbb\xbf" + _line(1) + b"\r\n\r\n  \t\r\n" + _line(2) + b"\n\n{broken\r\n" + _line(3))
    assert _counts(_only(home)) == (7, 3, 0, 1, 3)
    assert _reasons(home) == [(6, "malformed_json", None)]


@pytest.mark.parametrize(
    ("bad", "reason", "json_path"),
    [
        (b'{"detection_id":"\xff\xfe"}', "bad_utf8", None),
        (_line(9)[:-1] + b',"score":0.1}', "duplicate_key", "$..score"),
        (b'{"a":' * 200_000, "too_deep", None),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "too_deep", None),
        (b"[" * 200_000, "too_deep", None),
        (_line(9, detected_at="2026-04-23T10:00:00"), "bad_time", "$.detected_at"),
        (_line(9, score="0.5"), "wrong_type", "$.score"),
        (_line(9, score=1.5), "out_of_range", "$.score"),
        (_line(9, score=True), "wrong_type", "$.score"),
        (_line(9, is_automated="true"), "wrong_type", "$.is_automated"),
        (_line(9, account_id=7), "wrong_type", "$.account_id"),
        (_line(9, account_id=None), "missing_field", "$.account_id"),
        (_line(9, detection_id="x" * 129), "id_too_long", "$.detection_id"),
        (_line(9, email="someone@example.org"), "forbidden_field", "$.email"),
        (_line(9, prompt="Tell me"), "forbidden_field", "$.prompt"),
        (_line(9)[:-1] + b",}", "malformed_json", None),
        (_line(9).replace(b"0.5", b"NaN"), "malformed_json", None),
        (_line(9) + _line(10), "malformed_json", None),
        (b"\x00", "malformed_json", None),
        (b"[1]", "not_an_object", "$"),
        (_line(9).replace(b'"d"', b'"\\ud800"'), "malformed_json", None),
    ],
)
@pytest.mark.parametrize("others", [2, 700])
def test_bad_line_is_set_aside_alone_with_its_reason(
    home: Home, bad: bytes, reason: str, json_path: str | None, others: int
) -> None:
    good = [_line(100 + n) for n in range(others)]
    _land(home, "a.jsonl", b"\n".join([good[0], bad, *good[1:]]) + b"\n")
    assert _counts(_only(home)) == (others + 1, others, 0, 1, 0)
    assert _reasons(home) == [(2, reason, json_path)]
    (found,) = quarantine.list_open(home)
    assert found.byte_offset == len(good[0]) + 1
    assert quarantine.raw_line(home, found.file_sha256, 2) == bad


def test_fraction_in_a_whole_number_is_not_rounded(home: Home) -> None:
    record = {
        "request_id": "r",
        "requested_at": "2026-04-23T10:00:00+02:00",
        "account_id": "a",
        "surface": "api",
        "model": "m",
        "ip_hash": "AB",
        "input_tokens": 1.5,
        "output_tokens": 1,
        "status_code": 200,
    }
    lines = [
        json.dumps({**record, "request_id": f"r{n}", "input_tokens": n}, separators=(",", ":")) for n in range(600)
    ]
    lines.append(json.dumps(record, separators=(",", ":")))
    _land(home, "a.jsonl", "\n".join(lines).encode(), feed="model_requests")
    assert _counts(_only(home)) == (601, 600, 0, 1, 0)
    assert _reasons(home) == [(601, "wrong_type", "$.input_tokens")]
    (file,) = [f for f in read_commits(home)[0].data_files if f.kind == "raw"]
    found = _query(home, f"SELECT DISTINCT epoch(requested_at), ip_hash FROM read_parquet('{home.root / file.path}')")
    assert found == [(1776931200.0, "ab")]


def _query(home: Home, sql: str) -> list[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        return con.execute(sql).fetchall()


def test_hundred_megabyte_line_is_passed_over_in_bounded_memory(home: Home, tmp_path: Path) -> None:
    huge = tmp_path / "huge.jsonl"
    with huge.open("wb") as file:
        file.write(_line(1) + b"\n" + b'{"detection_id":"')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + _line(2) + b"\n")
    _land(home, "a.jsonl", b"")
    huge.replace(home.landing / "detections" / _DAY / "a.jsonl")
    code = (
        "from orchestration.core.home import Home\nfrom pathlib import Path\nfrom assets.ingestion import batch\n"
        f"h=Home.at(Path({str(home.root)!r}))\nc=batch.ingest(h,'r',batch.discover(h,[]))\n"
        "d=c.deliveries[0]\n"
        # Not ru_maxrss: that starts at the peak of the process that started this one, and a test worker's is high.
        "peak=next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(d.lines,d.loaded,d.quarantined,peak)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    lines, loaded, quarantined, peak = (int(word) for word in done.stdout.split())
    assert (lines, loaded, quarantined) == (3, 2, 1)
    assert peak < 512 * 1024
    (found,) = quarantine.list_open(home)
    assert (found.line_no, found.reason, found.byte_offset) == (2, "line_too_long", len(_line(1)) + 1)


def _truncated(content: bytes) -> bytes:
    return gzip.compress(content)[:-12]


def _wrong_crc(content: bytes) -> bytes:
    packed = bytearray(gzip.compress(content))
    packed[-8] ^= 0xFF
    return bytes(packed)


def _bomb(_: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b" " * (1 << 20)
    return b"".join(packer.compress(zeros) for _ in range(80)) + packer.flush()


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("a.jsonl.gz", _truncated, "truncated_file"),
        ("a.jsonl.gz", _wrong_crc, "corrupt_file"),
        ("a.jsonl.gz", lambda _: b"", "truncated_file"),
        ("a.jsonl.gz", lambda content: content, "corrupt_file"),
        ("a.jsonl.gz", _bomb, "expands_too_far"),
        ("a.jsonl.zst", lambda content: zstandard.compress(content)[:-3], "truncated_file"),
        ("a.jsonl.zst", lambda content: content, "corrupt_file"),
        ("a.docx", lambda content: content, "unsupported_format"),
    ],
)
def test_file_that_cannot_be_read_whole_commits_nothing(
    home: Home, name: str, make: Callable[[bytes], bytes], reason: str
) -> None:
    content = b"".join(_line(n, policy_code=os.urandom(8).hex()) + b"\n" for n in range(2000))
    _land(home, name, make(content))
    _land(home, "good.jsonl", _line(99_999) + b"\n")
    commit = _ingest(home)
    assert commit is not None
    refused, good = commit.deliveries
    assert (refused.status, _counts(refused)) == ("rejected", (0, 0, 0, 0, 0))
    assert refused.reason is not None
    assert refused.reason.startswith(reason)
    assert _counts(good) == (1, 1, 0, 0, 0)
    assert [(line, why) for line, why, _ in _reasons(home)] == [(0, reason)]
    assert vault.path_of(home, refused.file_sha256).exists()
    assert sum(file.rows for file in commit.data_files if file.kind == "raw") == 1
    assert _ingest(home) is None


def test_half_written_last_line_has_a_reason_of_its_own(home: Home) -> None:
    _land(home, "a.jsonl", _line(1) + b"\n" + _line(2)[:-20])
    assert _counts(_only(home)) == (2, 1, 0, 1, 0)
    assert _reasons(home) == [(2, "half_written", None)]


def test_whole_last_line_without_line_end_is_loaded(home: Home) -> None:
    _land(home, "a.jsonl.zst", zstandard.compress(_line(1) + b"\n" + _line(2)))
    assert _counts(_only(home)) == (2, 2, 0, 0, 0)


def test_multi_member_gzip_is_one_stream(home: Home) -> None:
    _land(home, "a.jsonl.gz", gzip.compress(_line(1) + b"\n") + gzip.compress(_line(2) + b"\n"))
    assert _counts(_only(home)) == (2, 2, 0, 0, 0)


def test_same_file_twice_is_one_delivery(home: Home) -> None:
    _land(home, "a.jsonl", _line(1) + b"\n")
    _land(home, "b.jsonl", _line(1) + b"\n")
    commit = _ingest(home)
    assert commit is not None
    assert [(d.status, d.lines) for d in commit.deliveries] == [("loaded", 1), ("duplicate_file", 0)]
    _land(home, "c.jsonl", _line(1) + b"\n", day="2026-05-01")
    again = _ingest(home)
    assert again is not None
    assert [(d.status, d.lines, d.file_id) for d in again.deliveries] == [("duplicate_file", 0, 1)]
    assert _ingest(home) is None


def test_same_id_with_other_content_is_quarantined_with_its_place(home: Home) -> None:
    _land(home, "a.jsonl", _line(1) + b"\n" + _line(1) + b"\n" + _line(1, score=0.7) + b"\n")
    assert _counts(_only(home)) == (3, 1, 1, 1, 0)
    _land(home, "b.jsonl", _line(2) + b"\n" + _line(1, build="other") + b"\n")
    assert _counts(_only(home)) == (2, 1, 0, 1, 0)
    found = quarantine.list_open(home)
    assert [(line.line_no, line.reason) for line in found] == [
        (3, "conflicting_duplicate"),
        (2, "conflicting_duplicate"),
    ]
    assert [line.byte_offset for line in found] == [2 * len(_line(1)) + 2, len(_line(2)) + 1]


def test_file_replaced_under_the_same_name_is_a_new_delivery(home: Home) -> None:
    _land(home, "a.jsonl", _line(1) + b"\n")
    _ingest(home)
    _land(home, "a.jsonl", _line(1) + b"\n" + _line(2) + b"\n")
    assert _counts(_only(home)) == (2, 1, 1, 0, 0)


def test_empty_file_is_recorded_with_zero_lines(home: Home) -> None:
    _land(home, "a.jsonl", b"")
    assert (_only(home).status, read_commits(home)[0].data_files) == ("loaded", [])


def test_unfinished_and_hidden_names_are_left_alone(home: Home) -> None:
    for name in (".a.jsonl", "a.jsonl.part", "a.jsonl.tmp"):
        _land(home, name, _line(1))
    (home.landing / "detections" / _DAY / "folder.jsonl").mkdir()
    (home.landing / "no_such_feed" / _DAY).mkdir(parents=True)
    (home.landing / "no_such_feed" / _DAY / "a.jsonl").write_bytes(_line(1))
    (home.landing / "detections" / "yesterday").mkdir()
    assert _ingest(home) is None


def test_link_out_of_the_landing_zone_is_refused_unread(home: Home, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jsonl"
    secret.write_bytes(_line(1))
    _land(home, "x.jsonl", b"").unlink()
    (home.landing / "detections" / _DAY / "a.jsonl").symlink_to(secret)
    delivery = _only(home)
    assert delivery.status == "rejected"
    assert delivery.reason is not None
    assert delivery.reason.startswith("outside_landing")
    assert not any(home.vault.rglob("*/*"))
    assert _ingest(home) is None


@pytest.mark.parametrize("name", ["a\\..\\etc.jsonl", "a%2f..%2fetc.jsonl", "a\nb.jsonl", "\udcff.jsonl"])
def test_name_that_disguises_a_path_is_refused(home: Home, name: str) -> None:
    _land(home, name, _line(1))
    delivery = _only(home)
    assert delivery.status == "rejected"
    assert delivery.reason is not None
    assert delivery.reason.startswith("odd_name")
    assert _ingest(home) is None


@pytest.mark.parametrize("name", [".a.jsonl", "..a.jsonl", "a.jsonl.part", "a.jsonl.TMP"])
def test_name_of_a_file_still_being_written_is_ignored(home: Home, name: str) -> None:
    _land(home, name, _line(1))
    assert _ingest(home) is None


def test_mapping_that_names_a_missing_column_refuses_the_file_and_a_retry_takes_it_in(home: Home) -> None:
    home.mappings.mkdir(parents=True)
    mapping = (
        "feed: copyright_notices\nmatch: '*.csv'\nformat: {kind: csv}\nfields:\n  notice_id: {column: %s}\n"
        "  received_at: {constant: '2026-04-23T00:00:00Z'}\n  kind: {constant: takedown}\n  channel: {constant: email}\n"
        "  sender_id: {constant: unknown}\n  target_count: {constant: 1}\n"
    )
    (home.mappings / "m.yml").write_text(mapping % "Missing")
    _land(home, "notices.csv", b"Id,Other\nn1,x\nn2,y\n", feed="copyright_notices")
    assert _only(home).status == "rejected"
    assert quarantine.retry(home, "again") is None
    (home.mappings / "m.yml").write_text(mapping % "Id")
    commit = quarantine.retry(home, "mended")
    assert commit is not None
    (row,) = commit.deliveries
    assert (row.status, row.loaded, row.quarantined) == ("retried", 2, 0)
    assert row.lines == row.loaded + row.duplicate + row.quarantined + row.blank
    assert quarantine.list_open(home) == []


def test_retry_moves_mended_lines_from_quarantined_to_loaded_and_keeps_the_rest(home: Home) -> None:
    home.mappings.mkdir(parents=True)
    mapping = (
        "feed: copyright_notices\nmatch: '*.csv'\nformat: {kind: csv}\nfields:\n  notice_id: {column: Id}\n"
        "  received_at: {constant: '2026-04-23T00:00:00Z'}\n  kind: {column: Kind, map: {T: takedown%s}}\n"
        "  channel: {constant: email}\n  sender_id: {constant: unknown}\n  target_count: {constant: 1}\n"
    )
    (home.mappings / "m.yml").write_text(mapping % "")
    _land(home, "notices.csv", b"Id,Kind\nn1,T\nn2,C\nn3,?\n", feed="copyright_notices")
    first = _only(home)
    assert (first.loaded, first.quarantined) == (1, 2)
    (home.mappings / "m.yml").write_text(mapping % ", C: counter_notice")
    commit = quarantine.retry(home, "mended")
    assert commit is not None
    (row,) = commit.deliveries
    assert (row.lines, row.loaded, row.duplicate, row.quarantined) == (0, 1, 0, -1)
    assert [line.line_no for line in quarantine.list_open(home)] == [4]
    assert quarantine.retry(home, "again") is None
    assert sweep(home, read_commits(home)) == []


def test_full_disk_stops_before_anything_is_torn_and_the_next_run_resumes(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    _land(home, "a.jsonl", _line(1) + b"\n")
    monkeypatch.setenv("RAPPORTEUR_MIN_FREE_BYTES", str(2**60))
    with pytest.raises(OSError, match="MiB free") as caught:
        _ingest(home)
    assert caught.value.errno == errno.ENOSPC
    assert str(home.root) in str(caught.value)
    assert read_commits(home) == []
    monkeypatch.delenv("RAPPORTEUR_MIN_FREE_BYTES")
    assert _counts(_only(home)) == (1, 1, 0, 0, 0)


def test_lost_line_stops_the_batch(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.ingestion import decode

    _land(home, "a.jsonl", _line(1) + b"\n" + _line(2) + b"\n")
    monkeypatch.setattr(decode, "_run_exact", lambda *_: None)
    with pytest.raises(AccountingError, match="2 lines"):
        _ingest(home)
    assert read_commits(home) == []


def test_unregistered_surface_is_named_in_the_ledger(home: Home) -> None:
    _land(home, "s.jsonl", b'{"surface":"api"}\n', feed="surfaces")
    _land(home, "a.jsonl", _line(1) + b"\n" + _line(2, surface="hologram") + b"\n")
    commit = _ingest(home)
    assert commit is not None
    assert [d.unregistered_surfaces for d in commit.deliveries] == [["hologram"], []]


def test_synthetic_landing_zone_marks_its_batches(home: Home) -> None:
    home.synthetic_marker.write_text("")
    _land(home, "a.jsonl", _line(1) + b"\n")
    delivery = _only(home)
    assert delivery.is_synthetic
    assert read_commits(home)[0].is_synthetic


def test_unknown_fields_and_values_are_counted(home: Home) -> None:
    report = {
        "report_id": "r1",
        "submitted_at": "2026-04-23T10:00:00Z",
        "reporter_kind": "robot",
        "surface": "api",
        "target_kind": "other",
        "target_id": "t",
        "reason_code": "x",
        "claims_illegal": False,
        "is_article_16": False,
    }
    good = {**report, "reporter_kind": "user", "report_id": "r2", "client_build": 7}
    _land(home, "a.jsonl", "\n".join(json.dumps(line) for line in (report, good)).encode(), feed="user_reports")
    delivery = _only(home)
    assert (delivery.new_fields, delivery.new_values) == ({"client_build": 1}, {"reporter_kind=robot": 1})
