"""A prepared report and the index of filings open without a network, draw their charts, and ask nobody for anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from orchestration.core.home import Home
from tests.integration.homes import PINNED_NOW, Built, copied
from tests.integration.line import rapporteur


@dataclass
class Opened:
    """What a page did when it was opened offline.

    Attributes:
        asked: Addresses that it asked for.
        errors: What its console called an error, and exceptions.
        charts: Charts drawn.
        text: What a reader reads.
        links: Where it leads.
    """

    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    charts: int = 0
    text: str = ""
    links: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def prepared(built: Built, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    home = copied(built.home, tmp_path_factory.mktemp("pages") / "home")
    words = ("report", "prepare", "enforcement_overview", "--period", "2026-06", "--json")
    answer = rapporteur(home, *words, RAPPORTEUR_NOW=PINNED_NOW)
    assert answer.code == 0, answer.stderr[-4000:]
    return home, Path(answer.json()["folder"])


def _open(browser: Browser, file: Path, screenshot: Path) -> Opened:
    seen = Opened()
    context = browser.new_context(viewport={"width": 1280, "height": 1600}, offline=True)
    page = context.new_page()
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("requestfailed", lambda request: seen.errors.append(f"failed: {request.url}"))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    seen.charts = page.locator("svg.main-svg").count()
    seen.text = page.inner_text("body")
    seen.links = [str(link) for link in page.eval_on_selector_all("a[href]", "found => found.map(a => a.href)")]
    page.screenshot(path=screenshot, full_page=True)
    context.close()
    return seen


@pytest.mark.slow
def test_report_draws_its_charts_and_asks_nobody(browser: Browser, prepared: tuple[Home, Path], tmp_path: Path) -> None:
    _, folder = prepared
    seen = _open(browser, folder / "report.html", tmp_path / "report.png")
    assert seen.errors == []
    assert [one for one in seen.asked if not one.startswith((folder.as_uri(), "data:", "blob:"))] == []
    assert seen.charts >= 3
    assert "Enforcement overview" in seen.text
    assert "provisional" in seen.text.lower()
    assert "synthetic" in seen.text.lower()


def test_index_lists_the_filing_and_leads_to_files_that_exist(
    browser: Browser, prepared: tuple[Home, Path], tmp_path: Path
) -> None:
    home, folder = prepared
    seen = _open(browser, home.filings / "index.html", tmp_path / "index.png")
    assert seen.errors == []
    assert [one for one in seen.asked if not one.startswith((home.filings.as_uri(), "data:"))] == []
    assert "enforcement_overview" in seen.text or "Enforcement overview" in seen.text
    assert "2026-06" in seen.text
    leads_to = [
        Path(link.removeprefix("file://").partition("#")[0]) for link in seen.links if link.startswith("file://")
    ]
    assert folder / "report.html" in leads_to
    assert [path for path in leads_to if not path.exists()] == []
    assert [link for link in seen.links if link.startswith("http")] == []
