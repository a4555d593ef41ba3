"""Event files: any CSV, Parquet or JSON-lines file of (account, object, time, content) becomes one table, as exact as it was written.

Reading, the meaning of a time column and what is refused belong here; who is coordinated with whom does not (coordination.py).
"""

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_JSON_LINES = (".jsonl", ".ndjson")
_KNOWN = "a .csv or .tsv with a header line, .jsonl (these also as .gz), or .parquet"
_MOST_SECONDS = 100_000_000_000
"""Beyond it (the year 5138) a number is no count of seconds; 13-digit numbers are milliseconds."""

_OFFSET = r"^.*[0-9]:[0-9].*([Zz]|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$"
_INTEGERS = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
}
_INSTANTS = {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}


@dataclass(frozen=True)
class Columns:
    """Names of a file's columns, exactly as they stand in it.

    Attributes:
        account: Who did it.
        object: What it was done to.
        time: When: seconds since 1970 UTC, or an instant.
        content: What was made by doing it (a post, a request, a report); None when the file has no name for that.
    """

    account: str
    object: str
    time: str
    content: str | None = None

    def named(self) -> dict[str, str]:
        """Role -> column, for those that are given."""
        roles = {"account": self.account, "object": self.object, "time": self.time, "content": self.content}
        return {role: name for role, name in roles.items() if name is not None}


@dataclass(frozen=True)
class Loaded:
    """What was read.

    Attributes:
        rows: Rows of the file.
        left_out: Rows without an account, object, time or content, which take no part.
        missing: Role -> rows that lack it; a row may lack several.
        naive_time: Whether the file's timestamps carry no zone and were taken as UTC.
    """

    rows: int
    left_out: int
    missing: dict[str, int]
    naive_time: bool


def load(connection: "duckdb.DuckDBPyConnection", file: Path, columns: Columns) -> Loaded:
    """Read a file into the temporary tables `read_events` (all rows) and view `events` (those that take part).

    Both have account_id, object_id, content_id (VARCHAR) and shared_micros (BIGINT, microseconds since 1970 UTC).

    Args:
        connection: An in-memory database.
        file: CSV, TSV or JSON lines (also .gz), or Parquet; told by the name's end.
        columns: Which columns to read.

    Raises:
        ValueError: Not such a file, a column is missing, or a time cannot be read; says where and what to do.
    """
    import duckdb

    try:
        return _load(connection, file, columns)
    except duckdb.Error as error:
        raise ValueError(f"{file} cannot be read: {_told(str(error))}") from error
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"{file} cannot be read: {error}") from error


def _told(message: str) -> str:
    """DuckDB's message in one line, without its list of options."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    until = next((number for number, line in enumerate(lines) if line.startswith("Possible")), 3)
    told = "; ".join(lines[: min(until, 4)])
    return f"{told} (do its line ends differ, or is a quote left open?)" if "invalid state" in told else told


def _load(connection: "duckdb.DuckDBPyConnection", file: Path, columns: Columns) -> Loaded:
    source, types = _source(connection, file, columns)
    kind = types["time"]
    connection.execute(
        f"""
        create temporary table read_events as
        select
            {_text("account", types)} as account_id,
            {_text("object", types)} as object_id,
            {_text("content", types) if columns.content is not None else "cast(null as varchar)"} as content_id,
            {_micros(kind)} as shared_micros,
            {"trim(cast(told as varchar)) <> ''" if kind == "VARCHAR" else "told is not null"} as has_time
        from {source}
        """
    )
    needed = "account_id is not null and object_id is not null and shared_micros is not null"
    if columns.content is not None:
        needed += " and content_id is not null"
    connection.execute(f"create temporary view events as select * from read_events where {needed}")
    counted = connection.execute(
        f"""
        select
            count(*),
            count(*) filter (where not ({needed})),
            count(*) filter (where account_id is null),
            count(*) filter (where object_id is null),
            count(*) filter (where shared_micros is null),
            count(*) filter (where content_id is null),
            count(*) filter (where has_time and shared_micros is null)
        from read_events
        """
    ).fetchone()
    rows, left_out, *lacking, unreadable = (int(value) for value in counted or (0,) * 7)
    if unreadable:
        raise ValueError(_unreadable(connection, file, columns.time, source, kind, unreadable))
    missing = dict(zip(("account", "object", "time", "content"), lacking, strict=True))
    if columns.content is None:
        del missing["content"]
    return Loaded(rows, left_out, missing, naive_time=kind in _INSTANTS and kind != "TIMESTAMP WITH TIME ZONE")


def _source(connection: "duckdb.DuckDBPyConnection", file: Path, columns: Columns) -> tuple[str, dict[str, str]]:
    """A relation with the columns account, object, told (the time) and content, and the type of each role."""
    name = file.name.lower()
    packed = name.endswith(".gz")
    end = Path(name.removesuffix(".gz")).suffix
    path = _literal("".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(file)))
    if end in _DELIMITERS:
        present, relation = _separated(file, path, _DELIMITERS[end], packed=packed)
    elif end in _JSON_LINES:
        present, relation = _json_lines(connection, path, columns)
    elif end == ".parquet" and not packed:
        relation = f"read_parquet({path})"
        present = {name: (_name(name), kind) for name, kind in _described(connection, relation)}
    else:
        raise ValueError(f"{file}: what kind of file is this? Its name must end as {_KNOWN}")
    _require(file, columns, [*present])
    chosen = {role: present[name] for role, name in columns.named().items()}
    aliases = {"account": "account", "object": "object", "time": "told", "content": "content"}
    listed = ", ".join(f"{text} as {aliases[role]}" for role, (text, _) in chosen.items())
    return f"(select {listed} from {relation})", {role: kind for role, (_, kind) in chosen.items()}


def _separated(file: Path, path: str, delimiter: str, *, packed: bool) -> tuple[dict[str, tuple[str, str]], str]:
    """Header by the csv module, so that names are exactly those of the file; rows by DuckDB, strictly, everything text."""
    with (
        gzip.open(file, "rt", encoding="utf-8-sig", newline="")
        if packed
        else file.open(encoding="utf-8-sig", newline="") as text
    ):
        header = next(csv.reader(text, delimiter=delimiter), [])
    if not header:
        raise ValueError(f"{file} has no header line: the first line must name the columns")
    kinds = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(header)))
    relation = (
        f"read_csv({path}, auto_detect = false, header = true, columns = {{{kinds}}}, delim = {_literal(delimiter)}, "
        "quote = '\"', escape = '\"', strict_mode = true, null_padding = false)"
    )
    twice = {name for name in header if header.count(name) > 1}
    return {name: (f"c{n}", "VARCHAR") for n, name in enumerate(header) if name not in twice}, relation


def _json_lines(
    connection: "duckdb.DuckDBPyConnection", path: str, columns: Columns
) -> tuple[dict[str, tuple[str, str]], str]:
    """The wanted fields as text, whatever the reader would guess: a guess would drop a time's offset."""
    described = _described(connection, f"read_json({path}, format = 'newline_delimited', sample_size = -1)")
    present = {name: (_name(name), "VARCHAR") for name, _ in described}
    wanted = sorted({name for name in columns.named().values() if name in present})
    kinds = ", ".join(f"{_name(name)}: 'VARCHAR'" for name in wanted)
    return present, f"read_json({path}, format = 'newline_delimited', columns = {{{kinds}}})"


def _described(connection: "duckdb.DuckDBPyConnection", relation: str) -> list[tuple[str, str]]:
    return [(str(row[0]), str(row[1])) for row in connection.execute(f"describe select * from {relation}").fetchall()]


def _require(file: Path, columns: Columns, present: list[str]) -> None:
    absent = [f"--{role} {name!r}" for role, name in columns.named().items() if name not in present]
    if absent:
        there = ", ".join(repr(name) for name in present)
        raise ValueError(f"{file} has no column for {', '.join(absent)}; its columns (each name once): {there}")


def _text(role: str, types: dict[str, str]) -> str:
    """A column as text, empty text as missing."""
    return f"nullif({role}, '')" if types[role] == "VARCHAR" else f"cast({role} as varchar)"


def _micros(kind: str) -> str:
    """Microseconds since 1970 UTC from the column `told`; null where it cannot be told."""
    if kind in _INSTANTS:
        return "epoch_us(told)" if kind == "TIMESTAMP WITH TIME ZONE" else "epoch_us(cast(told as timestamp))"
    if kind in _INTEGERS:
        return f"case when told between -{_MOST_SECONDS} and {_MOST_SECONDS} then cast(told as bigint) * 1000000 end"
    number = "try_cast(told as decimal(18, 6))"
    seconds = (
        f"case when {number} between -{_MOST_SECONDS} and {_MOST_SECONDS} "
        f"then cast(cast({number} as decimal(24, 6)) * 1000000 as bigint) end"
    )
    if kind == "VARCHAR":
        instant = f"case when regexp_matches(trim(told), '{_OFFSET}') then epoch_us(try_cast(upper(trim(told)) as timestamptz)) end"
        return f"case when {number} is null then {instant} else {seconds} end"
    if kind in {"DOUBLE", "FLOAT"} or kind.startswith("DECIMAL"):
        return seconds
    return "cast(null as bigint)"


def _unreadable(
    connection: "duckdb.DuckDBPyConnection", file: Path, column: str, source: str, kind: str, count: int
) -> str:
    shown = connection.execute(
        f"select cast(told as varchar) from {source} where told is not null and trim(cast(told as varchar)) <> '' "
        f"and {_micros(kind)} is null order by 1 limit 3"
    ).fetchall()
    values = [str(row[0])[:40] for row in shown]
    said = f"{file}: {count} values of {column!r} are no instants, such as {', '.join(map(repr, values))}"
    if kind not in {"VARCHAR", "DOUBLE", "FLOAT"} | _INTEGERS and not kind.startswith("DECIMAL"):
        return f"{said} (type {kind}). Give seconds since 1970 UTC, or timestamps with an offset"
    if any(value.strip().lstrip("+-").replace(".", "", 1).isdigit() for value in values):
        return f"{said}. Numbers are seconds since 1970 UTC: divide milliseconds by 1,000"
    return (
        f"{said}. A timestamp needs its offset from UTC: write 2026-05-01T12:00:00Z or 2026-05-01T14:00:00+02:00, "
        "or give seconds since 1970 UTC"
    )


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
