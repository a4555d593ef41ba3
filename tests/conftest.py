"""Fixtures that every test may use: an empty home and the folder of real data."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.core.home import Home
from orchestration.core.settings import get_settings, quiet_environment

quiet_environment()

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home that the settings point at."""
    root = tmp_path / "home"
    monkeypatch.setenv("RAPPORTEUR_HOME", str(root))
    return Home.at(root).ensure()


@pytest.fixture(scope="session")
def conformance() -> Path:
    """Folder of real data ($RAPPORTEUR_CONFORMANCE_DATA, else beside the checkout)."""
    folder = get_settings().conformance_data or BESIDE_THE_CHECKOUT
    if not (folder / "oracles.json").exists():
        pytest.skip(
            f"real data is absent: neither RAPPORTEUR_CONFORMANCE_DATA nor {BESIDE_THE_CHECKOUT.name} beside the checkout"
        )
    return folder
