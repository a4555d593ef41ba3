"""What a line holds beside names, values and punctuation: spaces, explicit nulls and escapes, counted in its bytes.

Belongs here: counting that cannot be fooled, over a block at a time. Not here: what the counts prove (`decode`, `fast_sql`).

All of it rests on one fact: where no quote is escaped, the quotes of valid JSON open and close strings in turn. So the
second, fourth, ... quote of a line closes a string, and what follows it lies outside all strings. A space is counted only
there, right behind the colon of a key or between a comma and the quote that opens a string; an explicit null only as a whole
member under a name that the contract knows. What is counted is really there, once, and no part of any value: too little
may be told (more white space, unknown names), never too much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_QUOTE, _BACKSLASH, _LETTER_U = ord('"'), ord("\\"), ord("u")
_COLON_SPACE, _COMMA_SPACE = (int.from_bytes(pair, "little") for pair in (b": ", b", "))
_NULL, _COLON_NULL = (int.from_bytes(word, "little") for word in (b"null", b":nul"))
_MAX_NAMES = 62
# A null member but for its name: two quotes, a colon, the word, a comma.
_NULL_MARKS = 8
_NO_DIGIT = 255
_HEX = np.full(256, _NO_DIGIT, dtype=np.uint8)
for _digit, _letter in enumerate("0123456789abcdef"):
    _HEX[[ord(_letter), ord(_letter.upper())]] = _digit


@dataclass(frozen=True, slots=True)
class Excess:
    """What was counted, line by line.

    Attributes:
        held: Bytes of spaces and of explicit nulls with their names and punctuation.
        nulls: Which names are explicitly null: bit ``i`` stands for ``names[i]``.
        is_twice: Lines in which one of these names is null twice.
    """

    held: Numbers
    nulls: Numbers
    is_twice: Flags


def _words(data: bytes, size: int) -> npt.NDArray[Any]:
    """The little-endian word of ``size`` bytes that starts at each byte."""
    return np.ndarray((len(data) - size + 1,), dtype=f"<u{size}", buffer=data, strides=(1,))


def _sums(values: npt.NDArray[Any], first: Numbers, last: Numbers) -> Numbers:
    """Sum of ``values[first:last]`` for stretches that follow each other without a gap."""
    found = np.zeros(len(first), dtype=np.int64)
    is_filled = last > first
    if is_filled.any():
        found[is_filled] = np.add.reduceat(values, first[is_filled], dtype=np.int64)
    return found


def count_excess(data: bytes, starts: Numbers, ends: Numbers, names: Sequence[str]) -> Excess:
    """Count spaces between tokens and explicit nulls of lines.

    Args:
        data: Lines, valid JSON or not, without an escaped quote. What is told of invalid ones means nothing.
        starts: Where each line starts; in order, and no quote lies between the lines.
        ends: Where it ends.
        names: Names whose nulls are told; at most the first 62, and a null under another name is not counted.

    Returns:
        Counts by line; 0 for a line with an odd number of quotes.
    """
    if len(data) < _NULL_MARKS:
        nothing = np.zeros(len(starts), dtype=np.int64)
        return Excess(nothing, nothing, np.zeros(len(starts), dtype=bool))
    quotes = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _QUOTE)
    first, last = np.searchsorted(quotes, starts), np.searchsorted(quotes, ends)
    is_odd = (last - first) % 2 == 1
    if is_odd.any():
        quotes = quotes[~np.repeat(is_odd, last - first)]
        first, last = np.searchsorted(quotes, starts), np.searchsorted(quotes, ends)
    opening, closing = quotes[0::2], quotes[1::2]
    first, last = first // 2, last // 2
    pairs, fours = _words(data, 2), _words(data, 4)
    is_spaced = pairs.take(closing + 1, mode="clip") == _COLON_SPACE
    # One byte a string: 1 for a space behind its colon, 1 for a space before it.
    spaces = is_spaced.view(np.uint8) + (pairs.take(opening - 2, mode="clip") == _COMMA_SPACE)
    # ":nul" or, behind a space, "null": in valid JSON both can only be the start of the word.
    word = fours.take(closing + 1 + 2 * is_spaced, mode="clip")
    at = np.flatnonzero(word == np.where(is_spaced, np.uint32(_NULL), np.uint32(_COLON_NULL)))
    lengths, bits = _named(data, opening[at] + 1, closing[at], names)
    low, high = np.searchsorted(at, first), np.searchsorted(at, last)
    nulls = _sums(bits, low, high)
    merged = np.zeros(len(starts), dtype=np.int64)
    is_filled = high > low
    if is_filled.any():
        merged[is_filled] = np.bitwise_or.reduceat(bits, low[is_filled])
    return Excess(_sums(spaces, first, last) + _sums(lengths, low, high), merged, nulls != merged)


def _named(data: bytes, begin: Numbers, end: Numbers, names: Sequence[str]) -> tuple[Numbers, Numbers]:
    """For keys with an explicit null: bytes of the member and bit of the name, both 0 for names that are not listed."""
    sizes = end - begin
    held = np.zeros(len(begin), dtype=np.int64)
    bits = np.zeros(len(begin), dtype=np.int64)
    by_size: dict[int, list[tuple[int, bytes]]] = {}
    for index, name in enumerate(names[:_MAX_NAMES]):
        by_size.setdefault(len(name.encode()), []).append((index, name.encode()))
    for size, listed in by_size.items():
        here = np.flatnonzero(sizes == size)
        if not len(here):
            continue
        keys = np.ndarray((len(data) - size + 1,), dtype=f"S{size}", buffer=data, strides=(1,))[begin[here]]
        for index, key in listed:
            found = here[keys == key]
            held[found] = size + _NULL_MARKS
            bits[found] = 1 << index
    return held, bits


def count_escapes(data: bytes, starts: Numbers) -> tuple[Numbers, Flags]:
    r"""Count the bytes that ``\uXXXX`` escapes take beyond the UTF-8 of their characters.

    Args:
        data: The block's bytes.
        starts: Where each line starts; in order.

    Returns:
        Bytes by line, and the lines to keep off the fast path: other escapes (an escaped quote among them), characters that are
        written escaped in any JSON (control characters, quote, backslash), half of a surrogate pair.
    """
    saved = np.zeros(len(starts), dtype=np.int64)
    is_odd = np.zeros(len(starts), dtype=bool)
    view = np.frombuffer(data, dtype=np.uint8)
    at = np.flatnonzero(view == _BACKSLASH)
    lines = np.maximum(np.searchsorted(starts, at, side="right") - 1, 0)
    digits = [_HEX[view.take(at + place, mode="clip")] for place in range(2, 6)]
    is_hex = np.logical_and.reduce([digit != _NO_DIGIT for digit in digits])
    code = np.zeros(len(at), dtype=np.int64)
    for digit in digits:
        code = code << 4 | digit
    is_high, is_low = (code >= 0xD800) & (code < 0xDC00), (code >= 0xDC00) & (code < 0xE000)
    follows = np.diff(at) == 6
    paired = np.zeros(len(at), dtype=bool)
    paired[:-1] |= is_high[:-1] & is_low[1:] & follows
    paired[1:] |= is_low[1:] & is_high[:-1] & follows
    is_fine = (view.take(at + 1, mode="clip") == _LETTER_U) & is_hex & (code >= 0x20)
    is_fine &= (code != _QUOTE) & (code != _BACKSLASH) & (paired | ~(is_high | is_low))
    is_odd[lines[~is_fine]] = True
    # Six bytes as delivered; one to three as UTF-8, four for a pair.
    gain = np.where(code < 0x80, 5, np.where((code < 0x800) | is_high | is_low, 4, 3))
    np.add.at(saved, lines, gain)
    return saved, is_odd
