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
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_QUOTE, _BACKSLASH, _COLON, _COMMA, _SPACE, _LETTER_N, _LETTER_U = b'"\\:, nu'
_MAX_NAMES = 62
_STRETCH_BYTES = 512 * 1024
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

    def of(self, indices: Numbers) -> "Excess":
        """What was counted of some lines."""
        return Excess(self.held[indices], self.nulls[indices], self.is_twice[indices])


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
        data: Lines, valid JSON or not. What is told of invalid ones, and of ones with an escaped quote, means nothing.
        starts: Where each line starts; in order, and no quote lies between the lines.
        ends: Where it ends.
        names: Names whose nulls are told; at most the first 62, and a null under another name is not counted.

    Returns:
        Counts by line; 0 for a line with an odd number of quotes.
    """
    excess = Excess(
        np.zeros(len(starts), dtype=np.int64),
        np.zeros(len(starts), dtype=np.int64),
        np.zeros(len(starts), dtype=bool),
    )
    if len(data) < _NULL_MARKS:
        return excess
    # Stretches of lines that a processor's cache holds: a whole block at a time costs twice that, and memory.
    cuts = np.searchsorted(starts, np.arange(0, len(data), _STRETCH_BYTES)).tolist()
    for low, high in pairwise([*sorted(set(cuts)), len(starts)]):
        lines = slice(low, high)
        if low < high:
            found = _count(data, starts[lines], ends[lines], names)
            excess.held[lines], excess.nulls[lines], excess.is_twice[lines] = found.held, found.nulls, found.is_twice
    return excess


def _count(data: bytes, starts: Numbers, ends: Numbers, names: Sequence[str]) -> Excess:
    view = np.frombuffer(data, dtype=np.uint8)
    origin = int(starts[0])
    quotes = np.flatnonzero(view[origin : int(ends[-1])] == _QUOTE) + origin
    first, last = np.searchsorted(quotes, starts), np.searchsorted(quotes, ends)
    is_odd = (last - first) % 2 == 1
    if is_odd.any():
        quotes = quotes[~np.repeat(is_odd, last - first)]
        first, last = np.searchsorted(quotes, starts), np.searchsorted(quotes, ends)
    opening, closing = quotes[0::2], quotes[1::2]
    first, last = first // 2, last // 2
    # Behind a string: ":", ": " or something else, then perhaps the letter of a null.
    behind, second = view.take(closing + 1, mode="clip"), view.take(closing + 2, mode="clip")
    is_key = behind == _COLON
    is_spaced = is_key & (second == _SPACE)
    letter = np.where(is_spaced, view.take(closing + 3, mode="clip"), second)
    is_later = (view.take(opening - 1, mode="clip") == _SPACE) & (view.take(opening - 2, mode="clip") == _COMMA)
    at = np.flatnonzero(is_key & (letter == _LETTER_N))
    # "nu" is the start of null: DuckDB takes NaN too, but no other word.
    at = at[view.take(closing[at] + 3 + is_spaced[at], mode="clip") == _LETTER_U]
    sizes, bits = _named(data, opening[at] + 1, closing[at], names)
    low, high = np.searchsorted(at, first), np.searchsorted(at, last)
    merged = np.zeros(len(starts), dtype=np.int64)
    is_filled = high > low
    if is_filled.any():
        merged[is_filled] = np.bitwise_or.reduceat(bits, low[is_filled])
    is_twice = _sums(bits, low, high) != merged
    return Excess(_sums(is_spaced.view(np.uint8) + is_later, first, last) + _sums(sizes, low, high), merged, is_twice)


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
