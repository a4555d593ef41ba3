"""What lossless ingestion costs against DuckDB's own lossy read of the same file, in CPU-seconds and memory.

Belongs here: making the input, measuring both in processes of their own, checking both results. Not here: any threshold.
Run `python -m tests.benchmarks.ingestion --rows N --repeat K`; the two sides take turns and medians are printed.
With `--styles` the sides are our own: the same rows as exporters write them, compact, spaced, nulls spelled out, both.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assets.ingestion.contracts import FEEDS

_ROOT = Path(__file__).resolve().parents[2]
_BAD_EVERY = 2_000
_EXTRA_EVERY = 5


@dataclass(frozen=True)
class Measured:
    """One run of one side.

    Attributes:
        cpu_seconds: User and system time of the process and its children.
        wall_seconds: Wall time.
        peak_mib: Greatest resident size.
        rows: Rows in the Parquet that it wrote.
    """

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float
    rows: int


@cache
def _digests(kind: str, among: int, size: int) -> list[str]:
    rng = random.Random(f"{kind}{among}")
    return [rng.randbytes(size // 2).hex() for _ in range(among)]


def _record(rng: random.Random, number: int) -> dict[str, Any]:
    def digest(kind: str, among: int, size: int = 32) -> str:
        return rng.choice(_digests(kind, among, size))

    second = rng.randrange(86_400_000) / 1000
    clock = f"{int(second // 3600):02d}:{int(second % 3600 // 60):02d}:{second % 60:06.3f}"
    record: dict[str, Any] = {
        "request_id": f"req_{rng.randbytes(16).hex()}",
        "requested_at": f"2026-04-23T{clock}Z",
        "account_id": f"acct_{_digests('a', 20_000, 22)[int(rng.paretovariate(1.1) * 50) % 20_000]}",
        "organization_id": f"org_{digest('o', 500, 16)}",
        "api_key_id": f"key_{digest('k', 4000, 20)}",
        "surface": rng.choice(["api", "chat", "code", "batch", "mcp_connector"]),
        "model": rng.choice(["aria-3", "aria-3-mini", "aria-2"]),
        "ip_hash": digest("i", 9000),
        "ip_prefix_hash": digest("n", 3000),
        "asn": rng.randrange(1000, 60_000),
        "asn_kind": rng.choice(["cloud", "residential", "mobile", "business"]),
        "country": rng.choice(["US", "DE", "FR", "ES", "IN", "BR"]),
        "user_agent_hash": digest("u", 60),
        "device_hash": digest("d", 5000),
        "payment_hash": digest("p", 3000),
        "template_hash": digest("t", 2000),
        "prompt_hash": rng.randbytes(16).hex(),
        "prompt_simhash": rng.randbytes(8).hex(),
        "task_category": rng.choice(["coding", "agentic", "chat", "writing", "tool_use"]),
        "elicits_reasoning": rng.random() < 0.02,
        "grades_outputs": rng.random() < 0.02,
        "strict_format": rng.random() < 0.2,
        "input_tokens": rng.randrange(10, 40_000),
        "output_tokens": rng.randrange(1, 4_000),
        "stop_reason": rng.choice(["end_turn", "max_tokens", "tool_use"]),
        "status_code": 200,
    }
    if number % 4 == 0:
        record["tools"] = rng.sample(["bash", "computer", "file_search", "mcp:notes-sync"], rng.randrange(1, 4))
    if number % 2 == 0:
        record["policy_scores"] = {
            code: round(rng.random() ** 4, 2) for code in sorted(rng.sample(["distillation", "jailbreak", "cyber"], 2))
        }
    if number % _EXTRA_EVERY == 0:
        record["client_build"] = f"b{rng.randrange(400)}"
        record["cache_read_tokens"] = rng.randrange(9000)
    return record


_DAMAGES = (
    lambda line: line[: len(line) // 2],
    lambda line: line.replace('"input_tokens":', '"input_tokens":0.5,"was":'),
    lambda line: line.replace("2026-04-23T", "2026-04-23 at ", 1),
    lambda line: line.replace('"surface":', '"surfaces":', 1),
)


STYLES = ("compact", "spaced", "nulls", "spaced nulls")
_OFTEN_ABSENT = ("organization_id", "api_key_id", "device_hash", "payment_hash", "template_hash", "prompt_simhash")


def _styled(record: dict[str, Any], rng: random.Random, style: str) -> str:
    """The record without half of what is often absent, as an exporter of that style writes it."""
    for name in _OFTEN_ABSENT:
        if rng.random() < 0.5:
            del record[name]
    if "nulls" in style:
        record = {**dict.fromkeys(field.name for field in FEEDS["model_requests"].fields), **record}
    return json.dumps(record, separators=(", ", ": ") if "spaced" in style else (",", ":"))


def lines(rows: int, style: str | None = None) -> Iterator[str]:
    """Realistic request lines, seeded; one in 2,000 is bad, one in five carries fields outside the contract."""
    rng = random.Random(20260423)
    for number in range(rows):
        record = _record(rng, number)
        line = _styled(record, rng, style) if style else json.dumps(record, separators=(",", ":"))
        yield _DAMAGES[number // _BAD_EVERY % len(_DAMAGES)](line) if number % _BAD_EVERY == 7 else line


def write_input(path: Path, rows: int, style: str | None = None) -> tuple[int, int]:
    """Write the gz file; returns (decompressed bytes, bad lines)."""
    size = 0
    with gzip.open(path, "wt", compresslevel=6, encoding="ascii") as file:
        for line in lines(rows, style):
            file.write(line + "\n")
            size += len(line) + 1
    return size, len(range(7, rows, _BAD_EVERY))


_OURS = """
import sys
from pathlib import Path
from assets.ingestion import batch
from orchestration.core.home import Home
home = Home.at(Path(sys.argv[1]))
made = batch.ingest(home, "benchmark", batch.discover(home, []))
one = made.deliveries[0]
assert one.lines == one.loaded + one.duplicate + one.quarantined + one.blank
print(one.loaded, one.quarantined)
"""

_LOSSY = """
import sys
import duckdb
from assets.ingestion.contracts import FEEDS, duckdb_type
types = {f.name: "JSON" if f.type == "scores" else duckdb_type(f) for f in FEEDS["model_requests"].fields}
columns = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in types.items()) + "}"
con = duckdb.connect()
con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
print(con.execute(
    f"COPY (SELECT * FROM read_json('{sys.argv[1]}', format='newline_delimited', ignore_errors=true, columns={columns}) "
    f"ORDER BY account_id, requested_at) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)"
).fetchone()[0], 0)
"""

_NOTHING = "import sys\nimport duckdb, numpy, pyarrow\nfrom assets.ingestion import batch\nprint(0, 0)"


def _measure(code: str, *arguments: str) -> tuple[Measured, int]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    tail = "\nprint(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    done = subprocess.run(
        [sys.executable, "-c", code + tail, *arguments], capture_output=True, text=True, check=True, cwd=_ROOT
    )
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rows, bad, peak = (int(word) for word in done.stdout.split())
    return Measured(cpu, wall, peak / 1024, rows), bad


def _fresh_home(folder: Path, source: Path) -> Path:
    root = folder / "home"
    shutil.rmtree(root, ignore_errors=True)
    day = root / "landing" / "model_requests" / "2026-04-23"
    day.mkdir(parents=True)
    (day / "requests.jsonl.gz").hardlink_to(source)
    return root


def run(rows: int, repeat: int, folder: Path) -> dict[str, list[Measured]]:
    """Measure both sides in turns, and check what they wrote against the truth.

    Args:
        rows: Lines of the input.
        repeat: Runs of each side.
        folder: Scratch.

    Returns:
        Measurements by side.
    """
    source = folder / "requests.jsonl.gz"
    size, bad = write_input(source, rows)
    print(f"input: {rows:,} lines, {size / 2**20:,.0f} MiB decompressed, {bad} bad, every fifth with unknown fields")
    found: dict[str, list[Measured]] = {"ours": [], "duckdb lossy": [], "ours, imports alone": []}
    for _ in range(repeat):
        ours, quarantined = _measure(_OURS, str(_fresh_home(folder, source)))
        assert (ours.rows, quarantined) == (rows - bad, bad), "ours lost or kept a line that it should not have"
        lossy, _zero = _measure(_LOSSY, str(source), str(folder / "lossy.parquet"))
        assert rows - bad <= lossy.rows <= rows, "the lossy read lost good lines"
        found["ours"].append(ours)
        found["duckdb lossy"].append(lossy)
        found["ours, imports alone"].append(_measure(_NOTHING)[0])
    return found


def run_styles(rows: int, repeat: int, folder: Path) -> dict[str, list[Measured]]:
    """Measure the same rows in each style, in turns; returns measurements by style."""
    found: dict[str, list[Measured]] = {style: [] for style in STYLES}
    bad = 0
    for style in STYLES:
        size, bad = write_input(folder / f"{style}.jsonl.gz", rows, style)
        print(f"{style}: {rows:,} lines, {size / 2**20:,.0f} MiB decompressed, {bad} bad")
    for turn in range(repeat):
        for style in STYLES[turn % len(STYLES) :] + STYLES[: turn % len(STYLES)]:
            measured, quarantined = _measure(_OURS, str(_fresh_home(folder, folder / f"{style}.jsonl.gz")))
            assert (measured.rows, quarantined) == (rows - bad, bad), f"{style}: a line was lost or kept wrongly"
            found[style].append(measured)
    return found


def report_styles(found: dict[str, list[Measured]]) -> None:
    """Print medians by style, and what each costs of the compact one."""
    base = statistics.median(one.cpu_seconds for one in found["compact"])
    for style, runs in found.items():
        cpu, wall, peak = (
            statistics.median(getattr(one, name) for one in runs)
            for name in ("cpu_seconds", "wall_seconds", "peak_mib")
        )
        print(f"{style:16}{cpu:9.2f} CPU s{wall:9.2f} wall s{peak:8.0f} MiB   {cpu / base:.2f} x compact")
    print(f"load {', '.join(f'{value:.2f}' for value in os.getloadavg())}; {os.cpu_count()} cores")


def report(found: dict[str, list[Measured]]) -> float:
    """Print medians and the ratio of CPU; returns the ratio."""
    import duckdb

    print(f"{'':22}{'CPU s':>9}{'wall s':>9}{'peak MiB':>10}{'rows':>12}")
    medians = {}
    for side, runs in found.items():
        medians[side] = statistics.median(one.cpu_seconds for one in runs)
        wall, peak = (statistics.median(getattr(one, name) for one in runs) for name in ("wall_seconds", "peak_mib"))
        print(f"{side:22}{medians[side]:9.2f}{wall:9.2f}{peak:10.0f}{runs[0].rows:12,}")
    ratio = medians["ours"] / medians["duckdb lossy"]
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    print(f"ratio {ratio:.2f} (CPU, ours / lossy); load {load}; {os.cpu_count()} cores; ", end="")
    print(f"python {platform.python_version()}, duckdb {duckdb.__version__}")
    return ratio


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=450_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--styles", action="store_true", help="compare styles of JSON instead")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.styles:
            report_styles(run_styles(chosen.rows, chosen.repeat, Path(folder)))
            return
        report(run(chosen.rows, chosen.repeat, Path(folder)))


if __name__ == "__main__":
    main()
