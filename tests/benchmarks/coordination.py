"""What `rapporteur coordination` costs against coordination-network-toolkit 1.5.2 on the same rows: whole processes, CPU-seconds, memory.

Belongs here: the peer's environment, its input, both runs in turns, equality of the answers. Not here: the reference's figures (tests).
Run `python -m tests.benchmarks.coordination --repeat K`; it installs the peer with pip into a folder of its own (or takes --peer PYTHON).
"""

from __future__ import annotations

import argparse
import csv
import os
import sqlite3
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.core.settings import get_settings
from tests.benchmarks.measure import machine, median, table

PEER = "coordination-network-toolkit==1.5.2"
WINDOW = 60
BUDGET = 0.25
RAPPORTEUR = str(Path(sys.executable).with_name("rapporteur"))
_ROOT = Path(__file__).resolve().parents[2]

_PEER_RUN = f"""
import sys
from coordination_network_toolkit.compute_networks import compute_co_link_network
from coordination_network_toolkit.preprocess import preprocess_csv_files
if __name__ == "__main__":
    preprocess_csv_files(sys.argv[2], [sys.argv[1]])
    compute_co_link_network(sys.argv[2], {WINDOW}, n_threads=int(sys.argv[3]), min_edge_weight=1)
"""
_PEER_STARTS = "import coordination_network_toolkit.compute_networks, coordination_network_toolkit.preprocess"
_OURS_STARTS = (
    "import duckdb, jinja2, typer._adapters\nfrom orchestration.cli import app\nimport assets.detection.coordination"
)

_STARTER = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(code)
"""

Network = dict[tuple[str, str], int]
"""(account, other account) -> contents of the first that meet one of the second."""


@dataclass(frozen=True)
class Cost:
    """What one process cost, those that it waited for included.

    Attributes:
        cpu_seconds: User and system.
        peak_mib: Greatest resident size of one process.
    """

    cpu_seconds: float
    peak_mib: float


def cost_of(*command: str | Path) -> Cost:
    """Run a command to its end and measure it; its bytecode may be kept, as where it is installed.

    A small process starts it and reads its cost: a child's peak begins at the size of whoever started it.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _STARTER, *map(str, command)],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stderr[-2000:]}")
    cpu, peak = done.stdout.split()
    return Cost(float(cpu), float(peak) / 1024)


def peer_python(folder: Path) -> str:
    """A Python with the peer in it and nothing of ours."""
    venv.create(folder / "peer", with_pip=True)
    python = str(folder / "peer" / "bin" / "python")
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER], capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{PEER} cannot be installed here: {done.stderr[-2000:]}")
    return python


def write_inputs(source: Path, folder: Path) -> tuple[Path, Path]:
    """The same rows for both, as CSV: ours a row a share, the peer's a row a message with its objects as links."""
    ours, peers = folder / "shares.csv", folder / "messages.csv"
    duckdb.sql(f"copy (from '{source}') to '{ours}' (header)")
    duckdb.sql(
        f"""
        copy (
            select content_id as message_id, any_value(account_id) as user_id, '' as username, '' as repost_id, '' as reply_id,
                '' as message, any_value(timestamp_share) as timestamp, string_agg(distinct object_id, ' ') as urls
            from '{source}' group by content_id
        ) to '{peers}' (header)
        """
    )
    return ours, peers


def our_network(folder: Path) -> Network:
    """Our pairs, counted as the peer counts: contents, in both directions."""
    with (folder / "pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    met = {(row["account_a"], row["account_b"], row["content_a"]) for row in rows}
    met |= {(row["account_b"], row["account_a"], row["content_b"]) for row in rows}
    return dict(Counter((one, other) for one, other, _ in met))


def peer_network(database: Path) -> Network:
    """The peer's edges without its diagonal: it pairs each message with itself."""
    connection = sqlite3.connect(database)
    rows = connection.execute("select user_1, user_2, weight from co_link_network where user_1 <> user_2").fetchall()
    connection.close()
    return {(one, other): int(weight) for one, other, weight in rows}


def run(source: Path, peer: str, folder: Path, repeat: int) -> dict[str, list[Cost]]:
    """Measure every side `repeat` times, in an order that rotates, after one round that does not count."""
    ours_csv, peers_csv = write_inputs(source, folder)
    script = folder / "peer_run.py"
    script.write_text(_PEER_RUN)
    database = folder / "peer.db"
    named = ["--account", "account_id", "--object", "object_id", "--content", "content_id", "--time", "timestamp_share"]
    command: list[str | Path] = [RAPPORTEUR, "coordination", *named, "--window", str(WINDOW), "--json"]

    def peer_run() -> Cost:
        for left in folder.glob("peer.db*"):
            left.unlink()
        return cost_of(peer, script, peers_csv, database, str(os.cpu_count()))

    def peer_commands() -> Cost:
        for left in folder.glob("cli.db*"):
            left.unlink()
        tool = Path(peer).with_name("compute_networks")
        first = cost_of(tool, folder / "cli.db", "preprocess", peers_csv)
        options = ["--time_window", str(WINDOW), "--min_edge_weight", "1"]
        second = cost_of(tool, folder / "cli.db", "compute", "co_link", *options)
        return Cost(first.cpu_seconds + second.cpu_seconds, max(first.peak_mib, second.peak_mib))

    sides: dict[str, Callable[[], Cost]] = {
        "rapporteur, reference case (Parquet)": lambda: cost_of(*command, source, "--out", folder / "reference"),
        "rapporteur, the peer's question (CSV)": lambda: cost_of(
            *command, ours_csv, "--min-participation", "1", "--out", folder / "same"
        ),
        f"{PEER}, its commands": peer_commands,
        f"{PEER}, called from Python": peer_run,
        "rapporteur, imports alone": lambda: cost_of(sys.executable, "-c", _OURS_STARTS),
        "peer, imports alone": lambda: cost_of(peer, "-c", _PEER_STARTS),
    }
    names = list(sides)
    found: dict[str, list[Cost]] = {name: [] for name in names}
    for number in range(repeat + 1):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            cost = sides[name]()
            if number:
                found[name].append(cost)
    ours, theirs = our_network(folder / "same"), peer_network(database)
    if ours != theirs or not ours:
        raise SystemExit(f"the answers differ: {len(ours)} against {len(theirs)} directed edges")
    print(f"same {len(ours):,} directed edges and weights from both (its diagonal left out)")
    return found


def report(found: dict[str, list[Cost]]) -> None:
    """Print medians, and ratios of whole processes and of what is left without imports."""
    cpu = {name: median([cost.cpu_seconds for cost in costs]) for name, costs in found.items()}
    reference, same, commands, called, ours_start, peer_start = cpu.values()
    rows: list[list[object]] = [
        [name, cpu[name], round(max(cost.peak_mib for cost in costs))] for name, costs in found.items()
    ]
    print(table(["what", "CPU-s", "peak MiB"], rows))
    print(f"\nrapporteur against the peer, CPU (budget {BUDGET}):\n")
    inner = called - peer_start
    ratios: list[list[object]] = [
        ["command against commands", round(reference / commands, 2), round(same / commands, 2)],
        ["command against a call from Python", round(reference / called, 2), round(same / called, 2)],
        [
            "the same, both without imports",
            round((reference - ours_start) / inner, 2),
            round((same - ours_start) / inner, 2),
        ],
    ]
    print(table(["ratio", "reference case", "same question"], ratios))


def main() -> None:
    """Print the table; say so when the real data is absent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--peer", help="a Python that has the peer already")
    options = parser.parse_args()
    data = get_settings().conformance_data or _ROOT.parent / "shared" / "data"
    source = data / "coordination" / "russian_coord_tweets.parquet"
    if not source.exists():
        print("\nCoordination: not measured, the real data is absent (RAPPORTEUR_CONFORMANCE_DATA)")
        return
    print(f"\nCoordination within {WINDOW} s, CPU-seconds, medians of {options.repeat}, order rotated; {machine()}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report(run(source, options.peer or peer_python(folder), folder, options.repeat))


if __name__ == "__main__":
    main()
