"""What account-day features cost: ours from the lake, against plain DuckDB SQL, polars and pandas on the same rows.

Belongs here: making the input once, running each side in a process of its own in rotating order, checking that results are equal.
Run `python -m tests.benchmarks.features --rows N --repeat K [--peers duckdb,polars,pandas]`. Not here: any threshold.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.ingestion import raw_tables
from assets.transform.project import cache_dir, manifest
from assets.transform.run import build
from orchestration.core.commits import read_commits
from orchestration.core.home import Home
from tests.benchmarks import features_input, features_peers
from tests.benchmarks.measure import machine, median, table

ROOT = Path(__file__).resolve().parents[2]
PORTION = 400_000
"""As `dbt_project/macros/portions.sql` has it."""
DAYS_AND_WINDOWS = ("fct_account_days", "fct_account_windows")

_INGEST = """
import sys
from pathlib import Path
from assets.ingestion import batch
from orchestration.core.home import Home
home = Home.at(Path(sys.argv[1]))
made = batch.ingest(home, "benchmark", batch.discover(home, []))
assert all(one.lines == one.loaded for one in made.deliveries)
"""

_OURS = """
import json, sys
import duckdb
from pathlib import Path
warehouse, current, plan, memory = sys.argv[1:5]
con = duckdb.connect(warehouse, config={"threads": 1, "memory_limit": memory})
con.execute(f"SET TimeZone = 'UTC'; ATTACH '{current}' AS current")
def of_portion(sql, first, last):
    for bound, day, second in (("0001-01-01", first, "00:00:00"), ("9999-12-31", last, "23:59:59.999999")):
        sql = sql.replace(f"cast('{bound}' as date)", f"cast('{day}' as date)")
        sql = sql.replace(f"'{bound} {second}+00'", f"'{day} {second}+00'")
    return sql
for relation, path, touched, portion in json.loads(Path(plan).read_text()):
    sql, days, step = Path(path).read_text(), [], 1
    if touched:
        days = [str(day) for (day,) in con.execute(f"SELECT event_date FROM {touched} ORDER BY 1").fetchall()]
        requests = con.execute("SELECT count(*) FROM warehouse.raw.model_requests").fetchone()[0]
        step = max(1, portion * len(days) // requests)
    pieces = [of_portion(sql, days[at], days[min(at + step, len(days)) - 1]) for at in range(0, len(days), step)] or [sql]
    con.execute(f"BEGIN; CREATE OR REPLACE TABLE {relation} AS {pieces[0]}")
    for piece in pieces[1:]:
        con.execute(f"INSERT INTO {relation} {piece}")
    con.execute("COMMIT")
con.close()
"""

_PLAIN = """
import sys
import duckdb
statement, target = sys.argv[1:3]
con = duckdb.connect(config={"threads": 1})
con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
con.execute(f"COPY ({statement}) TO '{target}' (FORMAT parquet)")
"""


@dataclass(frozen=True)
class Cost:
    """What one child process cost.

    Attributes:
        cpu_seconds: User and system.
        peak_mib: Greatest resident size.
    """

    cpu_seconds: float
    peak_mib: float


def run_child(python: str, code: str, *arguments: str) -> Cost:
    """Run code in a process of its own and measure it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The kernel's own high-water mark: getrusage would count what this process held when it started the child.
    tail = "\nprint(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    done = subprocess.run(
        [python, "-c", code + tail, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, int(done.stdout.split()[-1]) / 1024)


@dataclass(frozen=True)
class Bench:
    """Where things lie.

    Attributes:
        folder: Scratch, removed at the end.
        home: A home that holds the delivered month, ingested and built once.
        plain: Glob of the same rows as plain Parquet.
        plans: Name of a side of ours -> file with its steps in order: relation, compiled SQL, relation of the days that it is
            made by in portions (or null), requests of a portion.
    """

    folder: Path
    home: Home
    plain: str
    plans: dict[str, Path]

    @property
    def json_source(self) -> str:
        """`read_json` over the delivered files, typed as the contract types them."""
        from assets.ingestion.contracts import FEEDS, duckdb_type

        types = {f.name: "JSON" if f.type == "scores" else duckdb_type(f) for f in FEEDS["model_requests"].fields}
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        files = self.folder / "landing" / "model_requests" / "*" / "*.gz"
        return f"read_json('{files}', format='newline_delimited', columns={{{columns}}})"


def prepare(folder: Path, rows: int) -> Bench:
    """Make the month, ingest it, and have dbt build the features once, which compiles them."""
    plain = folder / "plain" / "requests.parquet"
    plain.parent.mkdir()
    features_input.write(rows, folder / "landing", plain)
    home = Home.at(folder / "home").ensure()
    shutil.copytree(folder / "landing", home.landing, dirs_exist_ok=True)
    run_child(sys.executable, _INGEST, str(home.root))
    with duckdb.connect(str(home.warehouse_db)) as con:
        raw_tables.load(con, home, read_commits(home), built_through=0)
    parsed = manifest(home)
    nodes = {node["name"]: node for node in parsed["nodes"].values() if node["resource_type"] == "model"}
    plans = {}
    for side, targets in {"days": DAYS_AND_WINDOWS[:1], "days and windows": DAYS_AND_WINDOWS}.items():
        names = _upstream(nodes, targets)
        if side == "days and windows":
            build(home, select=names)
        compiled = cache_dir(home) / "target" / "compiled"
        steps = [
            (
                nodes[name]["relation_name"],
                str(compiled / nodes[name]["package_name"] / nodes[name]["original_file_path"]),
                nodes[name]["config"].get("portions") and nodes[nodes[name]["config"]["portions"]]["relation_name"],
                PORTION,
            )
            for name in names
            if nodes[name]["config"]["materialized"] != "view"
        ]
        plans[side] = folder / f"{side}.json"
        plans[side].write_text(json.dumps(steps))
    return Bench(folder, home, str(plain.with_name("*.parquet")), plans)


def _upstream(nodes: dict[str, dict[str, object]], targets: tuple[str, ...]) -> list[str]:
    """Models that the targets need, in the order in which they can be built."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        for parent in nodes[name]["depends_on"]["nodes"]:  # type: ignore[index]
            if parent.startswith("model."):
                visit(parent.rsplit(".", 1)[1])
        ordered.append(name)

    for target in targets:
        visit(target)
    return ordered


def sides(bench: Bench, peers: list[str], memory: str) -> dict[str, tuple[str, str, list[str]]]:
    """Each side: (interpreter, code, arguments). A peer that is not to be had is left out by name."""
    ours = [str(bench.home.warehouse_db), str(bench.home.current_db)]
    plain = f"read_parquet('{bench.plain}')"
    here = sys.executable
    out = bench.folder
    made: dict[str, tuple[str, str, list[str]]] = {
        "ours: days": (here, _OURS, [*ours, str(bench.plans["days"]), memory]),
        "ours: days and windows": (here, _OURS, [*ours, str(bench.plans["days and windows"]), memory]),
    }
    if "duckdb" in peers:
        for name, source in {"Parquet": plain, "JSONL": bench.json_source}.items():
            days = features_peers.PLAIN_DAYS.replace("{source}", source)
            made[f"duckdb, {name}: days"] = (here, _PLAIN, [days, str(out / f"duckdb-{name}.parquet")])
        windows = features_peers.PLAIN_WINDOWS.replace("{source}", plain)
        made["duckdb, Parquet: windows"] = (here, _PLAIN, [windows, str(out / "windows.parquet")])
    if "polars" in peers and (python := _with_polars(out)):
        codes = ",".join(features_input.CODES)
        made["polars: days"] = (
            python,
            features_peers.script(features_peers.POLARS),
            [bench.plain, str(out / "polars.parquet"), codes],
        )
    if "pandas" in peers:
        made["pandas: days"] = (
            here,
            features_peers.script(features_peers.PANDAS),
            [bench.plain, str(out / "pandas.parquet")],
        )
    return made


def _with_polars(folder: Path) -> str | None:
    """An interpreter of its own with polars, from the package index; None where it cannot be installed."""
    where = folder / "polars"
    venv.create(where, with_pip=True)
    python = str(where / "bin" / "python")
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "polars"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"polars: left out, it cannot be installed here ({done.stderr.strip().splitlines()[-1][:120]})")
        return None
    print(
        subprocess.run(
            [python, "-c", "import polars; print('polars', polars.__version__)"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    return python


def check(bench: Bench) -> None:
    """Every result there is equals ours, row for row; SystemExit with the difference otherwise."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"ATTACH '{bench.home.current_db}' AS current (READ_ONLY)")
        for path in sorted(bench.folder.glob("*.parquet")):
            is_window = path.stem == "windows"
            columns = ", ".join(features_peers.WINDOW_COLUMNS if is_window else features_peers.COLUMNS)
            ours = f"SELECT {columns} FROM current.marts.{DAYS_AND_WINDOWS[is_window]}"
            theirs = f"SELECT {columns} FROM read_parquet('{path}')"
            found = [
                con.execute(f"SELECT count(*) FROM ({a} EXCEPT ALL {b})").fetchone()
                for a, b in ((ours, theirs), (theirs, ours))
            ]
            rows = con.execute(f"SELECT count(*) FROM ({ours})").fetchone()
            print(f"{path.stem}: {rows[0] if rows else 0:,} rows, different from ours: {found[0][0]}, {found[1][0]}")
            if found != [(0,), (0,)]:
                raise SystemExit(f"{path.stem} differs from ours")


def ingest_again(bench: Bench, number: int) -> Cost:
    """Take the same month in, into a home of its own."""
    home = Home.at(bench.folder / f"again-{number}").ensure()
    shutil.copytree(bench.folder / "landing", home.landing, dirs_exist_ok=True, copy_function=os.link)
    cost = run_child(sys.executable, _INGEST, str(home.root))
    shutil.rmtree(home.root)
    return cost


def measure(bench: Bench, chosen: dict[str, tuple[str, str, list[str]]], repeat: int) -> dict[str, list[Cost]]:
    """Every side `repeat` times; each round begins with another side."""
    found: dict[str, list[Cost]] = {name: [] for name in ["ours: ingest", *chosen]}
    names = list(found)
    for number in range(repeat):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            if name == "ours: ingest":
                found[name].append(ingest_again(bench, number))
            else:
                python, code, arguments = chosen[name]
                found[name].append(run_child(python, code, *arguments))
    return found


def report(found: dict[str, list[Cost]], rows: int, repeat: int) -> None:
    """Print medians, peaks and the ratios that were asked for."""
    cpu = {name: median([one.cpu_seconds for one in costs]) for name, costs in found.items()}
    lines: list[list[object]] = [
        [name, cpu[name], round(statistics.median(one.peak_mib for one in costs))] for name, costs in found.items()
    ]
    print(f"\nAccount-day features of {rows:,} requests, medians of {repeat}; {machine()}\n")
    print(table(["side", "CPU-s", "peak MiB"], lines))
    ratios: list[list[object]] = []
    days, both = cpu["ours: days"], cpu["ours: days and windows"]
    for name, value in cpu.items():
        if not name.startswith("ours"):
            ours = both - days if name.endswith("windows") else days
            ratios.append([f"ours / {name}", round(ours / value, 2), "0.33" if "duckdb" in name else ""])
    if "duckdb, JSONL: days" in cpu:
        whole = cpu["ours: ingest"] + days
        ratios.append(
            ["ours, ingest and days / duckdb, JSONL: days", round(whole / cpu["duckdb, JSONL: days"], 2), "1.0"]
        )
    if "duckdb, Parquet: windows" in cpu:
        plain = cpu["duckdb, Parquet: days"] + cpu["duckdb, Parquet: windows"]
        ratios.append(["ours, days and windows / duckdb, Parquet: both", round(both / plain, 2), "0.33"])
    print()
    print(table(["ratio", "found", "aim"], ratios))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--peers", default="duckdb,polars,pandas")
    parser.add_argument("--memory", default="300MB", help="what DuckDB may use on our side; it spills beyond")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = prepare(Path(name), options.rows)
        found = measure(bench, sides(bench, options.peers.split(","), options.memory), options.repeat)
        check(bench)
    report(found, options.rows, options.repeat)


if __name__ == "__main__":
    main()
