"""The list of changes names every figure that differs, and the printed cells that show it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.filing.correction import changes_csv, find_changes

Row = tuple[str, str | None, str]


def bundle(folder: Path, rows: list[Row], cells: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    columns = {
        "figure_key": pa.array([row[0] for row in rows], pa.string()),
        "value": pa.array([None if row[1] is None else Decimal(row[1]) for row in rows], pa.decimal128(18, 4)),
        "digest": pa.array([row[2] for row in rows], pa.string()),
    }
    pq.write_table(pa.table(columns), folder / "figures.parquet")
    if cells:
        (folder / "dsa" / "syn_service").mkdir(parents=True, exist_ok=True)
        (folder / "dsa" / "syn_service" / "cells.csv").write_text(cells)
    return folder


def test_every_kind_of_change_is_told_apart(tmp_path: Path) -> None:
    before = bundle(
        tmp_path / "a",
        [("same", "1", "d"), ("value", "0.2500", "d"), ("rows", "3", "d"), ("gone", "4", "d"), ("none", None, "")],
    )
    after = bundle(
        tmp_path / "b",
        [("same", "1.0000", "d"), ("value", "1200", "e"), ("rows", "3", "e"), ("new", "5", "d"), ("none", None, "")],
    )
    changes = [(c.figure_key, c.change, c.before, c.after) for c in find_changes(before, after)]
    assert changes == [
        ("gone", "gone", "4", ""),
        ("new", "new", "", "5"),
        ("rows", "rows", "3", "3"),
        ("value", "value", "0.25", "1200"),
    ]


def test_changed_cells_of_the_harmonised_report_are_named(tmp_path: Path) -> None:
    cells = "part,row,column,figure_key,value\r\n3_orders,12,Number of orders,orders/orders_to_act,7\r\n"
    before = bundle(tmp_path / "a", [("orders/orders_to_act", "7", "d")], cells)
    after = bundle(tmp_path / "b", [("orders/orders_to_act", "8", "e")], cells)
    (change,) = find_changes(before, after)
    assert change.cells == ("syn_service/3_orders 12 Number of orders",)
    assert b"syn_service/3_orders 12 Number of orders" in changes_csv([change])


figures = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.tuples(st.sampled_from([None, "0", "1", "2.5"]), st.sampled_from(["d", "e"])),
    max_size=3,
)


@settings(max_examples=40, deadline=None)
@given(old=figures, new=figures)
def test_changes_are_exactly_the_figures_that_differ(
    old: dict[str, tuple[str | None, str]], new: dict[str, tuple[str | None, str]]
) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        before = bundle(Path(folder) / "a", [(key, *value) for key, value in old.items()])
        after = bundle(Path(folder) / "b", [(key, *value) for key, value in new.items()])
        found = {change.figure_key for change in find_changes(before, after)}
    assert found == {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
