"""The register: every changed byte is found and named, half a line loses nothing, its head can be held against it."""

from __future__ import annotations

import json
import multiprocessing
from hashlib import sha256

import pytest

from orchestration.core.home import Home
from reports.filing import register
from reports.filing.register import Entry, Head, RegisterBroken, Signed, append, filings_lock, head, verify_chain


def entry(number: int) -> Entry:
    who = (Signed(signer_id="syn_p", role="preparer", keyid="ab" * 32, signed_at="2026-06-01T00:00:00.000Z"),)
    return Entry(
        event="filed",
        filing=f"enforcement_overview/2026-{number:02d}/v1",
        manifest_sha256="0" * 64,
        envelope_sha256="1" * 64,
        signers=who,
        filed_at="2026-06-01T00:00:00.000Z",
    )


def filled(home: Home, count: int = 3) -> list[Entry]:
    with filings_lock(home):
        return [append(home, entry(number)) for number in range(1, count + 1)]


def test_each_line_names_the_digest_of_the_one_before(home: Home) -> None:
    assert head(home) == Head(0, register.START)
    entries = filled(home)
    assert register.read_entries(home) == entries
    assert [one.seq for one in entries] == [1, 2, 3]
    before = "0" * 64
    for line in register.path_of(home).read_bytes().splitlines():
        body, _, told = line.rpartition(b',"sha256":"')
        assert json.loads(line)["prev_sha256"] == before
        before = sha256(body + b"}").hexdigest()
        assert told == before.encode() + b'"}'
    assert head(home) == Head(3, before)
    assert verify_chain(home) is None


def test_every_flipped_byte_of_the_register_is_found_and_its_line_named(home: Home) -> None:
    filled(home, 2)
    path = register.path_of(home)
    whole = path.read_bytes()
    first = whole.index(b"\n")
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0x01
        path.write_bytes(bytes(changed))
        found = verify_chain(home)
        assert found is not None, position
        assert found.line == (1 if position <= first else 2), (position, found)


@pytest.mark.parametrize("removed", [0, 1])
def test_removed_line_is_found_and_a_cut_register_does_not_hold_a_head_that_was_printed(
    home: Home, removed: int
) -> None:
    filled(home)
    known = head(home)
    lines = register.path_of(home).read_bytes().splitlines(keepends=True)
    register.path_of(home).write_bytes(b"".join(lines[:removed] + lines[removed + 1 :]))
    found = verify_chain(home)
    assert found is not None
    assert found.line == removed + 1
    register.path_of(home).write_bytes(b"".join(lines[:-1]))
    assert verify_chain(home) is None
    assert not register.holds_head(home, known)
    assert register.holds_head(home, head(home))
    assert register.holds_head(home, Head(0, register.START))


def test_half_a_line_left_by_a_kill_is_passed_over_told_and_set_aside(home: Home) -> None:
    filled(home, 2)
    path = register.path_of(home)
    whole = path.read_bytes()
    next_line = register.line_of(entry(3))
    for cut in (1, 40, len(next_line) - 1):
        path.write_bytes(whole + next_line[:cut])
        assert len(register.read_entries(home)) == 2
        found = verify_chain(home)
        assert found is not None
        assert (found.line, "half a line" in found.reason) == (3, True)
    with filings_lock(home):
        append(home, entry(4))
    assert verify_chain(home) is None
    assert [one.filing[-5:-3] for one in register.read_entries(home)] == ["01", "02", "04"]
    assert (home.filings / register.TORN).read_bytes() == next_line[:-1] + b"\n"


def test_whole_line_without_its_line_feed_counts(home: Home) -> None:
    filled(home, 2)
    path = register.path_of(home)
    path.write_bytes(path.read_bytes()[:-1])
    assert verify_chain(home) is None
    with filings_lock(home):
        assert append(home, entry(3)).seq == 3
    assert verify_chain(home) is None
    assert not (home.filings / register.TORN).exists()


def test_broken_register_is_not_continued(home: Home) -> None:
    filled(home, 2)
    path = register.path_of(home)
    path.write_bytes(path.read_bytes().replace(b"syn_p", b"syn_q", 1))
    before = path.read_bytes()
    with filings_lock(home), pytest.raises(RegisterBroken, match="line 1"):
        append(home, entry(3))
    assert path.read_bytes() == before


def test_a_filing_is_entered_once(home: Home) -> None:
    filled(home, 1)
    with filings_lock(home):
        append(home, entry(1))
    found = verify_chain(home)
    assert found is not None
    assert "second time" in found.reason


def _enter(home: Home, number: int) -> None:
    with filings_lock(home):
        append(home, entry(number))


def test_many_writers_leave_one_chain(home: Home) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_enter, args=(home, number)) for number in range(1, 13)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert verify_chain(home) is None
    assert len(register.read_entries(home)) == 12
