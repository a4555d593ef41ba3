"""JSON as exporters write it (spaced, nulls spelled out, escaped) is fast, and says what the exact path says."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assets.ingestion import decode
from assets.ingestion.contracts import FEEDS
from tests.unit.ingestion.decoded import GOOD, outcome

_FEEDS = ("model_requests", "user_reports", "accounts", "legal_orders")
_RECORDS: dict[str, dict[str, Any]] = {
    **GOOD,
    "legal_orders": {
        "order_id": "ord_1",
        "received_at": "2026-04-23T00:11:01Z",
        "kind": "act_against_content",
        "issuing_country": "DE",
        "category": "SCAMS",
        "item_count": 3,
        "authority": "Amt für Beispiele",
    },
}
_SEPARATORS = {"compact": (",", ":"), "spaced": (", ", ": "), "after colons": (",", ": "), "after commas": (", ", ":")}
# Values that look like the white space and the nulls that are counted.
_LOOK_ALIKES = st.sampled_from(
    [
        ": null",
        ", ",
        ": ",
        ":null,",
        'x": null',
        '", "',
        "null",
        "a, b: c",
        ":nul",
        "asn: null, ",
        "é",
        "日本",
        "😀",
        "a\\u0041",
    ]
)


def _spelled_out(feed: str, record: dict[str, Any]) -> dict[str, Any]:
    return {**dict.fromkeys(field.name for field in FEEDS[feed].fields), **record}


def _style(draw: st.DrawFn, feed: str, record: dict[str, Any]) -> str:
    if draw(st.booleans()):
        record = _spelled_out(feed, record)
    names = list(record)
    if draw(st.booleans()):
        random.Random(draw(st.integers(0, 99))).shuffle(names)
    separators = _SEPARATORS[draw(st.sampled_from(sorted(_SEPARATORS)))]
    return json.dumps({n: record[n] for n in names}, separators=separators, ensure_ascii=draw(st.booleans()))


def _spoiled(draw: st.DrawFn, feed: str, text: str) -> str:
    """A line with something that must be seen: a key twice, an unknown null, more or less white space."""
    name = draw(st.sampled_from([field.name for field in FEEDS[feed].fields]))
    gap = draw(st.sampled_from(["", " "]))
    value = draw(st.sampled_from(["null", "1", '"x"', "true", "[]", "{}", '{"asn": null}', '[null, "asn"]']))
    unknown = draw(st.sampled_from(["x", "null", "Asn", "asn ", name.upper(), name[:-1], "\\u0061sn", ": null, "]))
    return draw(
        st.sampled_from(
            [
                text[:-1] + f',{gap}"{name}":{gap}null}}',
                text[:-1] + f',{gap}"{name}":{gap}{value}}}',
                f'{{"{name}":{gap}{value},{gap}' + text[1:],
                f'{{"{name}":{gap}null,{gap}' + text[1:],
                text[:-1] + f',{gap}"{unknown}":{gap}{value}}}',
                text[:-1] + f',{gap}"{unknown}":{gap}{{"{name}":{gap}null}}}}',
                text + f',{gap}"{name}":{gap}null',
                text[:-1] + ", }",
                text.replace(": ", ":  ", 1),
                text.replace(", ", ",", 1),
                text.replace(": null", ":", 1),
                text.replace(", ", " ,", 1),
                text.replace("null", "nul", 1),
                text.replace('"', "", 1),
                text.replace("null", '"null"', 1),
                text.replace("null", "NaN", 1),
                text.replace('":', '\\":', 1),
                text.replace("[", "[ ", 1),
            ]
        )
    )


@st.composite
def _line(draw: st.DrawFn, feed: str) -> bytes:
    record = dict(_RECORDS[feed])
    strings = [field.name for field in FEEDS[feed].fields if field.type in {"str", "hash"} and field.values is None]
    for _ in range(draw(st.integers(0, 3))):
        record[draw(st.sampled_from(strings))] = draw(_LOOK_ALIKES)
    if draw(st.booleans()):
        record[draw(st.sampled_from(["build", "note", "cache_tokens"]))] = draw(
            st.one_of(_LOOK_ALIKES, st.none(), st.integers(0, 9), st.booleans())
        )
    for name in draw(st.lists(st.sampled_from(sorted(record)), max_size=2)):
        record[name] = draw(st.one_of(st.none(), _LOOK_ALIKES))
    if feed == "model_requests":
        record["policy_scores"] = draw(
            st.dictionaries(
                st.sampled_from(["a", "b", "asn", "d, e"]), st.sampled_from([0.5, 1, 0.001, None]), max_size=4
            )
        )
        record["tools"] = draw(st.one_of(st.none(), st.lists(_LOOK_ALIKES, max_size=3)))
    text = _style(draw, feed, record)
    return (_spoiled(draw, feed, text) if draw(st.integers(0, 2)) == 0 else text).encode()


@pytest.mark.parametrize("feed", _FEEDS)
def test_fast_and_exact_path_agree_in_every_style(feed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "FAST_FROM_LINES", 1)
    good = json.dumps(_spelled_out(feed, _RECORDS[feed])).encode()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(_line(feed), min_size=1, max_size=16))
    @example([good, good[:-1] + b', "x": null}', good + b', "asn": null', good + b'"'])
    def agree(lines: list[bytes]) -> None:
        data = b"\n".join(lines) + b"\n"
        fast = outcome(feed, data, tmp_path / "fast.jsonl", fast=True)
        exact = outcome(feed, data, tmp_path / "exact.jsonl", fast=False)
        assert fast[:2] == exact[:2]
        for name in ("lines", "blank", "new_fields", "new_values", "surfaces"):
            assert getattr(fast[2], name) == getattr(exact[2], name)
        assert fast[2].lines == len(fast[0]) + len(fast[1]) + fast[2].blank

    agree()


@pytest.mark.parametrize("feed", _FEEDS)
@pytest.mark.parametrize("style", sorted(_SEPARATORS))
@pytest.mark.parametrize("has_nulls", [False, True])
def test_clean_lines_of_every_style_stay_on_the_fast_path(
    feed: str, style: str, has_nulls: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "FAST_FROM_LINES", 1)
    record = _spelled_out(feed, _RECORDS[feed]) if has_nulls else _RECORDS[feed]
    compact = json.dumps(_RECORDS[feed], separators=(",", ":")).encode()
    line = json.dumps(record, separators=_SEPARATORS[style]).encode()
    other = json.dumps(record, separators=_SEPARATORS[style], ensure_ascii=False).encode()
    rows, bad, tally = outcome(feed, b"\n".join([line, other, compact, line]), tmp_path / "a.jsonl", fast=True)
    assert (len(rows), bad, tally.exact_lines) == (4, [], 0)
    assert all(row[1:] == rows[0][1:] for row in rows)


_BASE = '"account_id": "a", "observed_at": "2026-04-23T00:01:00Z", "created_at": "2026-02-13T10:50:17Z", ' + (
    '"kind": "business", "status": "active", "verification": "none"'
)


@pytest.mark.parametrize(
    ("tail", "reason", "extra"),
    [
        (', "signup_asn": 5, "signup_asn": null', "duplicate_key", None),
        (', "signup_asn": null, "signup_asn": 5', "duplicate_key", None),
        (', "signup_asn": null, "signup_asn": null', "duplicate_key", None),
        (', "kind": null', "duplicate_key", None),
        (', "x": null', None, '{"x":null}'),
        (', "Signup_asn": null', None, '{"Signup_asn":null}'),
        (', "x": {"signup_asn": null}', None, '{"x":{"signup_asn":null}}'),
        (', "x": ": null, "', None, '{"x":": null, "}'),
        (', "signup_asn": null,', "malformed_json", None),
        ('}, "signup_asn": null', "malformed_json", None),
        (', "declared_use": ", \\"signup_asn\\": null"', None, None),
    ],
)
def test_nulls_that_are_not_what_they_seem_are_seen(
    tail: str, reason: str | None, extra: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "FAST_FROM_LINES", 1)
    good = f"{{{_BASE}}}\n" * 3
    rows, bad, _ = outcome("accounts", f"{good}{{{_BASE}{tail}}}\n{good}".encode(), tmp_path / "a.jsonl", fast=True)
    assert [(line, why) for line, _, why, _ in bad] == ([(4, reason)] if reason else [])
    assert [row[-1] for row in rows if row[0] == 4] == ([] if reason else [extra])
    assert len(rows) == 6 + (reason is None)


@pytest.mark.parametrize("style", sorted(_SEPARATORS))
@pytest.mark.parametrize("residue", [",", ", ", ',"x":1', ', "x": 1', ',"":0', ',"asn":1', ', "asn": 1', ',"asn":null'])
def test_a_few_bytes_too_many_are_seen_in_every_style(
    style: str, residue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "FAST_FROM_LINES", 1)
    monkeypatch.setattr(decode, "_SAMPLE_LINES", 1)
    good = json.dumps(GOOD["model_requests"], separators=_SEPARATORS[style]).encode()
    data = b"\n".join([good, good, good[:-1] + residue.encode() + b"}", good]) + b"\n"
    fast = outcome("model_requests", data, tmp_path / "fast.jsonl", fast=True)
    assert fast[2].exact_lines == 1
    assert fast[:2] == outcome("model_requests", data, tmp_path / "exact.jsonl", fast=False)[:2]


def test_a_spaced_number_with_an_exponent_hides_no_unknown_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 1e14 is rendered thirteen bytes longer than it was delivered: as long as a space and the unknown field.
    monkeypatch.setattr(decode, "FAST_FROM_LINES", 1)
    lines = b'{"vendor_id":"v","unit_cost": 1e14,"x":1234567}\n{"vendor_id":"v","unit_cost":   1e14,"x":12345}\n'
    compact = b'{"vendor_id":"w","unit_cost":1.5}\n'
    monkeypatch.setattr(decode, "_SAMPLE_LINES", 1)
    rows, _, _ = outcome("vendors", compact + lines, tmp_path / "a.jsonl", fast=True)
    assert [row[-1] for row in rows] == [None, '{"x":1234567}', '{"x":12345}']
