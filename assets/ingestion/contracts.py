"""The input contract as data: every feed and register, field by field, and the lake columns they become.

Belongs here: types, keys, required marks, allowed values, conditional rules. Not here: reading or judging any line.
Agrees with the page of the input contract field by field; a test compares them.
"""

from dataclasses import dataclass
from typing import Literal

from assets.ingestion import feed_fields, register_fields

CONTRACT_VERSION = 1
"""Raised when a field is added; written beside every row, so that older lake files stay readable."""

MAX_ID_LENGTH = 128
"""Characters that an id (a ``str`` field named ``id`` or ``*_id``, or part of a key) may have."""

Kind = Literal["event", "record", "register"]
FieldType = Literal[
    "str", "hash", "int", "float", "bool", "time", "date", "moment", "[str]", "scores", "object", "[object]"
]

_DUCKDB_TYPES: dict[str, str] = {
    "str": "VARCHAR",
    "hash": "VARCHAR",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "time": "TIMESTAMPTZ",
    "moment": "TIMESTAMPTZ",
    "date": "DATE",
    "[str]": "VARCHAR[]",
    "scores": "VARCHAR",
    "object": "VARCHAR",
    "[object]": "VARCHAR",
}
_TYPES = frozenset(_DUCKDB_TYPES)
_FORMATS = ("jsonl", "jsonl.gz", "jsonl.zst", "csv", "csv.gz", "parquet")
_SPREADSHEETS = (*_FORMATS, "xlsx", "json")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a feed.

    Attributes:
        name: Name on the wire and in the lake.
        type: ``str``, ``hash`` (hex, stored in lower case), ``int``, ``float``, ``bool``, ``time`` (RFC 3339 with an
            offset), ``date``, ``moment`` (a time, or a day meaning its midnight UTC), ``[str]``, ``scores`` (object of
            str -> float), ``object`` and ``[object]`` (kept as canonical JSON text).
        required: Whether null or absence quarantines the line.
        values: Allowed values, or None.
        minimum: Least allowed number, or None.
        maximum: Greatest allowed number, or None.
        open_minimum: Whether ``minimum`` itself is not allowed.
    """

    name: str
    type: FieldType
    required: bool = False
    values: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False


@dataclass(frozen=True, slots=True)
class RequiredWhen:
    """A field that is required only when another field has one value."""

    field: str
    when: str
    equals: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed or register.

    Attributes:
        name: Folder under the landing zone and table name in the lake.
        kind: ``event`` (immutable), ``record`` (versions) or ``register`` (small record feed).
        key: Fields whose values name one record.
        fields: All contract fields in order.
        event_time: Field whose UTC day is the row's event day, or None (then the version's day counts).
        updated_at: Field that orders versions, or None.
        version: Contract version in force.
        rules: Conditionally required fields.
        formats: File endings accepted without a mapping's help or with one.
        unique_per_day: Whether the key is unique only within the UTC day of ``event_time``.
    """

    name: str
    kind: Kind
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    event_time: str | None
    updated_at: str | None
    version: int = CONTRACT_VERSION
    rules: tuple[RequiredWhen, ...] = ()
    formats: tuple[str, ...] = _FORMATS
    unique_per_day: bool = False

    def field(self, name: str) -> Field:
        """Return the field called ``name``; KeyError when the contract has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name} has no field {name!r}")


def _number(text: str) -> float | None:
    return float(text) if text else None


def _parse_field(line: str) -> Field:
    name, mark, kind, *rest = line.split()
    if mark not in {"R", "O"} or kind not in _TYPES:
        raise ValueError(f"not a field: {line!r}")
    low: float | None = None
    high: float | None = None
    opened = False
    values: list[str] = []
    for word in rest:
        if ".." in word:
            opened = word.startswith("(")
            left, right = word.lstrip("(").split("..")
            low, high = _number(left), _number(right)
        else:
            values.append(word)
    return Field(name, kind, mark == "R", tuple(values) or None, low, high, opened)  # type: ignore[arg-type]


def _parse_register_field(text: str, required: bool) -> Field:
    name, *rest = text.split()
    if not rest:
        return Field(name, "str", required)
    if rest[0] in _TYPES:
        return Field(name, rest[0], required)  # type: ignore[arg-type]
    return Field(name, "str", required, tuple(rest[0].split("/")))


def _parse_register(line: str) -> Feed:
    name, _, rest = line.partition(": ")
    keys, _, fields = rest.partition(" | ")
    key_parts = keys.split(", ")
    required = {part for part in key_parts if not part.startswith("[")}
    parsed = [_parse_register_field(text, text.split()[0] in required) for text in fields.split(", ")]
    return Feed(
        name=name,
        kind="register",
        key=tuple(part.strip("[]") for part in key_parts),
        fields=(*parsed, Field("updated_at", "time")),
        event_time=None,
        updated_at="updated_at",
        formats=_SPREADSHEETS,
    )


def _feed(name: str, kind: Kind, event_time: str, key: str = "", **more: object) -> Feed:
    text: str = getattr(feed_fields, name.upper())
    fields = tuple(_parse_field(line) for line in text.strip().splitlines())
    keys = tuple(key.split()) or (fields[0].name,)
    updated = None if kind == "event" else "updated_at"
    values: dict[str, object] = {"updated_at": updated, **more}
    return Feed(name=name, kind=kind, key=keys, fields=fields, event_time=event_time, **values)  # type: ignore[arg-type]


_FEEDS = (
    _feed("model_requests", "event", "requested_at", unique_per_day=True),
    _feed("accounts", "record", "observed_at", updated_at="observed_at"),
    _feed("detections", "event", "detected_at"),
    _feed("leads", "record", "opened_at"),
    _feed(
        "user_reports",
        "event",
        "submitted_at",
        rules=(RequiredWhen("mcp_server", "target_kind", "mcp_server"),),
        formats=_SPREADSHEETS,
    ),
    _feed("report_outcomes", "record", "decided_at"),
    _feed("reviews", "record", "enqueued_at"),
    _feed("enforcement_actions", "record", "decided_at"),
    _feed("appeals", "record", "submitted_at"),
    _feed("legal_orders", "record", "received_at"),
    _feed("copyright_notices", "record", "received_at", formats=_SPREADSHEETS),
    _feed("escalations", "record", "submitted_at"),
    _feed("cases", "record", "opened_at"),
    _feed("evidence_items", "event", "collected_at"),
    _feed("incidents", "record", "discovered_at"),
    _feed("retractions", "event", "requested_at"),
    _feed("control_totals", "event", "generated_at"),
    _feed("erasures", "event", "requested_at"),
    _feed("evaluations", "event", "created_at", "eval_id sample_id epoch", formats=(*_FORMATS, "eval", "json")),
    _feed("threat_intel", "record", "modified", updated_at="modified", formats=(*_FORMATS, "json")),
)
_REGISTERS = tuple(_parse_register(line) for line in register_fields.REGISTERS.strip().splitlines())

FEEDS: dict[str, Feed] = {feed.name: feed for feed in (*_FEEDS, *_REGISTERS)}


def duckdb_type(field: Field) -> str:
    """Return the lake's DuckDB type of one contract field."""
    return _DUCKDB_TYPES[field.type]


def lake_columns(feed: Feed) -> dict[str, str]:
    """Return every column that a feed's lake files and ``raw`` table have, in order.

    Args:
        feed: The feed.

    Returns:
        Column name to DuckDB type: contract fields, ``_extra``, provenance, on record feeds and registers
        ``_version_at`` (UTC, never null), and ``account_key`` where the feed has an ``account_id``.
    """
    columns = {field.name: duckdb_type(field) for field in feed.fields}
    columns["_extra"] = "VARCHAR"
    columns["_batch_id"] = "BIGINT"
    columns["_file_id"] = "BIGINT"
    columns["_line_no"] = "BIGINT"
    columns["_contract_version"] = "INTEGER"
    if feed.kind != "event":
        columns["_version_at"] = "TIMESTAMPTZ"
    if "account_id" in columns:
        columns["account_key"] = "BIGINT"
    return columns
