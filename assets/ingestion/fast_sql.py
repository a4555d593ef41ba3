"""The SQL of the fast path: one statement a feed that types a block of lines and proves each line to be wholly known.

Belongs here: text of SQL built from the contract. Not here: running it (`decode`), faults (`exact`).

The proof is by length. A compact JSON object of n members is as long as its names, values and punctuation together; so a
line whose length equals the sum over the known fields that were found can hold nothing else: no unknown field, no key
twice, no "123" where 123 belongs, no trailing comma. Values are counted as DuckDB renders them. No value that passes its
check is rendered longer than it was delivered, but for numbers with an exponent: lines with a number that may have had one
are told by a negative length, and looked at. What a line holds beside (spaces, explicit nulls, escapes) is counted in its bytes
(`line_excess`) and added. Whatever does not match is handed to the exact path, never dropped.
"""

from collections.abc import Sequence
from functools import lru_cache

from assets.ingestion.contracts import FEEDS, MAX_ID_LENGTH, Feed, Field, duckdb_type
from assets.ingestion.exact import is_id

_READ_TYPES = {"[str]": "JSON", "scores": "JSON", "object": "JSON", "[object]": "JSON"}
# A value that came from a JSON string may still look like another scalar or like a nested value: then the exact path says.
_SCALAR = r"[-+0-9.eE]+|true|false|null|-?[nN][aA][nN]|-?[iI][nN][fF].*|[\[{](?s:.*)"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
_SCORE = r'"[A-Za-z0-9_.-]+":(0(\.[0-9]+)?|1(\.0+)?)'
_SCORES = rf"\{{({_SCORE}(,{_SCORE})*)?\}}"
_DECIMAL = r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?"


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def name_of(column: str) -> str:
    """A SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def _cast(field: Field) -> str | None:
    column = name_of(field.name)
    if field.type in {"int", "float", "date", "[str]"}:
        return f"TRY_CAST({column} AS {duckdb_type(field)})"
    if field.type == "time":
        return f"TRY_CAST({column} AS TIMESTAMPTZ)"
    if field.type == "bool":
        return f"({column} = 'true')"
    if field.type == "hash":
        return (
            f"CASE WHEN {column} = lower({column}) THEN {column} "
            f"WHEN regexp_full_match({column}, '[0-9A-Fa-f]+') THEN lower({column}) END"
        )
    return None


def _is_string(field: Field) -> str:
    """True when a value can only have come from a JSON string: no other value starts so, or a regex says it is none."""
    column, first = name_of(field.name), name_of("a_" + field.name)
    safe = f"{first} > 64 AND {first} NOT IN ({', '.join(str(ord(letter)) for letter in 'IN[fint{')})"
    if field.type == "hash":
        # A digest starts with any digit, but no number, and none of true, false and null, holds a b, a c or a d.
        holds = " OR ".join(f"contains({column}, '{letter}')" for letter in "bcd")
        safe = f"({holds}) AND {first} NOT IN ({ord('[')}, {ord('{')})"
    return f"CASE WHEN {safe} THEN true ELSE NOT regexp_full_match({column}, {quoted(_SCALAR)}) END"


def _range(field: Field) -> list[str]:
    column = name_of("c_" + field.name)
    found = []
    if field.minimum is not None:
        found.append(f"{column} {'>' if field.open_minimum else '>='} {field.minimum:g}")
    if field.maximum is not None:
        found.append(f"{column} <= {field.maximum:g}")
    return found


def _string_conditions(field: Field) -> list[str]:
    column = name_of(field.name)
    if field.values is not None:
        return [f"{column} IN ({', '.join(quoted(v) for v in field.values)})"]
    found = [_is_string(field)]
    if field.type == "hash":
        found.append(f"{name_of('c_' + field.name)} IS NOT NULL")
    if is_id(field.name):
        found.append(f"strlen({column}) <= {MAX_ID_LENGTH}")
    return found


def _conditions(field: Field) -> list[str]:
    """What must hold for a non-null value to be clean; ``false`` for types that only the exact path knows."""
    if field.type in {"str", "hash"}:
        return _string_conditions(field)
    column, cast, value = name_of(field.name), name_of("c_" + field.name), name_of("v_" + field.name)
    text = f"{column}::VARCHAR"
    known = {
        "int": [f"{cast}::VARCHAR = {column}", *_range(field)],
        "float": [f"regexp_full_match({column}, {quoted(_DECIMAL)})", *_range(field)],
        "bool": [f"{column} IN ('true', 'false')"],
        "time": [f"{cast} IS NOT NULL", f"regexp_full_match({column}, {quoted(_TIME)})"],
        "date": [f"{cast} IS NOT NULL", rf"regexp_full_match({column}, '\d{{4}}-\d\d-\d\d')"],
        # Elements put together again give the text they were taken from only if each of them was a string.
        "[str]": [f"({text} = '[]' OR {text} = '[\"' || array_to_string({cast}, '\",\"') || '\"]')"],
        "scores": [f"regexp_full_match({text}, {quoted(_SCORES)})", f"{value} IS NOT NULL"],
    }
    return known.get(field.type, ["false"])


def _may_have_exponent(field: Field) -> str | None:
    """True of a number that an exponent may have made shorter than it is rendered."""
    column = name_of(field.name)
    if field.type == "scores":
        return f"contains({column}::VARCHAR, ':0.00')"
    if field.type == "float":
        return f"({column} LIKE '0.00%' OR {column} LIKE '-0.00%' OR ({column} LIKE '%0.0' AND {column} <> '0.0'))"
    return None


_QUOTED = {"str", "hash", "time", "moment", "date"}


def _marks(field: Field) -> int:
    """Bytes of a member but for its value: its name, its quotes, a colon, a comma."""
    return len(field.name.encode()) + 4 + (2 if field.type in _QUOTED else 0)


def _length(fields: Sequence[Field]) -> str:
    """Bytes that members take: all marks, the values as rendered, less the marks of those that are not there."""
    held = [
        f"strlen({name_of(f.name)})" if f.required else f"ifnull(strlen({name_of(f.name)}), {-_marks(f)})"
        for f in fields
    ]
    return " + ".join([str(sum(_marks(field) for field in fields)), *held])


def _scores_split(field: Field) -> str:
    """An object of several scores cut at its quotes: every second piece is a key."""
    text = f"{name_of(field.name)}::VARCHAR"
    return f"CASE WHEN contains({text}, ',') THEN string_split({text}, '\"') END"


def _scores_value(field: Field) -> str:
    """Canonical text of an object of scores: keys in order, numbers as floats; null when a key occurs twice."""
    column, pieces = name_of(field.name), name_of("k_" + field.name)
    text = f"{column}::VARCHAR"
    has_whole = " OR ".join(f"contains({text}, ':{end}')" for end in ("0,", "1,", "0}}", "1}}")).replace("}}", "}")
    whole = rf"regexp_replace({text}, ':([01])([,}}])', ':\1.0\2', 'g')"
    floats = f"CASE WHEN {has_whole} THEN {whole} ELSE {text} END"
    in_order = f"{pieces}[2] < {pieces}[4] AND (len({pieces}) < 7 OR {pieces}[4] < {pieces}[6]) AND len({pieces}) < 9"
    member = quoted(r'"[A-Za-z0-9_.-]+":[0-9.]+')
    sorted_text = f"'{{' || array_to_string(list_sort(regexp_extract_all({floats}, {member})), ',') || '}}'"
    names = f"json_keys({column})"
    return (
        f"CASE WHEN {pieces} IS NULL OR ({in_order}) THEN {floats} "
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
    """The SELECT that turns lines as read into lake columns.

    Args:
        feed_name: The feed.
        extras: Unknown fields read along, learned from the file.

    Returns:
        SQL to be followed by `` FROM <lines>))``, with two names to be
        replaced: ``$before`` (number of the line before the first) and ``$version_at``. They are no parameters, because the
        client looks for pandas as soon as it is given one. Beside the columns of `staged_columns` it gives ``_proof``: the length that a
        clean line has; negative when one of its numbers may have had an exponent; 0 when it is not clean.
    """
    feed = FEEDS[feed_name]
    first = [f"{name_of(name)} AS {name_of('x_' + name)}" for name in extras]
    first += [
        f"ascii({name_of(f.name)}) AS {name_of('a_' + f.name)}"
        for f in feed.fields
        if f.type in {"str", "hash"} and f.values is None
    ]
    first += [f"{_scores_split(f)} AS {name_of('k_' + f.name)}" for f in feed.fields if f.type == "scores"]
    first += [f"{cast} AS {name_of('c_' + field.name)}" for field in feed.fields if (cast := _cast(field))]
    values = ", ".join(f"{_value(f)} AS {name_of('v_' + f.name)}" for f in feed.fields)
    outer = ", ".join(f"{name_of('v_' + f.name)} AS {name_of(f.name)}" for f in feed.fields)
    columns = f"{outer}, {_extra_value(extras)} AS _extra, __line AS _line_no{version(feed)}, {_proof(feed, extras)} AS _proof"
    inner = f"SELECT *, row_number() OVER () + $before::BIGINT AS __line{''.join(f', {one}' for one in first)}"
    return f"SELECT {columns} FROM (SELECT *, {values} FROM ({inner}"


def _proof(feed: Feed, extras: tuple[str, ...]) -> str:
    extra = [f"coalesce({len(name) + 4} + strlen({name_of('x_' + name)}::VARCHAR), 0)" for name in extras]
    length = " + ".join(["1", _length(feed.fields), *extra])
    doubts = " OR ".join(f"coalesce({doubt}, false)" for field in feed.fields if (doubt := _may_have_exponent(field)))
    signed = f"(CASE WHEN {doubts} THEN -1 ELSE 1 END) * ({length})" if doubts else length
    return f"coalesce(CASE WHEN {' AND '.join(_checks(feed, extras))} THEN {signed} END, 0)::BIGINT"


def _checks(feed: Feed, extras: tuple[str, ...]) -> list[str]:
    checks = []
    for field in feed.fields:
        held = " AND ".join(_conditions(field))
        checks.append(held if field.required else f"({name_of(field.name)} IS NULL OR ({held}))")
    for rule in feed.rules:
        when = f"{name_of(rule.when)} IS NOT DISTINCT FROM {quoted(rule.equals)}"
        checks.append(f"NOT ({when} AND {name_of(rule.field)} IS NULL)")
    return [*checks, *(_extra_conditions(name) for name in extras)]


def version(feed: Feed) -> str:
    """The version column of a record, from its ``v_`` column, with a comma before it; nothing for events."""
    if feed.kind == "event":
        return ""
    clock = f"{name_of(f'v_{feed.updated_at}')}, " if feed.updated_at else ""
    return f", coalesce({clock}$version_at::TIMESTAMPTZ) AS _version_at"


def staged_columns(feed: Feed, batch_id: int, file_id: int) -> str:
    """The lake's columns, of staged rows: what all rows of a file share is added here (``account_key`` when it is written)."""
    fields = ", ".join(name_of(field.name) for field in feed.fields)
    shared = f"{batch_id}::BIGINT AS _batch_id, {file_id}::BIGINT AS _file_id, _line_no"
    versioned = ", _version_at" if feed.kind != "event" else ""
    return f"{fields}, _extra, {shared}, {feed.version}::INTEGER AS _contract_version{versioned}"
