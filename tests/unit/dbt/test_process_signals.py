"""The registered limits of the signals on our own processes: whole, dated, and the ones that the models use.

Belongs here: what the seed and the macros say. Not here: what the models make of it (dbt unit tests, tests/integration).
"""

import csv
import re
from datetime import date

import pytest

from assets.transform.project import project_dir

PROJECT = project_dir()
SEED = PROJECT / "seeds" / "process_signal_limits.csv"
LITERALS = {
    "burst_seconds": ("reporter_brigade", "burst_seconds"),
    "surround_seconds": ("reporter_brigade", "surround_seconds"),
    "tight_seconds": ("reporter_brigade", "tight_seconds"),
    "null_days": ("reporter_brigade", "null_days"),
    "horizon_days": ("reporter_brigade", "horizon_days"),
    "sender_window_days": ("sender_spam", "window_days"),
    "baseline_days": ("vendor_drift", "baseline_days"),
    "lag_days": ("vendor_drift", "lag_days"),
}


def _limits() -> dict[tuple[str, str], dict[str, str]]:
    with SEED.open() as rows:
        return {(row["signal_id"], row["parameter"]): row for row in csv.DictReader(rows)}


@pytest.mark.parametrize("macro", sorted(LITERALS))
def test_a_window_in_a_model_is_the_one_that_is_registered(macro: str) -> None:
    texts = "\n".join(path.read_text() for path in (PROJECT / "macros").glob("*_windows.sql"))
    literal = re.search(rf"macro {macro}\(\) -%}}(\d+)", texts)
    assert literal is not None
    assert literal.group(1) == _limits()[LITERALS[macro]]["limit_value"]


def test_a_limit_that_a_model_asks_for_is_registered() -> None:
    registered = set(_limits())
    asked = set()
    for path in (PROJECT / "models").rglob("*.sql"):
        for signal, names in re.findall(r"signal_limits\('(\w+)', 1, \[(.*?)\]\)", path.read_text(), re.DOTALL):
            asked |= {(signal, name) for name in re.findall(r"'(\w+)'", names)}
    assert asked
    assert asked <= registered
    assert registered - asked == set(LITERALS.values())


def test_every_limit_says_when_and_on_what_it_was_set() -> None:
    for row in _limits().values():
        assert date.fromisoformat(row["calibrated_on"])
        assert row["meaning"]
        assert row["calibration_window"]
        assert row["calibration_source"]
        assert row["approved_by"]
