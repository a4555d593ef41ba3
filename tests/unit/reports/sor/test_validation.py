"""A file is judged line by line, in order, whatever is in it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from reports.sor import validation
from reports.sor.validation import Verdict, validate_file, validate_statement
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
