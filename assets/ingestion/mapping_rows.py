"""A mapping applied to one row: the feed's fields, or why the row cannot become them.

Belongs here: looking values up, normalising, value maps, parsing times in a zone. Nothing is guessed.
Does not belong here: reading mapping files (`mapping_language`), reading delivered files, judging by the contract.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assets.ingestion.cells import from_cell, from_text
from assets.ingestion.contracts import FEEDS
from assets.ingestion.mapping_language import LINE_COLUMN, Mapping, PathStep, Rule, placeholders


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row cannot be mapped.

    Attributes:
        reason: `mapping_no_match`, `mapping_parse`, `mapping_ambiguous_time` or `mapping_not_scalar`.
        field: The contract's field.
        source: The column, path or template that it comes from.
        detail: What is wrong, without the row's content.
    """

    reason: str
    field: str
    source: str
    detail: str


_NORMALISERS: dict[str, Callable[[str], str]] = {
    "strip": str.strip,
    "lower": str.lower,
    "upper": str.upper,
    "collapse": lambda text: " ".join(text.split()),
}


class _RefusedError(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def apply(mapping: Mapping, row: dict[str, Any], line_no: int = 0) -> dict[str, Any] | Refusal:
    """Turn one row into the feed's fields.

    Args:
        mapping: A valid mapping.
        row: Column name to cell (text or typed), or the JSON object.
        line_no: The row's line, row or element number (`{line}` in templates).

    Returns:
        Field to JSON-like value, null fields as None; or a Refusal naming the field and where it comes from.
    """
    record: dict[str, Any] = {}
    for rule in mapping.rules:
        try:
            record[rule.field] = _field(mapping.feed, rule, row, line_no)
        except _RefusedError as error:
            source = _source(rule)
            return Refusal(error.reason, rule.field, source, f"{rule.field} from {source}: {error.detail}")
    return record


def _source(rule: Rule) -> str:
    if rule.columns:
        return "column " + " or ".join(repr(column) for column in rule.columns)
    if rule.paths:
        return "its path"
    return f"template {rule.template!r}"


def _field(feed: str, rule: Rule, row: dict[str, Any], line_no: int) -> object:
    if rule.has_constant:
        return rule.constant
    value = _normalised(rule, _looked_up(rule, row, line_no))
    if rule.values is not None and not _is_empty(value):
        value = _replaced(rule, value)
    elif rule.values is not None and "" in rule.values:
        value = rule.values[""]
    if _is_empty(value):
        return _default(rule, row, line_no)
    if rule.parse is not None:
        return _parsed(rule, value)
    return _typed(feed, rule, value)


def _looked_up(rule: Rule, row: dict[str, Any], line_no: int) -> object:
    if rule.template is not None:
        return _filled(rule.template, row, line_no)
    found = (row.get(column) for column in rule.columns) if rule.columns else (_at(row, path) for path in rule.paths)
    return next((value for value in found if not _is_nothing(rule, value)), None)


def _is_nothing(rule: Rule, value: object) -> bool:
    return _is_empty(value) or (isinstance(value, str) and value.strip() in rule.missing)


def _is_empty(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _at(value: object, path: tuple[PathStep, ...]) -> object:
    for position, step in enumerate(path):
        if step is None:
            rest = path[position + 1 :]
            elements = value if isinstance(value, list) else []
            return [found for element in elements if (found := _at(element, rest)) is not None]
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _filled(template: str, row: dict[str, Any], line_no: int) -> str | None:
    parts = {name: _text(str(line_no) if name == LINE_COLUMN else row.get(name)) for name in placeholders(template)}
    if all(not parts[name].strip() for name in parts):
        return None
    text = template
    for name, part in parts.items():
        text = text.replace("{" + name + "}", part.replace("{", "\x00").replace("}", "\x01"))
    return text.replace("\x00", "{").replace("\x01", "}")


def _text(value: object) -> str:
    typed = from_cell(None, value) if not isinstance(value, str) else value
    if typed is None:
        return ""
    if isinstance(typed, bool):
        return str(typed).lower()
    if isinstance(typed, dict | list):
        raise _RefusedError("mapping_not_scalar", "the value is a list or an object")
    return str(typed)


def _normalised(rule: Rule, value: object) -> object:
    if not rule.normalise or _is_empty(value):
        return value
    if isinstance(value, list):
        return [_normalised(rule, element) for element in value]
    text = _text(value)
    for verb in rule.normalise:
        text = _NORMALISERS[verb](text)
    return text


def _replaced(rule: Rule, value: object) -> object:
    values = rule.values or {}
    if isinstance(value, list):
        return [_replaced(rule, element) for element in value]
    spelled = _text(value)
    if spelled in values:
        return values[spelled]
    if rule.has_default:
        return rule.default
    raise _RefusedError("mapping_no_match", "the value is not in the map")


def _default(rule: Rule, row: dict[str, Any], line_no: int) -> object:
    if rule.default_template is not None:
        return _filled(rule.default_template, row, line_no)
    if rule.has_default:
        return rule.default
    return None


def _parsed(rule: Rule, value: object) -> str:
    moment = value if isinstance(value, dt.datetime) else _struck(rule, value)
    if rule.kind == "date":
        return moment.date().isoformat()
    if moment.tzinfo is None:
        moment = _placed(rule, moment)
    return moment.isoformat()


def _struck(rule: Rule, value: object) -> dt.datetime:
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    try:
        return dt.datetime.strptime(_text(value).strip(), rule.parse or "")  # noqa: DTZ007  the zone is set next
    except ValueError as error:
        raise _RefusedError("mapping_parse", f"the value does not fit {rule.parse}") from error


def _placed(rule: Rule, moment: dt.datetime) -> dt.datetime:
    """Set the zone; a local time that the zone has twice or not at all is refused."""
    if rule.zone is None:
        raise _RefusedError("mapping_parse", "the time has no zone")
    first, second = moment.replace(tzinfo=rule.zone, fold=0), moment.replace(tzinfo=rule.zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise _RefusedError("mapping_ambiguous_time", f"{rule.zone} has this local time twice or not at all")
    return first


def _typed(feed: str, rule: Rule, value: object) -> object:
    if isinstance(value, list):
        return value
    if rule.kind == "[str]":
        return from_text("[str]", _text(value), rule.split) if rule.columns else [_text(value)]
    typed = from_cell(FEEDS[feed].field(rule.field), value)
    return [typed] if rule.is_list and typed is not None else typed
