"""Changes of a landing zone keep what they promise to keep."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from assets.ingestion.sample import write
from orchestration.core.home import Home
from tests.laboratory import metamorphic
from tests.laboratory.deliveries import every

END = date(2026, 6, 30)


@pytest.fixture
def landed(tmp_path: Path) -> Home:
    home = Home.at(tmp_path)
    write(home, days=3, accounts=40, seed=5, world_name="dense")
    return home


def lines(home: Home, feed: str = "") -> Counter[str]:
    rows = [row for each in every(home) if feed in {"", each.feed} for row in each.rows]
    return Counter(row.strip().decode() if isinstance(row, bytes) else repr(row) for row in rows)


@pytest.mark.parametrize("name", sorted(metamorphic.CHANGES))
def test_every_change_changes_bytes(landed: Home, name: str) -> None:
    before = metamorphic.landing_digest(landed)
    metamorphic.CHANGES[name](landed)
    assert metamorphic.landing_digest(landed) != before


@pytest.mark.parametrize("name", ["shuffled rows", "late lines", "days in two files"])
def test_order_delay_and_cutting_lose_and_add_no_line(landed: Home, name: str) -> None:
    before = lines(landed)
    metamorphic.CHANGES[name](landed)
    assert lines(landed) == before


def test_repeating_adds_only_lines_that_are_there(landed: Home) -> None:
    before = lines(landed)
    metamorphic.repeat(landed)
    after = lines(landed)
    assert after.keys() == before.keys()
    assert after.total() > before.total()


def test_renaming_is_the_same_everywhere_and_keeps_the_shape(landed: Home) -> None:
    before = lines(landed)
    accounts = {
        json.loads(line)["account_id"]
        for line in lines(landed, "accounts")
        if line.startswith("{") and line.endswith("}")
    }
    metamorphic.rename(landed)
    after = lines(landed)
    assert after == Counter({metamorphic.renamed_id(line.encode()).decode(): count for line, count in before.items()})
    assert not any(account in line for line in after for account in accounts if account.startswith("acct_syn_"))
    assert metamorphic.renamed_id(b"acct_syn_0123456789abcdef").startswith(b"acct_syn_")


def test_cutting_leaves_nothing_that_happened_later(landed: Home) -> None:
    metamorphic.cut(landed, date(2026, 6, 29))
    days = {
        line.split('"requested_at":"')[1][:10] for line in lines(landed, "model_requests") if '"requested_at":"' in line
    }
    assert max(days) == "2026-06-29"
    assert not lines(landed, "control_totals")


def test_two_queues_differ_by_what_is_missing_and_what_is_too_much() -> None:
    one = Counter({("2026-06-30", "account", frozenset({"acct_syn_0123456789abcdef"}), "1", "a"): 1})
    other = Counter({("2026-06-30", "account", frozenset({"acct_syn_0123456789abcdef"}), "2", "a"): 2})
    assert metamorphic.difference(one, one) == (0, 0)
    assert metamorphic.difference(one, other) == (1, 2)
    assert metamorphic.renamed_lines(one) != one
