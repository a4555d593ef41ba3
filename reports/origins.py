"""Origins: from a published column back to the columns of feeds, by what the published copy says of its own models.

Following columns belongs here; reading lineage out of SQL is the transform's, which publishes it in models.json.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

Models = Mapping[str, Mapping[str, Any]]
"""Relation (`catalog.schema.name`) -> model, as `reports.published.published_models` gives them."""

ROWS = "rows"
"""How a constant depends on what is upstream: it is written down, but which rows carry it is decided there."""

RAW = "warehouse.raw."
NOT_FEEDS = frozenset({"pins", "touched_days"})
"""Relations in schema raw that are a run's own notes, not something that landed."""


class UnknownColumn(ValueError):  # noqa: N818 - says what is the matter
    """The published copy has no such column; the message says what to look for instead."""


class Step(msgspec.Struct, frozen=True):
    """One column and what it comes from.

    Attributes:
        column: `catalog.schema.name.column`.
        how: How it is made of those upstream: `identity`, `transformation`, `aggregation`, `rows`; empty at a leaf.
        upstream: Steps above it, in order of column; empty at a leaf and where it was told before.
        is_repeat: Whether it was told before in this tree.
    """

    column: str
    how: str = ""
    upstream: tuple["Step", ...] = ()
    is_repeat: bool = False


def find_column(models: Models, name: str) -> str:
    """The full name of a published column.

    Args:
        models: The published models.
        name: `schema.name.column`, with or without the catalog before it.

    Raises:
        UnknownColumn: There is none, or the copy keeps no lineage.
    """
    if not any("columns" in model for model in models.values()):
        raise UnknownColumn("the published copy keeps no lineage: run `rapporteur rebuild` once with this version")
    relation, _, column = name.strip().rpartition(".")
    found = [one for one in models if one == relation or one.partition(".")[2] == relation]
    if not found:
        near = sorted(one.partition(".")[2] for one in models if relation.rpartition(".")[2] in one)[:3]
        hint = f"; is it one of {', '.join(near)}?" if near and relation else ""
        raise UnknownColumn(f"no model {relation or name!r}: a column is named schema.model.column{hint}")
    if column not in models[found[0]]["columns"]:
        raise UnknownColumn(f"{relation} has no column {column!r}; it has {', '.join(models[found[0]]['columns'])}")
    return f"{found[0]}.{column}"


def parents(models: Models, column: str) -> tuple[str, list[str]]:
    """How a column is made, and the columns one step upstream, sorted; nothing upstream of a leaf.

    A constant comes from what decides on the rows that carry it.
    """
    relation, _, name = column.rpartition(".")
    told = models.get(relation, {}).get("columns", {}).get(name)
    if told is None:
        return "", []
    if told["from"]:
        return str(told["how"]), list(told["from"])
    rows = list(models[relation]["rows_from"])
    return (ROWS if rows else "constant"), rows


def leaves(models: Models, column: str) -> list[str]:
    """The columns at which a column's lineage ends: of feeds, seeds and our own conclusions; sorted."""
    seen, ahead, found = {column}, [column], set()
    while ahead:
        one = ahead.pop()
        _, above = parents(models, one)
        if not above and one.rpartition(".")[0] not in models:
            found.add(one)
        fresh = [parent for parent in above if parent not in seen]
        seen.update(fresh)
        ahead += fresh
    return sorted(found)


def feeds_of(columns: Iterable[str]) -> list[str]:
    """Names of the feeds among relations of columns, sorted; a run's own notes are none."""
    found = {column.removeprefix(RAW).partition(".")[0] for column in columns if column.startswith(RAW)}
    return sorted(found - NOT_FEEDS)


def tree(models: Models, column: str) -> Step:
    """A column with everything upstream of it, each column told once."""
    told: set[str] = set()

    def step(name: str) -> Step:
        how, above = parents(models, name)
        if name in told and above:
            return Step(name, how, is_repeat=True)
        told.add(name)
        return Step(name, how, tuple(step(one) for one in above))

    return step(column)


def lines(root: Step) -> Iterator[str]:
    """A tree as text, a column a line, two blanks an indent."""

    def walk(step: Step, depth: int) -> Iterator[str]:
        marks = [mark for mark in (step.how, "see above" if step.is_repeat else "") if mark]
        yield "  " * depth + step.column + (f"  ({', '.join(marks)})" if marks else "")
        for one in step.upstream:
            yield from walk(one, depth + 1)

    return walk(root, 0)
