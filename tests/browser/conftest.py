"""Fixtures of the browser tests: a headless Chromium, and the home that is built once a session."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.integration.homes import Built, built_once

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A home after one run through the real command; copy it before writing."""
    found = built_once(tmp_path_factory)
    assert found.answer.code == 0, found.answer.stderr[-4000:]
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium of the system.

    Closed with its file: while it lives, its event loop runs in this thread, and Dagster, which
    starts loops of its own, cannot be used by any other test of the same process.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: looked for chromium, chromium-browser and google-chrome")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()
