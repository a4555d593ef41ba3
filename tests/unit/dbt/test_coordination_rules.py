"""The registered rules of coordination: the ones that the models are rendered with, and what the statement asks of them.

Belongs here: what the seed and the macro say. Not here: what the models make of it (dbt unit tests, tests/integration).
"""

import csv
import json
import re
from datetime import date

import pytest

from assets.transform.project import project_dir

PROJECT = project_dir()
NUMBERS = ("window_seconds", "min_participation", "cap", "most_accounts")
DAY = 86_400


def _rendered() -> dict[str, dict[str, int]]:
    text = (PROJECT / "macros" / "coordination_rules.sql").read_text()
    literal = re.search(r"return\((\{.*?\})\) \}\}", text, re.DOTALL)
    assert literal is not None
    rules: dict[str, dict[str, int]] = json.loads(literal.group(1))
    return rules


def _registered() -> dict[str, dict[str, str]]:
    with (PROJECT / "seeds" / "coordination_rules.csv").open(newline="") as rows:
        return {row["behaviour"]: row for row in csv.DictReader(rows)}


RENDERED = _rendered()


def test_the_models_are_rendered_with_the_registered_numbers() -> None:
    registered = {
        behaviour: {name: int(row[name]) for name in NUMBERS if row[name]} for behaviour, row in _registered().items()
    }
    assert registered == RENDERED


@pytest.mark.parametrize("behaviour", sorted(RENDERED))
def test_no_bucket_of_time_straddles_midnight(behaviour: str) -> None:
    assert DAY % RENDERED[behaviour]["window_seconds"] == 0


@pytest.mark.parametrize("behaviour", sorted(RENDERED))
def test_everybody_takes_part_so_that_pairs_do_not_depend_on_the_days_a_run_looks_at(behaviour: str) -> None:
    assert RENDERED[behaviour]["min_participation"] == 1


def test_the_cap_lets_in_every_account_of_a_template_that_is_not_public() -> None:
    assert RENDERED["template"]["cap"] >= RENDERED["template"]["most_accounts"]


def test_every_rule_says_whose_it_is_and_on_what_it_was_set() -> None:
    for row in _registered().values():
        assert date.fromisoformat(row["calibrated_on"])
        assert int(row["version"]) >= 1
        for name in ("owner", "meaning", "account", "object", "calibration_source", "approved_by"):
            assert row[name], name
