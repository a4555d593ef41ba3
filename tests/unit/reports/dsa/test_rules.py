"""Each rule fires on the defect it is about, names the place, and stays silent on what only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.dsa import Finding, template, validate
from reports.dsa.findings import rules
from tests.unit.reports.dsa.hand_made import (
    PERIOD,
    Parts,
    csv_bytes,
    hand_made,
    place,
    row_of,
    set_count,
    set_value,
    write,
)

Change = Callable[[Parts], Any]
COMPLAINTS = "Number of complaints"
HATE = "KEYWORD_HATE_SPEECH"
SPEECH = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"


def cell(part: int, row: int, column: int, value: str) -> Change:
    def change(parts: Parts) -> int:
        parts[part][row - 1][column] = value
        return row

    return change


def counted(part: int, key: str, column: str, value: str) -> Change:
    return lambda parts: set_count(parts, part, key, column, value)


def valued(part: int, indicator: str, scope: str, value: str) -> Change:
    return lambda parts: set_value(parts[part], indicator, scope, value)


def judged(parts: Parts, folder: Path, **options: Any) -> tuple[Finding, ...]:
    return validate(write(parts, folder), **options).findings


def other_row(parts: Parts, description: str, count: str, part: int = 5) -> int:
    """Set the KEYWORD_OTHER row of speech; returns its number."""
    row = row_of(parts, part, SPEECH) + 4
    parts[part][row - 1][4] = description
    parts[part][row - 1][place(part, "Number of measures taken at")] = count
    return row


def second_other(parts: Parts) -> int:
    row = other_row(parts, "Insults", "0")
    parts[5].insert(row, list(parts[5][row - 1]))
    return row + 1


def without_column(parts: Parts) -> int:
    parts[7] = [row[:-2] + row[-1:] for row in parts[7]]
    return 1


def category_15_in_part_5(parts: Parts) -> int:
    parts[5].append([*parts[5][-1][:3], "STATEMENT_CATEGORY_OTHER_VIOLATION_TC", *parts[5][-1][4:]])
    return len(parts[5])


def unknown_category(parts: Parts) -> int:
    row = row_of(parts, 4, "KEYWORD_PHISHING")
    parts[4][row - 1][3] = "STATEMENT_CATEGORY_NONSENSE"
    return row


def shuffled_as_found(parts: Parts) -> int:
    """The language rows of the official part 8, filled in as they stand."""
    official = [row for row in template.blank_rows(8) if row[0] == "Only for VLOPs" and row[5] != "[...]"]
    parts[8] = [row for row in parts[8] if row[5] not in {"bg", "sv"}]
    for row in official:
        row[1], row[2], row[6] = "Example Service", PERIOD, "0.5" if row[4].startswith("Accuracy") else "1"
        parts[8].append(row)
    return next(n for n in range(len(parts[8]), 0, -1) if parts[8][n - 1][5] == "bg") - 2


def dropped(part: int, key: str) -> Change:
    def change(parts: Parts) -> None:
        del parts[part][row_of(parts, part, key) - 1]

    return change


def doubled(parts: Parts) -> int:
    row = row_of(parts, 6, "KEYWORD_NUDITY")
    parts[6].insert(row, list(parts[6][row - 1]))
    return row + 1


def no_amar_for_austria(parts: Parts) -> int:
    return set_value(parts[10], "Number of average", "TOTAL", "300")


def no_amar_in_greece(parts: Parts) -> int:
    set_value(parts[10], "Number of average", "EL", "")
    return set_value(parts[10], "Number of average", "TOTAL", "260")


BREAKS: list[tuple[str, str, int, Change]] = [
    ("V1", "error", 7, without_column),
    ("V1", "error", 5, cell(5, 1, 7, "Removals")),
    ("V2", "error", 4, cell(4, 9, 2, "17/02/2026-31/12/2026")),
    ("V2", "error", 4, cell(4, 9, 2, "2025-01-01/2025-12-31")),
    ("V2", "error", 4, cell(4, 9, 2, "")),
    ("V2", "error", 1, cell(1, 5, 3, "1 January 2026")),
    ("V3", "error", 5, counted(5, "TOTAL", "Visibility restriction Removal", "10")),
    ("V3", "error", 3, counted(3, "TOTAL", "Number of orders to provide", "19")),
    ("V4", "error", 6, counted(6, SPEECH, "Number of measures taken after", "4")),
    ("V5", "error", 4, counted(4, HATE, "Median time to take action", "154 hours")),
    ("V5", "error", 7, valued(7, COMPLAINTS, "Decisions upheld", "72.45")),
    ("V5", "error", 4, counted(4, HATE, "Number of notices received", "1 234")),
    ("V5", "error", 10, valued(10, "Number of average", "TOTAL", "1,234")),
    ("V5", "error", 4, counted(4, HATE, "Median time to take action", "6,5")),
    ("V5", "error", 4, counted(4, HATE, "Number of notices received", "=SUM(F3:F9)")),
    ("V5", "error", 4, counted(4, HATE, "Number of notices received", "n/a")),
    ("V5", "warning", 4, counted(4, HATE, "Number of notices received", "3.0")),
    ("V6", "error", 5, lambda parts: other_row(parts, "", "1")),
    ("V6", "error", 5, second_other),
    ("V7", "error", 5, category_15_in_part_5),
    ("V7", "error", 4, unknown_category),
    ("V8", "error", 4, counted(4, HATE, "Number of notices received from", "4")),
    ("V9", "error", 4, counted(4, HATE, "Number of notices received", "-3")),
    ("V9", "warning", 4, counted(4, HATE, "Number of specific items", "0")),
    ("V10", "error", 7, valued(7, COMPLAINTS, "Total number", "9")),
    ("V10", "warning", 7, valued(7, COMPLAINTS, "Total number", "12")),
    ("V11", "error", 5, counted(5, HATE, "Visibility restriction Removal", "2")),
    ("V12", "error", 8, valued(8, "Number of measures solely", "Own-initiative", "8")),
    ("V13", "error", 8, valued(8, "Accuracy of the automated means - Recall", "Total number", "95")),
    ("V13", "error", 8, valued(8, "Accuracy of the automated means - Recall", "Total number", "95%")),
    (
        "V14",
        "warning",
        5,
        counted(5, "KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS", "Visibility restriction Labelled", ""),
    ),
    ("V14", "warning", 4, counted(4, HATE, "Median time to take action", "")),
    ("V14", "error", 1, cell(1, 2, 3, "")),
    ("V15", "error", 11, cell(11, 3, 4, "x" * 5001)),
    ("V16", "error", 1, cell(1, 3, 3, "2027-03-01")),
    ("V16", "error", 1, cell(1, 3, 3, "2026-12-31")),
    ("V18", "error", 8, valued(8, "Number of notices solely", "NAM Total", "5")),
    ("V19", "error", 8, valued(8, "Number of measures solely", "Own-initiative", "10")),
    ("V20", "error", 6, doubled),
    ("V20", "warning", 7, cell(7, 2, 0, "Everybody")),
    ("V20", "error", 7, cell(7, 2, 4, "Number of complaints")),
    ("V21", "error", 11, cell(11, 2, 4, "Free text")),
    ("V23", "error", 9, lambda parts: parts[9][1].append("more") or 2),
    ("V25", "warning", 11, cell(11, 2, 4, "=HYPERLINK(A1)")),
    ("V26", "error", 9, cell(9, 5, 5, "BG")),
    ("V27", "warning", 10, no_amar_for_austria),
    ("V28", "error", 9, cell(9, 2, 1, "Another Service")),
    ("V28", "warning", 9, cell(9, 2, 1, "")),
    ("V29", "error", 5, counted(5, HATE, "Number of measures taken after", "4")),
    ("V30", "warning", 11, cell(11, 4, 4, "We use no fully automated means.")),
    ("V31", "warning", 8, shuffled_as_found),
    ("V32", "warning", 4, counted(4, HATE, "Median time to take action", "9000")),
    ("V33", "warning", 4, counted(4, SPEECH, "Median time to take action", "7")),
    (
        "V34",
        "error",
        7,
        valued(7, "Complaint regarding a decision to suspend or terminate an account", "Total number", "11"),
    ),
    ("V19", "error", 8, valued(8, "Number of measures not", "sv", "10")),
    ("V35", "error", 9, valued(9, "Number of total moderators", "bg", "13")),
    ("V36", "warning", 10, no_amar_in_greece),
]


@pytest.mark.parametrize(("rule", "level", "part", "change"), BREAKS, ids=[f"{n}-{b[0]}" for n, b in enumerate(BREAKS)])
def test_a_defect_is_found_where_it_is(rule: str, level: str, part: int, change: Change, tmp_path: Path) -> None:
    parts = hand_made(very_large=True)
    row = change(parts)
    found = [f for f in judged(parts, tmp_path) if (f.rule, f.level, f.part, f.row) == (rule, level, part, row)]
    assert found, "\n".join(str(f) for f in judged(parts, tmp_path))
    assert all(f.message.endswith(".") or "The same in rows" in f.message for f in found)


@pytest.mark.parametrize("very_large", [False, True])
def test_a_right_report_has_no_findings(very_large: bool, tmp_path: Path) -> None:
    outcome = validate(write(hand_made(very_large=very_large), tmp_path))
    assert outcome.findings == ()
    assert (outcome.errors, outcome.warnings, outcome.notes) == (0, 0, 0)


def described_other(parts: Parts) -> None:
    """Two KEYWORD_OTHER rows of one category, each described and counted."""
    row = other_row(parts, "Insults", "0")
    parts[5].insert(row, [*parts[5][row - 1][:4], "Threats of boycott", *parts[5][row - 1][5:]])


def corrected_later(parts: Parts) -> None:
    parts[1][2][3], parts[1][3][3] = "2027-06-01", "2027-02-20"


def classifiers(parts: Parts) -> None:
    """A second classifier's accuracy, told apart by its context."""
    row = next(n for n, r in enumerate(parts[8]) if r[4].endswith("Recall"))
    parts[8].insert(row, [*parts[8][row][:7], "Second classifier"])


def typographic(parts: Parts) -> None:
    parts[11][1][3] = parts[11][1][3].replace("\u2019", "'")


QUIET: list[tuple[str, Change]] = [
    ("V1", cell(4, 1, 5, "number of notices  RECEIVED")),
    ("V2", lambda parts: None),
    ("V5", counted(4, HATE, "Median time to take action", "6.50")),
    ("V6", described_other),
    ("V8", counted(4, HATE, "Number of notices received from", "3")),
    ("V10", valued(7, "Complaint regarding a decision to suspend or terminate an account", "Total number", "0")),
    ("V11", counted(5, HATE, "Account restriction Suspension", "3")),
    ("V13", valued(8, "Accuracy of the automated means - Recall", "Total number", "1")),
    ("V15", cell(11, 3, 4, "x" * 5000)),
    ("V16", cell(1, 3, 3, "2027-02-28")),
    ("V20", typographic),
    ("V20", classifiers),
    ("V25", cell(11, 3, 4, "- a list\n- of things")),
    ("V28", cell(9, 2, 1, "EXAMPLE  service")),
    ("V30", cell(11, 4, 4, "Automated means are used; no disputes were received.")),
    ("V33", counted(4, SPEECH, "Median time to take action", "6.5")),
]


@pytest.mark.parametrize(("rule", "change"), QUIET, ids=[f"{n}-{q[0]}" for n, q in enumerate(QUIET)])
def test_what_only_looks_like_a_defect_is_not_told(rule: str, change: Change, tmp_path: Path) -> None:
    parts = hand_made(very_large=True)
    change(parts)
    assert [f for f in judged(parts, tmp_path) if f.rule == rule and f.level != "note"] == []


def test_every_rule_has_a_source_a_remedy_and_a_defect_that_shows_it() -> None:
    declared = rules()
    assert list(declared) == [f"V{n}" for n in range(1, 37)]
    assert all(rule.source and rule.do.endswith(".") and rule.levels for rule in declared.values())
    elsewhere = {"V17", "V22", "V24"}  # files and statements: tested below and in test_reading
    assert {b[0] for b in BREAKS} | elsewhere == set(declared)
    assert all(level in declared[rule].levels for rule, level, _, _ in BREAKS)


def test_found_and_expected_are_the_two_sides_of_a_sum(tmp_path: Path) -> None:
    parts = hand_made()
    row = set_count(parts, 5, "TOTAL", "Account restriction Termination", "7")
    (finding,) = [f for f in judged(parts, tmp_path) if f.rule == "V3"]
    assert (finding.part, finding.row, finding.column, finding.found, finding.expected) == (
        5,
        row,
        "Account restriction Termination",
        "7",
        "0",
    )
    assert "TOTAL is 7, but the high-level categories sum to 0" in finding.message


def test_greece_is_el_in_the_report(tmp_path: Path) -> None:
    parts = hand_made()
    for row in parts[3]:
        row[5] = "GR" if row[5] == "EL" else row[5]
    found = [f for f in judged(parts, tmp_path) if f.rule == "V26"]
    assert found
    assert {(f.found, f.expected) for f in found} == {("GR", "EL")}


def test_orders_of_the_states_add_up_to_all_orders(tmp_path: Path) -> None:
    parts = hand_made()
    for key in (HATE, SPEECH, "TOTAL"):
        number = row_of(parts, 3, key, "DE")
        column = place(3, "Number of orders to act")
        parts[3][number - 1][column] = str(int(parts[3][number - 1][column]) + 1)
    found = [f for f in judged(parts, tmp_path) if f.rule == "V27"]
    assert [f.row for f in found] == [row_of(parts, 3, key) for key in ("TOTAL", SPEECH, HATE)]


def test_one_unreadable_number_is_told_once_and_not_as_a_wrong_sum(tmp_path: Path) -> None:
    parts = hand_made()
    set_count(parts, 6, HATE, "Visibility restriction Removal", "three")
    assert [f.rule for f in judged(parts, tmp_path)] == ["V5"]


def test_grouped_digits_count_as_the_number_they_mean(tmp_path: Path) -> None:
    parts = hand_made(very_large=True)
    for state in parts[10][2:]:
        state[6] = "1000"
    set_value(parts[10], "Number of average", "TOTAL", "27 000")
    (finding,) = judged(parts, tmp_path)
    assert (finding.rule, finding.expected) == ("V5", "27000")


def test_a_half_year_is_for_very_large_services(tmp_path: Path) -> None:
    def half(*, very_large: bool) -> set[str]:
        parts = hand_made(very_large=very_large)
        for rows in parts.values():
            for row in rows:
                if row[2] == PERIOD:
                    row[2] = "2026-01-01/2026-06-30"
        parts[1][2][3], parts[1][5][3] = "2026-08-31", "2026-06-30"
        return {f.rule for f in judged(parts, tmp_path / str(very_large))}

    assert half(very_large=True) == set()
    assert half(very_large=False) == {"V2"}


def test_a_late_correction_of_a_report_in_time_is_no_error(tmp_path: Path) -> None:
    parts = hand_made()
    corrected_later(parts)
    assert [(f.rule, f.level) for f in judged(parts, tmp_path)] == [("V16", "warning")]


def test_a_gap_that_the_context_explains_is_a_note(tmp_path: Path) -> None:
    parts = hand_made()
    row = set_value(parts[7], COMPLAINTS, "Total number", "12")
    parts[7][row - 1][7] = "Two were pending on 31 December."
    assert [(f.rule, f.level) for f in judged(parts, tmp_path)] == [("V10", "note")]


def test_a_missing_row_is_named(tmp_path: Path) -> None:
    parts = hand_made()
    dropped(4, "KEYWORD_PHISHING")(parts)
    found = judged(parts, tmp_path)
    assert ("V20", 4, "KEYWORD_PHISHING") in {(f.rule, f.part, f.expected) for f in found}
    assert {f.rule for f in found} == {"V20", "V4"}


def test_statements_are_reconciled_by_ground_and_source(tmp_path: Path) -> None:
    line = '{{"decision_ground": "DECISION_GROUND_{}", "source_type": "SOURCE_{}"}}\n'
    own = (
        line.format("ILLEGAL_CONTENT", "VOLUNTARY") * 9
        + line.format("INCOMPATIBLE_CONTENT", "TYPE_OTHER_NOTIFICATION") * 9
    )
    noticed = (
        line.format("ILLEGAL_CONTENT", "ARTICLE_16") * 9 + line.format("INCOMPATIBLE_CONTENT", "TRUSTED_FLAGGER") * 8
    )
    statements = tmp_path / "statements.jsonl"
    statements.write_text(own + noticed + "not json\n")
    found = judged(hand_made(), tmp_path / "report", statements=statements)
    assert [(f.rule, f.level, f.part, f.found, f.expected) for f in found if f.part] == [
        ("V17", "warning", 4, "9", "8")
    ]
    assert [f.found for f in found if not f.part] == ["1 lines"]


def test_equal_defects_of_a_column_are_told_once(tmp_path: Path) -> None:
    parts = hand_made()
    for row in parts[6][1:]:
        row[2] = "2026"
    (finding,) = judged(parts, tmp_path)
    assert (finding.rule, finding.row) == ("V2", 2)
    assert "The same in rows 3, 4, 5" in finding.message


def test_a_flood_is_cut_and_says_so(tmp_path: Path) -> None:
    parts = hand_made()
    for row in parts[6][1:]:
        for column in range(5, 21):
            row[column] = f"x{column}"
    found = [f for f in judged(parts, tmp_path) if f.rule == "V5"]
    assert len(found) == 201
    assert any("further findings" in f.message for f in found)


def test_bytes_of_the_hand_made_parts_are_plain_csv() -> None:
    assert csv_bytes([["a", 'b"c']]) == b'a,"b""c"\n'


EXPLAINED: list[tuple[str, Change, tuple[int, str]]] = [
    (
        "V14",
        counted(4, HATE, "Median time to take action", ""),
        (4, "Contextual information on Median time to take action"),
    ),
    (
        "V9",
        counted(4, HATE, "Number of specific items", "0"),
        (4, "Contextual information on Number of specific items"),
    ),
    ("V14", valued(8, "Accuracy of the automated means - Recall", "Total number", ""), (8, "Contextual Information")),
    ("V31", valued(8, "Accuracy of the automated means - Recall", "bg", ""), (8, "Contextual Information")),
]


@pytest.mark.parametrize(("rule", "change", "context"), EXPLAINED, ids=[f"{n}-{e[0]}" for n, e in enumerate(EXPLAINED)])
def test_what_the_context_explains_is_no_warning(
    rule: str, change: Change, context: tuple[int, str], tmp_path: Path
) -> None:
    parts = hand_made(very_large=True)
    row = change(parts)
    assert row is not None
    before = [f for f in judged(parts, tmp_path / "silent") if (f.rule, f.level) == (rule, "warning")]
    parts[context[0]][row - 1][place(*context)] = "This is why."
    after = [f for f in judged(parts, tmp_path / "explained") if (f.rule, f.level) == (rule, "warning")]
    assert len(after) == len(before) - 1


def test_blank_rows_of_platforms_are_no_error_of_a_hosting_service(tmp_path: Path) -> None:
    parts = hand_made()
    for indicator in ("Number of notices solely", "Number of notices not"):
        set_value(parts[8], indicator, "NAM Trusted Flagger", "")
    assert [(f.rule, f.level) for f in judged(parts, tmp_path) if f.rule == "V18"] == [("V18", "note")]


def test_a_file_beside_eleven_parts_is_a_note_and_beside_ten_a_warning(tmp_path: Path) -> None:
    write(hand_made(), tmp_path)
    (tmp_path / "cells.csv").write_text("a,b\n")
    assert [(f.rule, f.level) for f in validate(tmp_path).findings] == [("V1", "note")]
    (tmp_path / template.part(9).file_name).unlink()
    assert ("V1", "warning") in {(f.rule, f.level) for f in validate(tmp_path).findings}
