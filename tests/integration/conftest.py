"""Fixtures of the integration tests: the home that is built once a session."""

from __future__ import annotations

import pytest

from tests.integration.homes import Built, built_once


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A home after one run through the real command; copy it before writing."""
    found = built_once(tmp_path_factory)
    assert found.answer.code == 0, found.answer.stderr[-4000:]
    return found
