"""Record findings: what the data say stands in the way of a filing or wants an explanation in it, as a file of its bundle.

Choosing those of the period and writing them belong here; what is a finding is the mart's word, what stops a filing the blockers'.
"""

from pathlib import Path

import duckdb

from orchestration.core.durable import write_bytes
from reports.figures import Figures
from reports.render.csv import csv_bytes

NAME = "findings.csv"
HEADER = ("finding", "severity", "subject", "event_at", "record_kind", "record_id", "detail", "file_sha256", "line")


def write_record_findings(folder: Path, con: duckdb.DuckDBPyConnection, figures: Figures) -> int:
    """Write `findings.csv`: one row per finding and record of the period, and those that concern every period.

    Args:
        folder: The bundle.
        con: Connection to the published copy that the figures come from, session zone UTC.
        figures: The report's figures; their period chooses, half-open.

    Returns:
        How many rows there are; the file is there without any too.
    """
    rows = con.execute(
        "select n.finding, n.severity, n.subject, strftime(n.event_at, '%Y-%m-%dT%H:%M:%SZ') as event_at, n.record_kind, "
        "n.record_id, n.detail, f.file_sha256, n._line_no as line from marts.fct_filing_findings as n "
        "left join ops.files as f on n._file_id = f.file_id "
        "where n.event_at is null or (n.event_at >= $start and n.event_at < $end) order by all",
        {"start": figures.period.start, "end": figures.period.end},
    ).fetchall()
    write_bytes(folder / NAME, csv_bytes(rows, HEADER))
    return len(rows)
