"""Which services report on a period, what the bundle says about the others, and names that are safe as folders."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.core.home import Home
from reports.dsa.filling import write_reports
from reports.dsa.lookup import printed
from reports.dsa.services import days_of, filing_period, folder_name, in_scope, registered
from reports.periods import parse_period
from tests.unit.reports.dsa.hand_figures import Case, ServiceRow, entry, made, registers

EVERY_KIND = [ServiceRow(kind, kind) for kind in ("conduit", "hosting", "online_platform", "vlop", "vlose")]
SMALLER = ["conduit", "hosting", "online_platform"]


def scope(period: str, rows: list[ServiceRow]) -> list[str]:
    with registers(rows) as con:
        return [
            service.dsa_service for service in in_scope(registered(con, parse_period(period)), parse_period(period))
        ]


def bundle_findings(
    tmp_path: Path, rows: list[ServiceRow], cases: list[Case], period: str = "2026"
) -> list[dict[str, Any]]:
    with registers(rows) as con:
        write_reports(tmp_path / "bundle", con, Home.at(tmp_path / "home"), made(cases, period=period), entry())
    return list(json.loads((tmp_path / "bundle" / "dsa" / "findings.json").read_bytes())["findings"])


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2026", SMALLER),
        ("2026-01-01..2026-07-01", ["vlop", "vlose"]),
        ("2026-07-01..2027-01-01", ["vlop", "vlose"]),
        ("2025-07-01..2026-01-01", [*SMALLER, "vlop", "vlose"]),
        ("2026-Q1", [*SMALLER, "vlop", "vlose"]),
    ],
)
def test_very_large_services_report_by_half_year_and_others_by_year(period: str, expected: list[str]) -> None:
    assert scope(period, EVERY_KIND) == expected


def test_only_services_in_force_in_the_period_report_and_as_what_they_were_last() -> None:
    rows = [
        ServiceRow("gone", valid_from="2024-01-01", valid_to="2026-01-01"),
        ServiceRow("later", valid_from="2027-01-01"),
        ServiceRow("grown", "online_platform", valid_from="2024-01-01", valid_to="2026-10-01"),
        ServiceRow("grown", "vlop", valid_from="2026-10-01"),
        ServiceRow("ended", "hosting", valid_to="2026-03-01"),
    ]
    assert scope("2026", rows) == ["ended"]
    assert scope("2026-07-01..2027-01-01", rows) == ["grown"]


def test_a_period_is_told_by_the_days_of_its_zone() -> None:
    period = parse_period("2026", "Europe/Berlin")
    assert days_of(period) == (date(2026, 1, 1), date(2026, 12, 31))
    assert filing_period(period) == "year"
    assert filing_period(parse_period("2028-02-29..2028-03-01")) == "none"


def test_what_concerns_the_whole_bundle_is_told_once(tmp_path: Path) -> None:
    rows = [
        ServiceRow("grown", "hosting", valid_to="2026-10-01"),
        ServiceRow("grown", "online_platform", valid_from="2026-10-01"),
        ServiceRow("odd", "platform"),
        ServiceRow("large", "vlop"),
    ]
    stray = Case("suspensions_imposed", {"service": "nobody", "ground": "illegal_content"})
    withheld = Case("excluded", {"service": "withheld", "subject": "orders", "exclusion": "gagged"})
    told = {(f["finding"], f["severity"], f["service"]) for f in bundle_findings(tmp_path, rows, [stray, withheld])}
    assert told == {
        ("service_changed_kind", "warning", "grown"),
        ("service_without_kind", "blocking", "odd"),
        ("service_not_due", "note", "large"),
        ("service_not_registered", "blocking", "nobody"),
    }


def test_no_register_of_services_is_no_empty_report_in_silence(tmp_path: Path) -> None:
    told = bundle_findings(tmp_path, [], [], period="2026-Q2")
    assert [(f["finding"], f["severity"]) for f in told] == [
        ("not_a_filing_period", "blocking"),
        ("no_service", "blocking"),
    ]


@given(st.text())
def test_a_folder_s_name_is_one_safe_path_step(code: str) -> None:
    name = folder_name(code)
    assert name not in {"", ".", ".."}
    assert len(name) <= 100
    assert not set(name) & set("/\\\0\n:*?<>|")
    assert not name.startswith(".")
    assert name.isascii()


@given(st.sets(st.text(max_size=12), max_size=12))
def test_no_two_services_share_a_folder(codes: set[str]) -> None:
    assert len({folder_name(code) for code in codes}) == len(codes)


@given(st.integers(0, 10**10))
def test_hours_are_the_seconds_to_within_their_rounding_and_in_the_same_order(seconds: int) -> None:
    text = printed(Decimal(seconds), "hours")
    assert abs(Decimal(text) - Decimal(seconds) / 3600) <= Decimal("0.00005")
    assert "e" not in text.lower()
    assert not (text.endswith("0") and "." in text)
    assert Decimal(text) <= Decimal(printed(Decimal(seconds + 1), "hours"))


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [("0", "count", "0"), ("10.0000", "count", "10"), ("5400", "hours", "1.5"), ("36000", "hours", "10"), ("0.9500", "fraction", "0.95"),
     ("1", "fraction", "1"), ("1250", "staff", "12.5"), ("633", "staff", "6.33"), ("1", "hours", "0.0003")],
)  # fmt: skip
def test_figures_are_printed_as_their_cells_want_them(value: str, kind: Any, text: str) -> None:
    assert printed(Decimal(value), kind) == text


def test_a_broken_count_is_refused() -> None:
    with pytest.raises(ValueError, match="not whole"):
        printed(Decimal("1.5"), "count")
