"""A cell's text as a number: the value, and what is wrong with how it is written.

Formats of counts, hours, shares and staff belong here; whether the number is plausible does not.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from reports.dsa.template import Kind

UNREADABLE = Decimal("NaN")
_LONGEST = 18
_LONGEST_CELL = 200
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:[ ,.'\u00a0\u2009\u202f][0-9]{3})+")
_COMMA_DECIMAL = re.compile(r"-?[0-9]+,[0-9]+")
_WITH_WORDS = re.compile(r"[~<>≈]?\s*(-?[0-9]+(?:[.,][0-9]+)?)\s*(?:%|[^\W\d_][^0-9]*)")
_WANTED: dict[Kind, str] = {
    "count": "a whole number",
    "hours": "hours as a number",
    "fraction": "a share between 0 and 1",
    "staff": "a number of people",
    "text": "text",
}


class Amount(NamedTuple):
    """A number that a cell holds.

    Attributes:
        value: None when the cell is blank, NaN when no number can be made of it, else the number, repaired if need be.
        defect: What is wrong with the writing; empty when nothing.
        hard: Whether the defect is an error rather than a warning.
        expected: What should stand there.
    """

    value: Decimal | None
    defect: str = ""
    hard: bool = True
    expected: str = ""


def read_amount(text: str, kind: Kind) -> Amount:
    """Read a cell of parts 3 to 10. Never raises."""
    if len(text) > _LONGEST_CELL:
        return Amount(UNREADABLE, "this is not a number", expected=_WANTED[kind])
    return _read(text, kind)


@lru_cache(maxsize=10_000)
def _read(text: str, kind: Kind) -> Amount:
    bare = text.strip()
    if not bare:
        return Amount(None)
    if _PLAIN.fullmatch(bare):
        return _plain(text, bare, kind)
    return _repaired(bare, kind)


def _plain(text: str, bare: str, kind: Kind) -> Amount:
    if len(bare) > _LONGEST + 20 or len(bare.split(".", maxsplit=1)[0]) > _LONGEST:
        return Amount(UNREADABLE, "the number is longer than anything a report counts", expected=_WANTED[kind])
    value = Decimal(bare)
    if kind == "count" and "." in bare:
        whole = value == value.to_integral_value()
        expected = f"{value.to_integral_value()}" if whole else _WANTED[kind]
        return Amount(value, "a count is a whole number" + (", without a point" if whole else ""), not whole, expected)
    if bare != text:
        return Amount(value, "there are spaces around the number", hard=False, expected=bare)
    return Amount(value)


def _repaired(bare: str, kind: Kind) -> Amount:
    if bare[0] in "=@+":
        return Amount(UNREADABLE, "this is a formula or a sign, not a number", expected=_WANTED[kind])
    if len(bare) <= 40 and _GROUPED.fullmatch(bare):
        digits = re.sub(r"[^0-9-]", "", bare)
        ambiguous = kind != "count" and bare.count(",") + bare.count(".") == 1
        if not ambiguous and len(digits) <= _LONGEST:
            return Amount(Decimal(digits), "the digits are grouped", expected=digits)
    if len(bare) <= 40 and _COMMA_DECIMAL.fullmatch(bare):
        value = bare.replace(",", ".")
        return Amount(Decimal(value), "the decimal sign is a comma", expected=value)
    if len(bare) <= 40 and (match := _WITH_WORDS.fullmatch(bare)):
        value = match.group(1).replace(",", ".")
        if bare.endswith("%"):
            share = Decimal(value) / 100
            return Amount(share, "this is a percentage", expected=f"{share.normalize():f}")
        hint = value if kind != "hours" or "hour" in bare.lower() else _WANTED[kind]
        return Amount(UNREADABLE, "there is more than a number in the cell", expected=hint)
    return Amount(UNREADABLE, "this is not a number", expected=_WANTED[kind])
