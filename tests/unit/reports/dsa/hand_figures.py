"""Figures of the harmonised report made by hand, from a few made-up cases; a published copy's registers, too.

Synthetic cases and their plain aggregation belong here; what the report says about them does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

from reports.catalogue import CATALOGUE, Entry
from reports.dsa.lookup import key_of
from reports.dsa.texts import INDICATORS, PREVIOUS_PUBLICATION_DATE, PUBLICATION_DATE
from reports.figure_sql import Breakdown
from reports.figures import Figure, Figures
from reports.metrics import Metric
from reports.periods import parse_period
from reports.published import State

LIST = {
    "orders": {
        "orders_to_act": "count",
        "orders_to_act_items": "sum",
        "orders_to_act_receipt_median": "median",
        "orders_to_act_effect_median": "median",
        "orders_to_inform": "count",
        "orders_to_inform_receipt_median": "median",
        "orders_to_inform_effect_median": "median",
    },
    "notices": {
        "notices": "count",
        "notice_items": "sum",
        "notice_action_median": "median",
        "notice_actions_law": "count",
        "notice_actions_terms": "count",
    },
    "measures": {
        "own_initiative_measures": "count",
        "own_initiative_measures_automated_detection": "count",
        "own_initiative_restrictions": "count",
    },
    "complaints": {
        "complaints_submitted": "count",
        "complaints_decided": "count",
        "complaint_decision_median": "median",
        "disputes_submitted": "count",
        "disputes_decided": "count",
        "dispute_decision_median": "median",
        "disputes_implemented_rate": "ratio",
        "restrictions_newly_imposed": "count",
        "suspensions_imposed": "count",
    },
    "automation": {"automated_handling": "count"},
    "moderators": {"moderator_staff": "sum"},
    "recipients": {"average_monthly_recipients": "sum"},
    "exclusions": {"excluded": "count"},
}
_BY_CATEGORY = [["category"], ["category", "keyword"]]
SPLITS = {
    "orders": [[], *_BY_CATEGORY, ["member_state"], *[[*split, "member_state"] for split in _BY_CATEGORY]],
    "notices": [[], *_BY_CATEGORY, ["submitter"], *[[*split, "submitter"] for split in _BY_CATEGORY]],
    "measures": [
        [*ground, *split, *restriction]
        for ground in (["ground"],)
        for split in ([], *_BY_CATEGORY)
        for restriction in ([], ["restriction"])
    ],
    "complaints": [
        [],
        ["ground"],
        ["outcome"],
        ["ground", "outcome"],
        ["ground", "submitter"],
        ["ground", "outcome", "submitter"],
    ],
    "automation": [
        ["subject", "automation"],
        ["subject", "automation", "origin"],
        ["subject", "automation", "language"],
    ],
    "moderators": [["staff", "language"]],
    "recipients": [[], ["member_state"]],
    "exclusions": [["subject"], ["subject", "exclusion"]],
}


class Case(NamedTuple):
    """One contribution: a metric's amount under dimensions; `role` as in contributions."""

    metric: str
    dimensions: dict[str, str]
    amount: int = 1
    role: str = "amount"


class ServiceRow(NamedTuple):
    """A row of the register `services`."""

    dsa_service: str
    kind: str | None = "online_platform"
    name: str | None = "Example Service"
    valid_from: str | None = None
    valid_to: str | None = None


def entry() -> Entry:
    """The report's entry of the catalogue."""
    return CATALOGUE["dsa_harmonised"]


def made(
    cases: Iterable[Case],
    *,
    period: str = "2026",
    without: tuple[str, ...] = (),
    as_of: datetime | None = None,
    is_synthetic: bool = False,
) -> Figures:
    """Figures of cases, by every split that the report reads; `without` leaves metrics out."""
    metrics = {
        name: _metric(part, name, kind)
        for part, names in LIST.items()
        for name, kind in names.items()
        if name not in without
    }
    listed = list(cases)
    span = parse_period(period)
    return Figures(
        period=span,
        as_of=as_of or span.end,
        state=State(7, "run", is_synthetic, None, date(2026, 1, 1), span.end),
        metrics=metrics,
        breakdowns={part: tuple(Breakdown(("service", *split)) for split in splits) for part, splits in SPLITS.items()},
        figures=tuple(
            figure
            for metric in metrics.values()
            for split in SPLITS[metric.part]
            for figure in _figures(metric, ("service", *split), [c for c in listed if c.metric == metric.metric])
        ),
    )


def _metric(part: str, name: str, kind: str) -> Metric:
    return Metric(
        part=part,
        metric=name,
        version=1,
        name=name,
        unit="seconds" if kind == "median" else "count",
        definition="made up",
        date_basis="decided",
        additivity="additive",
        netting="gross",
        precision=0,
        kind=kind,
        relation=f"con_dsa_harmonised__{part}",
        follow_up_seconds=0,
        feeds=(),
        exclusions="",
        effective_from=date(2026, 1, 1),
        approved_by="nobody",
    )


def _figures(metric: Metric, split: tuple[str, ...], cases: list[Case]) -> Iterable[Figure]:
    groups: dict[tuple[str, ...], list[Case]] = {}
    for case in cases:
        groups.setdefault(tuple(case.dimensions.get(name, "none") for name in split), []).append(case)
    for values, group in groups.items():
        dimensions = dict(zip(split, values, strict=True))
        closed = [case.amount for case in group if case.role == "amount"]
        value = _value(metric.kind, closed)
        yield Figure(
            figure_key=key_of(metric.part, metric.metric, dimensions),
            part=metric.part,
            metric=metric.metric,
            metric_version=1,
            dimensions=dimensions,
            value=value,
            numerator=None,
            denominator=None,
            open_count=sum(1 for case in group if case.role == "open"),
            row_count=len(closed),
            unit=metric.unit,
            null_reason=None if value is not None else "no closed item",
            is_provisional=False,
            provisional_reason="",
        )


def _value(kind: str, amounts: list[int]) -> Decimal | None:
    if kind in {"count", "sum"}:
        return Decimal(sum(amounts))
    if kind == "ratio":
        return Decimal(sum(amounts)) / Decimal(len(amounts)) if amounts else None
    return Decimal(sorted(amounts)[(len(amounts) - 1) // 2]) if amounts else None


def registers(
    services: Iterable[ServiceRow] = (ServiceRow("example"),), policies: Iterable[tuple[str, str, str | None]] = ()
) -> duckdb.DuckDBPyConnection:
    """A connection that holds the two registers that filling reads."""
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    con.execute("create schema marts")
    con.execute(
        "create table marts.dim_services (dsa_service varchar, name varchar, kind varchar, valid_from timestamptz, "
        "valid_to timestamptz, _batch_id bigint, _file_id bigint, _line_no bigint)"
    )
    con.execute(
        "create table marts.dim_policies (policy_code varchar, name varchar, dsa_category varchar, dsa_keyword varchar, "
        "valid_from timestamptz, valid_to timestamptz)"
    )
    for number, row in enumerate(services, start=1):
        values = [row.dsa_service, row.name, row.kind, row.valid_from, row.valid_to, number]
        con.execute("insert into marts.dim_services values (?, ?, ?, ?, ?, 1, 1, ?)", values)
    for name, category, keyword in policies:
        con.execute("insert into marts.dim_policies values (?, ?, ?, ?, null, null)", [name, name, category, keyword])
    return con


def write_text(folder: Path, indicator: str, body: str = "Synthetic text for a test.", **head: object) -> Path:
    """An approved text; `head` overrides its front matter, None leaves a field out."""
    front: Mapping[str, object] = {
        "indicator": indicator,
        "service": "all",
        "version": 1,
        "owner": "team_syn",
        "approved_by": "approver_syn",
        "approved_on": "2025-01-02",
        "valid_from": "2025-01-01",
        **head,
    }
    lines = [f"{name}: {json.dumps(value)}" for name, value in front.items() if value is not None]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{indicator}.{front['service']}.v{front['version']}.md".replace("/", "_")
    dated = "\n".join(lines).replace('"2025-01-01"', "2025-01-01").replace('"2025-01-02"', "2025-01-02")
    path.write_text(f"---\n{dated}\n---\n{body}\n", encoding="utf-8")
    return path


def write_texts(folder: Path) -> None:
    """An approved text for every indicator but the two dates."""
    for indicator in INDICATORS:
        if indicator not in {PUBLICATION_DATE, PREVIOUS_PUBLICATION_DATE}:
            write_text(folder, indicator, f"Synthetic text about {indicator}.")
