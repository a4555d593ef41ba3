"""`make lab`: labelled worlds through the real line, their queues scored beside baselines; a foreign landing zone shown.

Belongs here: options and the order of things.
Does not belong here: scoring (`scoring`), building (`building`), printing (`tables`).
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assets.ingestion.sample.worlds import WORLDS
from orchestration.core.home import Home
from orchestration.core.settings import get_settings, quiet_environment
from tests.laboratory import baselines, building, metamorphic, reading, tables
from tests.laboratory.scoring import Score, score

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "data"
QUEUE = "the queue"


def main(words: Sequence[str] | None = None) -> int:
    """Run what the options ask for; 1 when the line failed or a change changed a queue, else 0."""
    asked = _options().parse_args(words)
    unknown = sorted(set(asked.worlds) - set(WORLDS))
    if unknown:
        print(f"there is no world {', '.join(unknown)}; there are {', '.join(WORLDS)}", file=sys.stderr)
        return 2
    quiet_environment()
    # a file or a pipe has no width of its own, and a table cut to 80 columns cannot be read
    console = Console(width=asked.width or (None if sys.stdout.isatty() else 200))
    results: list[tables.Result] = []
    process: list[tables.Named] = []
    failed = False
    for name in asked.worlds or list(WORLDS):
        for seed in asked.seeds:
            with _folder(asked.keep, f"{name}-{seed}") as folder:
                console.print(f"[dim]{name}, seed {seed}: drawing and running ...[/dim]")
                try:
                    built = building.build_world(folder, name, accounts=asked.accounts, days=asked.days, seed=seed)
                except building.LineFailedError as error:
                    console.print(f"[red]{name}, seed {seed}[/red]: {error}", markup=True)
                    failed = True
                    continue
                console.print(f"[dim]{name}, seed {seed}: {built.seconds:.0f} s[/dim]")
                results += _scores(built.home, name, seed)
                process += [(name, what, *reading.read_process(built.home, what)) for what in reading.PROCESS]
    equalities: list[tables.Equality] = []
    if asked.metamorphic:
        try:
            equalities += _equalities(console, asked)
        except building.LineFailedError as error:
            console.print(f"[red]a change[/red]: {error}")
            failed = True
    _show(console, results, process, equalities)
    if asked.landing_zone:
        failed |= not _show_landing_zone(console, asked.keep)
    if asked.json:
        tables.write_json(asked.json, results, {"equalities": equalities})
    return int(failed or any(missing or extra for _, _, _, missing, extra in equalities))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make lab", description=__doc__)
    parser.add_argument("worlds", nargs="*", metavar="WORLD", help=f"default: all of {', '.join(WORLDS)}")
    parser.add_argument("--accounts", type=int, default=0, help="accounts of each world, default its own")
    parser.add_argument("--days", type=int, default=building.DAYS, help="days of each world")
    parser.add_argument("--seeds", type=int, nargs="+", default=[building.SEED], help="one run of each world for each")
    parser.add_argument("--json", type=Path, help="write all scores here")
    parser.add_argument("--keep", type=Path, help="build homes below this folder and leave them there")
    parser.add_argument("--width", type=int, default=0, help="width of the tables")
    parser.add_argument(
        "--metamorphic", action="store_true", help="also run the changes that must not change the queue"
    )
    parser.add_argument("--landing-zone", action=argparse.BooleanOptionalAction, default=True,
                        help="also run the shared landing zone and show its queue")  # fmt: skip
    return parser


@contextmanager
def _folder(keep: Path | None, name: str) -> Iterator[Path]:
    if keep is not None:
        folder = keep / name
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="rapporteur-lab-") as folder_name:
            yield Path(folder_name) / name


def _scores(home: Home, name: str, seed: int) -> list[tables.Result]:
    truth = reading.read_truth(home)
    queues = reading.read_queues(home)
    day = max(queues, default=date(2026, 6, 30))
    found = [tables.Result(name, seed, QUEUE, score(queues, truth))]
    for baseline, units in baselines.all_of(home, truth, seed).items():
        ranked = score({day: units}, truth)
        undated = replace(ranked, days_to_detection=None, days_to_detection_all=None)
        found.append(tables.Result(name, seed, baseline, undated))
    return found


def _show(
    console: Console,
    results: Sequence[tables.Result],
    process: Sequence[tables.Named],
    equalities: Sequence[tables.Equality],
) -> None:
    if results:
        tables.show_scores(console, results)
        ours = [result.score for result in results if result.queue == QUEUE]
        bad = sorted(tables.pooled(each.families for each in ours), key=lambda family: family.share)
        honest = tables.pooled(each.false_alarms for each in ours)
        honest.sort(key=lambda family: (-family.share, -family.upper))
        tables.show_families(console, "Bad families, all worlds together", bad, "lower bound 95 %")
        tables.show_families(console, "Honest families, all worlds together", honest, "upper bound 95 %")
        tables.show_process(console, process)
        _show_clean(console, [result.score for result in results if result.queue == QUEUE and not result.score.bad])
    if equalities:
        tables.show_equalities(console, equalities)


def _show_clean(console: Console, clean: Sequence[Score]) -> None:
    for each in clean:
        console.print(
            f"Nobody is bad among {each.accounts:,} accounts: {each.units_per_10000:.1f} units and "
            f"{each.clusters_per_10000:.1f} clusters per 10,000 accounts are false alarms."
        )


def _equalities(console: Console, asked: argparse.Namespace) -> Iterator[tables.Equality]:
    """Each change of one small world, run from nothing, against the unchanged world: account days and queue."""
    with _folder(asked.keep, "metamorphic") as folder:
        console.print("[dim]a small world for changes ...[/dim]")
        first = building.build_world(folder / "as it is", "dense", accounts=600, days=8, seed=asked.seeds[0]).home
        digest = metamorphic.landing_digest(first)
        queue, features = metamorphic.queue_lines(first), metamorphic.feature_lines(first)
        for name, change in metamorphic.CHANGES.items():
            console.print(f"[dim]{name} ...[/dim]")
            home = metamorphic.copy_landing(first, folder / name)
            change(home)
            changed = metamorphic.landing_digest(home) != digest
            building.run_line(home)
            other = name == "renamed ids"
            days = metamorphic.renamed_features(features) if other else features
            got = metamorphic.feature_lines(home)
            yield f"{name}: account days", changed, days.total(), *metamorphic.difference(days, got)
            wanted = metamorphic.renamed_lines(queue) if other else queue
            yield (
                f"{name}: queue",
                changed,
                wanted.total(),
                *metamorphic.difference(wanted, metamorphic.queue_lines(home)),
            )
        last = max((date.fromisoformat(day) for day, *_ in queue), default=date(2026, 6, 30)) - timedelta(days=3)
        home = metamorphic.copy_landing(first, folder / "only what was known")
        metamorphic.cut(home, last)
        building.run_line(home)
        before, after = metamorphic.queue_lines(first, only=last), metamorphic.queue_lines(home, only=last)
        yield f"only what was known on {last}: queue", True, before.total(), *metamorphic.difference(before, after)


def _show_landing_zone(console: Console, keep: Path | None) -> bool:
    source = (get_settings().conformance_data or BESIDE_THE_CHECKOUT) / "landing_zone"
    if not source.exists():
        console.print("The shared landing zone is not here; its queue is not shown.")
        return True
    with _folder(keep, "landing_zone") as folder:
        try:
            built = building.build_landing_zone(folder, source)
        except building.LineFailedError as error:
            console.print(f"[red]landing_zone[/red]: {error}")
            return False
        queues = reading.read_queues(built.home)
        units = queues[max(queues)] if queues else []
        reasons = reading.read_reasons(built.home)
        table = Table(title=f"The shared landing zone (no labels): {len(units)} units", title_justify="left")
        for column in ("rank", "unit", "kind", "accounts", "reasons"):
            table.add_column(column, justify="right" if column in {"rank", "accounts"} else "left")
        for rank, unit in enumerate(units, start=1):
            table.add_row(str(rank), unit.unit_id, unit.kind, str(len(unit.accounts)), reasons.get(unit.unit_id, ""))
        console.print(table)
    return True


if __name__ == "__main__":
    sys.exit(main())
