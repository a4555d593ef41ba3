"""A home whose figures move after a report was prepared: late data, a retraction, a revised record and a changed register.

Preparing, landing what comes later and running again belong here; what an auditor must find is told by the tests.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.core.home import Home
from reports.bundle import prepare
from tests.integration.homes import PINNED_NOW, Built, copied, deliver
from tests.integration.line import rapporteur

REPORT = "enforcement_overview"
PERIOD = "2026-06"
LATER = "2026-07-01"


@dataclass(frozen=True)
class Audited:
    """A home, and its bundle as prepared before the later deliveries.

    Attributes:
        home: Two batches; the second brought everything later.
        folder: The bundle, prepared after the first batch.
        figures: The bytes of its figures.parquet then.
        retracted: Action that was withdrawn, with file and line.
        revised: Action whose policy a later version changed.
    """

    home: Home
    folder: Path
    figures: bytes
    retracted: dict[str, Any]
    revised: dict[str, Any]


def audited_home(built: Built, root: Path) -> Audited:
    """Prepare the built home's report, then let everything that can move a figure happen, in one more run."""
    home = copied(built.home, root)
    folder = prepare(home, REPORT, PERIOD)
    figures = (folder / "figures.parquet").read_bytes()
    retracted, revised = _actions(folder)
    deliver(
        built.later, home, ["enforcement_actions", "appeals", "user_reports", "report_outcomes", "reviews", "accounts"]
    )
    land(
        home,
        "retractions",
        {
            "retraction_id": "ret_audit_01",
            "reason": "entered in error",
            "feed": "enforcement_actions",
            "requested_at": f"{LATER}T10:00:00Z",
            "requested_by": "analyst_syn_01",
            "approved_by": "governance_syn_01",
            "id": retracted["record_id"],
        },
    )
    land(home, "enforcement_actions", later_version(home, revised))
    change_register(home)
    answer = rapporteur(home, "run", "--json", timeout=900, RAPPORTEUR_NOW=PINNED_NOW)
    assert answer.code in {0, 1}, answer.stderr[-4000:]
    return Audited(home, folder, figures, retracted, revised)


def land(home: Home, feed: str, row: dict[str, Any]) -> None:
    """Land one line under a feed, on the day after the sample ends."""
    folder = home.landing / feed / LATER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audited.jsonl").write_text(json.dumps(row) + "\n")


def later_version(home: Home, record: dict[str, Any]) -> dict[str, Any]:
    """An action as delivered, revised: decided under another policy."""
    content = (home.vault / record["file_sha256"][:2] / record["file_sha256"]).read_bytes()
    lines = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).splitlines()
    row: dict[str, Any] = json.loads(lines[record["line"] - 1])
    other = "harassment" if row["policy_code"] != "harassment" else "fraud_scams"
    return row | {"policy_code": other, "updated_at": f"{LATER}T09:00:00Z"}


def change_register(home: Home) -> None:
    """The register of actions changes its mind about what is terminal: the same decisions, other figures."""
    (source,) = sorted((home.landing / "actions").glob("*/*"))
    lines = source.read_text().splitlines()
    columns = lines[0].split(",")
    changed = [lines[0]]
    for line in lines[1:]:
        values = dict(zip(columns, line.split(","), strict=True))
        if values["action"] == "content_removal":
            values["is_terminal"] = "true"
        changed.append(",".join(values.values()))
    folder = home.landing / "actions" / LATER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / source.name).write_text("\n".join(changed) + "\n")


def _actions(folder: Path) -> list[dict[str, Any]]:
    """Two actions of the bundle, the first and the last by file and line."""
    with duckdb.connect() as con:
        rows = con.execute(
            "select distinct record_id, file_sha256, line from read_parquet(?) where metric = 'actions' order by all",
            [str(folder / "contributors.parquet")],
        ).fetchall()
    assert len(rows) > 2
    return [dict(zip(("record_id", "file_sha256", "line"), row, strict=True)) for row in (rows[0], rows[-1])]
