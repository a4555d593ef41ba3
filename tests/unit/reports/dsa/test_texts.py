"""Texts of part 11: which version is printed, what blocks, and what becomes of Markdown."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.core.home import Home
from reports.dsa.example_texts import write_example_texts
from reports.dsa.filling import write_reports
from reports.dsa.outlook import outlook
from reports.dsa.texts import QUALITATIVE, choose, plain, read_texts
from reports.periods import parse_period
from tests.unit.reports.dsa.hand_figures import ServiceRow, entry, made, registers, write_text, write_texts
from tests.unit.reports.dsa.test_filling import findings_of, parts_of

LAST = date(2026, 12, 31)
SUMMARY = QUALITATIVE[0]


def chosen(folder: Path, service: str = "example", period: str = "2026", last: date = LAST) -> tuple[str, str, str]:
    """Body, defect and draft."""
    choice = choose(read_texts(folder)[0], SUMMARY, service, period, last)
    return choice.text.body if choice.text else "", choice.defect, choice.draft


def report(tmp_path: Path, home: Home) -> Path:
    with registers([ServiceRow("example")]) as con:
        write_reports(tmp_path / "bundle", con, home, made([]), entry())
    return tmp_path / "bundle"


def test_the_services_own_text_comes_before_everybodys(tmp_path: Path) -> None:
    write_text(tmp_path, SUMMARY, "For all.", version=9)
    write_text(tmp_path, SUMMARY, "For one.", service="example", version=1)
    assert chosen(tmp_path) == ("For one.", "", "")
    assert chosen(tmp_path, service="other") == ("For all.", "", "")


def test_the_newest_version_in_force_is_printed_and_old_periods_keep_theirs(tmp_path: Path) -> None:
    write_text(tmp_path, SUMMARY, "First.", version=1)
    path = write_text(tmp_path, SUMMARY, "Second.", version=2)
    path.write_text(path.read_text().replace("valid_from: 2025-01-01", "valid_from: 2027-01-01"))
    assert chosen(tmp_path)[0] == "First."
    assert chosen(tmp_path, last=date(2027, 12, 31))[0] == "Second."


@pytest.mark.parametrize("head", [{"approved_by": None}, {"approved_on": None}, {"approved_by": "team_syn"}])
def test_nobody_approves_an_own_text_and_a_draft_is_not_printed(tmp_path: Path, head: dict[str, None]) -> None:
    draft = write_text(tmp_path, SUMMARY, "Draft.", version=2, **head)
    assert chosen(tmp_path) == ("", "text_not_approved", draft.name)
    write_text(tmp_path, SUMMARY, "Approved.", version=1)
    assert chosen(tmp_path) == ("Approved.", "", draft.name)


def test_a_text_for_one_period_is_for_no_other(tmp_path: Path) -> None:
    write_text(tmp_path, SUMMARY, "Only 2026.", period="2026")
    assert chosen(tmp_path)[0] == "Only 2026."
    assert chosen(tmp_path, period="2027") == ("", "text_missing", "")


def test_a_text_too_long_is_not_printed(tmp_path: Path) -> None:
    write_text(tmp_path, SUMMARY, "x" * 5001)
    assert chosen(tmp_path) == ("", "text_too_long", "")
    write_text(tmp_path, SUMMARY, "x" * 5000)
    assert chosen(tmp_path)[1] == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no front matter", "front matter"),
        (b"---\nindicator: nothing\nservice: all\nversion: 1\nowner: x\nvalid_from: 2025-01-01\n---\n", "no indicator"),
        (b"---\n- a list\n---\n", "object"),
        (b"---\nindicator: [\n---\n", "parsing"),
        (b"\xff\xfe\x00", "decode"),
    ],
)
def test_a_text_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "broken.md").write_bytes(content)
    texts, defects = read_texts(tmp_path)
    assert texts == []
    (defect,) = defects
    assert defect.startswith("broken.md: ")
    assert reason in defect


def test_two_files_of_one_version_are_told_and_neither_is_printed(tmp_path: Path) -> None:
    path = write_text(tmp_path, SUMMARY, "One.")
    path.with_name("copy.md").write_text(path.read_text().replace("One.", "Another."))
    texts, defects = read_texts(tmp_path)
    assert (texts, len(defects)) == ([], 1)
    assert f"copy.md and {path.name} are the same version" in defects[0]


def test_the_official_wording_names_an_indicator_too(tmp_path: Path) -> None:
    write_text(tmp_path, "Summary of the content moderation engaged in at the providers' own initiative")
    assert chosen(tmp_path)[0] == "Synthetic text for a test."


def test_a_missing_and_an_unapproved_text_leave_the_cell_blank_and_block(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    folder = home.texts / "dsa_harmonised"
    write_texts(folder)
    (folder / f"{QUALITATIVE[1]}.all.v1.md").unlink()
    write_text(folder, QUALITATIVE[2], approved_by=None)
    written = report(tmp_path, home) / "dsa" / "example"
    told = {(f["finding"], f["severity"], f["row"]) for f in findings_of(written) if f["finding"].startswith("text_")}
    assert told == {("text_missing", "blocking", 3), ("text_not_approved", "blocking", 4)}
    assert [bool(row[4]) for row in parts_of(written)[11][1:7]] == [True, False, False, True, True, True]


def test_the_texts_that_are_printed_lie_in_the_bundle_as_they_are(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    write_texts(home.texts / "dsa_harmonised")
    bundle = report(tmp_path, home)
    kept = sorted(path.name for path in (bundle / "texts").iterdir())
    assert len(kept) == 1 + 6  # the provider's name, and what concerns every provider
    source = home.texts / "dsa_harmonised" / f"{SUMMARY}.all.v1.md"
    assert (bundle / "texts" / f"{SUMMARY}.all.v1.md").read_bytes() == source.read_bytes()


def test_the_date_of_publication_is_the_last_in_time_unless_a_text_says_so(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    folder = home.texts / "dsa_harmonised"
    write_texts(folder)
    written = report(tmp_path, home) / "dsa" / "example"
    assert [row[3] for row in parts_of(written)[1][2:]] == ["2027-02-28", "", "2026-01-01", "2026-12-31"]
    assert "publication_date_assumed" in {f["finding"] for f in findings_of(written)}
    write_text(folder, "publication_date", "2027-02-10", period="2026")
    write_text(folder, "previous_publication_date", "2026-02-20", period="2026")
    written = report(tmp_path, home) / "dsa" / "example"
    assert [row[3] for row in parts_of(written)[1][2:4]] == ["2027-02-10", "2026-02-20"]
    assert "publication_date_assumed" not in {f["finding"] for f in findings_of(written)}
    write_text(folder, "publication_date", "10 February", period="2026", version=2)
    written = report(tmp_path, home) / "dsa" / "example"
    assert "text_unreadable" in {f["finding"] for f in findings_of(written)}


def test_a_text_that_contradicts_the_numbers_is_told(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    write_texts(home.texts / "dsa_harmonised")
    write_text(home.texts / "dsa_harmonised", QUALITATIVE[2], "There are no fully automated means.")
    from tests.unit.reports.dsa.test_filling import a_bit_of_everything

    with registers() as con:
        write_reports(tmp_path / "bundle", con, home, made(a_bit_of_everything()), entry())
    document = json.loads((tmp_path / "bundle" / "dsa" / "example" / "findings.json").read_bytes())
    assert [f["part"] for f in document["findings"] if f["rule"] == "V30"] == [11]


def test_example_texts_go_into_synthetic_homes_only_and_replace_nothing(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home").ensure()
    assert write_example_texts(home) == 0
    home.synthetic_marker.write_text("{}")
    assert write_example_texts(home) == 12
    assert write_example_texts(home) == 0
    texts, defects = read_texts(home.texts / "dsa_harmonised")
    assert (len(texts), defects) == (12, [])
    assert all(text.head.is_approved and "ynthetic" in text.body for text in texts)


def test_markdown_becomes_plain_text() -> None:
    markdown = (
        "# Heading\nA **bold** and *slanted* `word`\nover two lines, snake_case kept.\n\n"
        "- one\n- two\n  more\n1. first\n2. second\n\n[the rules](https://example.org/rules) <!-- hidden --><b>as written</b>\n"
    )
    assert plain(markdown) == (
        "Heading\nA bold and slanted word over two lines, snake_case kept.\n• one\n• two more\n1. first\n2. second\n"
        "the rules (https://example.org/rules) <b>as written</b>"
    )


@given(st.text())
def test_any_text_becomes_plain_text_and_stays_it(text: str) -> None:
    assert all(line == line.strip() and line for line in plain(text).split("\n") if plain(text))


def test_the_outlook_says_what_would_be_printed_and_what_is_missing(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    folder = home.texts / "dsa_harmonised"
    write_texts(folder)
    write_text(folder, QUALITATIVE[3], version=2, approved_by=None)
    with registers([ServiceRow("example"), ServiceRow("large", "vlop")]) as con:
        found = outlook(con, home, parse_period("2026"))
        states = {one.indicator: one.state for one in found.prospects}
        assert {one.service for one in found.prospects} == {"example"}
        assert (states["publication_date"], states[SUMMARY], found.is_complete) == ("optional", "printed", True)
        assert "governance" not in states
        assert [one.draft for one in found.prospects if one.draft] == [f"{QUALITATIVE[3]}.all.v2.md"]
        (folder / f"{QUALITATIVE[3]}.all.v1.md").unlink()
        (folder / "broken.md").write_text("nothing")
        found = outlook(con, home, parse_period("2026"))
        assert {one.indicator: one.state for one in found.prospects}[QUALITATIVE[3]] == "text_not_approved"
        assert (len(found.unreadable), found.is_complete) == (1, False)
        half = outlook(con, home, parse_period("2026-01-01..2026-07-01"))
        assert {(one.service, one.indicator) for one in half.prospects} >= {("large", "governance")}
