"""The harmonised report from the real line: sample, run, fill; the validator on what was written, and the way back to figures."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.catalogue import CATALOGUE
from reports.dsa import template, validate
from reports.dsa.example_texts import REPORT_ID, write_example_texts
from reports.dsa.filling import write_reports
from reports.figures import Figures, compute
from reports.metrics import read_metrics
from reports.periods import parse_period
from reports.published import read_state
from reports.splits import breakdowns_of
from tests.integration.homes import Built
from tests.integration.line import rapporteur
from tests.unit.reports.dsa.hand_made import csv_bytes, place, row_of

SERVICES = ("example_assistant", "example_gallery")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with nothing but the sample's texts."""
    home = Home.at(tmp_path_factory.mktemp("texts") / "home").ensure()
    home.synthetic_marker.write_text("{}")
    assert write_example_texts(home) == 12
    return home


def fill(home: Home, texts: Home, folder: Path, period: str, *, kind: str | None = None) -> Figures:
    """Write the reports of a period; `kind` overrides what the register says of every service."""
    entry = CATALOGUE[REPORT_ID]
    with open_published(home) as con:
        figures = compute(
            con,
            [metric for metric in read_metrics(con).values() if metric.relation.startswith(f"con_{REPORT_ID}__")],
            parse_period(period),
            state=read_state(con, home),
            breakdowns=breakdowns_of(entry),
        )
        registers = duckdb.connect()
        for name in ("dim_services", "dim_policies"):
            registers.register(f"read_{name}", con.execute(f"select * from marts.{name}").to_arrow_table())
            registers.execute(f"create schema if not exists marts; create table marts.{name} as from read_{name}")
    if kind is not None:
        registers.execute("update marts.dim_services set kind = ?", [kind])
    write_reports(folder, registers, texts, figures, entry)
    registers.close()
    return figures


def findings(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "findings.json").read_bytes())["findings"])


def parts_of(folder: Path) -> dict[int, list[list[str]]]:
    return {
        part.number: list(csv.reader(io.StringIO((folder / part.file_name).read_text("utf-8"), newline="")))
        for part in template.parts()
    }


@pytest.fixture(scope="module")
def year(built: Built, texts: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("year")
    fill(built.home, texts, folder, "2026")
    return folder / "dsa"


def test_a_year_of_the_sample_has_no_error_and_each_warning_is_the_assumed_date(year: Path) -> None:
    for service in SERVICES:
        outcome = validate(year / service)
        assert (outcome.errors, outcome.warnings) == (0, 0), outcome.findings
        told = [f["finding"] for f in findings(year / service) if f["severity"] != "note"]
        assert told == ["publication_date_assumed"]
    assert findings(year) == []


def test_a_half_year_of_very_large_platforms_has_no_error(built: Built, texts: Home, tmp_path: Path) -> None:
    fill(built.home, texts, tmp_path, "2026-01-01..2026-07-01", kind="vlop")
    for service in SERVICES:
        outcome = validate(tmp_path / "dsa" / service)
        assert (outcome.errors, outcome.warnings) == (0, 0), outcome.findings
        parts = parts_of(tmp_path / "dsa" / service)
        assert {row[5] for row in parts[10][1:]} == {"TOTAL"} | template.STATES
        assert parts[10][1][6] == str(sum(int(row[6]) for row in parts[10][2:]))
        assert float(parts[9][1][6]) > 0


def test_a_half_year_is_not_due_of_smaller_services(built: Built, texts: Home, tmp_path: Path) -> None:
    fill(built.home, texts, tmp_path, "2026-01-01..2026-07-01")
    assert [path.name for path in (tmp_path / "dsa").iterdir()] == ["findings.json"]
    told = [(f["finding"], f["severity"], f["service"]) for f in findings(tmp_path / "dsa")]
    assert told == [("no_service", "blocking", None), *(("service_not_due", "note", code) for code in SERVICES)]


@pytest.mark.parametrize("period", ["2026-Q2", "2026-06", "2026-06-10..2026-06-12"])
def test_a_range_that_is_no_filing_period_is_right_but_for_being_none(
    built: Built, texts: Home, tmp_path: Path, period: str
) -> None:
    fill(built.home, texts, tmp_path, period)
    for service in SERVICES:
        told = {(f.rule, f.level) for f in validate(tmp_path / "dsa" / service).findings if f.level != "note"}
        assert told == {("V2", "error")}
    assert {f["finding"] for f in findings(tmp_path / "dsa")} == {"not_a_filing_period"}


def test_an_empty_month_is_zeros_and_blanks(built: Built, texts: Home, tmp_path: Path) -> None:
    fill(built.home, texts, tmp_path, "2025-11")
    parts = parts_of(tmp_path / "dsa" / "example_gallery")
    assert len(parts[3]) == 1 + len(template.category_keys(3))
    assert {cell for number in (5, 6) for row in parts[number][1:] for cell in row[5:21]} == {"0"}
    assert {row[9] for row in parts[4][1:]} == {""}


def test_every_printed_number_is_its_figure_and_every_order_is_printed(
    built: Built, texts: Home, tmp_path: Path
) -> None:
    figures = fill(built.home, texts, tmp_path, "2026")
    by_key = {figure.figure_key: figure for figure in figures.figures}
    printed = 0
    for service in SERVICES:
        for cell in csv.DictReader(io.StringIO((tmp_path / "dsa" / service / "cells.csv").read_text("utf-8"))):
            figure = by_key.get(cell["figure_key"])
            if figure is None or not figure.value:
                assert cell["value"] in {"", "0"}
            elif "Median" in cell["column"]:
                assert abs(float(cell["value"]) * 3600 - float(figure.value)) <= 0.18
            elif not cell["figure_key"].startswith(("moderators", "complaints/")):
                assert cell["value"] == str(int(figure.value))
                printed += cell["figure_key"].startswith("orders/orders_to_act?") and cell["row"] == "2"
    assert printed


def test_the_command_validates_our_own_folder_and_finds_a_broken_copy(built: Built, year: Path, tmp_path: Path) -> None:
    right = rapporteur(built.home, "dsa", "validate", str(year / "example_gallery"), "--json")
    assert (right.code, right.json()["errors"]) == (0, 0)
    broken = tmp_path / "broken"
    shutil.copytree(year / "example_gallery", broken)
    parts = parts_of(broken)
    total = parts[6][row_of(parts, 6, "TOTAL") - 1]
    total[place(6, "Number of measures taken at")] = "693"
    parts[3][1][8] = "154 hours"
    for number in (3, 6):
        (broken / template.part(number).file_name).write_bytes(csv_bytes(parts[number]))
    wrong = rapporteur(built.home, "dsa", "validate", str(broken), "--json")
    assert wrong.code == 1
    assert {"V3", "V5", "V11", "V12"} <= {f["rule"] for f in wrong.json()["findings"] if f["level"] == "error"}


def test_filling_twice_gives_the_same_bytes(built: Built, texts: Home, year: Path, tmp_path: Path) -> None:
    fill(built.home, texts, tmp_path, "2026")
    for service in SERVICES:
        for path in (year / service).iterdir():
            assert (tmp_path / "dsa" / service / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_texts_command_lists_what_is_missing_and_exits_1(built: Built) -> None:
    answer = rapporteur(built.home, "dsa", "texts", "--period", "2026", "--json")
    told = answer.json()
    assert (answer.code, told["complete"]) == (1, False)
    assert {(one["service"], one["state"]) for one in told["prospects"]} == {
        (service, state) for service in SERVICES for state in ("text_missing", "optional")
    }
    assert rapporteur(built.home, "dsa", "texts", "--period", "someday").code == 2
