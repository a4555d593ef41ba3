"""The access log is a chain: a flipped byte, a removed, added or reordered line is found and named."""

from __future__ import annotations

import threading

import pytest

from orchestration.core import ops
from orchestration.core.access import log_path, read_access_log, record_access, record_accesses, verify_access_log
from orchestration.core.home import Home


def three_looks(home: Home) -> bytes:
    for number in (1, 2, 3):
        record_access(home, "trace", f"{'ab' * 32}:{number}", "report/2026-05/v1#actions/actions")
    return log_path(home).read_bytes()


def test_chain_of_looks_holds_and_names_who(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORTEUR_ACTOR", "an auditor")
    three_looks(home)
    assert verify_access_log(home) == []
    assert [entry.who for entry in read_access_log(home)] == ["an auditor"] * 3
    assert [row["object"][-2:] for row in ops.read(home, "access_log")] == [":1", ":2", ":3"]


def test_nothing_recorded_is_no_finding(home: Home) -> None:
    assert verify_access_log(home) == []


def test_flipping_any_one_byte_is_found(home: Home) -> None:
    content = three_looks(home)
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 0x04
        log_path(home).write_bytes(bytes(flipped))
        assert verify_access_log(home), f"byte {place} ({content[place : place + 1]!r}) was flipped unnoticed"


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_removed_line_is_found(home: Home, removed: int) -> None:
    lines = three_looks(home).splitlines(keepends=True)
    log_path(home).write_bytes(b"".join(lines[:removed] + lines[removed + 1 :]))
    assert verify_access_log(home)


def test_altered_line_is_named_by_its_number(home: Home) -> None:
    content = three_looks(home)
    log_path(home).write_bytes(content.replace(b"ab:2", b"ab:9"))
    assert [(f.line, f.finding) for f in verify_access_log(home)] == [(2, "altered line")]


def test_emptied_log_is_found(home: Home) -> None:
    three_looks(home)
    log_path(home).write_bytes(b"")
    assert verify_access_log(home)


def test_half_an_entry_left_by_a_kill_is_passed_over_by_the_next_one(home: Home) -> None:
    content = three_looks(home)
    log_path(home).write_bytes(content + content.splitlines()[0][:40])
    assert verify_access_log(home)
    record_access(home, "trace", "after the kill")
    assert verify_access_log(home) == []
    assert len(read_access_log(home)) == 4


def test_entry_written_just_before_a_kill_counts_though_the_head_is_behind(home: Home) -> None:
    three_looks(home)
    head = log_path(home).with_name("head.json")
    behind = head.read_bytes()
    record_access(home, "trace", "killed before the head was written")
    head.write_bytes(behind)
    assert verify_access_log(home) == []


def test_lines_from_before_the_chain_are_covered_by_its_first_entry(home: Home) -> None:
    log_path(home).parent.mkdir(parents=True)
    older = b'{"accessed_at":"2026-05-01T00:00:00.000Z","who":"a","action":"quarantine show","object":"x:1"}\n'
    log_path(home).write_bytes(older)
    content = three_looks(home)
    assert verify_access_log(home) == []
    log_path(home).write_bytes(content.replace(b"x:1", b"x:2"))
    assert verify_access_log(home)


def test_looks_at_the_same_moment_form_one_chain(home: Home) -> None:
    threads = [threading.Thread(target=record_access, args=(home, "trace", str(n))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify_access_log(home) == []
    assert len(read_access_log(home)) == 8


def test_nobody_appends_to_the_chain_past_its_writer(home: Home) -> None:
    with pytest.raises(ValueError, match="record_access"):
        ops.append(home, "access_log", [{"who": "me"}])


def test_looks_at_several_things_are_entries_of_their_own(home: Home) -> None:
    three_looks(home)
    entries = record_accesses(home, "trace --raw", ["a:1", "a:2"], "why")
    assert [entry.object for entry in entries] == ["a:1", "a:2"]
    assert record_accesses(home, "trace --raw", []) == []
    assert verify_access_log(home) == []
    assert [entry.object for entry in read_access_log(home)][-2:] == ["a:1", "a:2"]
