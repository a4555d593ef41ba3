"""A part is read whatever its bytes are; what had to be repaired, and what cannot be read, is a finding."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.dsa import Finding, template, validate
from reports.dsa.decoding import to_grid
from reports.dsa.numbers import read_amount
from reports.dsa.page import page_bytes
from reports.dsa.sheets import part_of_name
from tests.unit.reports.dsa.hand_made import csv_bytes, hand_made, write

KINDS = ("count", "hours", "fraction", "staff")


def file_of(folder: Path, part: int) -> Path:
    return folder / template.part(part).file_name


def judged(folder: Path) -> list[Finding]:
    return list(validate(folder).findings)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return write(hand_made(), tmp_path / "report")


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("change", "level", "seen"),
    [
        (lambda raw: b"\xef\xbb\xbf" + raw, "note", "UTF-8 with BOM"),
        (lambda raw: raw.decode().encode("utf-16"), "error", "utf-16"),
        (lambda raw: raw.replace(b"Example", "Exämple".encode("cp1252"), 1), "error", "cp1252"),
        (lambda raw: raw.replace(b"\n", b"\r"), "warning", "CR"),
        (lambda raw: raw + b"\x00", "error", "NUL"),
    ],
)
def test_an_encoding_is_told_and_the_part_still_read(report: Path, change: object, level: str, seen: str) -> None:
    path = file_of(report, 9)
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    found = [f for f in judged(report) if f.rule not in {"V28"}]
    assert [(f.rule, f.part, f.level, f.found) for f in found][:1] == [("V22", 9, level, seen)]
    assert {f.rule for f in found} <= {"V22", "V23", "V20"}


def test_crlf_line_ends_are_right(report: Path) -> None:
    for path in report.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert judged(report) == []


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_is_one_finding(report: Path, separator: str, name: str) -> None:
    rows = hand_made()[5]
    text = "\n".join(separator.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows) + "\n"
    file_of(report, 5).write_text(text)
    finding = only(judged(report))
    assert (finding.rule, finding.part, finding.found, finding.expected) == ("V22", 5, name, "commas")


def test_an_unclosed_quote_is_told(report: Path) -> None:
    path = file_of(report, 11)
    path.write_bytes(path.read_bytes() + b'All,"never closed\n')
    assert "V22" in {f.rule for f in judged(report) if f.part == 11}


def test_a_huge_cell_is_read_and_too_long(report: Path) -> None:
    rows = hand_made()[11]
    rows[2][4] = "x" * 1_000_000
    file_of(report, 11).write_bytes(csv_bytes(rows))
    finding = only(judged(report))
    assert (finding.rule, finding.row, finding.found) == ("V15", 3, "1000000 characters")


def test_too_many_rows_stop_the_reading(report: Path) -> None:
    path = file_of(report, 9)
    path.write_bytes(path.read_bytes() + b",,,,,,,\n" * 30_000)
    assert any(f.rule == "V24" and "rows" in f.message for f in judged(report))


def test_too_many_cells_are_not_read(report: Path) -> None:
    file_of(report, 4).write_bytes(b"," * 1_000_000)
    assert any(f.rule == "V24" and f.found == "1000001" for f in judged(report))


def test_an_empty_part_is_a_finding(report: Path) -> None:
    file_of(report, 4).write_bytes(b"")
    finding = next(f for f in judged(report) if f.part == 4)
    assert (finding.rule, finding.level) == ("V24", "error")


@pytest.mark.parametrize("kind", ["folder", "dangling", "pipe"])
def test_what_is_no_file_is_a_finding(report: Path, kind: str) -> None:
    path = file_of(report, 10)
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "dangling":
        path.symlink_to(report / "nowhere.csv")
    else:
        os.mkfifo(path)
    finding = only(judged(report))
    assert (finding.rule, finding.part, finding.level) == ("V24", 10, "error")


def test_a_missing_part_is_a_finding(report: Path) -> None:
    file_of(report, 2).unlink()
    finding = only(judged(report))
    assert (finding.rule, finding.part, finding.expected) == ("V1", 2, "2_categories_names.csv")


def test_two_files_of_a_part_are_a_finding(report: Path) -> None:
    (report / "2_DE_categories.csv").write_bytes(file_of(report, 2).read_bytes())
    finding = only(judged(report))
    assert (finding.rule, finding.part, finding.level) == ("V1", 2, "error")


def test_an_empty_folder_lacks_all_parts(tmp_path: Path) -> None:
    assert [(f.rule, f.part) for f in judged(tmp_path)] == [("V1", n) for n in range(1, 12)]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("3_member_states_orders.csv", 3),
        ("03-orders.CSV", 3),
        ("EN_11_qualitative.csv", 11),
        ("4_EN_Annex_I__Templates_for_Transparency_Reports_CSV_Part_3_orders.csv", 3),
        ("4_DE_Anhang_CSV_Part_10_AMAR.csv", 10),
        ("qualitative.csv", 11),
        ("readme.csv", None),
        ("12_more.csv", None),
        ("2026.csv", None),
    ],
)
def test_the_part_is_known_by_its_name(name: str, part: int | None) -> None:
    assert part_of_name(name) == part


def test_a_header_in_another_language_is_read_by_position(report: Path) -> None:
    rows = hand_made()[5]
    rows[0] = [f"Spalte {n}" for n in range(len(rows[0]))]
    rows[2][7] = "1"
    file_of(report, 5).write_bytes(csv_bytes(rows))
    found = {(f.rule, f.level) for f in judged(report)}
    assert ("V1", "warning") in found
    assert ("V3", "error") in found


def test_a_part_without_header_is_still_judged(report: Path) -> None:
    file_of(report, 5).write_bytes(csv_bytes(hand_made()[5][1:]))
    finding = only(judged(report))
    assert (finding.rule, finding.part, finding.row) == ("V1", 5, 1)


def test_moved_columns_are_told_and_followed(report: Path) -> None:
    rows = [[*row[:7], row[8], row[7], *row[9:]] for row in hand_made()[5]]
    file_of(report, 5).write_bytes(csv_bytes(rows))
    finding = only(judged(report))
    assert (finding.rule, finding.part) == ("V1", 5)
    assert "another order" in finding.message


@pytest.mark.parametrize(
    ("text", "kind", "value", "defective"),
    [
        ("", "count", None, False),
        ("12", "count", "12", False),
        ("12.0", "count", "12.0", True),
        ("1 234 567", "count", "1234567", True),
        ("1.234.567", "count", "1234567", True),
        ("0,95", "fraction", "0.95", True),
        ("95 %", "fraction", "0.95", True),
        ("1e3", "count", "NaN", True),
        ("١٢", "count", "NaN", True),
        ("9" * 5000, "count", "NaN", True),
        ("+5", "count", "NaN", True),
        ("154 hours", "hours", "NaN", True),
        (" 7", "hours", "7", True),
    ],
)
def test_a_number_is_read_with_what_is_wrong_about_it(text: str, kind: str, value: str | None, defective: bool) -> None:
    amount = read_amount(text, kind)  # type: ignore[arg-type]
    assert (None if amount.value is None else str(amount.value)) == value
    assert bool(amount.defect) == defective


def test_no_report_can_steer_a_terminal(report: Path) -> None:
    rows = hand_made()[5]
    rows[3][3], rows[3][1], rows[4][5] = "\x1b[2Jgone", "\x1b]0;title\x07", "\x1b[31m3"
    file_of(report, 5).write_bytes(csv_bytes(rows))
    found = judged(report)
    assert any("\\x1b[2JGONE" in f.message for f in found)
    assert all(str(value).isprintable() for f in found for value in (f.message, f.found, f.expected, f.column))


def test_the_page_escapes_what_the_report_says(report: Path) -> None:
    rows = hand_made()[11]
    rows[1][3] = "<script>alert(1)</script>"
    file_of(report, 11).write_bytes(csv_bytes(rows))
    page = page_bytes(validate(report), "<b>name</b>").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<b>name" not in page


@given(st.text(max_size=60), st.sampled_from(KINDS))
def test_no_text_breaks_the_reading_of_numbers(text: str, kind: str) -> None:
    read_amount(text, kind)  # type: ignore[arg-type]


@given(st.binary(max_size=400))
def test_no_bytes_break_the_decoding(content: bytes) -> None:
    to_grid(content, 7, 8)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.lists(st.binary(max_size=300), min_size=11, max_size=11))
def test_no_folder_of_random_bytes_breaks_the_validator(content: list[bytes], tmp_path: Path) -> None:
    for number, raw in enumerate(content, start=1):
        file_of(tmp_path, number).write_bytes(raw)
    outcome = validate(tmp_path)
    assert outcome.errors > 0
    page_bytes(outcome, "random")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.integers(1, 11), seed=st.integers(0, 10**6), noise=st.binary(min_size=1, max_size=12))
def test_no_noise_in_a_right_report_breaks_the_validator(part: int, seed: int, noise: bytes, report: Path) -> None:
    right = csv_bytes(hand_made(very_large=True)[part])
    at = random.Random(seed).randrange(len(right))
    file_of(report, part).write_bytes(right[:at] + noise + right[at:])
    page_bytes(validate(report), "noise")
    file_of(report, part).write_bytes(csv_bytes(hand_made()[part]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.integers(1, 11), seed=st.integers(0, 10**6), text=st.text(max_size=30))
def test_no_text_in_any_cell_breaks_the_validator(part: int, seed: int, text: str, report: Path) -> None:
    rows = hand_made(very_large=True)[part]
    chance = random.Random(seed)
    row = chance.choice(rows)
    row[chance.randrange(len(row))] = text
    file_of(report, part).write_bytes(csv_bytes(rows).replace(b"\x00", b"0"))
    validate(report)
    file_of(report, part).write_bytes(csv_bytes(hand_made()[part]))
