"""Fixtures: an office whose May 2026 can be filed, on a day when its figures are final."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from orchestration.core.home import Home
from reports.catalogue import CATALOGUE
from tests.unit.reports.conftest import small_facts
from tests.unit.reports.filing.filing_home import NOW, REPORT, Office, build_office


@pytest.fixture
def office(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Delivered data, every check passed, a preparer and an approver with keys of their own; a report of two parts, as a page."""
    monkeypatch.setenv("RAPPORTEUR_NOW", NOW)
    whole = CATALOGUE[REPORT]
    parts = tuple(part for part in whole.parts if part.part in {"actions", "legal_orders"})
    monkeypatch.setitem(CATALOGUE, REPORT, msgspec.structs.replace(whole, parts=parts, renderers=("html",)))
    return build_office(home, small_facts(), tmp_path / "keys")
