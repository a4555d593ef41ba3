"""Connected components and the names of clusters.

Belongs here: properties that hold for any graph and any history. Not here: which accounts are linked (test_evaluation).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.detection.clusters import components, stable_ids

DAY = date(2026, 5, 2)
NAMES = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=4)
EDGES = st.lists(st.tuples(NAMES, NAMES), max_size=25)


def found(edges: list[tuple[str, str]]) -> set[frozenset[str]]:
    nodes, labels = components([left for left, _ in edges], [right for _, right in edges])
    parts: dict[int, set[str]] = defaultdict(set)
    for node, label in zip(nodes.tolist(), labels.tolist(), strict=True):
        parts[label].add(node)
    return {frozenset(part) for part in parts.values()}


def reached(edges: list[tuple[str, str]]) -> set[frozenset[str]]:
    """By merging sets, one edge after the other."""
    parts: list[set[str]] = []
    for edge in edges:
        touched = [part for part in parts if part & set(edge)]
        parts = [part for part in parts if part not in touched] + [set(edge).union(*touched)]
    return {frozenset(part) for part in parts}


@settings(deadline=None)
@given(EDGES, st.randoms())
def test_components_are_what_hangs_together_in_whatever_order_edges_come(
    edges: list[tuple[str, str]], rng: object
) -> None:
    expected = reached(edges)
    assert found(edges) == expected
    rng.shuffle(edges)  # type: ignore[attr-defined]
    assert found([(right, left) for left, right in edges]) == expected


@settings(deadline=None)
@given(EDGES)
def test_renamed_accounts_hang_together_as_before(edges: list[tuple[str, str]]) -> None:
    def renamed(account: str) -> str:
        return f"{account[::-1]}|{account}"

    expected = {frozenset(map(renamed, part)) for part in found(edges)}
    assert found([(renamed(left), renamed(right)) for left, right in edges]) == expected


def test_ids_that_differ_only_in_case_or_at_their_end_are_different_accounts() -> None:
    edges = [("acct_a", "x"), ("ACCT_A", "y"), ("acct_a\x00", "z"), ("acct_a ", "w")]
    assert found(edges) == {frozenset(edge) for edge in edges}


def test_one_very_long_id_costs_no_more_than_its_own_length() -> None:
    edges = [(f"a{number}", f"b{number}") for number in range(20_000)] + [("a1", "x" * 1_000_000)]
    assert len(found(edges)) == 20_000


def test_numbers_are_labelled_as_numbers() -> None:
    nodes, labels = components(np.array([1, 5], np.uint64), np.array([2**63, 6], np.uint64))
    assert nodes.dtype == np.uint64
    assert nodes.tolist() == [1, 5, 6, 2**63]
    assert labels[0] == labels[3] != labels[1] == labels[2]


def test_without_edges_there_is_nothing() -> None:
    nodes, labels = components([], [])
    assert len(nodes) == len(labels) == 0


GROUPS = st.lists(st.integers(0, 5), min_size=12, max_size=12)


def as_groups(assigned: list[int]) -> list[set[str]]:
    """Twelve accounts in up to five groups; number 0 is in none."""
    return [
        {f"a{account:02}" for account, of_account in enumerate(assigned) if of_account == number}
        for number in sorted({*assigned} - {0})
    ]


def yesterday(assigned: list[int]) -> dict[str, str]:
    return {f"a{account:02}": f"cl_{number}" for account, number in enumerate(assigned) if number}


@given(GROUPS, GROUPS, st.randoms())
def test_names_depend_on_the_accounts_and_not_on_the_order_of_groups(
    before: list[int], now: list[int], rng: object
) -> None:
    groups = as_groups(now)
    names, lineage = stable_ids(groups, yesterday(before), DAY)
    assert len(set(names)) == len(names)
    by_group = {frozenset(group): name for group, name in zip(groups, names, strict=True)}
    rng.shuffle(groups)  # type: ignore[attr-defined]
    again, lineage_again = stable_ids(groups, dict(sorted(yesterday(before).items(), reverse=True)), DAY)
    assert {frozenset(group): name for group, name in zip(groups, again, strict=True)} == by_group
    assert sorted(map(repr, lineage_again)) == sorted(map(repr, lineage))


@given(GROUPS, GROUPS)
def test_a_cluster_keeps_its_name_while_most_of_it_stays_together(before: list[int], now: list[int]) -> None:
    groups = as_groups(now)
    old = as_groups(before)
    names, _ = stable_ids(groups, yesterday(before), DAY)
    given_names = dict(zip(sorted({*before} - {0}), old, strict=True))
    for group, name in zip(groups, names, strict=True):
        for number, members in given_names.items():
            if 2 * len(group & members) > len(members) and 2 * len(group & members) > len(group):
                assert name == f"cl_{number}"


@given(GROUPS, GROUPS)
def test_every_common_account_is_told_in_the_lineage(before: list[int], now: list[int]) -> None:
    groups = as_groups(now)
    previous = yesterday(before)
    names, lineage = stable_ids(groups, previous, DAY)
    told = {(one.cluster_id, one.parent_cluster_id): one.shared_account_count for one in lineage}
    shared: dict[tuple[str, str], int] = {}
    for group, name in zip(groups, names, strict=True):
        for one in group & previous.keys():
            shared[name, previous[one]] = shared.get((name, previous[one]), 0) + 1
    assert told == shared
    assert all((one.relation == "continued") == (one.cluster_id == one.parent_cluster_id) for one in lineage)


def test_the_same_day_and_accounts_give_the_same_new_name() -> None:
    first, _ = stable_ids([{"a", "b"}], {}, DAY)
    assert stable_ids([{"b", "a"}], {}, DAY)[0] == first
    assert stable_ids([{"a", "b"}], {}, date(2026, 5, 3))[0] != first
    assert stable_ids([{"A", "b"}], {}, DAY)[0] != first


def test_a_split_leaves_the_name_with_the_greater_part() -> None:
    previous = dict.fromkeys("abcde", "cl_old")
    names, lineage = stable_ids([{"d", "e"}, {"a", "b", "c"}], previous, DAY)
    assert names[1] == "cl_old" != names[0]
    assert {(one.cluster_id, one.relation) for one in lineage} == {("cl_old", "continued"), (names[0], "split")}


def test_a_merger_goes_on_under_the_name_of_the_greater_part_and_names_the_other() -> None:
    previous = dict.fromkeys("abc", "cl_great") | dict.fromkeys("de", "cl_less")
    names, lineage = stable_ids([set("abcde")], previous, DAY)
    assert names == ["cl_great"]
    assert {(one.parent_cluster_id, one.relation) for one in lineage} == {
        ("cl_great", "continued"),
        ("cl_less", "merged"),
    }


def test_an_account_that_changes_sides_is_no_merger_of_the_sides() -> None:
    previous = dict.fromkeys("abc", "cl_one") | dict.fromkeys("xyz", "cl_two")
    _, lineage = stable_ids([set("ab"), set("cxyz")], previous, DAY)
    (moved,) = [one for one in lineage if one.relation != "continued"]
    assert (moved.cluster_id, moved.parent_cluster_id, moved.relation) == ("cl_two", "cl_one", "split")
