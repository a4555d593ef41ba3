"""Parquet and XLSX rows carry their numbers, typed cells keep their meaning, and broken files are rejected whole."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.ingestion.mapping_files import read_mapping
from assets.ingestion.mapping_language import Format, Mapping, Rule
from assets.ingestion.readers import open_lines
from assets.ingestion.source_line import Blank, SourceLine, SourceRejectedError

REPORTS = Path(__file__).resolve().parents[3] / "docs" / "mappings" / "content-reports.yml"


def _workbook(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def _values(path: Path, feed: str, mapping: Mapping | None = None, name: str = "f.xlsx") -> list[tuple[int, object]]:
    return [
        (line.line_no, "blank" if isinstance(line, Blank) else line.reason or line.value)
        for line in open_lines(path, feed, mapping, name)
    ]


def test_parquet_rows_are_numbered_and_typed(tmp_path: Path) -> None:
    path = tmp_path / "f"
    table = pa.table(
        {
            "notice_id": ["n1", "n2"],
            "received_at": pa.array([dt.datetime(2026, 1, 1, 5), None], pa.timestamp("ns", tz="Asia/Tokyo")),  # noqa: DTZ001
            "decided_at": pa.array([dt.datetime(2026, 1, 1, 5), None], pa.timestamp("us")),  # noqa: DTZ001
            "target_count": pa.array([Decimal("2"), Decimal("2.5")], pa.decimal128(5, 1)),
            "targets": [[{"content_id": "c", "decision": "x"}], []],
            "extra_map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
            "extra_raw": pa.array([b"\x01\xff", None], pa.binary()),
        }
    )
    pq.write_table(table, path)
    first, second = open_lines(path, "copyright_notices", None, "f.parquet")
    assert isinstance(first, SourceLine)
    assert isinstance(second, SourceLine)
    assert (first.line_no, second.line_no) == (1, 2)
    assert first.value == {
        "notice_id": "n1",
        "received_at": "2026-01-01T14:00:00+09:00",
        "decided_at": "2026-01-01T05:00:00",
        "target_count": 2,
        "targets": [{"content_id": "c", "decision": "x"}],
        "extra_map": {"k": 1},
        "extra_raw": "01ff",
    }
    assert second.value == {
        "notice_id": "n2",
        "received_at": None,
        "decided_at": None,
        "target_count": 2.5,
        "targets": [],
    }


def test_parquet_rows_go_through_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "f"
    pq.write_table(pa.table({"Id": ["a", None]}), path)
    mapping = Mapping("m.yml", "", "partners", ("*",), Format("parquet"), (Rule("partner_id", "str", columns=("Id",)),))
    assert _values(path, "partners", mapping) == [(1, {"partner_id": "a"}), (2, {"partner_id": None})]


def test_many_parquet_rows_come_in_order(tmp_path: Path) -> None:
    path = tmp_path / "f"
    pq.write_table(pa.table({"partner_id": [str(n) for n in range(10_000)]}), path, row_group_size=3000)
    assert _values(path, "partners", name="f.parquet") == [(n + 1, {"partner_id": str(n)}) for n in range(10_000)]


@pytest.mark.parametrize("name", ["f.parquet", "f.xlsx"])
def test_file_that_is_not_what_its_name_says_is_rejected(tmp_path: Path, name: str) -> None:
    path = tmp_path / "f"
    for content in (b"", b"nonsense", b"PAR1 and no more PAR1", b"PK\x03\x04 broken"):
        path.write_bytes(content)
        with pytest.raises(SourceRejectedError, match="unreadable_file"):
            list(open_lines(path, "partners", None, name))


def test_truncated_workbook_and_parquet_are_rejected(tmp_path: Path) -> None:
    sheet = _workbook(tmp_path / "a.xlsx", ("S", [["partner_id"], *([f"p{n}"] for n in range(500))])).read_bytes()
    pq.write_table(pa.table({"partner_id": [str(n) for n in range(5000)]}), tmp_path / "a.parquet")
    table = (tmp_path / "a.parquet").read_bytes()
    for content, name in ((sheet[: len(sheet) // 2], "f.xlsx"), (table[: len(table) // 2], "f.parquet")):
        (tmp_path / "f").write_bytes(content)
        with pytest.raises(SourceRejectedError, match="unreadable_file"):
            list(open_lines(tmp_path / "f", "partners", None, name))


def test_parquet_with_damaged_pages_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "f"
    pq.write_table(pa.table({"partner_id": [f"{n * 7919}" for n in range(5000)]}), path, use_dictionary=False)
    raw = bytearray(path.read_bytes())
    raw[40:400] = bytes(360)
    path.write_bytes(raw)
    with pytest.raises(SourceRejectedError, match="unreadable_file"):
        list(open_lines(path, "partners", None, "f.parquet"))


def test_sheet_rows_are_numbered_and_typed(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path / "b.xlsx",
        (
            "Vendors",
            [
                ["vendor_id", "name", "contract_from", "sla_hours", "languages", None],
                ["v1", 42, dt.datetime(2026, 1, 2), 24, "en; de"],  # noqa: DTZ001
                [None, "  "],
                ["v2", "=1+1 is text", "2026-01-03", "24 h", None, None],
                ["v3", "x", None, 1.5, None, "surplus"],
                [None],
                [" "],
            ],
        ),
    )
    book = openpyxl.load_workbook(path)
    book["Vendors"]["B4"].data_type = "s"
    book.save(path)
    lines = list(open_lines(path, "vendors", None, "b.xlsx"))
    assert [line.line_no for line in lines] == [2, 3, 4, 5]
    assert isinstance(lines[1], Blank)
    first, third, fourth = lines[0], lines[2], lines[3]
    assert isinstance(first, SourceLine)
    assert isinstance(third, SourceLine)
    assert isinstance(fourth, SourceLine)
    assert first.sheet == "Vendors"
    assert first.value == {
        "vendor_id": "v1", "name": "42", "contract_from": "2026-01-02", "sla_hours": 24.0, "languages": ["en", "de"]
    }  # fmt: skip
    assert third.value is not None
    assert third.value["name"] == "=1+1 is text"
    assert third.value["sla_hours"] == "24 h"
    assert fourth.reason == "ragged_row"


def test_error_cell_refuses_its_row(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "b", ("S", [["partner_id", "sla_hours"], ["p1", "#N/A"], ["p2", 2]]))
    assert _values(path, "partners") == [(2, "spreadsheet_error"), (3, {"partner_id": "p2", "sla_hours": 2.0})]


def test_time_without_a_zone_in_a_cell_gets_none(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "b", ("S", [["report_id", "submitted_at"], ["r", dt.datetime(2026, 1, 2, 3, 4)]]))  # noqa: DTZ001
    assert _values(path, "user_reports") == [(2, {"report_id": "r", "submitted_at": "2026-01-02T03:04:00"})]


def test_shipped_mapping_reads_its_sheet_with_sheet_and_row(tmp_path: Path) -> None:
    header = ["Ticket", "Received", "Server", "Reason", "Illegal?", "Items", "Country"]
    path = _workbook(
        tmp_path / "b",
        ("Read me", [["Kept by the connector team"]]),
        (
            "Reports",
            [
                ["Connector reports"],
                [],
                header,
                [17, dt.datetime(2026, 7, 1, 9, 30), " notes-sync ", "Prompt  Injection", "yes", "-", "ie"],  # noqa: DTZ001
                [18, "02.07.2026 10:00", "x", "other things", None, 3, None],
                [19, "July", "x", "spam", "no", 3, None],
            ],
        ),
    )
    first, second, third = open_lines(path, "user_reports", read_mapping(REPORTS), "connector-reports.xlsx")
    assert isinstance(first, SourceLine)
    assert isinstance(second, SourceLine)
    assert isinstance(third, SourceLine)
    assert (first.sheet, first.line_no) == ("Reports", 4)
    assert first.value == {
        "report_id": "sheet-17", "submitted_at": "2026-07-01T09:30:00+01:00", "reporter_kind": "user",
        "surface": "mcp_connector", "target_kind": "mcp_server", "target_id": "notes-sync", "mcp_server": "notes-sync",
        "reason_code": "mcp_abuse", "claims_illegal": True, "is_article_16": False, "item_count": None, "country": "IE",
    }  # fmt: skip
    assert second.value is not None
    assert (second.value["reason_code"], second.value["claims_illegal"], second.value["item_count"]) == (
        "other",
        False,
        3,
    )
    assert (third.reason, third.json_path, third.sheet) == ("mapping_parse", "$.submitted_at", "Reports")


def test_sheet_must_be_told_when_several_hold_rows(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "b", ("A", [["partner_id"], ["p"]]), ("B", [["x"]]), ("C", []))
    with pytest.raises(SourceRejectedError, match="sheet_missing: several sheets hold rows"):
        list(open_lines(path, "partners", None, "b.xlsx"))
    with pytest.raises(
        SourceRejectedError, match=r"sheet_missing: no sheet is called 'Reports'; there are: 'A', 'B', 'C'"
    ):
        list(open_lines(path, "user_reports", read_mapping(REPORTS), "b.xlsx"))
    one = _workbook(tmp_path / "c", ("A", []), ("B", [["partner_id"], ["p"]]))
    assert _values(one, "partners") == [(2, {"partner_id": "p"})]


def _altered(path: Path, part: str, content: bytes) -> None:
    """Write a workbook again with one part replaced or added."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != part:
                new.writestr(info, old.read(info))
        new.writestr(part, content)


def test_workbook_that_is_a_bomb_is_rejected_before_it_is_unpacked(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "b", ("S", [["partner_id"], ["p"]]))
    _altered(path, "xl/sharedStrings.xml", b"x" * (97 << 20))
    with pytest.raises(SourceRejectedError, match="expansion_limit"):
        list(open_lines(path, "partners", None, "b.xlsx"))


def test_workbook_that_declares_entities_is_rejected(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "b", ("S", [["partner_id"], ["p"]]))
    _altered(path, "xl/sharedStrings.xml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><sst>&a;</sst>')
    with pytest.raises(SourceRejectedError, match="does not declare document types"):
        list(open_lines(path, "partners", None, "b.xlsx"))


def test_unknown_ending_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(
        SourceRejectedError, match=r"unsupported_format: partners does not take files that end in \.ods"
    ):
        open_lines(tmp_path / "f", "partners", None, "f.ods")
