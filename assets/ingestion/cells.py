"""One cell into one JSON-like value of the contract's type, where it plainly fits.

Belongs here: text and typed cells to int, float, bool, list, object. What does not fit is handed on unchanged, so that
the contract refuses it with its path. Does not belong here: refusing, defaults, mappings, reading files.
"""

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from assets.ingestion.contracts import Field

LIST_SEPARATOR = ";"

_INTEGER = re.compile(r"[+-]?\d{1,19}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_BOOLEANS = {"true": True, "false": False}


def from_text(kind: str, text: str, separator: str = LIST_SEPARATOR) -> object:
    """Type one text cell.

    Args:
        kind: The contract's field type.
        text: The cell; empty (or white space only) means null.
        separator: What joins a list.

    Returns:
        The typed value, None for an empty cell, or the text itself where it does not fit the type.
    """
    if not text.strip():
        return None
    convert = _FROM_TEXT.get(kind)
    if convert is not None:
        return convert(text.strip())
    if kind == "[str]":
        return [part.strip() for part in text.split(separator) if part.strip()]
    return text


def from_cell(field: Field | None, cell: object, separator: str = LIST_SEPARATOR) -> object:
    """Type one cell that may already be typed (spreadsheets, Parquet, JSON).

    Args:
        field: The contract's field, or None for a field outside the contract.
        cell: str, number, bool, date, datetime, time, bytes, list, dict or None.
        separator: What joins a list in a text cell.

    Returns:
        A JSON-like value. Datetimes keep their offset; one without an offset stays without one, for the contract to judge.
    """
    kind = field.type if field is not None else ""
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, str):
        return from_text(kind, cell, separator)
    if isinstance(cell, int | float | Decimal):
        return _from_number(kind, cell)
    if isinstance(cell, dt.datetime | dt.date | dt.time | dt.timedelta):
        return _from_moment(kind, cell)
    return _from_container(cell)


def _integer(text: str) -> int | str:
    return int(text) if _INTEGER.fullmatch(text) else text


def _float(text: str) -> float | str:
    return float(text) if _NUMBER.fullmatch(text) else text


def _boolean(text: str) -> bool | str:
    return _BOOLEANS.get(text.lower(), text)


def _json(text: str) -> object:
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text


_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "int": _integer,
    "float": _float,
    "bool": _boolean,
    "scores": _json,
    "object": _json,
    "[object]": _json,
}


def _from_number(kind: str, number: float | Decimal) -> object:
    if not math.isfinite(number):
        return str(number)
    whole = number == int(number)
    if kind in {"int", "float", ""}:
        return int(number) if whole and kind != "float" else float(number)
    if kind in {"str", "hash", "[str]"}:
        text = str(int(number)) if whole else str(number)
        return [text] if kind == "[str]" else text
    return int(number) if whole else float(number)


def _from_moment(kind: str, moment: dt.datetime | dt.date | dt.time | dt.timedelta) -> str:
    if isinstance(moment, dt.datetime):
        is_day = moment.tzinfo is None and moment.time() == dt.time()
        if is_day and kind in {"date", "moment", "str", ""}:
            return moment.date().isoformat()
        return moment.isoformat()
    if isinstance(moment, dt.timedelta):
        return str(moment)
    if isinstance(moment, dt.time):
        return moment.isoformat("auto" if moment.second else "minutes")
    return moment.isoformat()


def _from_container(cell: object) -> object:
    if isinstance(cell, bytes):
        return cell.hex()
    if isinstance(cell, dict):
        return {str(key): from_cell(None, inner) for key, inner in cell.items()}
    if isinstance(cell, list | tuple):
        if cell and all(isinstance(pair, tuple) and len(pair) == 2 for pair in cell):  # a Parquet map
            return {str(key): from_cell(None, inner) for key, inner in cell}
        return [inner if isinstance(inner, str) else from_cell(None, inner) for inner in cell]
    return str(cell)
