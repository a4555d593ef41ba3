"""Fail-points: named steps at which a run can be killed, to prove that it recovers.

A step that leaves something on disk gets a name here and a `reach(name)` just after it; the sweep in tests/integration kills a run at each.
"""

import os
import signal

from orchestration.core.settings import get_settings

NAMES: tuple[str, ...] = (
    "lock_taken",
    "vault_stored",
    "decoded",
    "lake_written",
    "before_commit",
    "after_commit",
    "raw_loaded",
    "raw_checked",
    "dbt_built",
    "marts_checked",
    "derived_written",
    "derived_committed",
    "conclusions_built",
    "conclusions_checked",
    "before_publish_swap",
    "after_publish_swap",
    "report_written",
    "report_swapped",
    "erasure_staged",
    "erasure_recorded",
    "erasure_replaced",
    "erasure_build_removed",
    "erasure_copies_removed",
    "report_signature_noted",
    "report_signed",
    "report_entered",
    "report_locked",
)


def reach(name: str) -> None:
    """Kill this process, as kill -9 would, if the settings name this step.

    Args:
        name: One of NAMES.

    Raises:
        ValueError: `name` is not declared.
    """
    if name not in NAMES:
        raise ValueError(f"fail-point {name!r} is not declared in orchestration/core/failpoints.py")
    if get_settings().fail_point == name:
        os.kill(os.getpid(), signal.SIGKILL)
