"""One account with very many requests: its features are right, and it costs no more than as many requests of many accounts.

Belongs here: size. Not here: what the features mean (test_features_line).
"""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.integration.dbt_warehouse import Warehouse, build, make_warehouse, parse, pin

pytestmark = pytest.mark.slow

ROWS = 300_000
MODELS = ("--select", "+fct_account_days", "+fct_account_windows", "--exclude", "raw", "resource_type:test")


def requests_of(warehouse: Warehouse, accounts: int) -> None:
    """Fill `raw.model_requests`: ROWS requests of one day over so many accounts, each with a prompt of its own."""
    with warehouse.connect() as connection:
        connection.execute(
            f"""
            insert into raw.model_requests (
                request_id, requested_at, account_id, surface, model, ip_hash, device_hash, template_hash, prompt_hash,
                prompt_simhash, input_tokens, output_tokens, status_code, policy_scores, tools, _batch_id, _file_id, _line_no
            )
            select 'r' || i, timestamptz '2026-03-01 00:00:00+00' + to_microseconds(i * 200000), 'a' || i % {accounts}, 'api', 'm',
                md5('i' || i % 5000), 'd' || i % 7, md5('t' || i % 400), md5('p' || i), left(md5('s' || i), 16), 1, 1, 200,
                case when i % 2 = 0 then '{{"cyber":0.7}}' end, case when i % 3 = 0 then ['mcp:notes'] end, 1, 1, i
            from range({ROWS}) as made(i)
            """
        )
    pin(warehouse, watermark=1, built_through=0)


def cpu_of_build(root: Path, accounts: int) -> tuple[Warehouse, float]:
    """Build the features of such a day; CPU-seconds of this process."""
    warehouse = make_warehouse(root)
    requests_of(warehouse, accounts)
    parsed = parse(warehouse)
    before = resource.getrusage(resource.RUSAGE_SELF)
    build(warehouse, parsed, *MODELS)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return warehouse, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_one_account_with_very_many_requests_costs_what_many_accounts_cost(tmp_path: Path) -> None:
    _, many = cpu_of_build(tmp_path / "many", 20_000)
    hot, one = cpu_of_build(tmp_path / "one", 1)
    rows = hot.query(
        "select request_count, burst_count, address_count, template_count, prompt_count, high_score_count, mcp_request_count "
        "from current.marts.fct_account_days"
    )
    # five requests a second: 18,000 in 60 minutes
    assert rows == [(ROWS, 18_000, 5_000, 400, ROWS, ROWS // 2, ROWS // 3)]
    assert one < 2 * many + 5
