"""What the validator says: findings with their rule, place, what was found, what was expected and what to do.

The shape of findings and of rules belongs here; the rules themselves stand in rules.yml, the checks in the modules beside.
"""

from collections.abc import Iterable
from functools import cache
from typing import Literal, TypedDict

import msgspec

from reports.dsa.template import load_yaml, part

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")
LONGEST_QUOTE = 120
MOST_PER_RULE_AND_PART = 200


class Where(TypedDict, total=False):
    """The place of a finding: keyword arguments of `finding`."""

    part_number: int | None
    row: int | None
    column: str | None


class Seen(Where):
    """The place of a finding and what stands there."""

    found: object


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule, as declared.

    Attributes:
        rule: `V<n>`; a number is never given to another rule.
        title: The rule in one sentence.
        source: Where it comes from.
        do: What somebody who breaks it should do.
        levels: The levels its findings may have, hardest first.
        fold: Whether equal findings of one column are told once, with the number of rows.
    """

    rule: str
    title: str
    source: str
    do: str
    levels: tuple[Level, ...]
    fold: bool = False


class Finding(msgspec.Struct, frozen=True):
    """One finding.

    Attributes:
        rule: Id of the rule.
        level: `error` (breaks the template or an identity), `warning` (plausible, but must be explained), `note`.
        part: 1 to 11; null when it is about the folder.
        row: As a spreadsheet counts: the header is row 1; null when it is about the file.
        column: The template's name of the column; null when it is about a row.
        found: What stands there.
        expected: What should.
        message: What, where, and what to do.
    """

    rule: str
    level: Level
    part: int | None
    row: int | None
    column: str | None
    found: str | None
    expected: str | None
    message: str


class Outcome(msgspec.Struct, frozen=True):
    """All findings of one report, hardest first, how many there are of each level, and the rules that had nothing to go by."""

    findings: tuple[Finding, ...]
    errors: int
    warnings: int
    notes: int
    not_checked: tuple[str, ...] = ()


@cache
def rules() -> dict[str, Rule]:
    """Every rule by id."""
    declared = msgspec.convert(load_yaml("rules.yml"), tuple[Rule, ...])
    return {rule.rule: rule for rule in declared}


def visible(text: str) -> str:
    """Text with its control characters spelled out, so that no report can steer a terminal."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def quote(text: object) -> str:
    """A cell's text short enough to print, control characters made visible."""
    shown = visible(str(text)[: LONGEST_QUOTE + 1])
    return shown if len(shown) <= LONGEST_QUOTE else shown[:LONGEST_QUOTE] + "..."


def finding(
    rule: str,
    level: Level,
    what: str,
    *,
    part_number: int | None = None,
    row: int | None = None,
    column: str | None = None,
    found: object = None,
    expected: object = None,
) -> Finding:
    """A finding whose message says where, what and what to do."""
    declared = rules()[rule]
    place = [] if part_number is None else [f"Part {part_number} ({part(part_number).name})"]
    place += [] if row is None else [f"row {row}"]
    place += [] if column is None else [f'column "{quote(column.strip())}"']
    where = ", ".join(place) or "Report"
    return Finding(
        rule=rule,
        level=level,
        part=part_number,
        row=row,
        column=None if column is None else quote(column),
        found=None if found is None else quote(found),
        expected=None if expected is None else quote(expected),
        message=f"{where}: {visible(what)} {declared.do}",
    )


def settle(found: Iterable[Finding], not_checked: tuple[str, ...] = ()) -> Outcome:
    """Findings folded where their rule says so, cut where one rule would bury the rest, ordered and counted."""
    folded = _cut(_fold(found))
    order = {level: number for number, level in enumerate(LEVELS)}
    folded.sort(key=lambda f: (order[f.level], f.part or 0, f.row or 0, int(f.rule[1:])))
    counts = {level: sum(1 for f in folded if f.level == level) for level in LEVELS}
    return Outcome(
        tuple(folded), errors=counts["error"], warnings=counts["warning"], notes=counts["note"], not_checked=not_checked
    )


def _fold(found: Iterable[Finding]) -> list[Finding]:
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for number, this in enumerate(found):
        fold = rules()[this.rule].fold and this.row is not None
        key = (this.rule, this.level, this.part, this.column, this.found, this.expected) if fold else (number,)
        groups.setdefault(key, []).append(this)
    return [_told_once(group) for group in groups.values()]


def _told_once(group: list[Finding]) -> Finding:
    first = group[0]
    if len(group) == 1:
        return first
    others = [str(this.row) for this in group[1:]]
    listed = ", ".join(others[:12]) + (f" and {len(others) - 12} more" if len(others) > 12 else "")
    return msgspec.structs.replace(first, message=f"{first.message} The same in rows {listed}.")


def _cut(found: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    seen: dict[tuple[str, Level, int | None], int] = {}
    for this in found:
        key = (this.rule, this.level, this.part)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= MOST_PER_RULE_AND_PART:
            kept.append(this)
    for (rule, level, number), count in seen.items():
        if count > MOST_PER_RULE_AND_PART:
            more = count - MOST_PER_RULE_AND_PART
            kept.append(
                finding(rule, level, f"{more} further findings of this rule are not listed.", part_number=number)
            )
    return kept
