"""The tally of one file: lines met, lines set aside and why, fields and values that the contract does not know.

Belongs here: the counts that accounting and the drift report are made of. Not here: judging lines (`exact`), writing them.
No content of a line is ever in it, only its place, its fault and names that are safe to print.
"""

from collections import Counter
from dataclasses import dataclass, field

from assets.ingestion.exact import Fault


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line set aside: where and why, never what it says."""

    line_no: int
    byte_offset: int | None
    sheet: str | None
    fault: Fault


@dataclass(slots=True)
class Tally:
    """What was met while decoding one file.

    Attributes:
        lines: Physical lines, blank ones included.
        blank: Lines of white space.
        bad: Lines set aside.
        new_fields: Unknown field to number of lines that carry it.
        new_values: Unknown ``field=value`` to number of lines.
        surfaces: Surfaces seen in rows that fit.
        exact_lines: Lines that went the exact path.
    """

    lines: int = 0
    blank: int = 0
    bad: list[BadLine] = field(default_factory=list)
    new_fields: Counter[str] = field(default_factory=Counter)
    new_values: Counter[str] = field(default_factory=Counter)
    surfaces: set[str] = field(default_factory=set)
    exact_lines: int = 0

    def refuse(self, line_no: int, byte_offset: int | None, sheet: str | None, fault: Fault) -> None:
        """Set a line aside."""
        self.bad.append(BadLine(line_no, byte_offset, sheet, fault))
        if fault.new_value:
            self.new_values[fault.new_value] += 1
