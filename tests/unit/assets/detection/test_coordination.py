"""Coordinated pairs against the published reference, a brute-force count, and inputs that must change nothing."""

from __future__ import annotations

import csv
import random
import tempfile
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.detection.coordination import Coordination, find
from assets.detection.event_files import Columns

REFERENCE = Columns(account="account_id", object="object_id", time="timestamp_share", content="content_id")
NAMES = Columns(account="who", object="what", time="when", content="made")
Row = dict[str, str]


class Event(NamedTuple):
    who: str | None
    what: str | None
    when: int | None
    made: str | None


def written(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parquet(path: Path, events: list[Event]) -> Path:
    types = [("who", pa.string()), ("what", pa.string()), ("when", pa.int64()), ("made", pa.string())]
    rows = [dict(zip(Event._fields, event, strict=True)) for event in events]
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(types)), path)
    return path


def run(
    folder: Path, events: list[Event], window: float = 10, *, mp: int = 2, cap: int = 200, columns: Columns = NAMES
) -> tuple[Coordination, list[Row], list[Row]]:
    found = find(parquet(folder / "events.parquet", events), columns, window, folder, min_participation=mp, cap=cap)
    return found, written(folder / "pairs.csv"), written(folder / "edges.csv")


def weights(edges: list[Row]) -> dict[frozenset[str], int]:
    return {frozenset((row["account_a"], row["account_b"])): int(row["weight"]) for row in edges}


def test_pairs_equal_the_published_reference(conformance: Path, tmp_path: Path) -> None:
    folder = conformance / "coordination"
    found = find(folder / "russian_coord_tweets.parquet", REFERENCE, 10, tmp_path)
    expected = Counter(
        (row["object_id"], frozenset((row["content_id"], row["content_id_y"])), row["time_delta"])
        for row in written(folder / "expected_russian_tw10_mp2_pairs.csv")
    )
    assert found.pairs == 447
    assert found.cut == 0
    assert expected == Counter(
        (row["object"], frozenset((row["content_a"], row["content_b"])), row["time_delta"])
        for row in written(tmp_path / "pairs.csv")
    )


def test_edges_equal_the_published_reference(conformance: Path, tmp_path: Path) -> None:
    folder = conformance / "coordination"
    found = find(folder / "russian_coord_tweets.parquet", REFERENCE, 60, tmp_path)
    expected = {
        frozenset((row["from"], row["to"])): int(row["weight"])
        for row in written(folder / "expected_russian_tw60_mp2_edges.csv")
    }
    assert (found.edges, found.weight, found.accounts, found.cut) == (3721, 3791, 2110, 0)
    assert weights(written(tmp_path / "edges.csv")) == expected


def by_hand(events: list[Event], window: int, mp: int, *, named: bool) -> Counter[tuple[str, ...]]:
    """Every two events compared, slowly."""
    whole = {e if named else e._replace(made=None) for e in events if all(e[:3]) or (e.who and e.what and e.when == 0)}
    whole = {e for e in whole if e.made or not named}
    events_of = Counter(e.who for e in whole)
    taking_part = [e for e in whole if events_of[e.who] >= mp]
    pairs = []
    for one, two in combinations(taking_part, 2):
        a, b = sorted((one, two), key=lambda e: (e.when, e.who))
        if a.what != b.what or a.who == b.who or abs(a.when - b.when) > window:  # type: ignore[operator]
            continue
        if named and (a.made == b.made or a.what in {a.made, b.made}):
            continue
        pairs.append((a, b))

    def key(event: Event) -> tuple[object, ...]:
        return (event.who, event.made) if named else event

    met = {key(event) for pair in pairs for event in pair}
    repeated = Counter(event.who for event in taking_part if key(event) in met)
    return Counter(
        (a.what or "", a.made or "", b.made or "", a.who or "", b.who or "", str((b.when or 0) - (a.when or 0)))
        for a, b in pairs
        if mp == 1 or repeated[a.who] >= mp or repeated[b.who] >= mp
    )


EVENTS = st.lists(
    st.builds(
        Event,
        who=st.sampled_from(["ann", "Ann", "bob", "b'ob", "", None]),
        what=st.sampled_from(["o", "O", "c1", None]),
        when=st.one_of(st.integers(-25, 25), st.none()),
        made=st.sampled_from(["c1", "c2", "C2", "c3", "c4", "", None]),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(events=EVENTS, window=st.sampled_from([0, 1, 5, 10]), mp=st.integers(1, 3), named=st.booleans())
def test_pairs_equal_a_brute_force_count(events: list[Event], window: int, mp: int, named: bool) -> None:
    columns = NAMES if named else Columns(account="who", object="what", time="when")
    with tempfile.TemporaryDirectory() as folder:
        found, pairs, edges = run(Path(folder), events, window, mp=mp, columns=columns)
    expected = by_hand(events, window, mp, named=named)
    assert Counter(tuple(row.values()) for row in pairs) == expected
    assert sum(weights(edges).values()) == found.pairs == expected.total()
    assert found.rows == len(events)


def crowd(seed: int, size: int = 400) -> list[Event]:
    rng = random.Random(seed)
    return [Event(f"a{rng.randrange(40)}", f"o{rng.randrange(6)}", rng.randrange(400), f"c{n}") for n in range(size)]


@pytest.mark.parametrize("cap", [200, 3])
def test_order_of_rows_names_and_repetition_change_nothing(tmp_path: Path, cap: int) -> None:
    events = crowd(1)
    found, pairs, edges = run(tmp_path, events, mp=2, cap=cap)
    assert found.pairs
    assert bool(found.cut) == (cap == 3)
    shuffled = events + events[:100]
    random.Random(2).shuffle(shuffled)
    again, same_pairs, same_edges = run(tmp_path, shuffled, mp=2, cap=cap)
    assert (same_pairs, same_edges, again.viral, again.cut) == (pairs, edges, found.viral, found.cut)
    names = [f"a{n}" for n in range(40)]
    other = dict(zip(names, random.Random(3).sample(names, 40), strict=True))
    renamed = [Event(other[e.who or ""], f"x{e.what}", e.when, f"y{e.made}") for e in events]
    _, _, renamed_edges = run(tmp_path, renamed, mp=2, cap=cap)
    expected = {frozenset(other[name] for name in pair): weight for pair, weight in weights(edges).items()}
    assert weights(renamed_edges) == expected


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    texts = []
    for _ in range(2):
        run(tmp_path, crowd(4), mp=1, cap=9)
        texts.append([(tmp_path / name).read_bytes() for name in ("pairs.csv", "edges.csv", "viral.csv")])
    assert texts[0] == texts[1]
    assert b"\r" not in b"".join(texts[0])


def test_an_object_shared_by_a_hundred_thousand_in_one_window_is_cut_and_told(tmp_path: Path) -> None:
    duckdb.sql(
        f"""
        copy (
            select 'a' || n as who, 'viral' as what, 600 + n // 2000 as when, 'c' || n as made from range(100000) as r(n)
            union all
            select 'ring' || n % 3, 'rare' || n // 3, 600 + n % 3, 'r' || n from range(9) as r(n)
        ) to '{tmp_path / "events.parquet"}' (format parquet)
        """
    )
    found = find(tmp_path / "events.parquet", NAMES, 60, tmp_path, min_participation=1, cap=2000)
    assert [(v.object, v.bucket, v.accounts, v.cut) for v in found.viral] == [("viral", "600", 100_000, 98_000)]
    assert written(tmp_path / "viral.csv") == [
        {"object": "viral", "bucket": "600", "accounts": "100000", "cut": "98000"}
    ]
    assert found.pairs == 2000 * 1999 // 2 + 9
    found = find(tmp_path / "events.parquet", NAMES, 60, tmp_path, min_participation=1)
    assert (found.pairs, found.cut) == (9, 100_000), "those of one instant go in or stay out together"


def test_one_noisy_account_crowds_nobody_out(tmp_path: Path) -> None:
    noise = [Event("noise", "o", 0, f"n{n}") for n in range(500)]
    ring = [Event(f"ring{n}", "o", 5, f"r{n}") for n in range(4)]
    found, _, edges = run(tmp_path, noise + ring, mp=1, cap=20)
    pairs_of_ring = {pair: weight for pair, weight in weights(edges).items() if "noise" not in pair}
    assert len(pairs_of_ring) == 6
    assert found.cut == 504 - 20


def test_one_content_is_no_pair_and_an_original_pairs_with_nothing(tmp_path: Path) -> None:
    events = [Event("a", "o", 1, "c1"), Event("b", "o", 2, "c1"), Event("c", "o", 3, "c2"), Event("d", "o", 3, "o")]
    _, _, edges = run(tmp_path, events, mp=1)
    assert weights(edges) == {frozenset("ac"): 1, frozenset("bc"): 1}


def test_ids_that_differ_only_in_case_are_two(tmp_path: Path) -> None:
    events = [Event("a", "o", 1, "c1"), Event("A", "o", 2, "c2"), Event("b", "O", 2, "c3")]
    _, _, edges = run(tmp_path, events, mp=1)
    assert weights(edges) == {frozenset("aA"): 1}


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    events = [Event(None, "o", 1, "c"), Event("a", "", 1, "c"), Event("a", "o", None, None), Event("a", "o", 1, "c1")]
    found, _, _ = run(tmp_path, [*events, events[-1]], mp=1)
    assert (found.rows, found.left_out, found.events) == (5, 3, 1)
    assert found.missing == {"account": 1, "object": 1, "time": 1, "content": 1}


@pytest.mark.parametrize("option", [{"min_participation": 0}, {"cap": 0}])
def test_options_without_meaning_are_refused(tmp_path: Path, option: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        find(parquet(tmp_path / "e.parquet", []), NAMES, 10, tmp_path, **option)


@pytest.mark.parametrize("window", [-1, float("nan"), float("inf")])
def test_windows_without_meaning_are_refused(tmp_path: Path, window: float) -> None:
    with pytest.raises(ValueError, match="window"):
        find(parquet(tmp_path / "e.parquet", []), NAMES, window, tmp_path)


def test_a_file_without_rows_gives_empty_tables(tmp_path: Path) -> None:
    found, pairs, edges = run(tmp_path, [])
    assert (found.rows, found.pairs, pairs, edges) == (0, 0, [], [])
    assert (tmp_path / "pairs.csv").read_text() == "object,content_a,content_b,account_a,account_b,time_delta\n"
