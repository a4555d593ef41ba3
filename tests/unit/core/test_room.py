"""A full disk is told as such, whichever library met it first; other failures are not."""

from __future__ import annotations

import pytest

from orchestration.core.home import Home
from orchestration.core.room import told_when_full


@pytest.mark.parametrize(
    "failure",
    [
        "IO Error: Could not write file: No space left on device",
        "(sqlite3.OperationalError) database or disk is full",
        "(sqlite3.OperationalError) disk I/O error",
        "[Errno 28] write",
    ],
)
def test_full_disk_is_told_with_path_room_and_what_to_do(home: Home, failure: str) -> None:
    told = told_when_full(home, failure)
    assert told is not None
    assert str(home.root) in told
    assert "MiB free" in told
    assert "make room and run again" in told


def test_other_failures_are_not_blamed_on_the_disk(home: Home) -> None:
    assert told_when_full(home, "1 blocking asset check failed") is None
    assert told_when_full(home, "") is None
