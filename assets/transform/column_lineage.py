"""Column lineage of one compiled query: from which columns of other relations each of its columns comes.

Reading SQL with sqlglot and following names through it belong here; which models there are and where the answer is kept do not.
Only names are followed, no types: an unqualified name belongs to the one source that can have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlglot import exp, parse_one

DIALECT = "duckdb"
CONSTANT, IDENTITY, TRANSFORMATION, AGGREGATION = "constant", "identity", "transformation", "aggregation"
_STRENGTH = (CONSTANT, IDENTITY, TRANSFORMATION, AGGREGATION)


class Origin(msgspec.Struct, frozen=True):
    """Where the values of one column come from.

    Attributes:
        columns: Columns of other relations (`catalog.schema.name.column`), sorted; empty for a constant.
        how: `constant`, `identity` (handed on as it is), `transformation` or `aggregation`.
    """

    columns: tuple[str, ...] = ()
    how: str = CONSTANT


class Lineage(msgspec.Struct, frozen=True):
    """Where the columns and the rows of one relation come from.

    Attributes:
        columns: Origin of each column, in the relation's order.
        rows: Columns that decide which rows there are or how they are grouped and joined, sorted; they touch every column.
    """

    columns: dict[str, Origin]
    rows: tuple[str, ...]


class Unreadable(Exception):  # noqa: N818 - says what is the matter
    """The lineage of a query cannot be read; the message says why."""


@dataclass(frozen=True)
class _Origin:
    columns: frozenset[str] = frozenset()
    strength: int = 0

    def __or__(self, other: "_Origin") -> "_Origin":
        return _Origin(self.columns | other.columns, max(self.strength, other.strength))

    def at_least(self, strength: int) -> "_Origin":
        return replace(self, strength=max(self.strength, strength)) if self.columns else self


_NOTHING = _Origin()


@dataclass
class _Source:
    """What can be named after FROM: a table, a query, or a function's rows.

    Attributes:
        columns: Columns that are known, by lower-case name, in order.
        relation: A table of which not every column is known: any name is one of its columns.
        rest: Sources that a star hands on, and of which not every column is known.
        any_column: Origin of every column, where only the whole is known.
        rows: What decides on its rows.
    """

    columns: dict[str, _Origin] = field(default_factory=dict)
    relation: str | None = None
    rest: list["_Source"] = field(default_factory=list)
    any_column: _Origin | None = None
    rows: frozenset[str] = frozenset()

    def find(self, name: str) -> _Origin | None:
        found = self.columns.get(name.lower())
        if found is not None:
            return found
        if self.relation is not None:
            return _Origin(frozenset({f"{self.relation}.{name}"}), 1)
        for source in self.rest:
            if (found := source.find(name)) is not None:
                return found
        return self.any_column

    @property
    def is_open(self) -> bool:
        return self.relation is not None or self.any_column is not None or bool(self.rest)

    def everything(self) -> _Origin:
        """All that it is made of, for a use that names no column."""
        origin = self.any_column or _NOTHING
        for one in (*self.columns.values(), *(source.everything() for source in self.rest)):
            origin |= one
        return origin


@dataclass
class _Frame:
    """The names that one SELECT sees."""

    tables: dict[str, _Source]
    known: Mapping[str, Sequence[str]]
    outer: "_Frame | None" = None
    sources: dict[str, _Source] = field(default_factory=dict)
    aliases: dict[str, _Origin] = field(default_factory=dict)
    rows: set[str] = field(default_factory=set)


def read_lineage(
    sql: str, columns: Sequence[str] = (), known: Mapping[str, Sequence[str]] | None = None, *, dialect: str = DIALECT
) -> Lineage:
    """Follow each column of a query to the relations that it reads.

    Args:
        sql: One query, compiled: no templates.
        columns: The columns wanted, in order; those that the query names when empty.
        known: Columns of relations by `catalog.schema.name`, for queries with stars; others may have any column.
        dialect: sqlglot's name of the dialect.

    Returns:
        Origins in the order asked for; a column that cannot be found is told as a constant.

    Raises:
        Unreadable: sqlglot cannot read the query, or its names cannot be followed.
    """
    try:
        result = _query(parse_one(sql, dialect=dialect), _Frame({}, {} if known is None else known))
    except Exception as error:  # whatever goes wrong here must not stop a run
        raise Unreadable(f"the lineage of this query cannot be read: {error}") from error
    names = list(columns) or list(result.columns)
    found = {name: result.find(name) or _NOTHING for name in names}
    return Lineage(
        {name: Origin(tuple(sorted(one.columns)), _STRENGTH[one.strength]) for name, one in found.items()},
        tuple(sorted(result.rows)),
    )


def _query(node: exp.Expr, outer: _Frame) -> _Source:
    """What a query hands on; `outer` holds the named queries that it may read and the names it may refer to."""
    frame = _Frame(dict(outer.tables), outer.known, outer)
    for cte in _arguments(node, "with_", "with"):
        for one in cte.expressions:
            name = one.alias.lower()
            if cte.args.get("recursive") and isinstance(one.this, exp.SetOperation):
                frame.tables[name] = _query(one.this.left, frame)
            frame.tables[name] = _renamed(_query(one.this, frame), one)
    if isinstance(node, exp.Subquery):
        return _query(node.this, frame)
    if isinstance(node, exp.SetOperation):
        return _union(node, frame)
    if isinstance(node, exp.Select):
        return _select(node, frame)
    if isinstance(node, exp.Table):
        return _table(node, frame)
    return _Source(any_column=_references(node, frame))


def _union(node: exp.SetOperation, frame: _Frame) -> _Source:
    left, right = _query(node.left, frame), _query(node.right, frame)
    rows = left.rows | right.rows
    if left.is_open or right.is_open:
        names = {**left.columns, **right.columns}
        merged = {name: (left.find(name) or _NOTHING) | (right.find(name) or _NOTHING) for name in names}
        return _Source(merged, rest=[left, right], rows=rows)
    if node.args.get("by_name"):
        pairs = {
            name: (left.columns.get(name, _NOTHING), right.columns.get(name, _NOTHING))
            for name in (*left.columns, *right.columns)
        }
    else:
        pairs = {
            name: (mine, theirs)
            for (name, mine), theirs in zip(left.columns.items(), right.columns.values(), strict=False)
        }
    if not node.args.get("distinct") and isinstance(node, exp.Union):
        return _Source({name: mine | theirs for name, (mine, theirs) in pairs.items()}, rows=rows)
    every = frozenset().union(*(mine.columns | theirs.columns for mine, theirs in pairs.values()))
    return _Source({name: mine | theirs for name, (mine, theirs) in pairs.items()}, rows=rows | every)


def _select(node: exp.Select, frame: _Frame) -> _Source:
    frame = _Frame(frame.tables, frame.known, frame.outer)
    for source in _arguments(node, "from_", "from"):
        _add_source(source.this, frame)
    for joined in (*_arguments(node, "joins"), *_arguments(node, "laterals")):
        _add_source(joined.this if isinstance(joined, exp.Join) else joined, frame)
        if isinstance(joined, exp.Join):
            frame.rows |= _joined(joined, frame)
    result = _Source()
    for projection in node.expressions:
        _project(projection, frame, result)
    for clause in ("where", "group", "having", "qualify", "windows", "order"):
        for one in _arguments(node, clause):
            frame.rows |= _references(one, frame).columns
    if node.args.get("distinct"):
        frame.rows |= result.everything().columns
    _count_rows(node, frame, result)
    result.rows = frozenset(frame.rows).union(*(source.rows for source in frame.sources.values()))
    return result


def _joined(join: exp.Join, frame: _Frame) -> frozenset[str]:
    used = [identifier.name for identifier in join.args.get("using") or ()]
    found = [source.find(name) for name in used for source in frame.sources.values()]
    columns = frozenset().union(*(one.columns for one in found if one))
    on = join.args.get("on")
    return columns | _references(on, frame).columns if on is not None else columns


def _count_rows(node: exp.Select, frame: _Frame, result: _Source) -> None:
    """A column that counts rows comes from what decides on the rows; without any such, from all that is read."""
    counting = [
        one.alias_or_name.lower()
        for one in node.expressions
        if not one.is_star
        and any(isinstance(count.this, exp.Star) or count.this is None for count in one.find_all(exp.Count))
    ]
    for name in counting:
        if name in result.columns and not result.columns[name].columns:
            deciding = frozenset(frame.rows).union(*(source.rows for source in frame.sources.values()))
            everything = [source.everything().columns for source in frame.sources.values()]
            result.columns[name] = _Origin(deciding or frozenset().union(*everything), 3)


def _project(projection: exp.Expr, frame: _Frame, result: _Source) -> None:
    star = projection.this if isinstance(projection, exp.Column) else projection
    if isinstance(star, exp.Star):
        _expand(star, projection, frame, result)
        return
    inner = projection.unalias()
    origin = _references(inner, frame)
    if not isinstance(inner, exp.Column):
        origin = origin.at_least(3 if inner.find(exp.AggFunc) else 2)
    name = projection.alias_or_name.lower()
    result.columns[name] = origin
    frame.aliases.setdefault(name, origin)


def _expand(star: exp.Star, projection: exp.Expr, frame: _Frame, result: _Source) -> None:
    left_out = {one.name.lower() for one in star.args.get("except_") or star.args.get("except") or ()}
    table = projection.table.lower() if isinstance(projection, exp.Column) else ""
    for alias, source in frame.sources.items():
        if table and alias != table:
            continue
        for name, origin in source.columns.items():
            if name not in left_out:
                result.columns.setdefault(name, origin)
        if source.is_open:
            result.rest.append(source)
    for one in star.args.get("replace") or ():
        result.columns[one.alias_or_name.lower()] = _references(one.unalias(), frame).at_least(2)


def _add_source(node: exp.Expr, frame: _Frame) -> None:
    if isinstance(node, exp.Lateral):
        inner = node.this
        source = _query(inner, frame) if isinstance(inner, exp.Query) else _rows_of(inner, frame)
    elif isinstance(node, exp.Table):
        source = _table(node, frame)
    elif isinstance(node, exp.Query):
        source = _query(node, frame)
    else:
        source = _rows_of(node, frame)
    name = node.alias_or_name.lower() or f"source {len(frame.sources)}"
    frame.sources[name] = _renamed(source, node)
    for joined in _arguments(node, "joins"):
        _add_source(joined.this, frame)
        frame.rows |= _joined(joined, frame)


def _rows_of(node: exp.Expr, frame: _Frame) -> _Source:
    return _Source(any_column=_references(node, frame).at_least(2))


def _table(node: exp.Table, frame: _Frame) -> _Source:
    if not isinstance(node.this, exp.Identifier):
        return _rows_of(node.this, frame)
    if not node.db and node.name.lower() in frame.tables:
        return frame.tables[node.name.lower()]
    relation = ".".join(part for part in (node.catalog, node.db, node.name) if part)
    columns = frame.known.get(relation)
    if columns is None:
        return _Source(relation=relation)
    return _Source({name.lower(): _Origin(frozenset({f"{relation}.{name}"}), 1) for name in columns})


def _renamed(source: _Source, node: exp.Expr) -> _Source:
    """The same source under the column names that an alias gives it: `as t(a, b)`."""
    names = _alias_columns(node)
    if not names:
        return source
    if source.is_open:
        return _Source({name: source.any_column or source.find(name) or _NOTHING for name in names}, rows=source.rows)
    renamed = dict(zip(names, source.columns.values(), strict=False))
    return _Source({**dict(list(source.columns.items())[len(names) :]), **renamed}, rows=source.rows)


def _alias_columns(node: exp.Expr) -> list[str]:
    alias = node.args.get("alias")
    return [one.name.lower() for one in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []


def _references(node: exp.Expr, frame: _Frame) -> _Origin:
    """All columns that an expression reads, those of queries within it included; what decides on their rows goes to the frame."""
    if isinstance(node, exp.Query):
        inner = _query(node, frame)
        frame.rows |= inner.rows
        return inner.everything().at_least(2)
    if isinstance(node, exp.Column):
        return _resolve(node, frame)
    origin = _NOTHING
    bound = {one.name for one in node.expressions} if isinstance(node, exp.Lambda) else set()
    for child in node.iter_expressions():
        if not (isinstance(child, exp.Column) and child.name in bound):
            origin |= _references(child, frame)
    return origin


def _resolve(column: exp.Column, frame: _Frame) -> _Origin:
    table, name = column.table.lower(), column.name
    if isinstance(column.this, exp.Star):
        return frame.sources[table].everything() if table in frame.sources else _NOTHING
    here: _Frame | None = frame
    while here is not None:
        if table in here.sources:
            return here.sources[table].find(name) or _NOTHING
        found = _unqualified(name, here) if not table else None
        if found is not None:
            return found
        here = here.outer
    if table:  # a field of a struct: what stands before the dot is the column
        return _resolve(exp.column(table), frame).at_least(2)
    return _NOTHING


def _unqualified(name: str, frame: _Frame) -> _Origin | None:
    for source in frame.sources.values():
        if name.lower() in source.columns:
            return source.columns[name.lower()]
    if name.lower() in frame.aliases:
        return frame.aliases[name.lower()]
    for source in frame.sources.values():
        if source.is_open and (found := source.find(name)) is not None:
            return found
    return None


def _arguments(node: exp.Expr, *names: str) -> list[Any]:
    for name in names:
        value = node.args.get(name)
        if value:
            return list(value) if isinstance(value, list) else [value]
    return []
