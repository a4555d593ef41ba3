"""CSV lines carry the physical line they start on, and a bad line costs only itself."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ingestion.mapping_language import Format, Mapping, Rule
from assets.ingestion.readers import open_lines
from assets.ingestion.readers.csv_rows import physical_lines
from assets.ingestion.readers.streams import chunks
from assets.ingestion.source_line import Blank, SourceLine, SourceRejectedError

FEED = "partners"  # partner_id, name, kind, tlp_ceiling, sla_hours


def _read(
    folder: Path, content: bytes, name: str = "f.csv", mapping: Mapping | None = None
) -> list[SourceLine | Blank]:
    path = folder / "bytes"
    path.write_bytes(content)
    return list(open_lines(path, FEED, mapping, name))


def _short(lines: Iterable[SourceLine | Blank]) -> list[tuple[int, object]]:
    return [
        (line.line_no, "blank" if isinstance(line, Blank) else line.reason or (line.value or {}).get("partner_id"))
        for line in lines
    ]


def _foreign(**layout: object) -> Mapping:
    return Mapping("m.yml", "", FEED, ("*",), Format("csv", **layout), (Rule("partner_id", "str", columns=("Id",)),))  # type: ignore[arg-type]


def test_record_has_the_line_it_starts_on(tmp_path: Path) -> None:
    content = b'partner_id,name\np1,"two\nlines"\n\np2,"three\r\nmore\r\nlines"\r\n  \t\np3,x'
    lines = _read(tmp_path, content)
    assert _short(lines) == [(2, "p1"), (4, "blank"), (5, "p2"), (8, "blank"), (9, "p3")]
    assert isinstance(lines[2], SourceLine)
    assert lines[2].value == {"partner_id": "p2", "name": "three\r\nmore\r\nlines"}
    assert lines[2].byte_offset == content.index(b"p2")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_line_end_is_a_line_end(tmp_path: Path, end: bytes) -> None:
    content = end.join([b"\xef\xbb\xbfpartner_id,name", b"p1,a", b"", b"p2,b", b""])
    lines = _read(tmp_path, content)
    assert _short(lines) == [(2, "p1"), (3, "blank"), (4, "p2")]
    assert isinstance(lines[0], SourceLine)
    assert lines[0].byte_offset == content.index(b"p1")


def test_named_line_end_leaves_the_others_in_the_cell(tmp_path: Path) -> None:
    assert _short(_read(tmp_path, b'Id,n\r\n"a\rb",x\r\nc,y\r\n', mapping=_foreign(newline="crlf"))) == [
        (2, "a\rb"),
        (3, "c"),
    ]
    assert _short(_read(tmp_path, b"Id,n\ra,x\rb,y", mapping=_foreign(newline="cr"))) == [(2, "a"), (3, "b")]
    assert _short(_read(tmp_path, b"Id,n\na\rb,x\nc,y\n", mapping=_foreign(newline="lf"))) == [
        (2, "malformed_csv"),
        (3, "c"),
    ]


def test_cells_are_typed_from_the_contract_and_left_alone_where_they_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        "detector_id,name,surfaces,deployed_on,threshold,tactic_ids,other,unknown\n"
        "d1,=1+1,chat; api;,2026-01-02,0.5,,,\n"
        "d2,x,,tomorrow,much,a,7,u\n"
    )
    first, second = open_lines(path, "detectors", None, "f.csv")
    assert isinstance(first, SourceLine)
    assert isinstance(second, SourceLine)
    assert first.value == {
        "detector_id": "d1", "name": "=1+1", "surfaces": ["chat", "api"], "deployed_on": "2026-01-02", "threshold": 0.5,
        "tactic_ids": None,
    }  # fmt: skip
    assert second.value == {
        "detector_id": "d2", "name": "x", "surfaces": None, "deployed_on": "tomorrow", "threshold": "much",
        "tactic_ids": ["a"], "other": "7", "unknown": "u",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("FALSE", False), ("True", True), ("1", "1"), ("yes", "yes")]
)
def test_only_true_and_false_are_booleans(tmp_path: Path, text: str, value: object) -> None:
    path = tmp_path / "f.csv"
    path.write_text(f"model,is_alias\nm,{text}\n")
    (line,) = open_lines(path, "model_releases", None, "f.csv")
    assert isinstance(line, SourceLine)
    assert line.value == {"model": "m", "is_alias": value}


def test_ragged_row_is_refused_and_empty_surplus_is_not(tmp_path: Path) -> None:
    lines = _read(tmp_path, b"partner_id,name,\np1,a,b\np2\np3,a,\np4,a,,\np5,a\n")
    assert _short(lines) == [(2, "ragged_row"), (3, "ragged_row"), (4, "p3"), (5, "p4"), (6, "p5")]
    assert isinstance(lines[1], SourceLine)
    assert lines[1].detail == "1 cells under a header of 2"


def test_quote_that_never_closes_costs_only_its_line(tmp_path: Path) -> None:
    rows = "".join(f"p{n},n\n" for n in range(4, 2000))
    lines = _short(_read(tmp_path, f'partner_id,name\np2,"open\np3,n\n{rows}'.encode()))
    assert lines[:3] == [(2, "malformed_csv"), (3, "p3"), (4, "p4")]
    assert len(lines) == 1998


def test_stray_quote_before_quoted_rows_costs_only_its_line(tmp_path: Path) -> None:
    lines = _short(_read(tmp_path, b'partner_id,name\np2,"open\np3,"shut"\np4,"a ""b"" c"\n'))
    assert lines == [(2, "malformed_csv"), (3, "p3"), (4, "p4")]


def test_bytes_that_do_not_decode_cost_only_their_line(tmp_path: Path) -> None:
    assert _short(_read(tmp_path, b"partner_id,name\np1,\xff\np2,\xc3\xa9\n")) == [(2, "bad_encoding"), (3, "p2")]


def test_encodings_are_tried_in_order(tmp_path: Path) -> None:
    mapping = _foreign(encoding=("utf-8-sig", "latin-1"))
    assert _short(_read(tmp_path, "Id\ncaf\u00e9\n".encode(), mapping=mapping)) == [(2, "caf\u00e9")]
    assert _short(_read(tmp_path, "Id\ncaf\u00e9\n".encode("latin-1"), mapping=mapping)) == [(2, "caf\u00e9")]
    wide = _foreign(encoding=("utf-16",))
    assert _short(_read(tmp_path, 'Id,n\n"caf\u00e9\n",1\nb,2\n'.encode("utf-16"), mapping=wide)) == [
        (2, "caf\u00e9\n"),
        (4, "b"),
    ]


def test_header_may_stand_lower_and_cells_may_be_split_otherwise(tmp_path: Path) -> None:
    mapping = _foreign(header_row=3, delimiter=";")
    assert _short(_read(tmp_path, b"A title\n\nId;n\na;1\n", mapping=mapping)) == [(4, "a")]
    with pytest.raises(SourceRejectedError, match="unreadable_header"):
        _read(tmp_path, b"A title\n", mapping=mapping)


def test_too_long_line_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORTEUR_MAX_LINE_BYTES", "1024")
    long = b'p2,"' + b"x" * 3_000_000 + b'"\n'
    content = b"partner_id,name\np1,a\n" + long + b'p3,"' + b"y\n" * 800 + b'"\np4,d\n'
    lines = _read(tmp_path, content)
    assert _short(lines)[:4] == [(2, "p1"), (3, "line_too_long"), (4, "malformed_csv"), (5, "ragged_row")]
    assert _short(lines)[-1] == (805, "p4")
    assert isinstance(lines[-1], SourceLine)
    assert lines[-1].byte_offset == content.index(b"p4")


def test_gzip_is_read_and_its_damage_told(tmp_path: Path) -> None:
    whole = gzip.compress(b"partner_id\np1\n")
    assert _short(_read(tmp_path, whole, "f.csv.gz")) == [(2, "p1")]
    for broken, reason in (
        (whole[:-6], "truncated_file"),
        (whole[:-8] + bytes(4) + whole[-4:], "corrupt_file"),
        (b"no", "corrupt_file"),
    ):
        with pytest.raises(SourceRejectedError) as caught:
            _read(tmp_path, broken, "f.csv.gz")
        assert caught.value.reason == reason


def test_gzip_that_expands_without_end_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORTEUR_MAX_EXPANSION_RATIO", "50")
    path = tmp_path / "f"
    path.write_bytes(gzip.compress(bytes(70 << 20), compresslevel=1))
    with pytest.raises(SourceRejectedError, match="expansion_limit"):
        for _ in chunks(path, "f.csv.gz"):
            pass


@pytest.mark.parametrize("content", [b"", b"\n\n", b"partner_id,name\n"])
def test_file_without_rows_has_none(tmp_path: Path, content: bytes) -> None:
    assert _read(tmp_path, content) == []


def test_column_named_twice_rejects_the_file(tmp_path: Path) -> None:
    with pytest.raises(SourceRejectedError, match="duplicate_column: the header names name more than once"):
        _read(tmp_path, b"partner_id,name, name\np1,a,b\n")


CELL = st.text(st.sampled_from('a"\n\r,; é'), max_size=6)


@given(
    rows=st.lists(st.none() | st.tuples(CELL, CELL), max_size=12),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    cut=st.integers(1, 7),
)
def test_line_numbers_equal_the_lines_of_the_text(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str] | None], end: str, cut: int
) -> None:
    text, expected = f"partner_id,name{end}", []
    for number, row in enumerate(rows):
        line_no = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        if row is None:
            text += end
            expected.append((line_no, "blank"))
        else:
            cells = [f"{number}{row[0]}", row[1]]
            text += ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + end
            expected.append((line_no, cells[0]))
    lines = _read(tmp_path_factory.mktemp("csv"), text.encode())
    assert _short(lines) == expected
    raw = text.encode()
    chunks = (raw[at : at + cut] for at in range(0, len(raw), cut))
    cut_lines = list(physical_lines(chunks, "any", 1000))
    assert b"".join(line.content for line in cut_lines) == raw
    assert all(raw[line.offset :].startswith(line.content) for line in cut_lines)
