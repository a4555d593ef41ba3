"""Room on the disk: telling a full one from other failures, whichever library met it first.

Only the telling belongs here; what must be free before a run begins is asked by ingestion.
"""

import shutil

from orchestration.core.home import Home

_SIGNS = ("No space left", "disk is full", "disk I/O error", "[Errno 28]")
_HARDLY_ANY_BYTES = 4 * 1024 * 1024


def told_when_full(home: Home, failure: str) -> str | None:
    """What to tell a person when a failure came from a full disk.

    Args:
        home: Whose disk.
        failure: What a library said; empty when nothing failed.

    Returns:
        Path, room and what to do; None when the disk is not to blame.
    """
    if not failure:
        return None
    free = shutil.disk_usage(home.root).free
    if free > _HARDLY_ANY_BYTES and not any(sign in failure for sign in _SIGNS):
        return None
    return (
        f"{home.root}: the disk is full ({free / 2**20:,.0f} MiB free now). Readers keep the copy that they have; "
        "make room and run again (docs/runbook.md#a-full-disk)"
    )
