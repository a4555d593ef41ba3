"""The SQL of the fast path: one statement a feed that types a block of lines and proves each line to be wholly known.

Belongs here: text of SQL built from the contract. Not here: running it (`decode`), faults (`exact`).

The proof is by length. A compact JSON object of n members is as long as its names, values and punctuation together; so a
line whose length equals the sum over the known fields that were found can hold nothing else: no unknown field, no key
twice, no "123" where 123 belongs, no trailing comma. Whatever does not match is handed to the exact path, never dropped.
"""

from collections.abc import Sequence
from functools import lru_cache

from assets.ingestion.contracts import FEEDS, MAX_ID_LENGTH, Feed, Field, duckdb_type
from assets.ingestion.exact import is_id

_READ_TYPES = {"[str]": "VARCHAR[]", "scores": "JSON", "object": "JSON", "[object]": "JSON"}
# A value that came from a JSON string may still look like another scalar or like a nested value: then the exact path says.
_SCALAR = r"[-+0-9.eE]+|true|false|null|-?[nN][aA][nN]|-?[iI][nN][fF].*|[\[{](?s:.*)"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
_SCORE = r'"[A-Za-z0-9_.-]+":(0(\.[0-9]+)?|1(\.0+)?)'
_SCORES = rf"\{{({_SCORE}(,{_SCORE})*)?\}}"
_STRINGS = r'\[("[^"\\]*"(, ?"[^"\\]*")*)?\]'
_DECIMAL = r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?"


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def name_of(column: str) -> str:
    """A SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def _found(field: str, opening: str, closing: str) -> str:
    """The raw text of a member's flat value, from its opening to its closing character."""
    mark = f'"{field}":'
    start = f"strpos(__text, {quoted(mark + opening)})"
    tail = f"substr(__text, {start} + {len(mark)})"
    return f"(CASE WHEN {start} > 0 THEN substr({tail}, 1, strpos({tail}, {quoted(closing)})) END)"


def _raw_expression(field: Field) -> str | None:
    """Raw text of the fields whose rendering may differ from what was delivered."""
    if field.type == "[str]":
        return _found(field.name, "[", "]")
    if field.type == "scores":
        return _found(field.name, "{", "}")
    if field.type == "float":
        mark = f'"{field.name}":'
        start = f"strpos(__text, {quoted(mark)})"
        return f"regexp_extract(substr(__text, {start} + {len(mark)}, 32), {quoted('^' + _DECIMAL)})"
    return None


def _cast(field: Field) -> str | None:
    column = name_of(field.name)
    if field.type in {"int", "float", "bool", "date"}:
        return f"TRY_CAST({column} AS {duckdb_type(field)})"
    if field.type == "time":
        return f"TRY_CAST({column} AS TIMESTAMPTZ)"
    if field.type == "hash":
        # A letter that no number holds proves a lower-case digest to be a string: one look settles nearly all of them.
        is_string = _is_string(column)
        return (
            f"CASE WHEN regexp_full_match({column}, '[0-9a-f]*[a-df][0-9a-f]*') THEN {column} "
            f"WHEN NOT {is_string} THEN NULL WHEN {column} = lower({column}) THEN {column} "
            f"WHEN regexp_full_match({column}, '[0-9A-Fa-f]+') THEN lower({column}) END"
        )
    return None


def _is_string(column: str) -> str:
    """True when a value can only have come from a JSON string: no other scalar starts so, or a regex says it is none."""
    ranges = [("A", "I"), ("J", "N"), ("O", "["), ("a", "f"), ("g", "i"), ("j", "n"), ("o", "t"), ("u", "{")]
    safe = " OR ".join(f"({column} >= '{low}' AND {column} < '{high}')" for low, high in ranges)
    return f"(CASE WHEN {safe} THEN true ELSE NOT regexp_full_match({column}, {quoted(_SCALAR)}) END)"


def _range(field: Field) -> list[str]:
    column = name_of("c_" + field.name)
    found = []
    if field.minimum is not None:
        found.append(f"{column} {'>' if field.open_minimum else '>='} {field.minimum!r}")
    if field.maximum is not None:
        found.append(f"{column} <= {field.maximum!r}")
    return found


def _string_conditions(field: Field) -> list[str]:
    column = name_of(field.name)
    if field.values is not None:
        return [f"{column} IN ({', '.join(quoted(v) for v in field.values)})"]
    found = [f"{name_of('c_' + field.name)} IS NOT NULL" if field.type == "hash" else _is_string(column)]
    if is_id(field.name):
        found.append(f"strlen({column}) <= {MAX_ID_LENGTH}")
    return found


def _conditions(field: Field) -> list[str]:
    """What must hold for a non-null value to be clean; ``false`` for types that only the exact path knows."""
    if field.type in {"str", "hash"}:
        return _string_conditions(field)
    column, cast, raw = name_of(field.name), name_of("c_" + field.name), name_of("r_" + field.name)
    known = {
        "int": [f"{cast}::VARCHAR = {column}", *_range(field)],
        "float": [f"isfinite({cast})", f"regexp_full_match({raw}, {quoted(_DECIMAL)})", *_range(field)],
        "bool": [f"{column} IN ('true', 'false')"],
        "time": [f"{cast} IS NOT NULL", f"regexp_full_match({column}, {quoted(_TIME)})"],
        "date": [f"{cast} IS NOT NULL", rf"regexp_full_match({column}, '\d{{4}}-\d\d-\d\d')"],
        "[str]": [f"regexp_full_match({raw}, {quoted(_STRINGS)})"],
        "scores": [f"regexp_full_match({raw}, {quoted(_SCORES)})"],
    }
    return known.get(field.type, ["false"])


_QUOTED = {"str", "hash", "time", "moment", "date"}


def _length(field: Field) -> str:
    """Bytes that a member takes: its name, three marks, a comma, its value as delivered."""
    marks = len(field.name.encode()) + 4 + (2 if field.type in _QUOTED else 0)
    column = name_of(("r_" if _raw_expression(field) else "") + field.name)
    return f"coalesce({marks} + strlen({column}), 0)"


def _scores_value(field: Field) -> str:
    """Canonical text of an object of scores: keys in order, numbers as floats; null when a key occurs twice."""
    column = name_of(field.name)
    text = f"{column}::VARCHAR"
    whole = rf"regexp_replace({text}, ':([01])([,}}])', ':\1.0\2', 'g')"
    floats = rf"CASE WHEN regexp_matches({text}, ':[01][,}}]') THEN {whole} ELSE {text} END"
    keys = [f"split_part({text}, chr(34), {place})" for place in (2, 4, 6, 8)]
    commas = f"strlen({text}) - strlen(replace({text}, ',', ''))"
    in_order = (
        f"{keys[0]} < {keys[1]} AND (n < 2 OR {keys[1]} < {keys[2]}) AND (n < 3 OR {keys[2]} < {keys[3]}) AND n < 4"
    )
    in_order = in_order.replace("n <", f"{commas} <")
    member = quoted(r'"[A-Za-z0-9_.-]+":[0-9.]+')
    sorted_text = f"'{{' || array_to_string(list_sort(regexp_extract_all({floats}, {member})), ',') || '}}'"
    names = f"json_keys({column})"
    return (
        f"CASE WHEN {column} IS NULL OR strpos({text}, ',') = 0 OR ({in_order}) THEN {floats} "
        f"WHEN len(list_distinct({names})) = len({names}) THEN {sorted_text} END"
    )


def _value(field: Field) -> str:
    if field.type == "scores":
        return _scores_value(field)
    if field.type in {"object", "[object]"}:
        return "NULL::VARCHAR"
    return name_of("c_" + field.name) if _cast(field) else name_of(field.name)


def _extra_value(extras: Sequence[str]) -> str:
    if not extras:
        return "NULL::VARCHAR"
    parts = ", ".join(f"{quoted(chr(34) + name + chr(34) + ':')} || {name_of('x_' + name)}" for name in sorted(extras))
    joined = f"concat_ws(',', {parts})"
    return f"CASE WHEN {joined} = '' THEN NULL ELSE '{{' || {joined} || '}}' END"


def _extra_conditions(name: str) -> str:
    """An unknown field stays on the fast path when it is a plain string, a whole number or a truth value."""
    column = name_of("x_" + name)
    plain = r'"[^"\\]*"|true|false|0|-?[1-9][0-9]{0,14}'
    return f"({column} IS NULL OR regexp_full_match({column}::VARCHAR, {quoted(plain)}))"


@lru_cache(maxsize=256)
def read_columns(feed_name: str, extras: tuple[str, ...]) -> str:
    """The ``columns`` argument of ``read_json``: scalars as VARCHAR, so that nothing is coerced unseen."""
    pairs = {field.name: _READ_TYPES.get(field.type, "VARCHAR") for field in FEEDS[feed_name].fields}
    pairs.update(dict.fromkeys(extras, "JSON"))
    return "{" + ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in pairs.items()) + "}"


@lru_cache(maxsize=256)
def typing_sql(feed_name: str, extras: tuple[str, ...]) -> str:
    """The SELECT that turns ``block`` (raw columns, ``__line``, ``__length``, ``__text``) into lake columns and ``_is_clean``.

    Args:
        feed_name: The feed.
        extras: Unknown fields read along, learned from the file.

    Returns:
        SQL with the parameters $batch_id, $file_id and $version_at.
    """
    feed = FEEDS[feed_name]
    first = [f"x.{name_of(name)} AS {name_of('x_' + name)}" for name in extras]
    for field in feed.fields:
        if raw := _raw_expression(field):
            first.append(f"CASE WHEN {name_of(field.name)} IS NOT NULL THEN {raw} END AS {name_of('r_' + field.name)}")
        if cast := _cast(field):
            first.append(f"{cast} AS {name_of('c_' + field.name)}")
    values = ", ".join(f"{_value(f)} AS {name_of('v_' + f.name)}" for f in feed.fields)
    outer = ", ".join(f"{name_of('v_' + f.name)} AS {name_of(f.name)}" for f in feed.fields)
    is_clean = f"coalesce({' AND '.join([*_checks(feed, extras), _length_check(feed, extras)])}, false)"
    columns = f"{outer}, {_extra_value(extras)} AS _extra, {provenance(feed)}, {is_clean} AS _is_clean"
    inner = f"SELECT x.*{', ' if first else ''}{', '.join(first)} FROM block AS x"
    return f"SELECT {columns} FROM (SELECT *, {values} FROM ({inner}))"


def _checks(feed: Feed, extras: tuple[str, ...]) -> list[str]:
    checks = []
    for field in feed.fields:
        held = " AND ".join(_conditions(field))
        column = name_of(field.name)
        checks.append(f"({column} IS NOT NULL AND {held})" if field.required else f"({column} IS NULL OR ({held}))")
        if field.type == "scores":
            checks.append(f"({column} IS NULL OR {name_of('v_' + field.name)} IS NOT NULL)")
    for rule in feed.rules:
        when = f"{name_of(rule.when)} IS NOT DISTINCT FROM {quoted(rule.equals)}"
        checks.append(f"NOT ({when} AND {name_of(rule.field)} IS NULL)")
    return [*checks, *(_extra_conditions(name) for name in extras)]


def _length_check(feed: Feed, extras: tuple[str, ...]) -> str:
    """The proof by length, over delivered text where rendered text may be shorter."""
    extra = [f"coalesce({len(name) + 4} + strlen({name_of('x_' + name)}::VARCHAR), 0)" for name in extras]
    return f"__length = {' + '.join(['1', *(_length(field) for field in feed.fields), *extra])}"


def provenance(feed: Feed) -> str:
    """The columns that say where a row came from, in the lake's order; ``account_key`` is filled at the end."""
    found = [
        "$batch_id::BIGINT AS _batch_id",
        "$file_id::BIGINT AS _file_id",
        "__line AS _line_no",
        f"{feed.version}::INTEGER AS _contract_version",
    ]
    if feed.kind != "event":
        clock = f"v_{feed.updated_at}" if feed.updated_at else None
        found.append(f"coalesce({name_of(clock) + ', ' if clock else ''}$version_at::TIMESTAMPTZ) AS _version_at")
    return ", ".join(found)
