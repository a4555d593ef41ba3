"""What an auditor's question costs: one figure of 10,000 rows traced to its lines, against preparing the report that prints it.

Budget: a tenth of the preparation. A year of 300,000 actions under the project's own contribution views; CPU-seconds of a process each,
interpreter and imports included, once through the functions and once through the whole command.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb

from orchestration.core.home import Home
from tests.benchmarks.measure import cost_of, machine, median, table
from tests.unit.reports.published_copy import build_copy

REPORT, PERIOD = "enforcement_overview", "2026-01-01..2027-01-01"
ACTIONS, KINDS, FILES = 300_000, 30, 365
FIGURE = "actions/actions?action=kind_7"
PREPARE = f"from reports.bundle import prepare; prepare(home, {REPORT!r}, {PERIOD!r})"
FILING = f"{REPORT}/{PERIOD}"
TRACE = (
    "from reports.bundles import find_bundle; from reports.trace import trace; "
    f"trace(find_bundle(home, {FILING!r}), {FIGURE!r})"
)
OPEN = "from pathlib import Path; from orchestration.core.home import Home; import sys; home = Home.at(Path(sys.argv[1])); "


def fill(home: Home) -> None:
    """Publish a copy with a year of actions, evenly over days, delivered files and kinds."""
    path = build_copy(home, {}, last_delivery="2027-02-15")
    with duckdb.connect(str(path)) as con:
        con.execute("set timezone = 'UTC'")
        con.execute(
            f"insert into ops.files select i + 2, sha256(i::varchar), 'enforcement_actions', true from range({FILES}) as r(i)"
        )
        con.execute(
            "insert into marts.fct_enforcement_actions by name select 'act-' || i as action_id, 'dec-' || i as decision_id, "
            f"timestamptz '2026-01-01 00:00:00+00' + to_seconds(i * 31536000 // {ACTIONS}) as decided_at, "
            "'acc-' || (i % 50000) as account_id, "
            "['api', 'chat', 'code', 'mcp_connector'][i % 4 + 1] as surface, 'policy_' || (i % 14) as policy_code, "
            f"'kind_' || (i % {KINDS}) as action, 'own_initiative' as source, 'none' as automated_decision, i % 4 + 1 as severity, "
            f"'terms' as ground, i % 11 = 0 as is_terminal, i * {FILES} // {ACTIONS} + 2 as _file_id, i % 900 + 1 as _line_no "
            f"from range({ACTIONS}) as r(i)"
        )


def main(repeat: int = 5) -> None:
    """Prepare and trace, and print the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home.at(Path(folder) / "home").ensure()
        fill(home)
        root = str(home.root)
        command = [str(Path(sys.executable).with_name("rapporteur")), "trace", f"{FILING}#{FIGURE}", "--json"]
        cost_of([sys.executable, "-c", OPEN + PREPARE, root])
        prepared = median([cost_of([sys.executable, "-c", OPEN + PREPARE, root]).cpu_seconds for _ in range(repeat)])
        traced = median([cost_of([sys.executable, "-c", OPEN + TRACE, root]).cpu_seconds for _ in range(repeat)])
        asked = [cost_of(command, RAPPORTEUR_HOME=root) for _ in range(repeat)]
        if any(one.code for one in asked):
            raise SystemExit("the trace did not agree")
    told = median([one.cpu_seconds for one in asked])
    rows: list[list[object]] = [
        ["prepare the year's report", prepared, "", f"{ACTIONS:,} actions, pages included"],
        [f"trace {FIGURE}", traced, round(prepared / 10, 3), f"{ACTIONS // KINDS:,} rows, digests re-checked"],
        ["the whole command, JSON of all rows", told, round(prepared / 10, 3), "the same, as a person asks"],
    ]
    print(f"\n### Tracing ({machine()})\n")
    print(table(["", "CPU seconds", "budget", ""], rows))


if __name__ == "__main__":
    main()
