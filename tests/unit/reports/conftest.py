"""Fixtures: a published copy with a little of everything, and a way to compute on any copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.figure_sql import Breakdown
from reports.figures import Figures, compute
from reports.metrics import choose_metrics, read_metrics
from reports.periods import parse_period
from reports.published import read_state
from reports.strata import with_digests
from tests.unit.reports.published_copy import build_copy

MAY = datetime(2026, 5, 1, tzinfo=UTC)
HOSTILE = '=HYPERLINK("http://evil.example","x")<script>alert(1)</script>&\';--'

Compute = Callable[..., tuple[Figures, duckdb.DuckDBPyConnection]]


def small_facts() -> dict[str, list[dict[str, Any]]]:
    """May 2026: forty actions, eight appeals, twenty reports (one open, one hostile), orders and notices."""
    actions = [
        {
            "action_id": f"act-{n}",
            "decided_at": MAY + timedelta(hours=17 * n),
            "account_id": f"acc-{n % 13}",
            "surface": ("api", "chat", "code")[n % 3],
            "policy_code": ("fraud", "spam")[n % 2],
            "action": "account_termination" if n % 4 == 0 else "warning",
            "source": "user_report",
            "automated_decision": ("fully", "none")[n % 2],
            "severity": 1 + n % 4,
            "ground": "terms",
            "is_terminal": n % 4 == 0,
        }
        for n in range(40)
    ]
    appeals = [
        {
            "appeal_id": f"app-{n}",
            "action_id": f"act-{n}",
            "submitted_at": MAY + timedelta(hours=17 * n, days=1),
            "decided_at": MAY + timedelta(hours=17 * n, days=4),
            "channel": "internal",
            "outcome": "reversed" if n % 2 else "upheld",
        }
        for n in range(8)
    ]
    reports = [
        {
            "report_id": f"rep-{n}",
            "submitted_at": MAY + timedelta(hours=n),
            "decided_at": None if n == 3 else MAY + timedelta(hours=n, seconds=60 * (n + 1)),
            "surface": "chat",
            "target_kind": "mcp_server" if n % 4 == 0 else "artifact",
            "reason_code": "spam",
            "reporter_kind": "user",
            "mcp_server": HOSTILE if n == 0 else "acme-files" if n % 4 == 0 else None,
            "is_mcp_server_registered": n > 0 if n % 4 == 0 else None,
        }
        for n in range(20)
    ]
    orders = [
        {
            "order_id": "ord-1",
            "received_at": MAY,
            "kind": "provide_information",
            "issuing_country": "DE",
            "item_count": 3,
        }
    ]
    notices = [
        {"notice_id": f"not-{n}", "received_at": MAY, "kind": kind, "target_count": 2}
        for n, kind in enumerate(["takedown", "takedown", "counter_notice", "retraction"])
    ]
    return {
        "fct_enforcement_actions": actions,
        "fct_appeals": appeals,
        "fct_user_reports": reports,
        "fct_legal_orders": orders,
        "fct_copyright_notices": notices,
        "dim_actions": [{"action": "warning", "name": "Warning"}, {"action": "label", "name": "Label"}],
        "dim_mcp_servers": [{"server_name": "acme-files"}],
    }


@pytest.fixture
def small_copy(home: Home) -> Home:
    """A home whose published copy holds small_facts()."""
    build_copy(home, small_facts())
    return home


@pytest.fixture
def computed() -> Iterator[Compute]:
    """Computes figures on a home's copy, with digests; the connections stay open until the test ends."""
    with ExitStack() as stack:

        def run(
            home: Home,
            period: str = "2026-05",
            metrics: tuple[str, ...] = (),
            by: tuple[tuple[str, ...], ...] = (),
            zone: str = "UTC",
            **more: Any,
        ) -> tuple[Figures, duckdb.DuckDBPyConnection]:
            con = stack.enter_context(open_published(home))
            chosen = choose_metrics(read_metrics(con), metrics)
            splits = (Breakdown(), *[Breakdown(dimensions) for dimensions in by])
            figures = compute(
                con,
                chosen,
                parse_period(period, zone),
                state=read_state(con, home),
                breakdowns={metric.part: splits for metric in chosen},
                **more,
            )
            return with_digests(con, figures), con

        yield run


@pytest.fixture(scope="session")
def folder_of_homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests that try many examples put a home each."""
    return tmp_path_factory.mktemp("homes")
