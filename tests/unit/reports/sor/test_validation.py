"""A file is judged line by line, in order, whatever is in it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from reports.sor import validation
from reports.sor.dump import DumpWriter, dump_values
from reports.sor.dump_reading import BrokenDump
from reports.sor.kept import kept
from reports.sor.validation import Verdict, validate_any, validate_file, validate_statement
from tests.unit.reports.sor.statements import statement

TODAY = date(2026, 11, 22)


def judged(file: Path, *lines: object) -> list[Verdict]:
    file.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return list(validate_file(file, today=TODAY, longest_line=100_000))


def test_every_line_has_a_verdict_in_order(tmp_path: Path) -> None:
    found = judged(tmp_path / "f", statement(), "", "no", statement(puid="b", category="x"), statement(puid="c"))
    assert [(v.line, v.accepted) for v in found] == [(1, True), (2, False), (3, False), (4, False), (5, True)]
    assert [[e.field for e in v.errors] for v in found] == [[], [""], [""], ["category"], []]


def test_a_repeated_identifier_is_a_warning_on_the_later_line(tmp_path: Path) -> None:
    found = judged(tmp_path / "f", statement(puid="12"), statement(puid="b"), statement(puid=12), statement(puid="12"))
    assert [[w.field for w in v.warnings] for v in found] == [[], [], ["puid", "puid"], ["puid"]]
    assert all(v.accepted for v in found)


def test_the_identifier_of_a_rejected_line_is_free(tmp_path: Path) -> None:
    assert judged(tmp_path / "f", statement(category="x"), statement())[1].warnings == []


def test_no_more_identifiers_are_remembered_than_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "MOST_PUIDS", 1)
    found = judged(tmp_path / "f", *(statement(puid=puid) for puid in ("a", "b", "b", "a")))
    assert [len(v.warnings) for v in found] == [0, 0, 0, 1]


def test_a_batch_on_one_line_is_told(tmp_path: Path) -> None:
    (found,) = judged(tmp_path / "f", {"statements": [statement()]})
    assert not found.accepted
    assert any("batch" in warning.message for warning in found.warnings)


def test_an_empty_file_has_no_verdicts(tmp_path: Path) -> None:
    assert judged(tmp_path / "f") == []


def test_one_statement_is_judged_without_a_file() -> None:
    assert validate_statement(statement(), today=TODAY) == Verdict(1, accepted=True, errors=[], warnings=[])


def any_of(file: Path) -> list[tuple[int, bool, list[str]]]:
    found = validate_any(file, today=TODAY, longest_line=1 << 24)
    return [(v.line, v.accepted, [error.field for error in v.errors]) for v in found]


def test_a_batch_is_judged_by_its_places(tmp_path: Path) -> None:
    file = tmp_path / "batch.json"
    file.write_text(
        json.dumps({"statements": [statement(), statement(puid="b", category="x"), 5, statement()]}, indent=1)
    )
    assert any_of(file) == [(1, True, []), (2, False, ["category"]), (3, False, [""]), (4, False, ["puid"])]


def test_a_batch_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "batch.json"
    file.write_text(json.dumps({"statements": []}))
    assert any_of(file) == [(0, False, ["statements"])]
    file.write_text(json.dumps({"statements": [statement(puid=f"case-{n}") for n in range(101)]}))
    assert any_of(file)[0] == (0, False, ["statements"])
    assert len(any_of(file)) == 102


def test_json_lines_may_have_any_name(tmp_path: Path) -> None:
    file = tmp_path / "lines.json"
    file.write_text(json.dumps(statement()) + "\n" + json.dumps({"statements": []}))
    assert [line for line, *_ in any_of(file)] == [1, 2]
    file.write_text(json.dumps(statement()))
    assert any_of(file) == [(1, True, [])]


def test_a_full_dump_is_judged_and_a_light_one_is_not(tmp_path: Path) -> None:
    with DumpWriter(tmp_path, "example", date(2026, 5, 2)) as dump:
        for puid in ("a", "b.c"):
            values = dump_values(kept(statement(puid=puid)), uuid="", platform="x", created_at="2026-05-02 00:00:00")
            dump.write(values)
    full, _, light, _ = dump.files
    assert any_of(full) == [(1, True, []), (2, False, ["puid"])]
    with pytest.raises(BrokenDump, match="light"):
        any_of(light)
