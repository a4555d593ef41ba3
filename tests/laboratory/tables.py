"""The tables of `make lab`: one line a queue, one a family, and what was found of abuse of process.

Belongs here: printing scores, and scores as JSON.
Does not belong here: computing them.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isinf
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.laboratory.scoring import FamilyScore, Score
from tests.laboratory.statistics import wilson

Equality = tuple[str, bool, int, int, int]
"""(change, whether it changed a byte, lines expected, lines missing, lines too many)."""
Named = tuple[str, str, set[str], set[str], set[str]]
"""(world, what, abusive in truth, named by the product, all)."""


@dataclass(frozen=True)
class Result:
    """One queue over one world.

    Attributes:
        world: The world's name.
        seed: Its seed.
        queue: `the queue`, or a baseline's name.
        score: What it is worth.
    """

    world: str
    seed: int
    queue: str
    score: Score


_COLUMNS = (
    *("world", "queue", "accts", "bad", "budget", "units", "clust", "P", "P 1/4", "R", "R w", "R strict"),
    *("worst family", "honest worst", "B3 F1", "ARI", "days"),
)


def show_scores(console: Console, results: Iterable[Result]) -> None:
    """One line for each queue over each world."""
    table = Table(title="Review queues against the truth (budget: 1 % of accounts, in units)", title_justify="left")
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in {"world", "queue"} else "right")
    before = ""
    for result in results:
        if before and result.world != before:
            table.add_section()
        before = result.world
        table.add_row(*_cells(result))
    console.print(table)


def _cells(result: Result) -> list[str]:
    score, worst, honest = result.score, result.score.worst_family, _worst_alarm(result.score)
    return [
        result.world,
        result.queue,
        f"{score.accounts:,}",
        str(score.bad),
        str(score.budget),
        str(score.published),
        str(score.clusters),
        number(score.precision),
        number(score.precision_first_quarter),
        number(score.recall),
        number(score.weighted_recall),
        number(score.strict_recall),
        f"{worst.family} {worst.share:.2f}" if worst else "-",
        f"{honest.family} {honest.hits}/{honest.count}" if honest else "none",
        number(score.b_cubed.f1 if score.b_cubed else None),
        number(score.ari),
        number(score.days_to_detection, 1),
    ]


def _worst_alarm(score: Score) -> FamilyScore | None:
    alarmed = [family for family in score.false_alarms if family.hits]
    return alarmed[0] if alarmed else None


def number(value: float | None, digits: int = 2) -> str:
    """A number to print; nothing is a dash."""
    return "-" if value is None else "never" if isinf(value) else f"{value:.{digits}f}"


def pooled(groups: Iterable[Sequence[FamilyScore]]) -> list[FamilyScore]:
    """Families over several worlds as one: small families tell nothing alone."""
    hits: dict[str, int] = defaultdict(int)
    counts: dict[str, int] = defaultdict(int)
    for group in groups:
        for family in group:
            hits[family.family] += family.hits
            counts[family.family] += family.count
    return [FamilyScore(name, hits[name], counts[name], wilson(hits[name], counts[name])[1]) for name in sorted(counts)]


def show_families(console: Console, title: str, families: Iterable[FamilyScore], bound: str) -> None:
    """One line for each family."""
    table = Table(title=title, title_justify="left")
    for column in ("family", "accounts", "in reviewed units", "share", bound):
        table.add_column(column, justify="left" if column == "family" else "right")
    for family in families:
        limit = family.upper if bound.startswith("upper") else wilson(family.hits, family.count)[0]
        table.add_row(family.family, str(family.count), str(family.hits), f"{family.share:.3f}", f"{limit:.3f}")
    console.print(table)


def show_process(console: Console, rows: Iterable[Named]) -> None:
    """Brigades, notice spam and vendor drift: how many there are, how many were named, how many wrongly."""
    table = Table(title="Abuse of our own processes", title_justify="left")
    for column in ("world", "what", "in truth", "named", "rightly", "precision", "recall", "honest", "wrongly named"):
        table.add_column(column, justify="left" if column in {"world", "what"} else "right")
    for world, what, true, named, everybody in rows:
        known = named & everybody
        right, honest = len(known & true), len(everybody - true)
        precision = right / len(known) if known else None
        recall = right / len(true) if true else None
        table.add_row(world, what, str(len(true)), str(len(known)), str(right), number(precision), number(recall),
                      str(honest), str(len(known - true)))  # fmt: skip
    console.print(table)


def show_equalities(console: Console, rows: Iterable[Equality]) -> None:
    """One line for each metamorphic change."""
    table = Table(title="Changes that must not change the queue", title_justify="left")
    for column in ("change", "changed bytes", "queue lines", "missing", "too many", "same"):
        table.add_column(column, justify="left" if column == "change" else "right")
    for name, changed, lines, missing, extra in rows:
        table.add_row(name, "yes" if changed else "NO", str(lines), str(missing), str(extra),
                      "NO" if missing or extra else "yes")  # fmt: skip
    console.print(table)


def write_json(path: Path, results: Sequence[Result], more: Mapping[str, Any]) -> None:
    """All scores as JSON; what was never found is null."""
    document = {"results": [asdict(result) for result in results], **more}
    path.write_text(json.dumps(_plain(document), indent=1) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and isinf(value) else value
