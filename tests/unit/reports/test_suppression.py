"""Small cells: no suppressed number can be worked out from what is printed, and the rest of a bundle does not tell it either."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from orchestration.core.home import Home
from reports import bundle
from reports.bundle import prepare
from reports.catalogue import CATALOGUE, SmallCells
from reports.cell_algebra import supports
from reports.manifest import evidence_folder
from reports.suppression import REASON, Candidate, Sum, choose_suppressed
from tests.unit.reports.conftest import small_facts
from tests.unit.reports.published_copy import build_copy

REPORT = "enforcement_overview"
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "country": st.sampled_from(["DE", "FR", "IT", "NL"]),
            "kind": st.sampled_from(["act", "inform"]),
            "outcome": st.sampled_from(["complied", "rejected", "open"]),
        }
    ),
    max_size=60,
)
SPLITS = [(), ("country",), ("kind",), ("outcome",), ("country", "kind")]


def tables(records: Sequence[dict[str, str]]) -> list[Candidate]:
    """Two metrics over the same records: all of them, and those complied with; every split of both."""
    groups = sorted({tuple(sorted(record.items())) for record in records})
    counts = [sum(tuple(sorted(record.items())) == group for record in records) for group in groups]
    found = []
    for metric, counted in (("received", {"complied", "rejected", "open"}), ("complied", {"complied"})):
        for split in SPLITS:
            for values in sorted({tuple(dict(group)[name] for name in split) for group in groups}):
                dimensions = dict(zip(split, values, strict=True))
                inside = {
                    number: 1
                    for number, group in enumerate(groups)
                    if dict(group)["outcome"] in counted and dimensions.items() <= dict(group).items()
                }
                if inside or not split:
                    size = sum(counts[number] for number in inside)
                    key = f"{metric}?{json.dumps(dimensions)}"
                    found.append(Candidate(key, dimensions, metric, (Sum(inside, size),), size))
    return found


def vectors(candidates: Sequence[Candidate], width: int) -> Any:
    rows = np.zeros((len(candidates), width))
    for number, one in enumerate(candidates):
        for group, times in one.sums[0].groups.items():
            rows[number, group] = times
    return rows


@settings(max_examples=120, deadline=None)
@given(records=RECORDS, minimum=st.integers(2, 6))
def test_no_suppressed_number_solves_the_linear_system_of_the_printed_ones(
    records: list[dict[str, str]], minimum: int
) -> None:
    candidates = tables(records)
    hidden = choose_suppressed(candidates, minimum)
    assert {one.key for one in candidates if 0 < one.records < minimum} <= hidden
    width = len({tuple(sorted(record.items())) for record in records})
    printed = vectors([one for one in candidates if one.key not in hidden], max(width, 1))
    known = np.linalg.matrix_rank(printed) if len(printed) else 0
    for one in candidates:
        if one.key in hidden:
            assert np.linalg.matrix_rank(np.vstack([printed, vectors([one], width)])) == known + 1, one.key


@settings(max_examples=25, deadline=None)
@given(records=RECORDS)
def test_counts_that_are_not_negative_leave_more_than_one_answer(records: list[dict[str, str]]) -> None:
    candidates = tables(records)
    hidden = choose_suppressed(candidates, 4)
    width = len({tuple(sorted(record.items())) for record in records})
    shown = [one for one in candidates if one.key not in hidden]
    for one in candidates:
        if one.key in hidden:
            sought = vectors([one], width)[0]
            known = {"A_eq": vectors(shown, width), "b_eq": [other.records for other in shown]} if shown else {}
            least, most = (linprog(sign * sought, bounds=(0, 500), **known) for sign in (1, -1))
            assert least.fun + 0.4 < -most.fun, one.key


def test_a_cell_stays_hidden_when_another_metric_prints_the_same_records() -> None:
    records = [{"country": "DE", "kind": "act", "outcome": "complied"}] * 9
    records += [{"country": "DE", "kind": "act", "outcome": "rejected"}] * 2
    records += [{"country": "FR", "kind": "act", "outcome": "open"}] * 8
    hidden = choose_suppressed(tables(records), 5)
    assert 'received?{"outcome": "rejected"}' in hidden
    by_outcome = {f'{metric}?{{"outcome": "complied"}}' for metric in ("received", "complied")}
    assert by_outcome <= hidden or not by_outcome & hidden


def test_nothing_is_suppressed_where_nothing_is_small() -> None:
    records = [
        {"country": country, "kind": kind, "outcome": outcome}
        for country in ("DE", "FR")
        for kind in ("act", "inform")
        for outcome in ("complied", "open")
    ] * 5
    assert choose_suppressed(tables(records), 5) == set()


def test_two_hidden_cells_of_one_record_each_do_not_stand_alone() -> None:
    records = [{"country": country, "kind": "act", "outcome": "open"} for country in ("DE", "FR")]
    records += [{"country": "IT", "kind": "act", "outcome": "open"}] * 20
    records += [{"country": "NL", "kind": "act", "outcome": "open"}] * 30
    hidden = choose_suppressed(tables(records), 5)
    assert 'received?{"country": "IT"}' in hidden, "two cells that sum to 2 would each be known to be 1"
    assert 'received?{"country": "NL"}' not in hidden


@given(
    printed=st.lists(st.lists(st.integers(0, 2), min_size=5, max_size=5), min_size=1, max_size=6),
    wanted=st.lists(st.integers(0, 2), min_size=5, max_size=5),
)
def test_a_support_is_found_exactly_when_the_rank_does_not_grow(printed: list[list[int]], wanted: list[int]) -> None:
    (support,) = supports(np.array(printed, dtype=np.int64), np.array([wanted], dtype=np.int64))
    grows = np.linalg.matrix_rank(np.array([*printed, wanted])) > np.linalg.matrix_rank(np.array(printed))
    assert (support is None) == grows
    if support:
        chosen = np.array([printed[index] for index in support])
        assert np.linalg.matrix_rank(np.vstack([chosen, wanted])) == np.linalg.matrix_rank(chosen)


@pytest.fixture
def folder(home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The overview of a copy with delivered data, prepared as if it asked for cells of at least six."""
    build_copy(home, small_facts(), is_synthetic=False)
    entry = msgspec.structs.replace(CATALOGUE[REPORT], small_cells=SmallCells(6))
    monkeypatch.setattr(bundle, "entry_of", {REPORT: entry}.__getitem__)
    return prepare(home, REPORT, "2026-05")


def figures_of(path: Path) -> dict[str, dict[str, Any]]:
    with duckdb.connect() as con:
        rows = con.execute(f"select * from '{path}'").to_arrow_table().to_pylist()
    return {row["figure_key"]: row for row in rows}


def test_a_bundle_prints_no_small_cell_and_keeps_the_exact_ones_apart(folder: Path) -> None:
    exact = figures_of(evidence_folder(folder) / "figures.parquet")
    printed = figures_of(folder / "figures.parquet")
    assert evidence_folder(folder) == folder / "restricted"
    assert not (folder / "contributors.parquet").exists()
    assert not (folder / "strata.parquet").exists()
    assert printed.keys() == exact.keys()
    hidden = {key for key, row in printed.items() if row["null_reason"] == REASON}
    assert hidden
    assert printed["actions/actions"]["value"] == 40
    assert len(hidden) < len(printed)
    for key, row in printed.items():
        assert (row["row_count"], row["open_count"], row["digest"]) == (None, None, "")
        if key in hidden:
            assert (row["value"], row["numerator"], row["denominator"]) == (None, None, None)
        else:
            assert row["value"] == exact[key]["value"]
            assert not 0 < exact[key]["row_count"] < 6


def test_no_page_or_table_holds_a_suppressed_value(folder: Path) -> None:
    exact = figures_of(folder / "restricted" / "figures.parquet")
    (small,) = [key for key in exact if key == "appeals/appeal_rate?action=account_termination"]
    for path in sorted((folder / "csv").glob("*.csv")):
        for line in path.read_text().splitlines():
            if line.startswith((small, "legal_orders/legal_orders,")):
                assert REASON in line
                assert line.split(",")[4] == ""
    page = (folder / "report.html").read_text()
    assert REASON in page
    assert "fewer than 6 records" in page


def test_a_report_with_exact_counts_keeps_its_evidence_in_the_bundle(small_copy: Home) -> None:
    folder = prepare(small_copy, REPORT, "2026-05")
    assert evidence_folder(folder) == folder
    assert not (folder / "restricted").exists()
    assert all(row["null_reason"] != REASON for row in figures_of(folder / "figures.parquet").values())


def test_splits_are_ordered_by_what_is_printed_of_them(folder: Path) -> None:
    printed = figures_of(folder / "figures.parquet")
    lines = (folder / "csv" / "actions.csv").read_text().splitlines()[1:]
    keys = [line.split(",")[0].strip('"') for line in lines]
    for first, second in combinations([key for key in keys if key.startswith("actions/actions?surface=")], 2):
        before, after = printed[first]["value"], printed[second]["value"]
        assert before is not None or after is None
        assert before is None or after is None or before >= after
