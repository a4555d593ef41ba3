"""What a run costs beyond its data: a small day with every check on, a run with nothing new, and publishing a year's file.

Budgets: 12 CPU-seconds + 0.03 a dbt node on a small day, 8 with nothing new; publishing costs a file copy. Whole runs are measured,
ingestion and SQL included, nothing is subtracted.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from assets.ingestion.sample import write
from orchestration.core import ops
from orchestration.core.home import Home
from orchestration.core.publish import publish
from tests.benchmarks.measure import cost_of, machine, median, table

RAPPORTEUR = str(Path(sys.executable).with_name("rapporteur"))


def runs(folder: Path, repeat: int) -> list[list[object]]:
    """A small day and an idle run, `repeat` times each, after a first run over the days before."""
    home = Home.at(folder / "home").ensure()
    write(home, days=repeat + 3, accounts=100, seed=3)
    days = sorted({path.name for path in home.landing.glob("[a-z]*/2*")})[-repeat:]
    environment = {"RAPPORTEUR_HOME": str(home.root)}
    cost_of([RAPPORTEUR, "run", "--to", str(days[0])], **environment)
    small, idle, nodes = [], [], []
    for day in days[1:]:
        before = len(ops.read(home, "check_results"))
        one = cost_of([RAPPORTEUR, "run", "--to", day], **environment)
        if one.code:
            raise SystemExit(f"the run of {day} failed")
        small.append(one.cpu_seconds)
        nodes.append(len(ops.read(home, "check_results")) - before)
        idle.append(cost_of([RAPPORTEUR, "run", "--to", day], **environment).cpu_seconds)
    manifest = next((home.build / "dbt").glob("*/target/manifest.json"))
    with duckdb.connect() as connection:
        row = connection.execute(
            "select count(*) from (select unnest(map_values(nodes)) as n from read_json(?, columns={nodes: 'MAP(VARCHAR, JSON)'}, "
            "maximum_object_size=100000000)) where n->>'resource_type' in ('model', 'seed', 'test')",
            [str(manifest)],
        ).fetchone()
    known = row[0] if row else 0
    return [
        [
            "small day, every check on",
            median(small),
            round(12 + 0.03 * known, 1),
            f"{median(nodes):.0f} checks, {known} dbt nodes",
        ],
        ["nothing new", median(idle), 8.0, "no dbt, no Great Expectations imported"],
    ]


def publishing(folder: Path, repeat: int, mebibytes: int) -> list[object]:
    """CPU of publishing a large build against copying the same file."""
    home = Home.at(folder / "large").ensure()
    with duckdb.connect(str(home.current_db)) as connection:
        rows = mebibytes * 1024 * 1024 // 16
        connection.execute(f"create table t as select hash(i) as a, hash(i + 1) as b from range({rows}) as r(i)")
    ours, copies = [], []
    for number in range(repeat):
        began = time.process_time()
        shutil.copyfile(home.current_db, folder / "copy")
        copies.append(time.process_time() - began)
        began = time.process_time()
        publish(home, f"run-{number}")
        ours.append(time.process_time() - began)
    size = home.current_db.stat().st_size / 1024 / 1024
    return [
        f"publish {size:.0f} MiB",
        median(ours),
        f"{median(copies)} (cp)",
        f"ratio {median(ours) / max(median(copies), 0.001):.2f}",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--mebibytes", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rows = runs(Path(name), options.repeat)
        rows.append(publishing(Path(name), options.repeat, options.mebibytes))
    print(f"\nFixed cost of a run, CPU-seconds, medians of {options.repeat}; {machine()}\n")
    print(table(["what", "CPU-s", "budget or peer", "notes"], rows))


if __name__ == "__main__":
    main()
