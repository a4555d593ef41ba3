"""Validating a file of Statements of Reasons, one JSON object a line: a verdict for every line, in order, streamed.

Belongs here: joining the reading, the verdict and the advice, and what concerns a file (a puid given twice).
Printing and exit codes belong to the command line.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from reports.sor.advice import warnings
from reports.sor.lines import Line, NoStatement, decode, read_lines
from reports.sor.verdict import Finding, errors

MOST_PUIDS = 1_000_000
"""Identifiers remembered to find repetitions; about 100 MB. Beyond them only repetitions of these are found."""


class Verdict(msgspec.Struct, frozen=True):
    """What the database would say of a line (from 1), with the fields at fault, and what we advise."""

    line: int
    accepted: bool
    errors: list[Finding]
    warnings: list[Finding]


def validate_file(path: Path, *, today: date, longest_line: int) -> Iterator[Verdict]:
    """Judge every line of a file.

    A line that holds no statement (blank, no JSON, too long) is rejected with an error whose field is empty. A puid that an
    earlier accepted line has is a warning: the database refuses the later one once the earlier is stored, whatever it says.

    Args:
        path: JSON lines.
        today: The day (UTC) after which a day lies in the future.
        longest_line: Bytes; a longer line is rejected unread.

    Raises:
        OSError: The file cannot be read.
    """
    puids: set[int] = set()
    for line in read_lines(path, longest_line):
        yield _judged(line, today, puids)


def validate_statement(payload: dict[str, object], *, today: date) -> Verdict:
    """Judge one statement that is no line of a file; `line` is 1."""
    found = errors(payload)
    return Verdict(1, not found, found, warnings(payload, today))


def _judged(line: Line, today: date, puids: set[int]) -> Verdict:
    try:
        payload, notes = decode(line)
    except NoStatement as error:
        return Verdict(line.number, accepted=False, errors=[Finding("", str(error))], warnings=[])
    found = errors(payload)
    advice = [Finding(*note) for note in notes] + warnings(payload, today)
    puid = payload.get("puid")
    if isinstance(puid, str | int) and not isinstance(puid, bool):
        mark = hash(str(puid)) if isinstance(puid, str) or abs(puid) < 2**63 else 0
        if mark in puids:
            advice.append(
                Finding("puid", "an earlier accepted line has it; the database stores a puid once and refuses the next")
            )
        elif not found and len(puids) < MOST_PUIDS:
            puids.add(mark)
    if isinstance(payload.get("statements"), list):
        advice.append(Finding("statements", "this is a batch as the API takes it; give one statement a line"))
    return Verdict(line.number, not found, found, advice)
