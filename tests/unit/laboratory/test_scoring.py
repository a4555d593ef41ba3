"""What the laboratory says of queues made by hand."""

from datetime import UTC, date, datetime

import pytest

from tests.laboratory.baselines import by_chance, oracle
from tests.laboratory.scoring import Truth, Unit, score, within

DAY = date(2026, 6, 10)
NEXT = date(2026, 6, 11)
HONEST = tuple(f"honest{n:03d}" for n in range(390))
RING = tuple(f"ring{n}" for n in range(8))
TRUTH = Truth(
    family={
        **dict.fromkeys(HONEST, "ordinary"),
        **dict.fromkeys(RING, "hydra_ring"),
        "w": "whale",
        "old": "already_banned",
    },
    bad=frozenset((*RING, "w", "old")),
    actor=dict.fromkeys(RING, "actor_1"),
    first_bad={**dict.fromkeys(RING, datetime(2026, 6, 9, tzinfo=UTC)), "w": datetime(2026, 6, 10, 12, tzinfo=UTC)},
    requests={**dict.fromkeys(RING, 10), "w": 920},
)


def unit(*accounts: str) -> Unit:
    return Unit("+".join(accounts)[:40], "cluster" if len(accounts) > 1 else "account", accounts)


def test_a_budget_is_one_account_in_a_hundred() -> None:
    assert score({DAY: []}, TRUTH).budget == 4


def test_a_unit_half_of_which_is_bad_catches_and_one_below_half_does_not() -> None:
    half = unit("ring0", "ring1", "honest000", "honest001")
    below = unit("ring0", "honest000", "honest001")
    assert score({DAY: [half]}, TRUTH).recall == pytest.approx(2 / 9)
    assert score({DAY: [below]}, TRUTH).recall == 0.0


def test_what_lies_behind_the_budget_is_not_caught() -> None:
    units = [*(unit(name) for name in HONEST[:4]), unit(*RING)]
    scored = score({DAY: units}, TRUTH)
    assert (scored.recall, scored.precision, scored.published, scored.reviewed) == (0.0, 0.0, 5, 4)


def test_a_unit_costs_as_many_reviews_as_accounts_under_the_stricter_reading() -> None:
    units = [unit("w"), unit("ring0", "ring1"), unit(*RING[2:])]
    scored = score({DAY: units}, TRUTH)
    assert scored.recall == 1.0
    assert scored.strict_recall == pytest.approx(3 / 9)
    assert within(units, 4, per_account=True) == units[:2]


def test_accounts_that_were_banned_already_count_for_no_recall_but_make_no_false_alarm() -> None:
    scored = score({DAY: [unit("old", "w")]}, TRUTH)
    assert (scored.bad, scored.recall, scored.precision) == (9, pytest.approx(1 / 9), 1.0)
    assert all(family.hits == 0 for family in scored.false_alarms)


def test_recall_is_weighted_by_requests() -> None:
    assert score({DAY: [unit("w")]}, TRUTH).weighted_recall == pytest.approx(0.92)


def test_the_worst_family_comes_first() -> None:
    scored = score({DAY: [unit(*RING)]}, TRUTH)
    assert [(family.family, family.share) for family in scored.families] == [("whale", 0.0), ("hydra_ring", 1.0)]


def test_honest_accounts_in_a_unit_that_catches_are_false_alarms_too() -> None:
    scored = score({DAY: [unit(*RING, "honest000")]}, TRUTH)
    assert (scored.false_alarms[0].family, scored.false_alarms[0].hits, scored.false_alarms[0].count) == (
        "ordinary",
        1,
        390,
    )
    assert scored.precision == 1.0
    assert scored.account_precision == pytest.approx(8 / 9)


def test_clusters_are_compared_with_actors() -> None:
    split = score({DAY: [unit(*RING[:4]), unit(*RING[4:])]}, TRUTH)
    assert split.b_cubed is not None
    assert (split.b_cubed.precision, split.b_cubed.recall) == (1.0, 0.5)
    whole = score({DAY: [unit(*RING)]}, TRUTH)
    assert whole.b_cubed == (1.0, 1.0, 1.0)
    assert whole.ari == 1.0


def test_delay_runs_from_the_first_bad_request_to_the_end_of_the_day_that_first_catches() -> None:
    queues = {DAY: [unit(*RING)], NEXT: [unit(*RING), unit("w")]}
    scored = score(queues, TRUTH)
    assert scored.days_to_detection == 2.0
    assert score({DAY: [], NEXT: [unit("w")]}, TRUTH).days_to_detection == 1.5
    assert score({DAY: [], NEXT: [unit("w")]}, TRUTH).days_to_detection_all == float("inf")


def test_an_empty_queue_has_no_precision_and_no_recall() -> None:
    scored = score({}, TRUTH)
    assert (scored.precision, scored.recall, scored.published, scored.b_cubed) == (None, 0.0, 0, None)


def test_the_oracle_scores_one_and_chance_next_to_nothing() -> None:
    best, worst = score({DAY: oracle(TRUTH)}, TRUTH), score({DAY: by_chance(TRUTH, 1)}, TRUTH)
    assert (best.recall, best.precision, best.weighted_recall) == (1.0, 1.0, 1.0)
    assert (worst.recall or 0.0) < 0.3


def test_a_world_without_bad_accounts_counts_units_per_ten_thousand_accounts() -> None:
    clean = Truth(dict.fromkeys(HONEST, "ordinary"), frozenset(), {}, {}, {})
    scored = score({DAY: [unit("honest000", "honest001")]}, clean)
    assert scored.recall is None
    assert scored.clusters_per_10000 == pytest.approx(10_000 / 390)
