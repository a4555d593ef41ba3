"""Erasing rows of the lake: Parquet files written anew without them, in the same order, under the same columns.

Belongs here: rows found by an entity's fields, raw files without rows of given lines, derived facts without an entity. Not here:
delivered files (`erasure_objects`), the record.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from assets.ingestion.contracts import FEEDS, Feed, duckdb_type
from assets.ingestion.deduplicate import event_date
from assets.ingestion.entity_lines import STROKE, Entity
from assets.ingestion.erasure_text import Lines
from assets.ingestion.fast_sql import name_of, quoted
from orchestration.core.commits import Commit, DataFile
from orchestration.core.entity_fields import KEPT_FEEDS, Bearing, bearings_of
from orchestration.core.home import Home

_PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"


def file_id_of(file: DataFile) -> int:
    """The delivered file that a lake file's rows came from: the middle of its name (`parts.part_path`)."""
    return int(file.path.rsplit("/", 1)[-1].split("-")[1])


def raw_files(commits: Sequence[Commit], feed: str) -> list[DataFile]:
    """All lake files of a feed."""
    return [f for commit in commits for f in commit.data_files if f.kind == "raw" and f.feed == feed]


def _listed(home: Home, files: Iterable[DataFile]) -> str:
    return ", ".join(quoted(str(home.root / file.path)) for file in files)


def find_rows(
    con: duckdb.DuckDBPyConnection, home: Home, commits: Sequence[Commit], entity: Entity, *, only: str | None = None
) -> dict[int, Lines]:
    """Find an entity's rows by the fields that name it, whatever the delivered line looked like; of one feed, or of all.

    Returns:
        File number -> its lines.
    """
    found: dict[int, Lines] = defaultdict(Lines)
    for feed in [FEEDS[only]] if only else FEEDS.values():
        bearings = bearings_of(feed.name, entity.kind)
        files = raw_files(commits, feed.name)
        if not bearings or not files or feed.name in KEPT_FEEDS:
            continue
        named = " OR ".join(_condition(feed, one, entity, about=False) for one in bearings)
        about = " OR ".join(_condition(feed, one, entity, about=True) for one in bearings if one.is_about) or "false"
        rows = con.execute(
            f"SELECT _file_id, _line_no, coalesce({about}, false) FROM (SELECT * FROM "
            f"read_parquet([{_listed(home, files)}], union_by_name = true)) WHERE {named}"
        ).fetchall()
        for file_id, line, is_about in rows:
            found[file_id].add(line, "about" if is_about or not entity.is_distinct else "names")
    return found


def _condition(feed: Feed, bearing: Bearing, entity: Entity, *, about: bool) -> str:
    kind = duckdb_type(feed.field(bearing.field))
    column, wanted = name_of(bearing.field), quoted(entity.id.lower() if entity.is_folded else entity.id)
    fold = "lower({})" if entity.is_folded else "{}"
    if bearing.inner:
        values = f"json_extract_string({column}, '$[*].{bearing.inner}')"
        condition = f"list_contains({values}, {wanted})"
    elif kind.endswith("[]"):
        condition = f"list_contains({column}, {wanted})"
        if about:
            condition += f" AND len(list_filter({column}, one -> one <> {wanted})) = 0"
    else:
        condition = f"{fold.format(column)} = {wanted}"
    if bearing.when:
        condition += f" AND {name_of(bearing.when[0])} = {quoted(bearing.when[1])}"
    return f"coalesce({condition}, false)"


def count_erased(
    con: duckdb.DuckDBPyConnection, home: Home, feed: Feed, rewritten: Mapping[Path, Path], others: Sequence[Path]
) -> list[tuple[str, int, int]]:
    """What a feed loses, by event day.

    Args:
        con: Any connection.
        home: Whose lake.
        feed: Its contract.
        rewritten: Lake file as it stands -> as it was written anew.
        others: The feed's lake files that stay as they are.

    Returns:
        UTC day (empty where a row has none), rows erased, and of record feeds the keys that had an event time and are gone
        altogether (of events: the rows).
    """
    old, new = (_paths(one) for one in (rewritten, rewritten.values()))
    places = "SELECT _file_id, _line_no"
    gone = f"(SELECT * FROM {old} WHERE (_file_id, _line_no) IN ({places} FROM {old} EXCEPT {places} FROM {new}))"
    day = f"coalesce(({event_date(feed)})::VARCHAR, '')"
    if feed.kind == "event":
        found = con.execute(f"SELECT {day} AS day, count(*), count(*) FROM {gone} GROUP BY 1 ORDER BY 1").fetchall()
    else:
        key = "(" + ", ".join(f"coalesce({name_of(part)}::VARCHAR, chr(0))" for part in feed.key) + ", 1)"
        left = f"SELECT {key} FROM {_paths([*rewritten.values(), *others])}"
        has_time = f"{name_of(feed.event_time)} IS NOT NULL" if feed.event_time else "true"
        found = con.execute(
            f"SELECT {day} AS day, count(*), count(DISTINCT {key}) FILTER ({has_time} AND {key} NOT IN ({left})) "
            f"FROM {gone} GROUP BY 1 ORDER BY 1"
        ).fetchall()
    return [(str(row[0]), int(row[1]), int(row[2])) for row in found]


def _paths(paths: Iterable[Path]) -> str:
    return f"read_parquet([{', '.join(quoted(str(path)) for path in paths)}], union_by_name = true)"


def rewrite_raw(
    con: duckdb.DuckDBPyConnection, home: Home, file: DataFile, lines: Lines, entity: Entity | None, target: Path
) -> tuple[int, int, int]:
    """Write a lake file anew without the rows of blanked lines, an id struck out of masked ones.

    Returns:
        Rows left, rows taken out, rows struck; nothing is written when none is touched.
    """
    source = quoted(str(home.root / file.path))
    has_all = 0 in lines.blank
    gone = "true" if has_all else f"_line_no IN (SELECT unnest({sorted(lines.blank)}::BIGINT[]))"
    struck = f"_line_no IN (SELECT unnest({sorted(lines.mask - {0})}::BIGINT[]))" if 0 not in lines.mask else "true"
    counted = con.execute(
        f"SELECT count(*) FILTER (NOT ({gone})), count(*) FILTER ({gone}), count(*) FILTER (NOT ({gone}) AND {struck}) "
        f"FROM read_parquet({source})"
    ).fetchone()
    left, taken, masked = counted or (0, 0, 0)
    if not taken and not masked:
        return left, 0, 0
    columns = _struck_columns(con, source, struck, entity) if masked and entity else "* EXCLUDE (file_row_number)"
    con.execute(
        f"COPY (SELECT {columns} FROM (SELECT * FROM read_parquet({source}, file_row_number = true) WHERE NOT ({gone})) "
        f"ORDER BY file_row_number) TO {quoted(str(target))} ({_PARQUET})"
    )
    return left, taken, masked


def _struck_columns(con: duckdb.DuckDBPyConnection, source: str, where: str, entity: Entity) -> str:
    described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({source})").fetchall()
    selected = []
    for name, kind, *_ in described:
        column = name_of(name)
        if kind == "VARCHAR":
            selected.append(f"CASE WHEN {where} THEN {_struck(column, entity)} ELSE {column} END AS {column}")
        elif kind == "VARCHAR[]":
            one = _struck("one", entity)
            selected.append(
                f"CASE WHEN {where} THEN list_transform({column}, one -> {one}) ELSE {column} END AS {column}"
            )
        else:
            selected.append(column)
    return ", ".join(selected)


def _struck(value: str, entity: Entity) -> str:
    """SQL that strikes the id out of a text; twice, because neighbours share the character between them."""
    flags = "gi" if entity.is_folded else "g"
    pattern = quoted(rf"(^|[^A-Za-z0-9_-])({re.escape(entity.id)})($|[^A-Za-z0-9_-])")
    stroke = quoted(rf"\1{STROKE * len(entity.id)}\3")
    once = f"regexp_replace({value}, {pattern}, {stroke}, '{flags}')"
    return f"regexp_replace({once}, {pattern}, {stroke}, '{flags}')"


def rewrite_derived(con: duckdb.DuckDBPyConnection, path: Path, entity: Entity, target: Path) -> tuple[int, int, int]:
    """Write a file of derived facts anew: facts about the entity go, lists lose it, texts have its id struck out.

    Returns:
        Rows left, rows taken out, rows changed; nothing is written when none is touched.
    """
    source = quoted(str(path))
    described = [
        (name, kind) for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM read_parquet({source})").fetchall()
    ]
    fold = "lower({})" if entity.is_folded else "{}"
    wanted = fold.format(quoted(entity.id))
    texts = [fold.format(name_of(name)) for name, kind in described if kind == "VARCHAR"]
    lists = [name_of(name) for name, kind in described if kind == "VARCHAR[]"]
    gone = " OR ".join(
        [f"coalesce({column} = {wanted}, false)" for column in texts]
        + [f"coalesce(len({c}) = 1 AND {fold.format(c + '[1]')} = {wanted}, false)" for c in lists]
    )
    shown = entity.id.lower() if entity.is_folded else entity.id
    token = quoted(rf"(^|[^A-Za-z0-9_-]){re.escape(shown)}($|[^A-Za-z0-9_-])")
    named = " OR ".join(
        [f"coalesce(len(list_filter({c}, one -> {fold.format('one')} = {wanted})) > 0, false)" for c in lists]
        + ([f"coalesce(regexp_matches({column}, {token}), false)" for column in texts] if entity.is_distinct else [])
    )
    counted = con.execute(
        f"SELECT count(*) FILTER (NOT ({gone or 'false'})), count(*) FILTER ({gone or 'false'}), "
        f"count(*) FILTER (NOT ({gone or 'false'}) AND ({named or 'false'})) FROM read_parquet({source})"
    ).fetchone()
    left, taken, changed = counted or (0, 0, 0)
    if not taken and not changed:
        return left, 0, 0
    selected = []
    for name, kind in described:
        column = name_of(name)
        if kind == "VARCHAR[]":
            selected.append(f"list_filter({column}, one -> {fold.format('one')} <> {wanted}) AS {column}")
        elif kind == "VARCHAR" and entity.is_distinct:
            selected.append(f"{_struck(column, entity)} AS {column}")
        else:
            selected.append(column)
    con.execute(
        f"COPY (SELECT {', '.join(selected)} FROM (SELECT * FROM read_parquet({source}, file_row_number = true) "
        f"WHERE NOT ({gone or 'false'})) ORDER BY file_row_number) TO {quoted(str(target))} ({_PARQUET})"
    )
    return left, taken, changed
