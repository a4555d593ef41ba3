"""Validating files of Statements of Reasons (JSON lines, an API batch, a full daily dump): a verdict for each, in order, streamed.

Belongs here: joining the reading, the verdict and the advice, and what concerns a file (a puid given twice, a batch's size).
Printing and exit codes belong to the command line.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from reports.sor.advice import warnings
from reports.sor.lines import Line, NoStatement, decode, read_lines
from reports.sor.rules import EAN, MOST_IN_BATCH
from reports.sor.verdict import Finding, errors

MOST_PUIDS = 1_000_000
"""Identifiers remembered to find repetitions; about 100 MB. Beyond them only repetitions of these are found."""


class Verdict(msgspec.Struct, frozen=True):
    """What the database would say of a line (from 1), with the fields at fault, and what we advise."""

    line: int
    accepted: bool
    errors: list[Finding]
    warnings: list[Finding]


def validate_any(path: Path, *, today: date, longest_line: int) -> Iterator[Verdict]:
    """Judge every statement of a file: a daily dump (`.zip`), an API batch (`.json` that holds one), else JSON lines.

    Raises:
        BrokenDump: A dump is not what it says, or a light one, which lacks what is to be judged.
        OSError: The file cannot be read.
    """
    if path.suffix == ".zip":
        return _dump(path, today)
    batch = _batch_in(path, longest_line) if path.suffix == ".json" else None
    return validate_file(path, today=today, longest_line=longest_line) if batch is None else _batch(batch, today)


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


def _batch_in(path: Path, longest: int) -> list[object] | None:
    """The statements of a file that is one batch as the API takes it; None when it is something else."""
    if path.stat().st_size > longest:
        return None
    try:
        payload, _ = decode(Line(1, path.read_bytes()))
    except NoStatement:
        return None
    found = payload.get("statements")
    return found if isinstance(found, list) and payload.keys() == {"statements"} else None


def _batch(statements: list[object], today: date) -> Iterator[Verdict]:
    """Verdicts by place in the batch, from 1; place 0 is the batch itself, told when it is at fault."""
    if not 1 <= len(statements) <= MOST_IN_BATCH:
        told = Finding("statements", f"holds {len(statements):,} statements; 1 to {MOST_IN_BATCH} are taken at a time")
        yield Verdict(0, accepted=False, errors=[told], warnings=[])
    puids: set[object] = set()
    for place, payload in enumerate(statements, start=1):
        if not isinstance(payload, dict):
            yield Verdict(place, accepted=False, errors=[Finding("", "is no JSON object")], warnings=[])
            continue
        found = errors(payload)
        puid = payload.get("puid")
        if isinstance(puid, str | int):
            if str(puid) in puids:
                found = [
                    *found,
                    Finding("puid", "an earlier statement of the batch has it; all of the batch is refused"),
                ]
            puids.add(str(puid))
        yield Verdict(place, not found, found, warnings(payload, today))


def _dump(path: Path, today: date) -> Iterator[Verdict]:
    """Verdicts by row of the dump, from 1, headings aside."""
    from reports.sor.dump_reading import BrokenDump, read_dump

    has_digest = path.with_name(f"{path.name}.sha1").is_file()
    for place, record in enumerate(read_dump(path, verify=has_digest), start=1):
        if "decision_facts" not in record.statement:
            raise BrokenDump(
                f"{path.name} is a light dump: it lacks four columns that are to be judged; give the full one"
            )
        payload = {name: value for name, value in record.statement.items() if value not in (None, [])}
        if ean := payload.pop("content_id_ean", None):
            payload["content_id"] = {EAN: ean}
        found = errors(payload)
        yield Verdict(place, not found, found, warnings(payload, today))
