"""Filling the eleven parts from figures: what each cell says, and that nothing is dropped in silence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.core.home import Home
from reports.dsa import template
from reports.dsa.columns import RESTRICTIONS
from reports.dsa.filling import write_reports
from reports.dsa.sheets import part_of_name
from reports.dsa.validate import validate
from reports.figures import Figures
from tests.unit.reports.dsa.hand_figures import Case, ServiceRow, entry, made, registers, write_texts
from tests.unit.reports.dsa.hand_made import place, row_of

HOSTILE = '=HYPERLINK("http://evil.example","x")'
Write = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Writes a bundle's reports; answers the bundle's folder."""
    home = Home.at(tmp_path / "home")
    write_texts(home.texts / "dsa_harmonised")

    def write(
        figures: Figures,
        services: Iterable[ServiceRow] = (ServiceRow("example"),),
        policies: Iterable[tuple[str, str, str | None]] = (),
        name: str = "bundle",
    ) -> Path:
        folder = tmp_path / name
        with registers(services, policies) as con:
            write_reports(folder, con, home, figures, entry())
        return folder

    return write


def parts_of(folder: Path) -> dict[int, list[list[str]]]:
    return {
        part.number: list(csv.reader(io.StringIO((folder / part.file_name).read_bytes().decode("utf-8"), newline="")))
        for part in template.parts()
    }


def findings_of(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "findings.json").read_bytes())["findings"])


def value_of(rows: list[list[str]], indicator: str, scope: str) -> list[str]:
    """Value and context of a row of parts 7 to 10."""
    return next(row[6:] for row in rows if row[4].startswith(indicator) and row[5].strip() == scope)


def a_bit_of_everything(service: str = "example") -> list[Case]:
    own = {"service": service}
    hate = own | {"category": "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", "keyword": "KEYWORD_HATE_SPEECH"}
    other = own | {"category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "keyword": "KEYWORD_OTHER"}
    order = hate | {"member_state": "EL"}
    law = hate | {"ground": "illegal"}
    terms = other | {"ground": "terms"}
    on_notice = own | {"ground": "notice_not_actioned", "submitter": "trusted_flagger"}
    return [
        Case("orders_to_act", order),
        Case("orders_to_act_items", order, 3),
        Case("orders_to_act_receipt_median", order, 1800),
        Case("orders_to_act_effect_median", order, role="open"),
        Case("notices", hate | {"submitter": "trusted_flagger"}),
        Case("notices", other | {"submitter": "other"}),
        Case("notice_items", hate | {"submitter": "trusted_flagger"}, 2),
        Case("notice_items", other | {"submitter": "other"}, 1),
        Case("notice_action_median", hate | {"submitter": "trusted_flagger"}, 100),
        Case("notice_action_median", other | {"submitter": "other"}, role="open"),
        Case("notice_actions_law", hate | {"submitter": "trusted_flagger"}),
        Case("own_initiative_measures", law),
        Case("own_initiative_measures_automated_detection", law),
        Case("own_initiative_restrictions", law | {"restriction": "visibility_removal"}),
        Case("own_initiative_measures", terms),
        Case("own_initiative_restrictions", terms | {"restriction": "account_suspension"}),
        Case("own_initiative_restrictions", terms | {"restriction": "monetary_other"}),
        *(
            Case(
                "automated_handling",
                own | {"subject": "measures", "automation": a, "origin": "own_initiative", "language": "de"},
            )
            for a in ("solely", "not")
        ),
        *(
            Case("automated_handling", own | {"subject": "notices", "automation": a, "origin": o, "language": "none"})
            for a, o in (("solely", "trusted_flagger"), ("not", "other"))
        ),
        Case("complaints_submitted", own | {"ground": "visibility"}),
        Case("complaints_decided", own | {"ground": "visibility", "outcome": "partially_reversed"}),
        Case("complaint_decision_median", own | {"ground": "visibility"}, 90_000),
        Case("complaints_submitted", on_notice),
        Case("complaint_decision_median", on_notice, role="open"),
        Case("suspensions_imposed", own | {"ground": "unfounded_notices"}),
        *(
            Case("moderator_staff", own | {"staff": staff, "language": "ALL"}, amount)
            for staff, amount in (("internal", 250), ("external", 633), ("cefr_b2", 400))
        ),
        Case("moderator_staff", own | {"staff": "cefr_b2", "language": "el"}, 300),
        Case("average_monthly_recipients", own | {"member_state": "EL"}, 7000),
        Case("average_monthly_recipients", own | {"member_state": "DE"}, 3000),
        Case("excluded", own | {"subject": "measures", "exclusion": "recipient_outside_eea"}),
        Case("excluded", own | {"subject": "measures", "exclusion": "some_other_name"}),
        Case("excluded", own | {"subject": "complaints", "exclusion": "exempt"}),
    ]


def test_each_cell_shows_its_figure(written: Write) -> None:
    parts = parts_of(written(made(a_bit_of_everything())) / "dsa" / "example")
    orders = parts[3][row_of(parts, 3, "KEYWORD_HATE_SPEECH", "EL") - 1]
    assert orders[6:13] == ["1", "3", "0.5", "", "0", "", ""]
    assert "had been acted upon by 2027-01-01" in orders[16]
    assert parts[4][row_of(parts, 4, "TOTAL") - 1][5:15] == ["2", "1", "3", "2", "0.0278", "0.0278", "1", "1", "0", "0"]
    terms = parts[6][row_of(parts, 6, "TOTAL") - 1]
    assert terms[5:21] == [
        "1",
        "0",
        *["1" if name in {"account_suspension", "monetary_other"} else "0" for name in RESTRICTIONS],
    ]
    assert value_of(parts[7], "Number of complaints", "Decisions partially reversed")[0] == "1"
    assert value_of(parts[7], "Number of complaints", "Total number") == [
        "2",
        "Pending on 2027-01-01: 1. Left out of this part, by name: 1 exempt under the register of scope.",
    ]
    left_out = "Left out of parts 5 and 6 together, by name: 1 recipient outside the EEA; 1 some other name."
    assert parts[5][1][21] == parts[6][1][21] == left_out
    assert value_of(parts[7], "Number of complaints", "Median time")[0] == "25"
    assert (
        value_of(
            parts[7], "Number of suspensions enacted for the provision of manifestly unfounded notices", "Total number"
        )[0]
        == "1"
    )
    assert value_of(parts[8], "Number of notices solely", "NAM Trusted Flagger")[0] == "1"


def test_a_report_of_ours_has_no_error_and_no_warning(written: Write) -> None:
    for kind in ("conduit", "hosting", "online_platform"):
        folder = written(made(a_bit_of_everything()), [ServiceRow("example", kind)], name=kind) / "dsa" / "example"
        told = [
            (f["rule"], f["part"], f["message"]) for f in findings_of(folder) if f["severity"] != "note" and f["rule"]
        ]
        assert told == []
        # a conduit has no cell for notices, should the figures count some
        odd = {"figure_without_cell"} if kind == "conduit" else set()
        assert {f["finding"] for f in findings_of(folder)} == {"validator", "publication_date_assumed"} | odd
        assert (validate(folder).errors, validate(folder).warnings) == (0, 0)


def test_a_very_large_platform_reports_languages_and_member_states(written: Write) -> None:
    figures = made(a_bit_of_everything(), period="2026-01-01..2026-07-01")
    folder = written(figures, [ServiceRow("example", "vlop"), ServiceRow("small", "hosting")]) / "dsa"
    assert sorted(path.name for path in folder.iterdir()) == ["example", "findings.json"]
    parts = parts_of(folder / "example")
    assert len(parts[8]) == 1 + 20 + 5 * 24
    assert value_of(parts[8], "Number of measures solely", "de") == ["1", ""]
    assert value_of(parts[8], "Number of measures solely", "el") == ["0", ""]
    assert value_of(parts[9], "Number of external", "Total number")[0] == "6.33"
    assert value_of(parts[9], "Number of total moderators", "el")[0] == "3"
    assert value_of(parts[10], "Number of average", "TOTAL") == ["10000"]
    assert value_of(parts[10], "Number of average", "EL") == ["7000"]
    assert {f.rule for f in validate(folder / "example").findings if f.level != "note"} == {"V36"}


def test_a_stock_that_no_register_knows_is_blank_and_not_0(written: Write) -> None:
    vlop = [ServiceRow("example", "vlop")]
    silent = written(made([], period="2026-01-01..2026-07-01"), vlop, name="silent") / "dsa" / "example"
    assert {row[6] for number in (9, 10) for row in parts_of(silent)[number][1:]} == {""}
    told = {(f["finding"], f["part"]) for f in findings_of(silent) if f["severity"] == "blocking"}
    assert {("register_is_silent", 9), ("register_is_silent", 10)} <= told
    known = written(made(a_bit_of_everything(), period="2026-01-01..2026-07-01"), vlop) / "dsa" / "example"
    assert value_of(parts_of(known)[9], "Number of total moderators", "bg")[0] == "0"
    assert value_of(parts_of(known)[10], "Number of average", "AT") == [""]
    told = {(f["rule"], f["severity"]) for f in findings_of(known) if f["severity"] != "note" and f["rule"]}
    assert told == {("V36", "warning")}


def test_what_does_not_apply_is_blank_and_what_applies_is_0(written: Write) -> None:
    folder = written(made(a_bit_of_everything()), [ServiceRow("example", "conduit")]) / "dsa" / "example"
    parts = parts_of(folder)
    assert {cell for row in parts[4][1:] for cell in row[4:]} == {""}
    assert parts[5][row_of(parts, 5, "KEYWORD_PHISHING") - 1][5:21] == ["0"] * 16
    assert value_of(parts[7], "Number of complaints", "Total number")[0] == "2"
    assert value_of(parts[7], "Number of complaints", "Decisions upheld")[0] == ""
    assert {row[6] for row in parts[9][1:] + parts[10][1:]} == {""}
    nobody = parts_of(written(made([]), name="nothing") / "dsa" / "example")
    assert nobody[4][1][5:15] == ["0", "0", "0", "0", "", "", "0", "0", "0", "0"]
    assert {row[5] for row in nobody[3][1:]} == {"TOTAL"}


def test_headers_and_fixed_rows_are_the_templates(written: Write) -> None:
    folder = written(made([])) / "dsa" / "example"
    for number, rows in parts_of(folder).items():
        blank = template.blank_rows(number)
        assert rows[0] == blank[0]
        assert b"\r\n" in (folder / template.part(number).file_name).read_bytes()
        fixed = [name for name in ("Applicability", "Section", "Indicator", "Scope") if name in rows[0]]
        if number in template.CATEGORY_PARTS:
            fixed.append(rows[0][3])
        places = [rows[0].index(name) for name in fixed]
        wanted = [[row[p] for p in places] for row in blank if row[-1 if number == 3 else 0] is not None]
        if number == 3:
            wanted = [cells for cells, row in zip(wanted, blank, strict=True) if row[5] != template.STATES_PLACEHOLDER]
        got = [[row[p] for p in places] for row in rows]
        assert sorted(got[27:]) == sorted(set_right_by_hand()) if number == 8 else got == wanted


def test_what_we_write_matches_the_official_files_byte_for_byte(written: Write, conformance: Path) -> None:
    folder = written(made([])) / "dsa" / "example"
    for path in (conformance / "dsa_template").glob("*.csv"):
        number = part_of_name(path.name)
        assert number is not None
        ours = (folder / template.part(number).file_name).read_bytes().split(b"\r\n")
        official = path.read_bytes().split(b"\n")
        assert ours[0] == official[0]
        if number == 2:
            assert ours == official
        if number == 7:
            blank = b"," + template.PERIOD_PLACEHOLDER.encode() + b","
            filled = b"Example Service,2026-01-01/2026-12-31,"
            for mine, theirs in zip(ours[1:-1], official[1:-1], strict=True):
                assert mine.startswith(theirs.replace(blank, filled, 1).rstrip(b","))


def set_right_by_hand() -> list[list[str]]:
    """What part 8's nine shuffled rows are by Annex II."""
    lead = ["Only for VLOPs", "Use of automated means for content moderation"]
    return [
        [*lead, f"Accuracy of the automated means - {name}", scope]
        for name in ("Accuracy", "Precision", "Recall")
        for scope in ("bg", "[...]", "sv")
    ]


def test_shuffled_language_rows_are_set_right_and_explained(written: Write) -> None:
    rows = parts_of(written(made([])) / "dsa" / "example")[8]
    assert len(rows) == len(template.blank_rows(8))
    assert [row[-1] for row in rows if "Annex II" in row[-1]] != []
    assert [f for f in findings_of(written(made([])) / "dsa" / "example") if f["rule"] == "V31"] == []


def test_each_printed_number_names_its_figure(written: Write) -> None:
    figures = made(a_bit_of_everything())
    folder = written(figures) / "dsa" / "example"
    parts = parts_of(folder)
    by_key = {figure.figure_key: figure for figure in figures.figures}
    rows = list(csv.DictReader(io.StringIO((folder / "cells.csv").read_text("utf-8"))))
    for cell in rows:
        part = int(cell["part"])
        at = parts[part][0].index(cell["column"])
        stands = parts[part][int(cell["row"]) - 1][at]
        assert stands == cell["value"] or ("Contextual" in cell["column"] and f" {cell['value']} " in stands)
        assert cell["figure_key"] in by_key or cell["value"] in {"0", ""}
    numeric = {(int(cell["part"]), int(cell["row"]), cell["column"]) for cell in rows}
    for number in template.CATEGORY_PARTS:
        for index, row in enumerate(parts[number][1:], start=2):
            for column in template.kinds(number):
                if row[parts[number][0].index(column)]:
                    assert (number, index, column) in numeric


def test_other_rows_that_count_are_described_with_their_policies(written: Write) -> None:
    policies = [
        (HOSTILE, "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", None),
        ("phish", "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "KEYWORD_PHISHING"),
    ]
    parts = parts_of(written(made(a_bit_of_everything()), policies=policies) / "dsa" / "example")
    told = [row[4] for row in parts[6] if row[3] == "KEYWORD_OTHER" and row[4]]
    assert told == [
        f"Scams and/or fraud: cases that none of the named sub-categories covers. Policies concerned: {HOSTILE}."
    ]


def test_a_figure_without_a_cell_blocks(written: Write) -> None:
    stray = {
        "service": "example",
        "ground": "illegal",
        "category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        "keyword": "KEYWORD_OTHER",
    }
    folder = written(made([*a_bit_of_everything(), Case("own_initiative_measures", stray)])) / "dsa" / "example"
    blocked = {f["finding"] for f in findings_of(folder) if f["severity"] == "blocking"}
    assert {"figure_without_cell", "validator"} <= blocked


@pytest.mark.parametrize("keyword", ["KEYWORD_OTHER", "none"])
def test_an_unspecified_category_needs_no_keyword_row(written: Write, keyword: str) -> None:
    order = {
        "service": "example",
        "category": "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER",
        "keyword": keyword,
        "member_state": "DE",
    }
    cases = [Case("orders_to_act", order), Case("orders_to_act_items", order)]
    folder = written(made(cases)) / "dsa" / "example"
    assert "figure_without_cell" not in {f["finding"] for f in findings_of(folder)}
    assert parts_of(folder)[3][row_of(parts_of(folder), 3, order["category"], "DE") - 1][6] == "1"


def test_a_metric_that_is_not_recorded_is_blank_and_never_0(written: Write) -> None:
    folder = written(made(a_bit_of_everything(), without=("restrictions_newly_imposed",))) / "dsa" / "example"
    assert value_of(parts_of(folder)[7], "Number of restrictions newly", "Total number") == [
        "",
        "Not recorded in the period; left blank.",
    ]
    assert ("figure_not_computed", "warning") in {(f["finding"], f["severity"]) for f in findings_of(folder)}


def test_a_split_that_was_not_computed_blocks(written: Write) -> None:
    figures = made(a_bit_of_everything())
    splits = {**figures.breakdowns, "notices": figures.breakdowns["notices"][:2]}
    folder = written(msgspec.structs.replace(figures, breakdowns=splits)) / "dsa" / "example"
    assert ("figure_not_computed", "blocking") in {(f["finding"], f["severity"]) for f in findings_of(folder)}


def test_hostile_names_stay_text_and_inside_the_bundle(written: Write) -> None:
    services = [
        ServiceRow("../../evil", name=HOSTILE),
        ServiceRow(".", name="\x1b[31m-1"),
        ServiceRow("a" * 300),
        ServiceRow("=1+1", name=None),
    ]
    bundle = written(made([]), services)
    folders = [path for path in (bundle / "dsa").iterdir() if path.is_dir()]
    assert len(folders) == 4
    for folder in folders:
        services_named = {row[1] for rows in (parts_of(folder)[5],) for row in rows[1:]}
        assert not any(name.startswith(("=", "+", "-", "@")) for name in services_named)
        assert validate(folder).errors == 0


def test_a_second_preparation_is_the_same_bytes(written: Write) -> None:
    figures = made(a_bit_of_everything())
    first, second = written(figures, name="one"), written(figures, name="two")
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def test_a_broken_copy_is_found(written: Write) -> None:
    folder = written(made(a_bit_of_everything())) / "dsa" / "example"
    path = folder / template.part(6).file_name
    path.write_bytes(path.read_bytes().replace(b"TOTAL,,1,0,", b"TOTAL,,693,0,", 1))
    assert {f.rule for f in validate(folder).findings if f.level == "error"} == {"V3", "V11", "V12"}


_KEYS = {ground: template.category_keys(number) for number, ground in ((5, "illegal"), (6, "terms"))}
_MEASURES = st.lists(
    st.tuples(
        st.sampled_from(["illegal", "terms"]).flatmap(
            lambda ground: st.tuples(
                st.just(ground), st.sampled_from([key for key in _KEYS[ground] if key[1].startswith("KEYWORD")])
            )
        ),
        st.sets(st.sampled_from(RESTRICTIONS), min_size=1, max_size=4),
        st.booleans(),
        st.booleans(),
    ),
    max_size=25,
)


@given(_MEASURES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_identities_hold_whatever_was_counted(written: Write, measures: list[Any]) -> None:
    cases = []
    for (ground, (category, keyword)), restrictions, detected, solely in measures:
        own = {"service": "example", "ground": ground, "category": category, "keyword": keyword}
        cases.append(Case("own_initiative_measures", own))
        cases += [Case("own_initiative_restrictions", own | {"restriction": name}) for name in restrictions]
        cases += [Case("own_initiative_measures_automated_detection", own)] if detected else []
        how = {
            "subject": "measures",
            "automation": "solely" if solely else "not",
            "origin": "own_initiative",
            "language": "de",
        }
        cases.append(Case("automated_handling", {"service": "example", **how}))
    folder = written(made(cases)) / "dsa" / "example"
    parts = parts_of(folder)
    totals = [int(parts[n][row_of(parts, n, "TOTAL") - 1][place(n, "Number of measures taken at")]) for n in (5, 6)]
    assert sum(totals) == len(measures)
    for number in (5, 6):
        high = [row for row in parts[number][1:] if row[3].startswith("STATEMENT")]
        words = [row for row in parts[number][1:] if row[3].startswith("KEYWORD")]
        for at in range(5, 21):
            assert int(parts[number][1][at]) == sum(int(row[at]) for row in high) == sum(int(row[at]) for row in words)
    eight = [int(value_of(parts[8], f"Number of measures {how}", "Own-initiative")[0]) for how in ("solely", "not")]
    assert sum(eight) == sum(totals)
    assert validate(folder).errors == 0


def test_the_workbook_holds_the_same_cells_numbers_as_numbers_and_no_formula(written: Write) -> None:
    folder = written(made(a_bit_of_everything()), [ServiceRow("example", name=HOSTILE)]) / "dsa" / "example"
    parts = parts_of(folder)
    book = openpyxl.load_workbook(folder / "report.xlsx")
    assert [sheet.title for sheet in book] == [f"{part.number}_{part.name}" for part in template.parts()]
    for number, sheet in enumerate(book, start=1):
        for index, row in enumerate(sheet.iter_rows(), start=0):
            for place_of, cell in enumerate(row):
                assert cell.data_type != "f"
                text = parts[number][index][place_of]
                assert (cell.value if cell.value is not None else "") == (
                    float(text) if cell.data_type == "n" and text else text
                )
    assert book["3_member_states_orders"].cell(2, 7).value == 1


def test_made_up_data_are_marked_as_such_in_the_files(written: Write) -> None:
    real = parts_of(written(made([])) / "dsa" / "example")
    made_up = parts_of(written(made([], is_synthetic=True), name="synthetic") / "dsa" / "example")
    assert real[2] == template.blank_rows(2)
    assert made_up[2][1][3].startswith("SYNTHETIC")
    assert made_up[2][2:] == real[2][2:]


def test_restrictions_stand_in_the_columns_that_name_them() -> None:
    kinds = {
        "Visibility restriction": "visibility",
        "Monetary restriction": "monetary",
        "Account restriction": "account",
    }
    for number in template.OWN_INITIATIVE_PARTS:
        named = []
        for column in template.part(number).header[7:21]:
            words = column.strip().replace("Provision of the service", "provision")
            for long, short in kinds.items():
                words = words.replace(long, short)
            named.append("_".join(words.lower().split()))
        assert tuple(named) == RESTRICTIONS


def test_each_outcome_ground_and_suspension_stands_in_its_row(written: Write) -> None:
    own = {"service": "example"}
    outcomes = ("upheld", "partially_reversed", "reversed", "omitted")
    grounds = ("visibility", "provision", "account", "monetisation", "notice_not_actioned")
    cases = []
    for at, ground in enumerate(grounds, start=1):
        for times, outcome in enumerate(outcomes, start=1):
            complaint = own | {"ground": ground, "outcome": outcome}
            cases += [Case("complaints_submitted", own | {"ground": ground})] * (at * times)
            cases += [Case("complaints_decided", complaint)] * (at * times)
    for times, outcome in enumerate(outcomes, start=1):
        cases += [Case("disputes_decided", own | {"outcome": outcome})] * times
    for times, ground in enumerate(("illegal_content", "unfounded_notices", "unfounded_complaints"), start=1):
        cases += [Case("suspensions_imposed", own | {"ground": ground})] * times
    rows = parts_of(written(made(cases)) / "dsa" / "example")[7]
    beginnings = (
        "Complaint regarding a decision to remove",
        "Complaint regarding a decision to suspend or terminate the provision",
        "Complaint regarding a decision to suspend or terminate an account",
        "Complaint regarding a decision to restrict the ability to monetise",
        "Complaint regarding a decision not to take action on a notice submitted in",
    )
    scopes = ("Decisions upheld", "Decisions partially reversed", "Decisions reversed")
    for at, beginning in enumerate(beginnings, start=1):
        assert [value_of(rows, beginning, scope)[0] for scope in scopes] == [str(at * n) for n in (1, 2, 3)]
        assert value_of(rows, beginning, "Total number") == [str(at * 10), f"Ended without a decision: {at * 4}."]
    assert [value_of(rows, "Number of disputes", s)[0] for s in (*scopes, "Decision omitted")] == ["1", "2", "3", "4"]
    suspensions = [row[6] for row in rows if row[4].startswith("Number of suspensions")]
    assert suspensions == ["1", "2", "3"]


def test_orders_to_inform_that_wait_are_explained_beside_their_own_median(written: Write) -> None:
    order = {
        "service": "example",
        "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "keyword": "KEYWORD_PHISHING",
        "member_state": "DE",
    }
    cases = [Case("orders_to_inform", order), Case("orders_to_inform_effect_median", order, role="open")]
    row = parts_of(written(made(cases)) / "dsa" / "example")[3][1]
    assert row[6:13] == ["0", "0", "", "", "1", "", ""]
    assert [bool(text) for text in row[13:]] == [False, False, False, False, False, True, True]


_ORDERS = st.lists(
    st.tuples(
        st.sampled_from([key for key in template.category_keys(3) if key[1] not in template.children()][1:]),
        st.sampled_from(["AT", "EL", "SE"]),
        st.sampled_from(["act", "inform"]),
        st.integers(1, 5),
        st.one_of(st.none(), st.integers(0, 10**6)),
    ),
    max_size=12,
)


@given(_ORDERS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_orders_of_the_states_are_all_orders_whatever_was_received(written: Write, orders: list[Any]) -> None:
    cases = []
    for (category, keyword), state, kind, items, seconds in orders:
        own = {"service": "example", "category": category, "keyword": keyword, "member_state": state}
        cases.append(Case(f"orders_to_{kind}", own))
        cases += [Case("orders_to_act_items", own, items)] if kind == "act" else []
        role = "open" if seconds is None else "amount"
        cases += [Case(f"orders_to_{kind}_{what}_median", own, seconds or 0, role) for what in ("receipt", "effect")]
    folder = written(made(cases)) / "dsa" / "example"
    rows = parts_of(folder)[3][1:]
    whole = {row[3]: row for row in rows if row[5] == "TOTAL" and row[3] != "KEYWORD_OTHER"}
    assert int(whole["TOTAL"][6]) + int(whole["TOTAL"][10]) == len(orders)
    assert {row[5] for row in rows} == {"TOTAL"} | {state for _, state, _, _, _ in orders}
    for key, row in whole.items():
        of_states = [other for other in rows if other[3] == key and other[5] != "TOTAL"]
        for at in (6, 7, 10):
            assert int(row[at]) == sum(int(other[at]) for other in of_states)
    told = [f for f in validate(folder).findings if f.level != "note" and f.rule != "V32"]
    assert told == []
