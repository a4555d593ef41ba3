"""The end of the demo: the due reports, one read-out, and where everything lies.

Only the tour belongs here; each stop is an ordinary function that the commands call too.
"""

from datetime import timedelta
from pathlib import Path

from orchestration.cli.console import answer, show_table
from orchestration.core.home import Home


def prepare_due(home: Home) -> list[Path]:
    """Prepare each report for its last ended period that the data touch, and one read-out over the last week of data.

    Returns:
        Folders of the bundles, then the files of the read-out.
    """
    from orchestration.core.publish import open_published
    from orchestration.publication import refresh_operations
    from reports.bundle import prepare
    from reports.catalogue import CATALOGUE
    from reports.catalogue.standing import touched_periods
    from reports.readout import readout

    periods = touched_periods(home)
    bundles = [prepare(home, report_id, period) for report_id in CATALOGUE for period in periods[report_id]]
    with open_published(home) as connection:
        row = connection.execute("select max(decided_at) from marts.fct_enforcement_actions").fetchone()
    last = row[0].date() if row and row[0] else None
    if last is None:
        return bundles
    files = readout(
        home,
        start=str(last - timedelta(days=6)),
        end=str(last + timedelta(days=1)),
        metrics=["actions"],
        by=["surface"],
        formats=["xlsx", "html", "csv"],
        out=home.readouts / "demo",
    )
    refresh_operations(home)
    return [*bundles, *files]


def show_places(home: Home, prepared: list[Path]) -> None:
    """Say where everything lies and what to try next."""
    rows = [(str(path.relative_to(home.root)),) for path in prepared]
    show_table("Prepared", ["path under the home"], rows)
    answer("")
    answer(f"Home            {home.root}")
    answer(f"RegOps' door    {home.filings / 'index.html'}")
    answer(f"Analysts' copy  {home.published_current}   (DuckDB, read-only)")
    answer(
        "Next            make ui    |    rapporteur status    |    rapporteur quarantine list    |    rapporteur readout --help"
    )
