"""The fast path and the exact path say the same of every line, whatever the line says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assets.ingestion import decode
from assets.ingestion.contracts import FEEDS
from tests.unit.ingestion.decoded import GOOD, outcome

_FEEDS = ("model_requests", "detections", "user_reports", "accounts")

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**66), max_value=2**66),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [0, 1, 1.0, 0.0, 0.001, 1e-05, 1e22, 1.5, -0.0, 2**63, 2**63 - 1, "0", "1", "true", "null", "NaN", "inf"]
    ),
    st.sampled_from(
        ["123", "1e5", "-7", "{}", "[]", "[1]", "Infinity", "AB12", "ab12", "Xy", "é", "a, ", "x\n", "x" * 129]
    ),
    st.sampled_from(
        ["2026-04-23T02:00:01Z", "2026-04-23T02:00:01.1234567Z", "2026-04-23T02:00:60Z", "2026-02-30T00:00:00Z"]
    ),
    st.sampled_from(["2026-04-23T02:00:01", "2026-04-23", "2026-04-23 02:00:01+00:00", "2026-04-23t02:00:01z"]),
    st.text(max_size=6),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b", "asn", "tools", "é"]), inner, max_size=3),
    ),
    max_leaves=4,
)
_raw_numbers = st.sampled_from(
    ["1.0", "1e0", "0.50", "1E2", "-0", "01", "1e-1", "1e-3", "0.00", "NaN", "Infinity", "-1", "1.50"]
)


def _damaged(draw: st.DrawFn, text: str, damage: str, names: list[str]) -> str:
    name = draw(st.sampled_from(["asn", "score", "input_tokens", "signup_asn", "x"]))
    cut = draw(st.integers(0, len(text)))
    made = {
        "none": text,
        "twice": text[:-1] + f',"{draw(st.sampled_from(names))}":1}}',
        "comma": text[:-1] + ",}",
        "space": draw(st.sampled_from([" ", "\t", "  "])) + text.replace("}", " }", 1),
        "raw": text[:-1] + f',"{name}":{draw(_raw_numbers)}}}',
        "cut": text[:cut],
        "tail": text + draw(st.sampled_from(["}", " {}", ",", "\x00", "\r"])),
        "key space": text.replace('":', '" :', 1),
        "escape": text.replace("a", "\\u0061", 1),
    }
    return made[damage]


@st.composite
def _object(draw: st.DrawFn, feed: str) -> bytes:
    """A line that is nearly right, written in one of several styles, perhaps damaged."""
    record = dict(GOOD[feed])
    names = [field.name for field in FEEDS[feed].fields]
    for _ in range(draw(st.integers(0, 3))):
        record[draw(st.sampled_from(names))] = draw(_values)
    for _ in range(draw(st.integers(0, 2))):
        record[draw(st.sampled_from(["build", "Request_ID", "x", "email", "prompt", "cache_tokens", "surFace"]))] = (
            draw(_values)
        )
    if draw(st.booleans()):
        record.pop(draw(st.sampled_from(sorted(record))))
    style = draw(st.sampled_from([(",", ":"), (",", ":"), (", ", ": ")]))
    text = json.dumps(record, separators=style, ensure_ascii=draw(st.booleans()))
    damage = draw(
        st.sampled_from(["none"] * 6 + ["twice", "comma", "space", "raw", "cut", "tail", "key space", "escape"])
    )
    text = _damaged(draw, text, damage, sorted(record))
    return text.replace("\n", " ").encode("utf-8", "surrogatepass")


_odd_lines = st.sampled_from(
    [
        b"",
        b"   ",
        b"\r",
        b"{}",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b'{"a":"\xff"}',
        b"[" * 300,
        b'{"a":' * 200,
        b"\x00",
    ]
)


@pytest.mark.parametrize("feed", _FEEDS)
def test_fast_and_exact_path_agree_on_every_line(feed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "FAST_FROM_LINES", 1)
    good = json.dumps(GOOD[feed], separators=(",", ":")).encode()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(
        st.lists(st.one_of(_object(feed), _object(feed), _object(feed), _odd_lines), min_size=1, max_size=12),
        st.booleans(),
    )
    @example([good], True)
    @example([good[:-1] + b',"cache_tokens":7}', good[:-1] + b',"cache_tokens":"someone@example.org"}'] * 3, False)
    def agree(lines: list[bytes], is_cut: bool) -> None:
        data = b"\n".join(lines) + (b"" if is_cut else b"\n")
        fast = outcome(feed, data, tmp_path / "fast.jsonl", fast=True)
        exact = outcome(feed, data, tmp_path / "exact.jsonl", fast=False)
        assert fast[:2] == exact[:2]
        assert fast[2].new_values == exact[2].new_values
        assert (fast[2].new_fields, fast[2].surfaces) == (exact[2].new_fields, exact[2].surfaces)
        assert (fast[2].lines, fast[2].blank) == (exact[2].lines, exact[2].blank)
        assert fast[2].lines == len(fast[0]) + len(fast[1]) + fast[2].blank

    agree()


@pytest.mark.parametrize("feed", _FEEDS)
def test_clean_lines_stay_on_the_fast_path(feed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "FAST_FROM_LINES", 1)
    line = json.dumps(GOOD[feed], separators=(",", ":")).encode()
    plain = {"detections": line.replace(b'"1.3"', b'"v1"')}.get(feed, line)
    rows, bad, tally = outcome(
        feed, (plain + b"\n") * 5 + plain[:-1] + b',"build":"b7"}\n', tmp_path / "clean.jsonl", fast=True
    )
    assert (len(rows), bad, tally.exact_lines) == (6, [], 0)
    assert rows[-1][-1] == '{"build":"b7"}'


def test_an_unknown_field_that_may_not_come_in_quarantines_its_line_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "FAST_FROM_LINES", 1)
    line = json.dumps(GOOD["accounts"], separators=(",", ":")).encode()
    data = (line[:-1] + b',"ref":"r1"}\n') * 3 + line[:-1] + b',"ref":"someone@example.org"}\n'
    rows, bad, _ = outcome("accounts", data, tmp_path / "lines.jsonl", fast=True)
    assert len(rows) == 3
    assert [(number, reason) for number, _, reason, _ in bad] == [(4, "forbidden_field")]
