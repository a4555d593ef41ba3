"""Spaces, nulls and escapes are counted where they are, and nowhere else."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.ingestion.line_excess import Numbers, count_escapes, count_excess

_NAMES = ["a", "asn", "tools", "é"]


def _bounds(lines: list[bytes]) -> tuple[bytes, Numbers, Numbers]:
    lengths = np.array([len(line) for line in lines], dtype=np.int64)
    ends = np.cumsum(lengths + 1) - 1
    return b"\n".join(lines), ends - lengths, ends


_texts = st.text(alphabet=', :nul"{}a', max_size=8).filter(lambda text: '"' not in text)
_values = st.one_of(st.none(), _texts, st.integers(0, 99), st.booleans(), st.lists(_texts, max_size=3))
_objects = st.dictionaries(st.sampled_from([*_NAMES, "x", "as", ": null"]), _values, max_size=6)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(_objects, st.booleans(), st.booleans()), min_size=1, max_size=5))
def test_what_is_counted_is_what_writing_it_compactly_without_nulls_saves(
    drawn: list[tuple[dict[str, object], bool, bool]],
) -> None:
    lines, savings, masks = [], [], []
    for record, comma, colon in drawn:
        text = json.dumps(record, separators=(", " if comma else ",", ": " if colon else ":"), ensure_ascii=False)
        kept = {name: value for name, value in record.items() if value is not None or name not in _NAMES}
        compact = json.dumps(kept, separators=(",", ":"), ensure_ascii=False)
        # The last comma of an object is not there: with no member left, one less is saved than is counted.
        savings.append(len(text.encode()) - len(compact.encode()) + (bool(record) and not kept))
        masks.append(sum(1 << i for i, name in enumerate(_NAMES) if name in record and name not in kept))
        lines.append(text.encode())
    found = count_excess(*_bounds(lines), _NAMES)
    assert found.held.tolist() == savings
    assert found.nulls.tolist() == masks
    assert not found.is_twice.any()


@pytest.mark.parametrize(
    ("line", "held", "nulls"),
    [
        ('{"a":": null"}', 0, 0),
        ('{"x":", ","y":": "}', 0, 0),
        ('{"x": "a, b"}', 1, 0),
        ('{"a": null}', 10, 1),
        ('{"a":  null, "asn":null}', 13, 2),
        ('{"a" : null}', 0, 0),
        ('{"as":null,"asns":null,"Asn":null}', 0, 0),
        ('{"a": null, "x', 0, 0),
        ('"', 0, 0),
        ("{}", 0, 0),
    ],
)
def test_look_alikes_are_not_counted(line: str, held: int, nulls: int) -> None:
    found = count_excess(*_bounds([b'{"a":1}', line.encode(), b'{"asn": null}']), _NAMES)
    assert found.held.tolist()[0::2] == [0, 12]
    assert (found.held[1], found.nulls[1]) == (held, nulls)


def test_a_name_that_is_null_twice_is_told() -> None:
    found = count_excess(*_bounds([b'{"a":null,"asn":null,"a": null}', b'{"a":null}']), _NAMES)
    assert found.is_twice.tolist() == [True, False]


@pytest.mark.parametrize(
    ("line", "saved"),
    [
        (r'{"a":"\u0041"}', 5),
        (r'{"a":"\u00e9\u00FC"}', 8),
        (r'{"a":"\u65e5"}', 3),
        (r'{"a":"\ud83d\ude00"}', 8),
        (r'{"a":"\ud83d\ude00\ud83d\ude00"}', 16),
    ],
)
def test_escapes_take_what_their_characters_do_not(line: str, saved: int) -> None:
    data, starts, _ = _bounds([b"{}", line.encode(), b"{}"])
    counted, is_odd = count_escapes(data, starts)
    assert (counted.tolist(), is_odd.tolist()) == ([0, saved, 0], [False, False, False])
    rendered = json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":"))
    assert len(line) - len(rendered.encode()) == saved


@pytest.mark.parametrize(
    "text",
    [
        *(r"\"", r"\\", r"\n", r"\/", r"\u0000", r"\u001f", r"\u0022", r"\u005c", r"\u00g0", r"\u00", r"\\u0041", "\\"),
        *(r"\ud83d", r"\ude00", r"\ud83dx\ude00", r"\ude00\ud83d", r"\ud83d\ud83d\ude00", r"\ud83d\u0041"),
    ],
)
def test_any_other_escape_keeps_its_line_off_the_fast_path(text: str) -> None:
    data, starts, _ = _bounds([b'{"a":"\\u00e9"}', b'{"a":"' + text.encode() + b'"}', b"{}"])
    assert count_escapes(data, starts)[1].tolist() == [False, True, False]


def test_no_lines_and_short_lines_hold_nothing() -> None:
    data, starts, ends = _bounds([b"{}"])
    assert count_excess(data, starts, ends, _NAMES).held.tolist() == [0]
