"""What the DSA harmonised report costs over a year: all figures and all digests, against the bare pivot of its measures.

Belongs here: made-up actions and registers, the computation, the pivot and that both agree. Not here: rendering, ingestion.
Run `python -m tests.benchmarks.dsa_report --rows N --repeat K`: N actions in twelve months, medians of K computations.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import duckdb

from assets.transform.run import build
from orchestration.core.home import Home
from reports.catalogue import entry_of
from reports.figures import Figures, compute
from reports.metrics import read_metrics
from reports.periods import parse_period
from reports.published import State
from reports.splits import breakdowns_of
from reports.strata import with_digests
from tests.benchmarks.history import make
from tests.benchmarks.measure import machine, median, table

REPORT = "dsa_harmonised"
YEAR = "2025"
AIM_SECONDS, AIM_RATIO = 5.0, 15.0

_AT = "(timestamptz '2025-01-01 00:00:00+00' + to_seconds(cast(line as double) * 31535000 / $rows))"
_CODES = """
create temp table cells as
select row_number() over (order by dsa_category, dsa_keyword) - 1 as cell, dsa_category, dsa_keyword
from current.reference.dsa_keywords
where in_illegal or in_terms
"""
_REGISTERS = (
    "insert into raw.services (dsa_service, name, kind, valid_from) values "
    "('example_gallery', 'Example Gallery', 'online_platform', date '2024-01-01')",
    "insert into raw.surfaces (surface, name, dsa_service, is_hosting) values ('shared_links', 'Shared links', 'example_gallery', true)",
    "insert into raw.actions (action, name, dsa_decision_field, dsa_decision_value, is_terminal) "
    "select lower(value), value, field, value, false from (values "
    "('visibility', 'DECISION_VISIBILITY_CONTENT_REMOVED'), ('visibility', 'DECISION_VISIBILITY_CONTENT_DISABLED'), "
    "('visibility', 'DECISION_VISIBILITY_CONTENT_LABELLED'), ('monetary', 'DECISION_MONETARY_SUSPENSION'), "
    "('provision', 'DECISION_PROVISION_PARTIAL_SUSPENSION'), ('account', 'DECISION_ACCOUNT_SUSPENDED'), "
    "('account', 'DECISION_ACCOUNT_TERMINATED')) as known(field, value)",
)
_POLICIES = (
    "insert into raw.policies (policy_code, name, dsa_category, dsa_keyword, valid_from) "
    "select 'p' || cell, 'Made up ' || cell, dsa_category, dsa_keyword, date '2024-01-01' from cells"
)
_ACTIONS = f"""
insert into raw.enforcement_actions (
    action_id, decision_id, decided_at, account_id, surface, policy_code, severity, action, ground, explanation, source,
    automated_detection, automated_decision, recipient_country, _version_at, _batch_id, _file_id, _line_no, _contract_version
)
select
    'action_' || line, 'decision_' || case when line % 10 = 9 then line - 1 else line end, {_AT},
    md5('account' || line % 50000), 'shared_links', 'p' || hash(line) % (select count(*) from cells), 1 + line % 4,
    (select list(action order by action) from raw.actions)[1 + cast(hash(line, 1) % 7 as integer)],
    ['terms', 'illegal'][1 + cast(hash(line, 2) % 2 as integer)], 'made up', ['own_initiative', 'user_report'][1 + line % 2],
    line % 3 = 0, ['fully', 'partially', 'none'][1 + line % 3], 'DE', {_AT}, 1, 1, line + 1, 1
from range($rows) as made(line)
"""
_PIVOT = """
select ground, dsa_category, dsa_keyword, count(*) as measures, count(*) filter (where automated_detection) as automated,
    {columns}
from current.marts.fct_dsa_decisions
where in_report and is_own_initiative and decided_at >= timestamptz '2025-01-01 00:00:00+00'
    and decided_at < timestamptz '2026-01-01 00:00:00+00'
group by grouping sets ((ground), (ground, dsa_category), (ground, dsa_category, dsa_keyword))
"""
_FROM_ACTIONS = """
with decided as (
    select *, row_number() over (
        partition by decision_id
        order by (dsa_decision_value is null), (dsa_category = 'STATEMENT_CATEGORY_OTHER_VIOLATION_TC'),
            (dsa_keyword = 'KEYWORD_OTHER'), severity desc, decided_at, action_id
    ) as rank
    from current.marts.fct_enforcement_actions
    where decided_at >= timestamptz '2025-01-01 00:00:00+00' and decided_at < timestamptz '2026-01-01 00:00:00+00'
),
decisions as (
    select
        decision_id, max(ground) filter (where rank = 1) as ground, max(dsa_category) filter (where rank = 1) as dsa_category,
        max(dsa_keyword) filter (where rank = 1) as dsa_keyword, bool_and(automated_detection) as automated,
        list(distinct dsa_decision_value) as restrictions
    from decided group by decision_id
)
select ground, dsa_category, dsa_keyword, count(*) as measures, count(*) filter (where automated) as automated, {columns}
from decisions group by grouping sets ((ground), (ground, dsa_category), (ground, dsa_category, dsa_keyword))
"""
RESTRICTIONS = (
    "visibility_removal", "visibility_disable", "visibility_demoted", "visibility_age_restricted",
    "visibility_interaction_restricted", "visibility_labelled", "visibility_other", "monetary_suspension",
    "monetary_termination", "monetary_other", "provision_suspension", "provision_termination", "account_suspension",
    "account_termination",
)  # fmt: skip
Cells = dict[tuple[str, ...], int]
T = TypeVar("T")


def built(home: Home, rows: int) -> None:
    """A home whose marts hold that many actions of one year."""
    make(home)
    build(home)  # the seeds, of which the policies are made
    with duckdb.connect(str(home.warehouse_db)) as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"attach '{home.current_db}' as current")
        con.execute(_CODES)
        for register in _REGISTERS:
            con.execute(register)
        con.execute(_POLICIES)
        for name in ("services", "surfaces", "actions", "policies"):
            con.execute(
                f"update raw.{name} set _batch_id = 1, _file_id = 2, _line_no = rowid + 1, "
                "_version_at = timestamptz '2024-01-01 00:00:00+00'"
            )
        con.execute(_ACTIONS, {"rows": rows})
        con.execute("insert into raw.pins values (1, 0, timestamptz '2026-03-01 00:00:00+00')")
        con.execute(
            "insert into raw.touched_days select 'enforcement_actions', day::date from "
            "range(date '2025-01-01', date '2026-01-01', interval 1 day) as days(day)"
        )
        con.execute(
            "insert into current.ops.files select n, md5('made' || n) || md5('up' || n), 'made_up', date '2025-01-01', true "
            "from range(1, 3) as x(n)"
        )
    build(home)


def figures_of(con: duckdb.DuckDBPyConnection) -> Figures:
    """All figures of the year with their digests."""
    entry = entry_of(REPORT)
    parts = {part.part for part in entry.parts}
    metrics = [metric for metric in read_metrics(con).values() if metric.part in parts]
    state = State(1, "bench", True, None, datetime(2025, 1, 1, tzinfo=UTC).date(), datetime(2026, 3, 1, tzinfo=UTC))
    figures = compute(con, metrics, parse_period(YEAR), state=state, breakdowns=breakdowns_of(entry))
    return with_digests(con, figures)


def pivot(con: duckdb.DuckDBPyConnection) -> Cells:
    """The same cells of parts 5 and 6 by one plain statement."""
    columns = ", ".join(
        f"count(*) filter (where contains(restrictions, '\"{name}\"')) as {name}" for name in RESTRICTIONS
    )
    found: Cells = {}
    for ground, category, keyword, measures, automated, *counts in con.execute(
        _PIVOT.format(columns=columns)
    ).fetchall():
        key = tuple(value for value in (ground, category, keyword) if value)
        named = zip(("measures", "automated", *RESTRICTIONS), (measures, automated, *counts), strict=True)
        found |= {(*key, name): int(count) for name, count in named if count}
    return found


def pivot_of_actions(con: duckdb.DuckDBPyConnection) -> int:
    """A pivot straight from the actions: decisions are put together on the way, scope and registers are not asked."""
    values = [
        str(row[0])
        for row in con.execute("select distinct dsa_decision_value from current.marts.dim_actions").fetchall()
    ]
    columns = ", ".join(f"count(*) filter (where list_contains(restrictions, '{value}'))" for value in values)
    return len(con.execute(_FROM_ACTIONS.format(columns=columns)).fetchall())


def cells_of(figures: Figures) -> Cells:
    """The cells of parts 5 and 6 as our figures have them."""
    named = {
        "own_initiative_measures": "measures",
        "own_initiative_measures_automated_detection": "automated",
        "own_initiative_restrictions": "",
    }
    found: Cells = {}
    for figure in figures.figures:
        told = figure.dimensions
        if figure.metric not in named or "ground" not in told or ("restriction" in told) != (not named[figure.metric]):
            continue
        key = tuple(told[name] for name in ("ground", "category", "keyword") if name in told)
        found[*key, named[figure.metric] or told["restriction"]] = int(figure.value or 0)
    return found


def cpu(work: Callable[[], T]) -> tuple[float, T]:
    """CPU-seconds of this process, and what the work gave."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    ours, bare, longer = [], [], []
    with tempfile.TemporaryDirectory() as name:
        home = Home.at(Path(name)).ensure()
        built(home, options.rows)
        with duckdb.connect(str(home.current_db), read_only=True) as con:
            con.execute("set timezone = 'UTC'")
            for _ in range(options.repeat):
                seconds, figures = cpu(lambda: figures_of(con))
                ours.append(seconds)
                seconds, cells = cpu(lambda: pivot(con))
                bare.append(seconds)
                longer.append(cpu(lambda: pivot_of_actions(con))[0])
    agree = "equal" if cells_of(figures) == cells else "DIFFER"
    print(
        f"\nThe DSA report over {options.rows} actions of a year, CPU-seconds, medians of {options.repeat}; {machine()}\n"
    )
    first, second, all_of_it = median(bare), median(longer), median(ours)
    rows = [
        ["bare pivot of parts 5 and 6 over decisions", first, 1.0, f"{len(cells)} cells"],
        ["bare pivot of them over actions", second, round(second / first, 1), "decisions made on the way"],
        [
            "all figures of all parts, all digests",
            all_of_it,
            round(all_of_it / first, 1),
            f"cells {agree}; aim {AIM_SECONDS} s",
        ],
        ["the same, against the pivot over actions", "", round(all_of_it / second, 1), f"aim {AIM_RATIO}"],
    ]
    print(table(["what", "CPU-s", "ratio", "notes"], rows))


if __name__ == "__main__":
    main()
