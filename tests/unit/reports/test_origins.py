"""Following a published column upstream."""

from __future__ import annotations

from typing import Any

import pytest

from reports import origins


def model(columns: dict[str, tuple[str, list[str]]], rows: list[str] | None = None) -> dict[str, Any]:
    told = {
        name: {"type": "string", "description": "", "how": how, "from": found} for name, (how, found) in columns.items()
    }
    return {"columns": told, "rows_from": rows or []}


MODELS: dict[str, Any] = {
    "current.reporting.rpt_r__p": model(
        {"value": ("aggregation", ["current.contributions.con_r__p.role", "current.contributions.con_r__p.amount"])}
    ),
    "current.contributions.con_r__p": model(
        {
            "role": ("constant", []),
            "amount": ("identity", ["current.marts.fct_a.seconds"]),
        },
        ["current.marts.fct_a.kind"],
    ),
    "current.marts.fct_a": model(
        {
            "seconds": ("transformation", ["warehouse.raw.actions.began_at", "warehouse.raw.actions.ended_at"]),
            "kind": ("identity", ["warehouse.raw.actions.kind"]),
            "loose": ("constant", []),
        }
    ),
}
VALUE = "current.reporting.rpt_r__p.value"


@pytest.mark.parametrize("name", ["reporting.rpt_r__p.value", VALUE, " reporting.rpt_r__p.value "])
def test_a_column_is_named_with_or_without_its_catalog(name: str) -> None:
    assert origins.find_column(MODELS, name) == VALUE


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("reporting.rpt_r__p.vlaue", "it has value"),
        ("rpt_r__p.value", "is it one of reporting.rpt_r__p"),
        ("value", "named schema.model.column"),
        ("", "named schema.model.column"),
        ("reporting.other.x'; drop table y", "named schema.model.column"),
    ],
)
def test_an_unknown_column_is_told_what_there_is(name: str, told: str) -> None:
    with pytest.raises(origins.UnknownColumn, match=told):
        origins.find_column(MODELS, name)


def test_a_copy_without_lineage_says_how_to_get_one() -> None:
    with pytest.raises(origins.UnknownColumn, match="rapporteur rebuild"):
        origins.find_column({"current.reporting.rpt_r__p": {"sql": "select 1"}}, "reporting.rpt_r__p.value")


def test_a_figure_leads_to_the_columns_of_its_feed_also_through_a_constant() -> None:
    assert origins.leaves(MODELS, VALUE) == [
        "warehouse.raw.actions.began_at",
        "warehouse.raw.actions.ended_at",
        "warehouse.raw.actions.kind",
    ]
    assert origins.parents(MODELS, "current.contributions.con_r__p.role") == ("rows", ["current.marts.fct_a.kind"])
    assert origins.parents(MODELS, "current.marts.fct_a.loose") == ("constant", [])


def test_feeds_leave_out_a_runs_own_notes() -> None:
    columns = [
        "warehouse.raw.pins.as_of",
        "warehouse.raw.b.x",
        "warehouse.raw.a.y",
        "warehouse.raw.a.z",
        "current.ops.files.f",
    ]
    assert origins.feeds_of(columns) == ["a", "b"]


def test_the_tree_tells_each_column_once() -> None:
    twice = {**MODELS, "current.marts.top": model({"x": ("transformation", [VALUE, "current.marts.fct_a.seconds"])})}
    told = list(origins.lines(origins.tree(twice, "current.marts.top.x")))
    assert told[0] == "current.marts.top.x  (transformation)"
    assert "      current.marts.fct_a.seconds  (transformation)" in told
    assert told[-1] == "  current.marts.fct_a.seconds  (transformation, see above)"
    assert sum("began_at" in line for line in told) == 1


def test_a_circle_ends() -> None:
    circle = {"a.b.c": model({"x": ("identity", ["a.b.c.x"])})}
    assert origins.leaves(circle, "a.b.c.x") == []
    assert len(list(origins.lines(origins.tree(circle, "a.b.c.x")))) == 2
