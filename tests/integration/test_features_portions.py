"""Much work is done in portions of whole days: the same rows, whatever a portion holds, when all is made anew and when days are.

Belongs here: portions. Not here: what the features mean (test_features_line).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.dbt_warehouse import Warehouse, build, make_warehouse, parse, pin
from tests.integration.test_features_line import KEPT

pytestmark = pytest.mark.slow

MODELS = ("--select", *(f"+{name}" for name in (*KEPT, "fct_account_days", "fct_account_windows")))
WITHOUT = ("--exclude", "raw", "resource_type:test")
TABLES = (
    *(f"intermediate.{name}" for name in KEPT),
    "current.marts.fct_account_days",
    "current.marts.fct_account_windows",
)


def deliver(warehouse: Warehouse, batch: int, rows: int) -> None:
    """Requests of four accounts over forty days, many of them around midnight; a clock ahead and one behind."""
    with warehouse.connect() as connection:
        connection.execute(
            f"""
            insert into raw.model_requests (
                request_id, requested_at, account_id, surface, model, ip_hash, template_hash, prompt_hash, prompt_simhash,
                input_tokens, output_tokens, status_code, task_category, policy_scores, tools, _batch_id, _file_id, _line_no
            )
            select '{batch}-' || i,
                case i when 0 then timestamptz '9999-12-31 23:59:59.999999+00' when 1 then timestamptz '1969-12-31 23:30:00+00'
                else timestamptz '2026-03-01 23:30:00+00' + to_seconds(hash(i) % 3456000) end,
                'a' || i % 4, 'api', 'm' || i % 2, md5('i' || i % 9), md5('t' || i % 5), md5('p' || i % 70), left(md5('s' || i), 16),
                1, 1, 200, 'coding', case when i % 2 = 0 then '{{"cyber":0.7}}' end, case when i % 3 = 0 then ['mcp:notes'] end,
                {batch}, {batch}, i
            from range({rows}) as made(i)
            """
        )


def rows_of(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Every daily table and both marts, sorted."""
    return {table: warehouse.query(f"from {table} order by all") for table in TABLES}


def test_portions_of_days_give_the_rows_of_one_piece(tmp_path: Path) -> None:
    whole, portioned = make_warehouse(tmp_path / "whole"), make_warehouse(tmp_path / "portioned")
    parsed = {warehouse.root: parse(warehouse) for warehouse in (whole, portioned)}
    small = ("--vars", "{portion_requests: 30}")
    for warehouse, chosen in ((whole, ()), (portioned, small)):
        deliver(warehouse, 1, 400)
        pin(warehouse, watermark=1, built_through=0)
        build(warehouse, parsed[warehouse.root], *MODELS, *WITHOUT, *chosen)
    assert rows_of(portioned) == rows_of(whole)
    # and days in portions beside days that stay
    deliver(portioned, 2, 60)
    pin(portioned, watermark=2, built_through=1)
    build(portioned, parsed[portioned.root], *MODELS, *WITHOUT, *small)
    deliver(whole, 2, 60)
    pin(whole, watermark=2, built_through=0)
    build(whole, parsed[whole.root], *MODELS, *WITHOUT)
    assert rows_of(portioned) == rows_of(whole)
