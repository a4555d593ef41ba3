"""Figures: exact values, keys, edges, open items and provisional marks, from contributions alone."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from urllib.parse import quote

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.figure_sql import Breakdown
from reports.figures import compute, provisional_reason
from reports.metrics import UnknownName, read_metrics
from reports.periods import parse_period
from reports.published import read_state
from tests.unit.reports.conftest import HOSTILE, MAY, Compute
from tests.unit.reports.published_copy import build_copy

NUMBER = itertools.count()
FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)


def fresh_home(folder: Path) -> Home:
    return Home.at(folder / str(next(NUMBER))).ensure()


def test_total_exists_for_every_metric_even_when_nothing_was_counted(home: Home, computed: Compute) -> None:
    build_copy(home, {})
    figures, _ = computed(home)
    assert {figure.metric for figure in figures.figures} == set(figures.metrics)
    for figure in figures.figures:
        kind = figures.metrics[figure.metric].kind
        expected = {
            "ratio": (None, "the denominator is zero"),
            "median": (None, "no closed item"),
            "p90": (None, "no closed item"),
        }
        assert (figure.value, figure.null_reason) == expected.get(kind, (0, None))


@FEW
@given(st.dictionaries(TEXT, st.integers(1, 3), min_size=1, max_size=5))
def test_figure_keys_are_percent_encoded_and_sorted_whatever_the_values(
    folder_of_homes: Path, computed: Compute, names: dict[str, int]
) -> None:
    home = fresh_home(folder_of_homes)
    reports = [
        {"report_id": f"{n}-{i}", "submitted_at": MAY, "surface": name, "target_kind": "artifact"}
        for n, (name, count) in enumerate(names.items())
        for i in range(count)
    ]
    build_copy(home, {"fct_user_reports": reports})
    figures, _ = computed(home, metrics=("user_reports",), by=(("target_kind", "surface"),))
    expected = {
        f"user_reports/user_reports?surface={quote(name, safe='')}&target_kind=artifact": count
        for name, count in names.items()
    }
    assert {f.figure_key: f.value for f in figures.of("user_reports", ["surface", "target_kind"])} == expected


@FEW
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_median_and_p90_are_the_smallest_observed_value_as_numpy_says(
    folder_of_homes: Path, computed: Compute, seconds: list[int]
) -> None:
    home = fresh_home(folder_of_homes)
    reports = [
        {"report_id": str(n), "submitted_at": MAY, "decided_at": MAY + timedelta(seconds=value)}
        for n, value in enumerate(seconds)
    ]
    build_copy(home, {"fct_user_reports": reports})
    figures, _ = computed(
        home, metrics=("time_to_action_median", "time_to_action_p90"), as_of=MAY + timedelta(days=40000)
    )
    for name, share in (("time_to_action_median", 0.5), ("time_to_action_p90", 0.9)):
        (figure,) = figures.of(name)
        assert figure.value == int(np.quantile(seconds, share, method="inverted_cdf"))


@FEW
@given(st.integers(0, 40), st.integers(0, 40))
def test_ratio_is_exact_to_four_places_rounded_half_up(
    folder_of_homes: Path, computed: Compute, automated: int, others: int
) -> None:
    home = fresh_home(folder_of_homes)
    actions = [
        {"action_id": str(n), "decided_at": MAY, "automated_decision": "fully" if n < automated else "none"}
        for n in range(automated + others)
    ]
    build_copy(home, {"fct_enforcement_actions": actions})
    figures, _ = computed(home, metrics=("fully_automated_rate",))
    (figure,) = figures.figures
    assert (figure.numerator, figure.denominator) == (automated, automated + others)
    if automated + others == 0:
        assert figure.value is None
    else:
        exact = Decimal(automated) / Decimal(automated + others)
        assert figure.value == exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def test_half_open_edges_count_the_first_instant_and_not_the_last(home: Home, computed: Compute) -> None:
    edges = [MAY - timedelta(microseconds=1), MAY, MAY + timedelta(days=31, microseconds=-1), MAY + timedelta(days=31)]
    build_copy(home, {"fct_user_reports": [{"report_id": str(n), "submitted_at": at} for n, at in enumerate(edges)]})
    figures, _ = computed(home, metrics=("user_reports",))
    assert figures.figures[0].value == 2


def test_berlin_month_counts_by_berlin_midnights(home: Home, computed: Compute) -> None:
    local_start = datetime(2026, 4, 30, 22, tzinfo=UTC)
    edges = [
        local_start - timedelta(seconds=1),
        local_start,
        datetime(2026, 5, 31, 21, 59, 59, tzinfo=UTC),
        datetime(2026, 5, 31, 22, tzinfo=UTC),
        datetime(2026, 5, 31, 23, tzinfo=UTC),
    ]
    build_copy(home, {"fct_user_reports": [{"report_id": str(n), "submitted_at": at} for n, at in enumerate(edges)]})
    figures, _ = computed(home, metrics=("user_reports",), zone="Europe/Berlin")
    assert figures.figures[0].value == 2
    assert computed(home, metrics=("user_reports",))[0].figures[0].value == 3


def test_open_items_are_counted_beside_the_figure_and_leave_when_decided(home: Home, computed: Compute) -> None:
    report = {"report_id": "a", "submitted_at": MAY, "decided_at": MAY + timedelta(days=3)}
    build_copy(home, {"fct_user_reports": [report]})
    for day, expected in ((2, (None, 0, 1)), (3, (Decimal(3 * 86400), 1, 0))):
        figures, _ = computed(home, metrics=("time_to_action_median",), as_of=MAY + timedelta(days=day))
        (figure,) = figures.figures
        assert (figure.value, figure.row_count, figure.open_count) == expected


def test_order_under_a_gag_counts_only_after_the_gag(home: Home, computed: Compute) -> None:
    order = {"order_id": "a", "received_at": MAY, "item_count": 5, "gag_until": MAY + timedelta(days=60)}
    build_copy(home, {"fct_legal_orders": [order]})
    assert computed(home, metrics=("legal_orders",), as_of=MAY + timedelta(days=59))[0].figures[0].value == 0
    assert computed(home, metrics=("legal_orders",), as_of=MAY + timedelta(days=60))[0].figures[0].value == 1


def test_reversal_after_the_follow_up_is_not_in_the_cohort_rate(home: Home, computed: Compute) -> None:
    actions = [{"action_id": str(n), "decided_at": MAY} for n in range(2)]
    appeals = [
        {
            "appeal_id": str(n),
            "action_id": str(n),
            "submitted_at": MAY,
            "outcome": "reversed",
            "decided_at": MAY + timedelta(days=30, seconds=n - 1),
        }
        for n in range(2)
    ]
    build_copy(home, {"fct_enforcement_actions": actions, "fct_appeals": appeals})
    figures, _ = computed(home, metrics=("appeal_reversal_rate",), as_of=MAY + timedelta(days=90))
    assert (figures.figures[0].numerator, figures.figures[0].denominator) == (1, 2)


def test_action_with_several_appeals_counts_once(home: Home, computed: Compute) -> None:
    appeals = [
        {
            "appeal_id": str(n),
            "action_id": "a",
            "submitted_at": MAY,
            "outcome": "reversed",
            "decided_at": MAY + timedelta(days=n),
        }
        for n in range(4)
    ]
    build_copy(home, {"fct_enforcement_actions": [{"action_id": "a", "decided_at": MAY}], "fct_appeals": appeals})
    figures, _ = computed(home, metrics=("appeals_reversed", "appeals_filed"), as_of=MAY + timedelta(days=90))
    assert {f.metric: f.value for f in figures.figures} == {"appeals_filed": 4, "appeals_reversed": 1}


def test_reversed_action_leaves_the_net_figure_and_stays_in_the_gross_one(home: Home, computed: Compute) -> None:
    action = {"action_id": "a", "decided_at": MAY, "reversed_at": MAY + timedelta(days=2)}
    build_copy(home, {"fct_enforcement_actions": [action]})
    figures, _ = computed(home, metrics=("actions", "actions_net"))
    assert {f.metric: f.value for f in figures.figures} == {"actions": 1, "actions_net": 0}


def test_third_party_servers_are_told_apart_by_register(small_copy: Home, computed: Compute) -> None:
    figures, _ = computed(small_copy, metrics=("mcp_server_reports",), by=(("mcp_registration",), ("mcp_server",)))
    by_register = {
        f.dimensions["mcp_registration"]: f.value for f in figures.of("mcp_server_reports", ["mcp_registration"])
    }
    assert by_register == {"registered": 4, "unregistered": 1}
    assert HOSTILE in {f.dimensions["mcp_server"] for f in figures.of("mcp_server_reports", ["mcp_server"])}


def test_hostile_filter_values_are_bound_and_filter_nothing_else(small_copy: Home, computed: Compute) -> None:
    figures, con = computed(small_copy, metrics=("mcp_server_reports",), where={"mcp_server": [HOSTILE]})
    assert figures.figures[0].value == 1
    injected = "x' or 1=1; drop table contributed_user_reports; --"
    figures, con = computed(small_copy, metrics=("mcp_server_reports",), where={"mcp_server": [injected]})
    assert figures.figures[0].value == 0
    assert con.execute("select count(*) from contributed_user_reports").fetchone() == (0,)


@pytest.mark.parametrize("name", ["surfase", "surface) --", "metric", "unit_id", "1=1"])
def test_dimension_that_is_not_declared_never_reaches_sql(small_copy: Home, computed: Compute, name: str) -> None:
    with pytest.raises(UnknownName, match="There are: surface"):
        computed(small_copy, metrics=("actions",), by=((name,),))
    with pytest.raises(UnknownName, match="There are: surface"):
        computed(small_copy, metrics=("actions",), where={name: ["x"]})


def test_figure_is_provisional_until_follow_up_and_feeds_are_complete(small_copy: Home) -> None:
    with open_published(small_copy) as con:
        state, metric = read_state(con, small_copy), read_metrics(con)["appeal_rate"]
    period = parse_period("2026-05")
    final = period.end + timedelta(days=30)
    assert provisional_reason(metric, period, final, state) == ""
    assert "follow-up ends 2026-07-01" in provisional_reason(metric, period, final - timedelta(seconds=1), state)
    days = dict.fromkeys(metric.feeds, final.date() - timedelta(days=1))
    complete = msgspec.structs.replace(state, complete_through=days)
    assert provisional_reason(metric, period, final, complete) == ""
    late = msgspec.structs.replace(state, complete_through={**days, "appeals": final.date() - timedelta(days=2)})
    assert "appeals complete through 2026-06-29, needed 2026-06-30" in provisional_reason(metric, period, final, late)
    unknown = msgspec.structs.replace(state, complete_through={"appeals": days["appeals"]})
    assert "enforcement_actions complete through no day yet" in provisional_reason(metric, period, final, unknown)


def test_as_of_is_never_later_than_the_data_know(small_copy: Home, computed: Compute) -> None:
    assert computed(small_copy, "2026-05", ("appeal_rate",))[0].as_of == datetime(2026, 7, 1, tzinfo=UTC)
    assert computed(small_copy, "2026-06", ("appeal_rate",))[0].as_of == datetime(2026, 7, 10, tzinfo=UTC)


def test_dimension_named_as_a_column_of_the_metrics_keeps_its_own_values(small_copy: Home) -> None:
    with open_published(small_copy) as con:
        state = read_state(con, small_copy)
        metrics = [metric for metric in read_metrics(con).values() if metric.metric == "legal_orders"]
        figures = compute(
            con, metrics, parse_period("2026-05"), state=state, breakdowns={"legal_orders": (Breakdown(("kind",)),)}
        )
        told = con.execute(
            "select distinct kind from contributed_legal_orders where metric = 'legal_orders' order by 1"
        ).fetchall()
    assert sorted(figure.dimensions["kind"] for figure in figures.figures) == [kind for (kind,) in told]
    assert told
