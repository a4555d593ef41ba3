"""The laboratory's statistics against published worked examples."""

import pytest

from tests.laboratory.statistics import adjusted_rand, b_cubed, wilson


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_bounds_equal_newcombes_printed_table(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_nothing_could_be_anything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("found", "precision"),
    [("111112222222", 0.76), ("111112211111", 0.58)],
)
def test_b_cubed_equals_the_two_answers_of_bagga_and_baldwin(found: str, precision: float) -> None:
    scores = b_cubed(
        dict(zip("123456789abc", found, strict=True)), dict(zip("123456789abc", "xxxxxyyzzzzz", strict=True))
    )
    assert scores.precision == pytest.approx(precision, abs=5e-3)
    assert scores.recall == 1.0


def test_b_cubed_recall_falls_when_a_group_is_split() -> None:
    scores = b_cubed({"a": 1, "b": 1, "c": 2, "d": 2}, dict.fromkeys("abcd", "x"))
    assert (scores.precision, scores.recall) == (1.0, 0.5)
    assert scores.f1 == pytest.approx(2 / 3)


def test_b_cubed_of_the_truth_itself_is_one() -> None:
    labels = {"a": 1, "b": 1, "c": 2}
    assert b_cubed(labels, labels) == (1.0, 1.0, 1.0)


def test_adjusted_rand_equals_the_worked_example_of_yeung_and_ruzzo() -> None:
    table = [[1, 1, 0], [1, 2, 1], [0, 0, 4]]
    found, true = {}, {}
    for row, counts in enumerate(table):
        for column, count in enumerate(counts):
            for n in range(count):
                found[f"{row}{column}{n}"], true[f"{row}{column}{n}"] = row, column
    assert adjusted_rand(found, true) == pytest.approx(0.313, abs=5e-4)


def test_adjusted_rand_of_one_group_for_all_is_nought() -> None:
    assert adjusted_rand({"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 2}) == pytest.approx(0.0)


def test_groupings_under_other_names_are_the_same_grouping() -> None:
    assert adjusted_rand({"a": "p", "b": "p", "c": "q"}, {"a": 9, "b": 9, "c": 1}) == 1.0
