"""Reconciliation: from the overview's actions to the DSA report's measures and on to the Statements of Reasons, item by item.

Each step between two printed figures is named and counted here, from the marts; what a figure counts does not belong here.
They differ because they count by different dates and units; what the named steps leave open is printed too, and must be 0.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import msgspec

from orchestration.core.durable import write_bytes
from reports.figures import Figure, Figures, compute
from reports.metrics import choose_metrics, read_metrics
from reports.render.csv import csv_bytes
from reports.sor.decisions import OWED, decisions_in_scope
from reports.sor.mapping import HeldBack, made_of

NAME = "reconciliation.csv"
TO_MEASURES = "overview to DSA report"
TO_STATEMENTS = "DSA report to Statements of Reasons"
OVERVIEW_FIGURE = "actions/actions"
MEASURES_FIGURE = "measures/own_initiative_measures"

_ACTIONS = """
with listed as (
    select d.decision_id, d.decided_at, unnest(cast(json(d.action_ids) as varchar[])) as action_id
    from marts.fct_dsa_decisions as d
),
acted as (
    select a.action_id, a.action, listed.decision_id, listed.decided_at
    from marts.fct_enforcement_actions as a
    left join listed on listed.action_id = a.action_id
    where a.decided_at >= $start and a.decided_at < $end
)
"""
_DECISIONS = "from marts.fct_dsa_decisions as d where d.decided_at >= $start and d.decided_at < $end"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a reconciliation.

    Attributes:
        step: TO_MEASURES or TO_STATEMENTS.
        kind: `opening`, `less`, `plus`, `equals`, `printed` or `unexplained`.
        code: What is counted: an action, an exclusion, a source, a reason.
        unit: Of the count.
        count: Signed: openings, `less` and `plus` of a step add up to what `equals` and `printed` say.
        explanation: Why there is a difference.
        figure_key: The printed figure that says the same, where one does.
    """

    step: str
    kind: str
    code: str
    unit: str
    count: int
    explanation: str
    figure_key: str = ""


def reconcile(con: duckdb.DuckDBPyConnection, figures: Figures) -> list[Item]:
    """The items between the overview, a DSA report and the Statements of Reasons of the same period.

    Args:
        con: The published copy that the report was computed from.
        figures: Of the DSA report.
    """
    return [*_to_measures(con, figures), *_to_statements(con, figures)]


def write_reconciliation(folder: Path, con: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    """Write `reconciliation.csv`, one row per item, in the order in which they add up."""
    items = reconcile(con, figures)
    rows = [msgspec.structs.astuple(item) for item in items]
    write_bytes(folder / NAME, csv_bytes(rows, Item.__struct_fields__))


def unexplained(items: Iterable[Item]) -> int:
    """How many cases no item accounts for, over all steps; 0 when everything reconciles."""
    return sum(abs(item.count) for item in items if item.kind == "unexplained")


def _to_measures(con: duckdb.DuckDBPyConnection, figures: Figures) -> Iterator[Item]:
    opening = _overview_actions(con, figures)
    why = "Restrictions and other actions decided in the period, on every surface."
    found = [_item(TO_MEASURES, "opening", "actions", "actions", opening, why, OVERVIEW_FIGURE)]
    why = "The register of actions names no restriction under Article 17 for it."
    for code, count in _counts(con, figures, _ACTIONS + "select action, count(*) from acted where decision_id is null"):
        found.append(_item(TO_MEASURES, "less", code, "actions", -count, why))
    for code, sign, sql, why in (
        (
            "decided in another period",
            -1,
            "select count(*) from acted where decided_at < $start or decided_at >= $end",
            "Their decision was taken, and is counted, before the period: later actions of one decision.",
        ),
        (
            "further actions of a decision",
            -1,
            "select count(*) - count(distinct decision_id) from acted where decided_at >= $start and decided_at < $end",
            "One decision counts once, however many actions carry it out.",
        ),
        (
            "restricted in another period",
            1,
            f"select count(*) {_DECISIONS} and d.decision_id not in (select decision_id from acted where decision_id is not null)",
            "Decisions of the period of which no action was taken in it.",
        ),
    ):
        for count in _one(con, figures, _ACTIONS + sql):
            found.append(_item(TO_MEASURES, "plus" if sign > 0 else "less", code, "actions", sign * count, why))
    decisions = next(_one(con, figures, f"select count(*) {_DECISIONS}"), 0)
    yield from found
    yield from _closing(found, "equals", "decisions", "decisions", decisions)
    found = [_item(TO_MEASURES, "opening", "decisions", "decisions", decisions, "As above.")]
    keys = {
        f.dimensions["exclusion"]: f.figure_key
        for f in figures.of("excluded", ["exclusion", "subject"])
        if _of_measures(f)
    }
    for code, count in _counts(con, figures, f"select d.report_exclusion, count(*) {_DECISIONS} and not d.in_report"):
        why = "Named exclusion from the report."
        found.append(_item(TO_MEASURES, "less", code, "decisions", -count, why, keys.get(code, "")))
    own = f"select d.source, count(*) {_DECISIONS} and d.in_report and not d.is_own_initiative"
    for code, count in _counts(con, figures, own):
        why = "An order or a notice came before: not at the provider's own initiative; its case is in part 3 or 4."
        found.append(_item(TO_MEASURES, "less", code, "decisions", -count, why))
    yield from found
    printed = sum(int(figure.value or 0) for figure in figures.of("own_initiative_measures", ()))
    yield from _closing(
        found, "printed", "own-initiative measures, parts 5 and 6", "measures", printed, MEASURES_FIGURE
    )


def _of_measures(figure: Figure) -> bool:
    return figure.dimensions["subject"] == "measures"


def _overview_actions(con: duckdb.DuckDBPyConnection, figures: Figures) -> int:
    metrics = choose_metrics(read_metrics(con), ["actions"])
    overview = compute(con, metrics, figures.period, state=figures.state, breakdowns={}, as_of=figures.as_of)
    return int(overview.figures[0].value or 0)


def _to_statements(con: duckdb.DuckDBPyConnection, figures: Figures) -> Iterator[Item]:
    opening = next(_one(con, figures, f"select count(*) {_DECISIONS}"), 0)
    found = [_item(TO_STATEMENTS, "opening", "decisions", "decisions", opening, "As above.")]
    for code, count in _counts(con, figures, f"select d.sor_exclusion, count(*) {_DECISIONS} and not {OWED}"):
        found.append(_item(TO_STATEMENTS, "less", code, "decisions", -count, "Owes no Statement of Reasons."))
    made, held_back = 0, Counter[str]()
    for row in decisions_in_scope(con, figures.period.start, figures.period.end, ()):
        try:
            made_of(row)
            made += 1
        except HeldBack as held:
            first = min(held.refusals)
            held_back[f"{first.field}: {first.kind}"] += 1
    for code, count in sorted(held_back.items()):
        why = "Held back: no statement can be made of it as it stands (refused.csv names the decision)."
        found.append(_item(TO_STATEMENTS, "less", code, "decisions", -count, why))
    yield from found
    yield from _closing(found, "printed", "statements of the period's decisions", "statements", made)


def _closing(found: list[Item], kind: str, code: str, unit: str, count: int, key: str = "") -> Iterator[Item]:
    """What a step arrives at, and what it leaves open."""
    step = found[0].step
    yield _item(step, kind, code, unit, count, "What the items above arrive at.", key)
    gap = count - sum(item.count for item in found)
    yield _item(step, "unexplained", code, unit, gap, "What the items above do not account for: must be 0.")


def _item(step: str, kind: str, code: str, unit: str, count: int, explanation: str, key: str = "") -> Item:
    return Item(step=step, kind=kind, code=code, unit=unit, count=count, explanation=explanation, figure_key=key)


def _counts(con: duckdb.DuckDBPyConnection, figures: Figures, sql: str) -> list[tuple[str, int]]:
    """Code and count, in order of the code."""
    rows = con.execute(f"{sql} group by all order by all", _bounds(figures)).fetchall()
    return [(str(code or "unknown"), int(count)) for code, count in rows]


def _one(con: duckdb.DuckDBPyConnection, figures: Figures, sql: str) -> Iterator[int]:
    """The one number of a query, unless it is 0."""
    row = con.execute(sql, _bounds(figures)).fetchone()
    if row and row[0]:
        yield int(row[0])


def _bounds(figures: Figures) -> dict[str, object]:
    return {"start": figures.period.start, "end": figures.period.end}
