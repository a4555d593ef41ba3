"""Strata: disjoint, complete, and digests that anyone can compute again."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.core.home import Home
from reports.strata import contributors, strata_table
from tests.unit.reports.conftest import MAY, Compute, small_facts
from tests.unit.reports.published_copy import build_copy

BY = (("surface",),)


def rows_of(batches: Any) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]


def test_contributors_make_every_stratum_and_strata_make_every_figure(small_copy: Home, computed: Compute) -> None:
    figures, con = computed(
        small_copy,
        by=BY,
        metrics=("actions", "decisions", "fully_automated_rate", "user_reports", "time_to_action_p90"),
    )
    strata = strata_table(con, figures).to_pylist()
    lines = defaultdict(list)
    for row in rows_of(contributors(con, figures)):
        amount = "" if row["amount"] is None else row["amount"]
        lines[row["stratum_id"]].append(f"{row['file_sha256']}:{row['line']}:{row['role']}:{amount}\n")
    assert set(lines) == {stratum["stratum_id"] for stratum in strata}
    for stratum in strata:
        found = sorted(lines[stratum["stratum_id"]])
        assert stratum["row_count"] == len(found)
        assert stratum["digest"] == hashlib.sha256("".join(found).encode()).hexdigest()
    for figure in figures.figures:
        parts = [
            stratum
            for stratum in strata
            if stratum["metric"] == figure.metric
            and figure.dimensions.items() <= msgspec.json.decode(stratum["dimensions"]).items()
        ]
        assert figure.row_count == sum(s["row_count"] for s in parts if s["role"] != "open")
        assert figure.open_count == sum(s["row_count"] for s in parts if s["role"] == "open")
        joined = "".join(f"{digest}\n" for digest in sorted(s["digest"] for s in parts))
        assert figure.digest == hashlib.sha256(joined.encode()).hexdigest()


def test_sum_over_strata_is_the_sum_figure(small_copy: Home, computed: Compute) -> None:
    figures, con = computed(small_copy, metrics=("copyright_targets", "legal_order_items"))
    strata = strata_table(con, figures).to_pylist()
    for figure in figures.figures:
        amounts = [s["amount"] for s in strata if s["metric"] == figure.metric and s["role"] == "amount"]
        assert figure.value == Decimal(sum(amounts))


def test_additive_figures_of_disjoint_values_add_up_to_the_total(small_copy: Home, computed: Compute) -> None:
    figures, _ = computed(small_copy, by=(("surface",), ("policy_code",)), metrics=("actions", "actions_net"))
    for name in figures.metrics:
        (total,) = figures.of(name)
        for dimension in ("surface", "policy_code"):
            assert sum(f.value or 0 for f in figures.of(name, [dimension])) == total.value


def test_digest_does_not_depend_on_the_order_of_rows(home: Home, tmp_path: Any, computed: Compute) -> None:
    facts = small_facts()
    for table, rows in facts.items():
        facts[table] = (
            [{**row, "_line_no": n} for n, row in enumerate(rows, start=1)] if table.startswith("fct") else rows
        )
    build_copy(home, facts)
    shuffled = {table: random.Random(3).sample(rows, len(rows)) for table, rows in facts.items()}
    other = Home.at(tmp_path / "other").ensure()
    build_copy(other, shuffled)
    first, second = computed(home)[0], computed(other)[0]
    assert [f.digest for f in first.figures] == [f.digest for f in second.figures]


def test_digest_changes_when_one_line_does(home: Home, tmp_path: Any, computed: Compute) -> None:
    report = {"report_id": "a", "submitted_at": MAY, "_line_no": 10}
    build_copy(home, {"fct_user_reports": [report]})
    other = Home.at(tmp_path / "other").ensure()
    build_copy(other, {"fct_user_reports": [{**report, "_line_no": 11}]})
    (first,), (second,) = (computed(place, metrics=("user_reports",))[0].figures for place in (home, other))
    assert first.value == second.value
    assert first.digest != second.digest


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 999), st.one_of(st.none(), st.integers(-9, 999))), max_size=20))
def test_lines_sort_alike_with_and_without_their_line_feed(pairs: list[tuple[int, int | None]]) -> None:
    lines = [f"{'ab' * 32}:{line}:amount:{'' if amount is None else amount}" for line, amount in pairs]
    assert sorted(f"{line}\n" for line in lines) == [f"{line}\n" for line in sorted(lines)]


def test_contributors_are_totally_ordered(small_copy: Home, computed: Compute) -> None:
    figures, con = computed(small_copy)
    table = pa.Table.from_batches(list(contributors(con, figures, rows=7)))
    rows = [
        tuple(row[name] for name in ("part", "metric", "role", "stratum_id", "file_sha256", "line", "record_id"))
        for row in table.to_pylist()
    ]
    assert rows == sorted(rows)
    assert len(rows) == len(set(rows))
