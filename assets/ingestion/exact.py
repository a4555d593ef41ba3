"""The exact path: one record against its contract, with the precise reason and JSON path when it does not fit.

Belongs here: strict JSON decoding, typing, ranges, times, unknown and forbidden fields. Not here: speed (`decode`), files.
It alone decides what a fault is; the fast path only ever accepts what this module would accept, and says the same of it.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from assets.ingestion.contracts import FEEDS, MAX_ID_LENGTH, Feed, Field
from assets.ingestion.sensitive import forbidden, printable_name

MAX_DEPTH = 64
_INT64 = 2**63
_HEX = re.compile(r"[0-9A-Fa-f]+")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII)
_NO_OFFSET = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLAIN_VALUE = re.compile(r"[\w.:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line is set aside.

    Attributes:
        reason: Code, for example ``missing_field``.
        json_path: Where, for example ``$.asn``; None when the line as a whole is at fault.
        detail: What was expected, without any of the line's content.
        new_value: ``field=value`` of an unknown enum value, for the drift report.
    """

    reason: str
    json_path: str | None
    detail: str
    new_value: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line that fits its contract.

    Attributes:
        values: Contract field to typed value; objects as JSON text; fields that are null or absent are left out.
        extra: Unknown fields as delivered; empty when there are none.
    """

    values: dict[str, Any]
    extra: dict[str, Any]


class _FaultError(Exception):
    def __init__(self, reason: str, json_path: str | None, detail: str, new_value: str | None = None) -> None:
        super().__init__(reason)
        self.fault = Fault(reason, json_path, detail, new_value)


def canonical_json(value: object) -> str:
    """JSON text with sorted keys and no white space."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _FaultError(
                    "duplicate_key", f"$..{printable_name(name)}", "the same key occurs twice in one object"
                )
            seen.add(name)
    return found


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number out of range")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_number)


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _FaultError("too_deep", None, f"nested deeper than {MAX_DEPTH} levels")
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(v for v in item.values() if isinstance(v, dict | list))
            elif isinstance(item, list):
                below.extend(v for v in item if isinstance(v, dict | list))
        level = below


def parse(raw: bytes) -> dict[str, Any]:
    """Decode one line strictly; raises `_FaultError` (see `decode_line` for the reasons)."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _FaultError("bad_utf8", None, f"byte {error.start} of the line is not UTF-8") from None
    try:
        value = _DECODER.decode(text.strip(" \t\r\n"))
    except json.JSONDecodeError as error:
        raise _FaultError("malformed_json", None, f"not JSON at character {error.pos}") from None
    except RecursionError:
        raise _FaultError("too_deep", None, f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:
        raise _FaultError("malformed_json", None, "a number that JSON does not know or that is out of range") from None
    if not isinstance(value, dict):
        raise _FaultError("not_an_object", "$", "a line must hold one JSON object")
    if "\\u" in text:
        try:
            canonical_json(value).encode("utf-8")
        except UnicodeEncodeError:
            raise _FaultError("malformed_json", None, "half of a surrogate pair is no character") from None
    _check_depth(value)
    return value


def decode_line(feed: Feed, raw: bytes, *, is_cut: bool = False) -> Row | Fault:
    """Decode and judge one JSONL line.

    Args:
        feed: Its contract.
        raw: The line's bytes without the line end.
        is_cut: Whether it is a last line without a line end: if it is not JSON either, it was half written.

    Returns:
        The typed row, or the fault.
    """
    try:
        return _judge(feed, parse(raw))
    except _FaultError as error:
        if is_cut and error.fault.reason in {"malformed_json", "bad_utf8"}:
            return Fault("half_written", None, "the last line has no line end and is not complete JSON")
        return error.fault


def judge(feed: Feed, value: Mapping[str, Any]) -> Row | Fault:
    """Judge one decoded record (any format) against its contract.

    Args:
        feed: Its contract.
        value: Field to JSON-like value; aware datetimes and dates are taken too.

    Returns:
        The typed row, or the fault.
    """
    try:
        _check_depth(dict(value))
        return _judge(feed, value)
    except _FaultError as error:
        return error.fault


def _judge(feed: Feed, value: Mapping[str, Any]) -> Row:
    values: dict[str, Any] = {}
    fields = _fields(feed.name)
    extra = {name: item for name, item in value.items() if name not in fields}
    for name, item in extra.items():
        why = forbidden(name, item)
        if why is not None:
            raise _FaultError("forbidden_field", f"$.{printable_name(name)}", f"{why}; the value is withheld")
    for name, (field, check) in fields.items():
        item = value.get(name)
        if item is None:
            if field.required:
                raise _FaultError("missing_field", f"$.{name}", "a required field is null or absent")
            continue
        values[name] = check(field, item, f"$.{name}")
    for rule in feed.rules:
        if values.get(rule.when) == rule.equals and rule.field not in values:
            raise _FaultError("missing_field", f"$.{rule.field}", f"required when {rule.when} is {rule.equals}")
    return Row(values, extra)


def _wrong(path: str, expected: str) -> _FaultError:
    return _FaultError("wrong_type", path, f"expected {expected}")


def _in_range(field: Field, number: float, path: str) -> None:
    low, high = field.minimum, field.maximum
    too_low = low is not None and (number < low or (field.open_minimum and number == low))
    if too_low or (high is not None and number > high):
        raise _FaultError(
            "out_of_range", path, f"expected {'more than' if field.open_minimum else 'from'} {low} to {high}"
        )


def _string(field: Field, value: object, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, "a string")
    if field.values is not None and value not in field.values:
        new = f"{field.name}={value}" if _PLAIN_VALUE.fullmatch(value) and forbidden("value", value) is None else None
        raise _FaultError("unknown_value", path, "not one of the contract's values", new or f"{field.name}=(withheld)")
    if len(value) > MAX_ID_LENGTH and is_id(field.name):
        raise _FaultError("id_too_long", path, f"an id has at most {MAX_ID_LENGTH} characters")
    return value


def _hash(field: Field, value: object, path: str) -> str:
    text = _string(field, value, path)
    return text.lower() if _HEX.fullmatch(text) else text


def _integer(field: Field, value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -_INT64 <= value < _INT64:
        raise _wrong(path, "a whole number")
    _in_range(field, value, path)
    return value


def _real(field: Field, value: object, path: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong(path, "a number")
    try:
        number = float(value)
    except OverflowError:
        raise _wrong(path, "a number that a double can hold") from None
    if not math.isfinite(number):
        raise _wrong(path, "a finite number")
    _in_range(field, number, path)
    return number


def _boolean(_: Field, value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(path, "true or false")
    return value


def parse_time(text: str) -> datetime | None:
    """Read an RFC 3339 time with an offset, to the microsecond (finer digits are cut off); None when it is not one."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, _, sign, hours, minutes = match.groups()
    offset = timedelta()
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            return None
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6]:0<6}")
        return moment.replace(tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _time(_: Field, value: object, path: str) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, datetime):
        raise _FaultError("bad_time", path, "a time without an offset")
    if not isinstance(value, str):
        raise _wrong(path, "a time as RFC 3339 text")
    moment = parse_time(value)
    if moment is None:
        missing = _NO_OFFSET.fullmatch(value) is not None
        raise _FaultError(
            "bad_time", path, "a time without an offset" if missing else "not an RFC 3339 time with an offset"
        )
    return moment


def _date(_: Field, value: object, path: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise _wrong(path, "a day as YYYY-MM-DD")
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _FaultError("bad_date", path, "not a day as YYYY-MM-DD")


def _moment(field: Field, value: object, path: str) -> datetime:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if is_day or (isinstance(value, str) and _DAY.fullmatch(value)):
        return datetime.combine(_date(field, value, path), datetime.min.time(), tzinfo=UTC)
    return _time(field, value, path)


def _strings(_: Field, value: object, path: str) -> list[str]:
    if not isinstance(value, list):
        raise _wrong(path, "a list of strings")
    for index, item in enumerate(value):
        if not isinstance(item, str):
            raise _wrong(f"{path}[{index}]", "a string")
    return value


def _scores(field: Field, value: object, path: str) -> str:
    if not isinstance(value, dict):
        raise _wrong(path, "an object of scores")
    return canonical_json({name: _real(field, item, f"{path}.{printable_name(name)}") for name, item in value.items()})


def _object(_: Field, value: object, path: str) -> str:
    if not isinstance(value, dict):
        raise _wrong(path, "an object")
    return canonical_json(value)


def _objects(_: Field, value: object, path: str) -> str:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _wrong(path, "a list of objects")
    return canonical_json(value)


_CHECKS: dict[str, Callable[[Field, Any, str], Any]] = {
    "str": _string,
    "hash": _hash,
    "int": _integer,
    "float": _real,
    "bool": _boolean,
    "time": _time,
    "date": _date,
    "moment": _moment,
    "[str]": _strings,
    "scores": _scores,
    "object": _object,
    "[object]": _objects,
}


def is_id(name: str) -> bool:
    """Whether a ``str`` field is an id, which has a greatest length."""
    return name == "id" or name.endswith("_id")


@lru_cache(maxsize=128)
def _fields(feed: str) -> dict[str, tuple[Field, Callable[[Field, Any, str], Any]]]:
    return {field.name: (field, _CHECKS[field.type]) for field in FEEDS[feed].fields}
