"""The daily-dump layout is written as the database writes it, and read back to what the database keeps."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reports.sor.dump import FULL, LIGHT, DumpWriter, csv_line, dump_values
from reports.sor.dump_reading import BrokenDump, read_dump
from reports.sor.kept import FIELDS, kept, printed, printed_text
from reports.sor.verdict import errors
from reports.sor.vocabulary import vocabulary
from tests.unit.reports.sor.statements import statement

DAY = date(2026, 5, 2)


def write(folder: Path, payloads: list[dict[str, Any]], **more: Any) -> list[Path]:
    with DumpWriter(folder, "example", DAY, **more) as dump:
        for payload in payloads:
            dump.write(dump_values(kept(payload), uuid="", platform="Example", created_at="2026-05-02 10:00:00"))
    return dump.files


def test_columns_are_those_of_the_database() -> None:
    assert (len(FULL), len(LIGHT)) == (38, 34)
    assert set(FULL) - set(LIGHT) == {
        "illegal_content_explanation", "incompatible_content_explanation", "territorial_scope", "decision_facts",
    }  # fmt: skip
    assert (FULL[0], FULL[-3:]) == ("uuid", ("platform_name", "platform_uid", "created_at"))


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain", "plain"), ("", ""), ("a b", '"a b"'), ("a,b", '"a,b"'), ('say "x"', '"say ""x"""'), ("a\tb", '"a\tb"'),
        ("a\\b", '"a\\b"'), ("é;'|", "é;'|"), ('["A","B"]', '"[""A"",""B""]"'), ("[]", "[]"), ("a\rb", '"a\rb"'),
    ],
)  # fmt: skip
def test_quoting_is_that_of_fputcsv(value: str, line: str) -> None:
    assert csv_line([value, "z"]) == f"{line},z"


@pytest.mark.parametrize(
    ("text", "told"), [("a\nb", "a b"), ('say \\"x\\"', 'say "x"'), ('\\\\\\"', '"'), ("a\\", "a\\"), ("a\r\n", "a\r ")]
)
def test_no_quote_follows_a_backslash_so_that_every_reader_reads_the_same(text: str, told: str) -> None:
    assert printed_text(text) == told


def test_layout_is_zips_of_csv_parts_in_a_stored_zip_with_its_digest(tmp_path: Path) -> None:
    files = write(tmp_path, [statement(puid=f"case-{n}") for n in range(7)], in_file=2, in_part=5)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in files)
    name = "sor-example-2026-05-02-full"
    whole = tmp_path / f"{name}.zip"
    told = (tmp_path / f"{name}.zip.sha1").read_text()
    assert told == f"{hashlib.sha1(whole.read_bytes(), usedforsecurity=False).hexdigest()}  {name}.zip"
    with zipfile.ZipFile(whole) as outer:
        assert outer.namelist() == [f"{name}-00000.csv.zip", f"{name}-00001.csv.zip"]
        assert {entry.compress_type for entry in outer.infolist()} == {zipfile.ZIP_STORED}
        with zipfile.ZipFile(io.BytesIO(outer.read(f"{name}-00000.csv.zip"))) as inner:
            assert inner.namelist() == [f"{name}-00000-{n:05d}.csv" for n in range(3)]
            content = inner.read(f"{name}-00000-00000.csv").decode()
        with zipfile.ZipFile(io.BytesIO(outer.read(f"{name}-00001.csv.zip"))) as inner:
            assert inner.namelist() == [f"{name}-00001-00000.csv"]
    assert not content.endswith("\n")
    assert "\r" not in content
    heading, *rows = csv.reader(content.split("\n"))
    assert tuple(heading) == FULL
    row = dict(zip(heading, rows[0], strict=True))
    assert row["content_date"] == "2026-01-02 00:00:00"
    assert row["category_addition"] == "[]"
    assert row["territorial_scope"] == '["DE","FR"]'
    assert row["platform_uid"] == "case-0"
    assert [record.statement["puid"] for record in read_dump(whole)] == [f"case-{n}" for n in range(7)]


def test_bytes_are_a_function_of_the_rows(tmp_path: Path) -> None:
    first = write(tmp_path / "a", [statement()])
    second = write(tmp_path / "b", [statement()])
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_day_without_statements_has_a_heading(tmp_path: Path) -> None:
    full, _, light, _ = write(tmp_path, [])
    assert list(read_dump(full)) == list(read_dump(light)) == []


def test_a_light_dump_lacks_four_columns(tmp_path: Path) -> None:
    _, _, light, _ = write(tmp_path, [statement()])
    (record,) = read_dump(light)
    assert set(FIELDS) - set(record.statement) == set(FULL) - set(LIGHT)
    assert (record.file, record.line, record.created_at) == (
        "sor-example-2026-05-02-light-00000-00000.csv", 2, "2026-05-02 10:00:00",
    )  # fmt: skip


WORDS = {name: sorted(values) for name, values in vocabulary().enums.items()}
TEXT = st.text(max_size=30) | st.sampled_from(
    ['a\\"b', "\\", 'x\\\\"', '"', "a\nb", "\r\n", " \t", "é,", "\0", "x\\", "=1+1"]
)
LOOSE = TEXT | st.integers() | st.booleans() | st.floats(allow_nan=False) | st.lists(TEXT, max_size=2) | st.none()
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2037, 12, 31)).map(date.isoformat)
OPTIONAL = {
    "decision_visibility": st.lists(st.sampled_from(WORDS["DECISION_VISIBILITIES"]), max_size=3),
    "decision_visibility_other": LOOSE, "decision_monetary_other": LOOSE, "content_type_other": LOOSE,
    "decision_monetary": st.sampled_from([*WORDS["DECISION_MONETARIES"], "null"]) | st.none(),
    "decision_provision": st.sampled_from(WORDS["DECISION_PROVISIONS"]),
    "decision_account": st.sampled_from(WORDS["DECISION_ACCOUNTS"]),
    "account_type": st.sampled_from(WORDS["ACCOUNT_TYPES"]),
    "decision_ground": st.sampled_from(WORDS["DECISION_GROUNDS"]),
    "illegal_content_legal_ground": LOOSE, "illegal_content_explanation": LOOSE,
    "incompatible_content_ground": LOOSE, "incompatible_content_explanation": LOOSE,
    "incompatible_content_illegal": st.sampled_from(["Yes", "No"]),
    "content_type": st.lists(st.sampled_from(WORDS["CONTENT_TYPES"]), min_size=1, max_size=3),
    "category_addition": st.lists(st.sampled_from(WORDS["STATEMENT_CATEGORIES"]), max_size=3),
    "category_specification": st.lists(st.sampled_from(WORDS["KEYWORDS"]), max_size=3) | st.none(),
    "category_specification_other": LOOSE,
    "territorial_scope": st.lists(st.sampled_from(WORDS["COUNTRIES"]), max_size=5)
    | st.dictionaries(TEXT, st.sampled_from(WORDS["COUNTRIES"]), max_size=2),
    "content_language": st.sampled_from(WORDS["LANGUAGES"]) | st.none(),
    "content_date": DAYS, "application_date": DAYS, "end_date_visibility_restriction": DAYS | st.none(),
    "decision_facts": LOOSE, "source_identity": LOOSE, "source_type": st.sampled_from(WORDS["SOURCE_TYPES"]),
    "content_id": st.sampled_from([None, {}, {"EAN-13": "4006381333931"}, {"EAN-13": 4006381333931}, ["x"]]),
    "decision_ground_reference_url": st.sampled_from(["https://a.example/x?y=1", None, "https://a.example/\n"]),
    "puid": st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True) | st.integers(0, 10**12), "unknown": LOOSE,
}  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.fixed_dictionaries({}, optional=OPTIONAL))
def test_accepted_statement_round_trips_through_the_dump(folder_of_homes: Path, changes: dict[str, Any]) -> None:
    payload = statement(**changes)
    assume(errors(payload) == [])
    full, _, light, _ = write(folder_of_homes / "dump", [payload, payload])
    wanted = printed(kept(payload))
    assert set(wanted) == set(FIELDS)
    assert [record.statement for record in read_dump(full)] == [wanted, wanted]
    (one, _) = read_dump(light)
    assert one.statement == {name: value for name, value in wanted.items() if name in one.statement}


def test_what_the_database_drops_is_dropped() -> None:
    found = kept(
        statement(
            decision_monetary_other="x",
            source_identity="x",
            unknown=1,
            territorial_scope=["FR", "DE", "FR"],
            illegal_content_explanation="x",
            content_language=" ",
            content_id={"EAN-13": 4006381333931},
        )
    )
    assert found["territorial_scope"] == ["DE", "FR"]
    assert found["content_id_ean"] == "4006381333931"
    gone = ("decision_monetary_other", "source_identity", "illegal_content_explanation", "content_language")
    assert [found[name] for name in gone] == [None] * 4
    assert "unknown" not in found


def test_a_flipped_byte_is_found(tmp_path: Path) -> None:
    full, *_ = write(tmp_path, [statement()])
    content = bytearray(full.read_bytes())
    content[len(content) // 2] ^= 1
    full.write_bytes(bytes(content))
    with pytest.raises(BrokenDump, match="has the SHA-1"):
        list(read_dump(full))
    with pytest.raises(BrokenDump):
        list(read_dump(full, verify=False))


def test_a_dump_without_its_digest_or_with_anothers_is_not_trusted(tmp_path: Path) -> None:
    full, told, *_ = write(tmp_path, [statement()])
    told.write_text(told.read_text().replace("-full", "-other"))
    with pytest.raises(BrokenDump, match="does not hold the digest"):
        list(read_dump(full))
    told.unlink()
    with pytest.raises(BrokenDump, match="is not there"):
        list(read_dump(full))
    assert len(list(read_dump(full, verify=False))) == 1


def zipped(path: Path, files: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a,b,c\n1,2,3", "heading"),
        (csv_line(FULL).encode() + b"\n1,2,3", "row 2: 3 columns, 38 expected"),
        (csv_line(FULL).encode() + b"\n" + b",".join([b"x"] * 38), "no"),
        (csv_line(FULL).encode() + b'\n"' + b"x" * (1 << 21), "longer than"),
        (csv_line(FULL).encode() + b"\n\xff", "cannot be read"),
        (csv_line(FULL).encode() + b'\n"open', "cannot be read"),
    ],
)
def test_a_broken_dump_is_told_by_place(tmp_path: Path, content: bytes, told: str) -> None:
    inner = zipped(tmp_path / "inner", {"sor-x-00000-00000.csv": content})
    zipped(tmp_path / "whole.zip", {"sor-x-00000.csv.zip": inner})
    with pytest.raises(BrokenDump, match=told):
        list(read_dump(tmp_path / "whole.zip", verify=False))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"hello"])
def test_what_is_no_zip_is_no_dump(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "whole.zip").write_bytes(content)
    with pytest.raises(BrokenDump):
        list(read_dump(tmp_path / "whole.zip", verify=False))
    zipped(tmp_path / "other.zip", {"evil.exe": b"x"})
    with pytest.raises(BrokenDump, match="no part"):
        list(read_dump(tmp_path / "other.zip", verify=False))
    zipped(tmp_path / "third.zip", {"x.csv.zip": content})
    with pytest.raises(BrokenDump):
        list(read_dump(tmp_path / "third.zip", verify=False))
