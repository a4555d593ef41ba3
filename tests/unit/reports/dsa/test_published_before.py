"""The date of the previous report: what the register of filings says was filed before, and for which service."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.core.home import Home
from reports.dsa import template
from reports.dsa.filling import write_reports
from reports.filing.register import Entry, append, filings_lock
from tests.unit.reports.dsa.hand_figures import entry, made, registers, write_text, write_texts
from tests.unit.reports.dsa.hand_made import csv_bytes
from tests.unit.reports.dsa.test_filling import findings_of, parts_of


def filed(home: Home, period: str, version: int, published: str, report: str = "dsa_harmonised") -> None:
    """A filed bundle of another period, as far as this one reads it."""
    name = f"{report}/{period}/v{version}"
    rows = template.blank_rows(1)
    rows[2][3] = published
    path = home.filings / name / "dsa" / "example" / template.part(1).file_name
    path.parent.mkdir(parents=True)
    path.write_bytes(csv_bytes(rows))
    line = Entry(
        event="filed",
        filing=name,
        manifest_sha256="0" * 64,
        envelope_sha256="0" * 64,
        signers=(),
        filed_at="2026-02-01T00:00:00Z",
    )
    with filings_lock(home):
        append(home, line)


def dates(home: Home, folder: Path, period: str, corrected_on: date | None = None) -> list[str]:
    """Publication and previous publication as part 1 gives them."""
    write_texts(home.texts / "dsa_harmonised")
    with registers() as con:
        write_reports(folder, con, home, made([], period=period), entry(), corrected_on)
    return [row[3] for row in parts_of(folder / "dsa" / "example")[1][2:4]]


@pytest.fixture
def past(home: Home) -> Home:
    filed(home, "2026", 1, "2027-02-10")
    filed(home, "2027", 1, "2028-02-11")
    filed(home, "2027", 2, "2028-05-12")
    filed(home, "2029", 1, "2030-02-14")
    filed(home, "2025", 1, "2026-02-09")
    filed(home, "2027", 1, "2029-01-01", report="another_report")
    return home


def test_the_report_before_is_the_last_version_of_the_latest_earlier_period(past: Home, tmp_path: Path) -> None:
    assert dates(past, tmp_path / "2028", "2028") == ["2029-02-28", "2028-05-12"]
    assert dates(past, tmp_path / "2026", "2026")[1] == "2027-02-10"  # a correction follows what it corrects


def test_a_first_report_has_no_day_before_and_a_draft_is_none(past: Home, tmp_path: Path) -> None:
    assert dates(past, tmp_path / "2024", "2024")[1] == ""
    (past.filings / "dsa_harmonised/2025/v2").mkdir()
    assert dates(past, tmp_path / "again", "2024")[1] == ""


def test_a_text_comes_before_what_was_filed(past: Home, tmp_path: Path) -> None:
    write_text(past.texts / "dsa_harmonised", "previous_publication_date", "2028-02-29", period="2028")
    assert dates(past, tmp_path / "2028", "2028")[1] == "2028-02-29"


def test_a_correction_is_published_on_its_own_day(past: Home, tmp_path: Path) -> None:
    assert dates(past, tmp_path / "2026", "2026", date(2027, 6, 1)) == ["2027-06-01", "2027-02-10"]
    told = [(f["rule"], f["severity"]) for f in findings_of(tmp_path / "2026/dsa/example") if f["rule"] == "V16"]
    assert told == [("V16", "warning")]  # late, but an earlier version was in time


def test_a_filed_part_that_cannot_be_read_is_passed_over(past: Home, tmp_path: Path) -> None:
    path = past.filings / "dsa_harmonised/2027/v2/dsa/example/1_report_identification.csv"
    path.write_bytes(b"\xff\xfe\x00broken")
    assert dates(past, tmp_path / "2028", "2028")[1] == "2028-02-11"
