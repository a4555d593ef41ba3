"""How benchmarks measure: CPU-seconds (user and system, children included) and peak memory of a process of its own, medians, machine load.

Only measuring belongs here; what is compared with what is told by each benchmark.
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True)
class Cost:
    """What one process cost.

    Attributes:
        cpu_seconds: User and system, children that it waited for included.
        peak_mib: Greatest resident size of any process since this one started: exact when each is larger than the last.
        code: Exit code.
    """

    cpu_seconds: float
    peak_mib: float
    code: int


def cost_of(command: Sequence[str], **environment: str) -> Cost:
    """Run a command and measure it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    ).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu_seconds=cpu, peak_mib=after.ru_maxrss / 1024, code=code)


def median(values: Sequence[float]) -> float:
    """Median, to the millisecond."""
    return round(statistics.median(values), 3)


def machine() -> str:
    """The machine, its load and the versions that matter, in one line."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dagster", "pyarrow"))
    return f"{os.cpu_count()} cores {platform.machine()}, load {load}, CPython {platform.python_version()}, {packages}"


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(str(value) for value in row)} |" for row in rows]
    return "\n".join(lines)
