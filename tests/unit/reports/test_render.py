"""Renderers: hostile text stays text, pages are self-contained and say SYNTHETIC, files depend on nothing but the figures."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from orchestration.core.home import Home
from reports.catalogue import entry_of
from reports.figures import Figure, Figures
from reports.render.csv import csv_bytes, figures_csv, safe_text
from reports.render.document import Document, arrange, duration_text, value_text
from reports.render.html import page_bytes, plotly_script
from reports.render.pdf import pdf_bytes
from reports.render.xlsx import workbook_bytes
from tests.unit.reports.conftest import HOSTILE, Compute

BY = (("surface",), ("target_kind",), ("mcp_server",))


@pytest.fixture
def figures(small_copy: Home, computed: Compute) -> Figures:
    return computed(small_copy, metrics=("user_reports", "mcp_server_reports", "time_to_action_median")[:2], by=BY)[0]


@pytest.fixture
def document(figures: Figures) -> Document:
    return arrange(figures, entry_of("enforcement_overview"))


def own_markup(page: bytes) -> str:
    """The page without the charts' library."""
    return page.decode().replace(plotly_script(), "")


def test_page_escapes_hostile_values_and_loads_nothing(document: Document) -> None:
    page = own_markup(page_bytes(document))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    assert "default-src 'none'" in page
    assert len(re.findall(r"<script>", page)) == 2


def test_chart_data_cannot_end_its_script_element(document: Document) -> None:
    data = own_markup(page_bytes(document)).split("const charts = ")[1].split("\n")[0]
    assert "<" not in data
    assert "\\u003c" in data or "&lt;" in data or "\\u0026lt;" in data


def test_every_page_and_sheet_of_generated_data_says_synthetic(document: Document, figures: Figures) -> None:
    assert b"SYNTHETIC" in page_bytes(document)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(document, figures)))
    for sheet in book.worksheets:
        assert any("SYNTHETIC" in str(cell.value) for row in sheet.iter_rows(max_row=4) for cell in row), sheet.title
        assert "SYNTHETIC" in (sheet.oddHeader.center.text or "")
    for page in PdfReader(io.BytesIO(pdf_bytes(document, figures.as_of))).pages:
        assert "SYNTHETIC" in page.extract_text()
    assert all(row["data"] == "SYNTHETIC" for row in csv.DictReader(io.StringIO(figures_csv(figures).decode())))


def test_pages_of_delivered_data_do_not_say_synthetic(document: Document, figures: Figures) -> None:
    real = msgspec.structs.replace(figures, state=msgspec.structs.replace(figures.state, is_synthetic=False))
    document = arrange(real, entry_of("enforcement_overview"))
    assert "SYNTHETIC" not in own_markup(page_bytes(document))
    assert b"SYNTHETIC" not in figures_csv(real)
    for page in PdfReader(io.BytesIO(pdf_bytes(document, real.as_of))).pages:
        assert "SYNTHETIC" not in page.extract_text()


def test_workbook_holds_numbers_as_numbers_and_no_formula_or_link(document: Document, figures: Figures) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(document, figures)))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert HOSTILE in {cell.value for cell in cells}
    summary = {row[0].value: row[1].value for row in book["Summary"].iter_rows() if row[0].value}
    assert summary["User reports"] == 20


def test_same_figures_give_the_same_bytes(document: Document, figures: Figures) -> None:
    for make in (
        lambda: page_bytes(document),
        lambda: workbook_bytes(document, figures),
        lambda: pdf_bytes(document, figures.as_of),
        lambda: figures_csv(figures),
    ):
        assert make() == make()


def test_pdf_is_archivable_and_prints_hostile_text_as_text(document: Document, figures: Figures) -> None:
    content = pdf_bytes(document, figures.as_of)
    assert b"pdfaid" in content
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert "Enforcement overview" in text
    assert "user_reports/user_reports" in text


@given(st.text(max_size=30))
def test_csv_text_never_starts_a_formula_and_reads_back(text: str) -> None:
    safe = safe_text(text)
    assert not safe.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe in (text, "'" + text)
    if "\x00" not in text:
        (row,) = list(csv.reader(io.StringIO(csv_bytes([[text, 1]], ["a", "b"]).decode(), newline="")))[1:]
        assert row == [safe, "1"]


def test_csv_keeps_negative_numbers_and_ends_lines_as_rfc_4180_says() -> None:
    assert csv_bytes([[-1, Decimal("-0.5"), 'a"b', None, True]], ["a", "b", "c", "d", "e"]) == (
        b'a,b,c,d,e\r\n-1,-0.5,"a""b",,true\r\n'
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (3600, "1 h"), (93784, "1 d 2 h"), (86461, "1 d 1 min"), (125, "2 min 5 s")],
)
def test_durations_are_told_in_their_two_greatest_units(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text


def test_ratio_prints_as_percentage_and_no_value_as_a_dash(figures: Figures) -> None:
    metric = msgspec.structs.replace(figures.metrics["user_reports"], unit="ratio", kind="ratio", precision=4)
    figure: Figure = msgspec.structs.replace(figures.figures[0], value=Decimal("0.0748"))
    assert value_text(figure, metric) == "7.48 %"
    assert value_text(msgspec.structs.replace(figure, value=None), metric) == "\u2013"


def test_provisional_figures_are_marked_on_every_page(small_copy: Home, computed: Compute) -> None:
    figures, _ = computed(small_copy, metrics=("appeal_rate",), as_of=datetime(2026, 6, 2, tzinfo=UTC))
    document = arrange(figures, entry_of("enforcement_overview"))
    assert b'badge provisional"' in page_bytes(document)
    assert "provisional" in "".join(
        p.extract_text() for p in PdfReader(io.BytesIO(pdf_bytes(document, figures.as_of))).pages
    )
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(document, figures)))
    assert "provisional" in {cell.value for row in book["Summary"].iter_rows() for cell in row}
