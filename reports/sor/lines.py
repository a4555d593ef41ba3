"""From the bytes of a line to a statement, as strictly as the database's own JSON reader, and never with a crash.

Belongs here: what a line may be (UTF-8, JSON without NaN or half surrogates, 512 levels, numbers beyond 64 bits as floats),
and cutting a file into lines without holding more than one. What the statement says is judged elsewhere.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

MOST_LEVELS = 512
MOST_VALUES = 500_000
"""Commas and opening brackets above which a line is not decoded, so that memory stays bounded."""

_BOM = b"\xef\xbb\xbf"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_COUNTED_FROM = 1 << 20
_BLANK = b" \t\n\r\0\x0b"
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_MOST_INTEGER_DIGITS = 300


class NoStatement(ValueError):  # noqa: N818 - says what is the matter
    """A line that holds no statement; the message says why, without repeating it."""


class Line(msgspec.Struct, frozen=True):
    """A line of a file: its number from 1, its bytes without the line feed, and whether it was too long to be kept."""

    number: int
    content: bytes
    is_cut: bool = False


def read_lines(path: Path, longest: int) -> Iterator[Line]:
    """Cut a file at line feeds, holding at most `longest` bytes of a line.

    Args:
        path: The file.
        longest: Bytes; a longer line comes with its first bytes alone and `is_cut`.
    """
    with path.open("rb") as file:
        number = 0
        while content := file.readline(longest + 1):
            number += 1
            is_cut = len(content) > longest and not content.endswith(b"\n")
            if is_cut:
                content = content[:64]
                _skip_rest(file)
            yield Line(number, content.removesuffix(b"\n"), is_cut)


def _skip_rest(file: BinaryIO) -> None:
    while part := file.readline(1 << 20):
        if part.endswith(b"\n"):
            return


def decode(line: Line) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """Decode one statement.

    Returns:
        The statement, and (field, message) pairs about its writing: names given twice, a byte order mark.

    Raises:
        NoStatement: The line is blank, cut, no JSON, no JSON that the database reads, or no object.
    """
    content = line.content
    notes = []
    if line.is_cut:
        raise NoStatement("is longer than a line may be and was not read")
    if line.number == 1 and content.startswith(_BOM):
        content = content.removeprefix(_BOM)
        notes.append(("", "the file starts with a byte order mark; send none"))
    if not content.strip(_BLANK):
        raise NoStatement("is blank")
    value, repeated = _value(content)
    if not isinstance(value, dict):
        raise NoStatement("holds no JSON object")
    if repeated:
        notes.append(("", f"{repeated:,} names are given more than once; the last of each counts"))
    return value, notes


def _value(content: bytes) -> tuple[object, int]:
    if len(content) > _COUNTED_FROM and sum(content.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise NoStatement("holds too many values and was not decoded")
    if content.count(b"[") + content.count(b"{") > MOST_LEVELS and _levels(content) > MOST_LEVELS:
        raise NoStatement(f"is nested deeper than {MOST_LEVELS} levels")
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _strictly(content)
    if isinstance(value, dict) and not _surely_unique(content, value):
        return _strictly(content)
    return value, 0


def _surely_unique(content: bytes, value: dict[str, object]) -> bool:
    """Whether the bytes hold no more names than the statement: then none is given twice. False means "look closer"."""
    # blanks are taken out first, for a name may stand apart from its colon
    names = content.translate(None, b" \t\r\n").count(b'":')
    return names == len(value) or names == len(value) + sum(
        len(inner) for inner in value.values() if isinstance(inner, dict)
    )


def _strictly(content: bytes) -> tuple[object, int]:
    """Decode by the slow way, which counts repeated names and says what is wrong."""
    repeated = 0

    def united(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal repeated
        found = dict(pairs)
        repeated += len(pairs) - len(found)
        return found

    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        mark = " (it looks like UTF-16)" if content.startswith(_OTHER_MARKS) else ""
        raise NoStatement(f"is not UTF-8{mark}") from error
    if text.startswith("\ufeff"):
        raise NoStatement("is no JSON: it starts with a byte order mark")
    try:
        value = json.loads(text, object_pairs_hook=united, parse_constant=_no_constant, parse_int=_integer)
        if b"\\u" in content:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise NoStatement("is no JSON: half of a surrogate pair") from error
    except json.JSONDecodeError as error:
        raise NoStatement(f"is no JSON: {error.msg} at character {error.pos + 1:,}") from error
    except RecursionError as error:
        raise NoStatement("is nested too deeply") from error
    return value, repeated


def _no_constant(name: str) -> object:
    raise NoStatement(f"is no JSON: {name} is no number")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_INTEGER_DIGITS else float(digits)


def _levels(content: bytes) -> int:
    deepest = level = 0
    for found in _BRACKETS.finditer(content):
        mark = found.group()
        if mark in {b"[", b"{"}:
            level += 1
            deepest = max(deepest, level)
        elif mark in {b"]", b"}"}:
            level -= 1
    return deepest
