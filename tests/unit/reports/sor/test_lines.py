"""A line is read as strictly as the database reads it, and a hostile one is a reason, not a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.sor.lines import Line, NoStatement, decode, read_lines

HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "blank"),
    "spaces": (b" \t\r", "blank"),
    "prose": (b"hello", "no JSON"),
    "cut off": (b'{"puid":"x"', "no JSON"),
    "two objects": (b"{}{}", "no JSON"),
    "a list": (b"[{}]", "no JSON object"),
    "a number": (b"5", "no JSON object"),
    "null": (b"null", "no JSON object"),
    "not a number": (b'{"puid":NaN}', "NaN"),
    "minus infinity": (b'{"puid":-Infinity}', "Infinity"),
    "a control character": (b'{"puid":"\x01"}', "no JSON"),
    "Latin-1": (b'{"puid":"\xe9"}', "UTF-8"),
    "UTF-16": ('{"puid":1}'.encode("utf-16"), "UTF-16"),
    "half a pair": (b'{"puid":"\\ud800"}', "surrogate"),
    "the other half": (b'{"puid":"\\udc00"}', "surrogate"),
    "half a pair as a name": (b'{"\\ud800":1}', "surrogate"),
    "a leading zero": (b'{"puid":01}', "no JSON"),
    "a trailing comma": (b'{"puid":1,}', "no JSON"),
    "single quotes": (b"{'puid':1}", "no JSON"),
    "deep lists": (b'{"x":' + b"[" * 600 + b"]" * 600 + b"}", "512"),
    "deep and open": (b"[" * 100_000, "512"),
    "deep objects": (b'{"x":' * 600 + b"1" + b"}" * 600, "512"),
    "too many values": (b"[" + b"0," * 600_000 + b"0]", "too many values"),
    "a mark of another line": (b"\xef\xbb\xbf{}", "byte order mark"),
}


@pytest.mark.parametrize(("content", "told"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_line_is_refused_with_a_reason(content: bytes, told: str) -> None:
    with pytest.raises(NoStatement, match=told):
        decode(Line(2, content))


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a":1}\r', {"a": 1}),
        (b' { "a" : "x" } ', {"a": "x"}),
        (b'{"a":1e999}', {"a": float("inf")}),
        (b'{"a":' + b"9" * 5000 + b"}", {"a": float("inf")}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a":"\\u0000"}', {"a": "\0"}),
        (b'{"a":"[[[[{{{{"}', {"a": "[[[[{{{{"}),
        (b'{"a":"' + b"[" * 600 + b'"}', {"a": "[" * 600}),
        (b'{"a":' + b"[" * 511 + b"]" * 511 + b"}", None),
    ],
)
def test_what_the_database_reads_is_read(content: bytes, value: dict[str, Any] | None) -> None:
    found, notes = decode(Line(2, content))
    assert notes == []
    assert value is None or found == value


@pytest.mark.parametrize(
    "content",
    [b'{"a":1,"a":2}', b'{"a" :1,"a":2}', b'{"a":1,"\\u0061":2}', b'{"a": 1, "a"\t: 2}', b'{"a"  :1,"a":2}\r'],
)
def test_the_last_of_repeated_names_counts_and_is_told(content: bytes) -> None:
    value, ((field, message),) = decode(Line(2, content))
    assert value == {"a": 2}
    assert (field, "more than once" in message) == ("", True)


@pytest.mark.parametrize(
    "content", [b'{"x":{"a":1,"a":2}}', b'{"x":[{"a":1,"a":2}]}', b'{"y":"\\":","x":{"a":1,"a":1}}']
)
def test_names_repeated_inside_are_told(content: bytes) -> None:
    assert len(decode(Line(2, content))[1]) == 1


def test_texts_that_look_like_names_are_not_taken_for_repetitions() -> None:
    assert decode(Line(2, b'{"a":"\\":\\":","b":"\\" "}'))[1] == []


def test_a_byte_order_mark_of_the_file_is_told_and_passed_over() -> None:
    value, notes = decode(Line(1, b'\xef\xbb\xbf{"a":1}'))
    assert (value, len(notes)) == ({"a": 1}, 1)


def test_lines_are_cut_at_line_feeds_and_long_ones_are_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"one\n" + b"x" * 3_000_000 + b"\n\nthree\r\nfour")
    found = list(read_lines(file, 10))
    assert [(line.number, line.is_cut) for line in found] == [(1, False), (2, True), (3, False), (4, False), (5, False)]
    assert [line.content for line in found if not line.is_cut] == [b"one", b"", b"three\r", b"four"]
    assert len(found[1].content) <= 64
    with pytest.raises(NoStatement, match="longer"):
        decode(found[1])


def test_a_line_of_just_the_greatest_length_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"1234567890\n1234567890")
    assert [(line.content, line.is_cut) for line in read_lines(file, 10)] == [(b"1234567890", False)] * 2


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\au0189.eE-+ \t\n', max_size=30).map(str.encode))
def test_no_bytes_make_the_reading_fail(content: bytes) -> None:
    try:
        value, _ = decode(Line(2, content))
    except NoStatement:
        return
    assert value == json.loads(content)
