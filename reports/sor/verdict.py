"""The verdict on one statement: every field whose checks fail, exactly as the database's validator would find.

Belongs here: how each kind of check of rules.py is made, the framework's habits included (blank texts skip most checks,
numbers pass for text, an object passes for a list). Our own opinion stands in advice.py.
"""

import calendar
import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import msgspec

from reports.sor.rules import FIELDS, INSIDE_CONTENT_ID, NULL_WORD, Check, Field
from reports.sor.urls import is_url
from reports.sor.vocabulary import vocabulary

Payload = Mapping[str, object]
Step = Callable[[object, Payload], str | None]
Compiled = tuple[str, bool, tuple[Step, ...], tuple[Step, ...], tuple[Step, ...]]

BLANKS = " \t\n\r\0\x0b"
"""What the database's trim takes away."""

_EXCLUDED = ""
_REQUIRING = frozenset({"required", "required_without", "required_if"})
_IMPLICIT = _REQUIRING | {"excluded_unless"}
_ABSENT = object()
_PUID = re.compile(r"[A-Za-z0-9_-]+")
_EAN = re.compile(r"[0-9]{13}")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,80}")
_LONGEST_INTEGER = 2**63
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Finding(msgspec.Struct, frozen=True):
    """What is the matter with a field; `field` is empty when it is the whole line. No free text is ever repeated."""

    field: str
    message: str


def errors(payload: Payload) -> list[Finding]:
    """Everything for which the database would refuse a statement; at most one finding a field, none when it is accepted."""
    found = _failures(payload, _COMPILED)
    inside = payload.get("content_id")
    if isinstance(inside, dict) and inside:
        found += _failures({f"content_id.{key}": value for key, value in inside.items()}, _COMPILED_INSIDE)
    return found


def _failures(payload: Payload, compiled: tuple[Compiled, ...]) -> list[Finding]:
    found = []
    get = payload.get
    for name, is_nullable, all_steps, implicit_steps, filled_steps in compiled:
        value = get(name, _ABSENT)
        if type(value) is str:
            steps = filled_steps if value.strip(BLANKS) else implicit_steps
        elif value is _ABSENT or (value is None and is_nullable):
            steps = implicit_steps
        else:
            steps = all_steps
        for step in steps:
            message = step(value, payload)
            if message is not None:
                if message:
                    found.append(Finding(name, message))
                break
    return found


def is_given(value: object) -> bool:
    """Whether the database counts a value as given: not null, not blank, not an empty list."""
    if value is None or value is _ABSENT:
        return False
    if type(value) is str:
        return bool(value.strip(BLANKS))
    return len(value) > 0 if isinstance(value, list | dict) else True


def elements(value: object) -> Iterable[object]:
    """The elements of a list; an object counts as the list of its values, anything else as no list."""
    if isinstance(value, list):
        return value
    return value.values() if isinstance(value, dict) else ()


def calendar_day(value: object) -> str | None:
    """The value itself when it is a real day written YYYY-MM-DD (year 0 included), else None."""
    return value if isinstance(value, str) and len(value) == 10 and _is_day(value) else None


@lru_cache(maxsize=8192)
def _is_day(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = map(int, found.groups())
    if not 1 <= month <= 12:
        return False
    is_leap_day = month == 2 and day == 29 and calendar.isleap(year)
    return 1 <= day <= _MONTH_DAYS[month - 1] or is_leap_day


def number_text(value: float) -> str:
    """A JSON number as the database's language writes it (14 digits); beyond 64 bits an integer is a floating number."""
    if isinstance(value, int) and -_LONGEST_INTEGER <= value < _LONGEST_INTEGER:
        return str(value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if math.isinf(number):
        return "INF" if number > 0 else "-INF"
    text = f"{number:.14G}"
    return text.replace("E", ".0E") if "E" in text and "." not in text else text


def _required(_: Check) -> Step:
    return lambda value, _payload: None if is_given(value) else "is required"


def _required_without(check: Check) -> Step:
    others, message = check.of, "is required when none of " + ", ".join(check.of) + " is given"

    def step(value: object, payload: Payload) -> str | None:
        if is_given(value):
            return None
        for other in others:
            if other in payload and is_given(payload[other]):
                return None
        return message

    return step


def _condition(check: Check) -> Callable[[Payload], bool]:
    (other,), wanted = check.of, check.value
    if other not in _LISTS:
        return lambda payload: payload.get(other) == wanted

    def contains(payload: Payload) -> bool:
        value = payload.get(other)
        return value == wanted or wanted in elements(value)

    return contains


def _required_if(check: Check) -> Step:
    holds, message = _condition(check), f"is required with {check.value}"
    return lambda value, payload: message if holds(payload) and not is_given(value) else None


def _excluded_unless(check: Check) -> Step:
    holds = _condition(check)
    return lambda _value, payload: None if holds(payload) else _EXCLUDED


def _list(_: Check) -> Step:
    return lambda value, _payload: None if type(value) is list or isinstance(value, dict) else "is no list"


def _one_of(check: Check, *, of_list: bool) -> Step:
    words = vocabulary()
    (listed, *more) = check.of
    allowed = words.enums[listed] | set(more)

    def step(value: object, _payload: Payload) -> str | None:
        if type(value) is str:
            return None if value in allowed else _unknown(value, listed)
        if isinstance(value, list | dict):
            if not of_list:
                return "is a list; one value is asked for"
            for element in elements(value):
                if type(element) is not str or element not in allowed:
                    return _unknown(element, listed)
            return None
        return _unknown(value, listed)

    return step


def _unknown(value: object, listed: str) -> str:
    words = vocabulary()
    if type(value) is not str:
        return f"holds no text where one of {listed} is asked for"
    if value in words.renamed:
        return f"{value} was renamed {words.renamed[value]} on 1 July 2025"
    if value in words.removed:
        return f"{value} was removed on 1 July 2025"
    shown = value if _CODE.fullmatch(value) and value != NULL_WORD else "a value"
    return f"{shown} is none of the {len(words.enums[listed])} {listed}"


def _at_most(check: Check) -> Step:
    limit = check.limit

    def step(value: object, _payload: Payload) -> str | None:
        if type(value) is str:
            return f"has {len(value):,} characters, at most {limit:,} are taken" if len(value) > limit else None
        if isinstance(value, list | dict) and len(value) > limit:
            return f"has {len(value):,} elements, at most {limit:,} are taken"
        return None

    return step


def _date(_: Check) -> Step:
    return lambda value, _payload: None if calendar_day(value) else "is no day written YYYY-MM-DD"


def _from_day(check: Check) -> Step:
    return lambda value, _payload: f"lies before {check.day}" if str(value) < check.day else None


def _to_day(check: Check) -> Step:
    return lambda value, _payload: f"lies after {check.day}" if str(value) > check.day else None


def _url(_: Check) -> Step:
    return lambda value, _payload: None if isinstance(value, str) and is_url(value) else "is no URL"


def _puid(_: Check) -> Step:
    def step(value: object, _payload: Payload) -> str | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = number_text(value)
        if isinstance(value, str) and _PUID.fullmatch(value):
            return None
        return "holds more than A-Z, a-z, 0-9, - and _"

    return step


def _ean(_: Check) -> Step:
    def step(value: object, _payload: Payload) -> str | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = number_text(value)
        return None if isinstance(value, str) and _EAN.fullmatch(value) else "is not 13 digits"

    return step


_MAKERS: dict[str, Callable[[Check], Step]] = {
    "required": _required,
    "required_without": _required_without,
    "required_if": _required_if,
    "excluded_unless": _excluded_unless,
    "list": _list,
    "at_most": _at_most,
    "date": _date,
    "from_day": _from_day,
    "to_day": _to_day,
    "url": _url,
    "puid": _puid,
    "ean": _ean,
}
_LISTS = frozenset(field.name for field in FIELDS if any(check.kind == "list" for check in field.checks))


def _compiled(field: Field) -> Compiled:
    steps = [
        (
            check.kind,
            _one_of(check, of_list=field.name in _LISTS) if check.kind == "one_of" else _MAKERS[check.kind](check),
        )
        for check in field.checks
    ]
    implicit = tuple(step for kind, step in steps if kind in _IMPLICIT)
    # a text that is not blank is given: nothing that asks for that can fail
    filled = tuple(step for kind, step in steps if kind not in _REQUIRING)
    return field.name, field.is_nullable, tuple(step for _, step in steps), implicit, filled


_COMPILED = tuple(_compiled(field) for field in FIELDS)
_COMPILED_INSIDE = tuple(_compiled(field) for field in INSIDE_CONTENT_ID)
