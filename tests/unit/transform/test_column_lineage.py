"""Column lineage read out of one query."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.transform.column_lineage import Unreadable, read_lineage


def origins(sql: str, **arguments: object) -> dict[str, tuple[str, ...]]:
    lineage = read_lineage(sql, **arguments)  # type: ignore[arg-type]
    return {name: origin.columns for name, origin in lineage.columns.items()}


def test_a_column_is_followed_through_named_queries_and_joins() -> None:
    sql = """
        with acts as (select a.id, a.code as policy from lake.raw.actions as a where a.batch <= 3)
        select acts.id, p.name as policy_name from acts left join lake.raw.policies as p on acts.policy = p.code
    """
    assert origins(sql) == {"id": ("lake.raw.actions.id",), "policy_name": ("lake.raw.policies.name",)}
    assert read_lineage(sql).rows == ("lake.raw.actions.batch", "lake.raw.actions.code", "lake.raw.policies.code")


def test_it_is_told_whether_a_value_is_handed_on_changed_or_summed_up() -> None:
    sql = "select t.a, upper(t.b) as b, sum(t.c) as c, 'x' as d, cast(t.a as bigint) as e from r.s.t as t group by t.a, t.b"
    how = {name: origin.how for name, origin in read_lineage(sql).columns.items()}
    assert how == {"a": "identity", "b": "transformation", "c": "aggregation", "d": "constant", "e": "transformation"}


def test_what_was_summed_up_below_stays_so_above() -> None:
    sql = "select total from (select sum(x) as total from r.s.t)"
    assert read_lineage(sql).columns["total"].how == "aggregation"


def test_branches_of_a_union_meet_by_position() -> None:
    sql = "select a.x as first, a.y as second from r.s.a union all select b.p, 'none' from r.s.b"
    assert origins(sql) == {"first": ("r.s.a.x", "r.s.b.p"), "second": ("r.s.a.y",)}


def test_branches_of_a_union_by_name_meet_by_name() -> None:
    sql = "select a.x, a.y from r.s.a union all by name select b.p as y, b.q as x from r.s.b"
    assert origins(sql) == {"x": ("r.s.a.x", "r.s.b.q"), "y": ("r.s.a.y", "r.s.b.p")}


def test_a_union_that_drops_repeats_lets_every_column_decide_on_its_rows() -> None:
    assert read_lineage("select x from r.s.a union select p from r.s.b").rows == ("r.s.a.x", "r.s.b.p")


def test_a_star_over_a_table_of_unknown_columns_hands_every_name_on() -> None:
    sql = "with t as (select * from r.s.a) select * from t"
    assert origins(sql, columns=["x", "y"]) == {"x": ("r.s.a.x",), "y": ("r.s.a.y",)}


def test_a_star_over_known_columns_finds_the_right_table() -> None:
    known = {"r.s.a": ["id", "x"], "r.s.b": ["id", "y"]}
    sql = "select a.*, b.* exclude (id), row_number() over (order by b.y) as turn from r.s.a join r.s.b using (id)"
    assert origins(sql, known=known) == {
        "id": ("r.s.a.id",),
        "x": ("r.s.a.x",),
        "y": ("r.s.b.y",),
        "turn": ("r.s.b.y",),
    }
    assert origins("select y from r.s.a join r.s.b using (id)", known=known) == {"y": ("r.s.b.y",)}


def test_a_query_within_an_expression_counts_and_sees_the_names_around_it() -> None:
    sql = """
        select (select max(b.y) from r.s.b where b.id = a.id) as newest
        from r.s.a as a
        where exists (select 1 from r.s.c as c where c.id = a.id)
    """
    lineage = read_lineage(sql)
    assert lineage.columns["newest"].columns == ("r.s.b.y",)
    assert lineage.rows == ("r.s.a.id", "r.s.b.id", "r.s.c.id")


def test_unnested_lists_lead_back_to_their_column() -> None:
    assert origins("select u.tag from r.s.a as a cross join unnest(a.tags) as u (tag)") == {"tag": ("r.s.a.tags",)}
    assert origins("select tag from r.s.a as a, lateral (select unnest(a.tags) as tag) as u") == {
        "tag": ("r.s.a.tags",)
    }


def test_a_name_given_in_the_same_select_may_be_used_there() -> None:
    known = {"r.s.a": ["x"]}
    assert origins("select x + 1 as more, more * 2 as much from r.s.a", known=known)["much"] == ("r.s.a.x",)


def test_a_count_of_rows_comes_from_what_decides_on_them() -> None:
    assert origins("select count(*) as n from r.s.a where a.kind = 'x'") == {"n": ("r.s.a.kind",)}
    assert origins("select count(*) as n from r.s.a", known={"r.s.a": ["id"]}) == {"n": ("r.s.a.id",)}


def test_the_parameter_of_a_lambda_is_no_column() -> None:
    assert origins("select list_transform(a.tags, x -> x || '!') as loud from r.s.a as a") == {"loud": ("r.s.a.tags",)}


def test_a_recursive_query_ends() -> None:
    sql = """
        with recursive reach as (
            select e.child, e.parent from r.s.edges as e
            union all
            select e.child, reach.parent from r.s.edges as e inner join reach on e.parent = reach.child
        )
        select child, parent from reach
    """
    assert origins(sql) == {"child": ("r.s.edges.child",), "parent": ("r.s.edges.parent",)}


def test_text_that_is_no_query_is_told_and_not_crashed_on() -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        read_lineage("select from where (")


@given(st.text(max_size=60))
def test_any_text_gives_a_lineage_or_is_told_unreadable(text: str) -> None:
    with contextlib.suppress(Unreadable):
        read_lineage(text)


NAMES = st.sampled_from(["a", "b", "c", "d"])


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), st.integers(0, 5))
def test_wrapping_a_query_in_more_queries_changes_no_origin(names: list[str], depth: int) -> None:
    sql = f"select {', '.join(f't.{name} as {name}_out' for name in names)} from r.s.t as t"
    bare = origins(sql)
    for level in range(depth):
        sql = f"with q{level} as ({sql}) select * from q{level}"
    assert origins(sql) == bare == {f"{name}_out": (f"r.s.t.{name}",) for name in names}
