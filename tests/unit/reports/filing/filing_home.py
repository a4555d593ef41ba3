"""A home whose May 2026 can be filed: delivered data, every check passed, feeds complete, three signers; and ways to spoil it.

Building it belongs here; what must hold does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.core.home import Home
from reports.bundle import prepare
from reports.catalogue import CATALOGUE
from reports.filing import life
from reports.filing.keys import create_private_key
from tests.unit.reports.published_copy import FILE, build_copy

REPORT = "enforcement_overview"
PERIOD = "2026-05"
FILING = f"{REPORT}/{PERIOD}/v1"
FEEDS = ("enforcement_actions", "appeals", "user_reports", "report_outcomes", "legal_orders", "copyright_notices")
NOW = "2026-07-11T12:00:00Z"


@dataclass(frozen=True)
class Office:
    """A home and its people's keys.

    Attributes:
        home: The home.
        preparer: Private key of syn_preparer.
        approver: Private key of syn_approver.
        folder: Where keys lie.
    """

    home: Home
    preparer: Path
    approver: Path
    folder: Path


def build_office(
    home: Home, facts: dict[str, list[dict[str, Any]]], folder: Path, *, is_synthetic: bool = False
) -> Office:
    """Publish a copy that can be filed, and make a key for each of two people."""
    build_copy(home, facts, is_synthetic=is_synthetic)
    office = Office(home, folder / "preparer.pem", folder / "approver.pem", folder)
    signers = [
        ("syn_preparer", create_private_key(office.preparer, home), "preparer"),
        ("syn_approver", create_private_key(office.approver, home), "approver"),
    ]
    change(
        home,
        "create table marts.dim_signers (signer_id varchar, public_key varchar, role varchar, valid_from timestamptz, "
        "valid_to timestamptz, revoked_at timestamptz)",
        "create table ops.check_results (check_name varchar, asset varchar, severity varchar, passed boolean, "
        "observed varchar, message varchar, checked_at timestamptz, run_id varchar)",
        "create table ops.feed_status (feed varchar, cadence_hours double, complete_through_on date)",
        "create table ops.quarantine (file_sha256 varchar, feed varchar, line_no bigint, reason varchar, resolved_batch_id bigint)",
        "alter table ops.deliveries add column feed varchar",
        "alter table ops.deliveries add column file_sha256 varchar",
        "create table marts.fct_filing_findings (finding varchar, severity varchar, subject varchar, record_kind varchar, "
        "record_id varchar, event_at timestamptz, detail varchar, _file_id bigint)",
        f"update ops.deliveries set feed = 'enforcement_actions', file_sha256 = '{FILE}'",
    )
    for signer_id, public_key, role in signers:
        add_signer(home, signer_id, public_key, role)
    for name in CATALOGUE[REPORT].required_checks:
        add_result(home, name, "raw/surfaces", passed=True)
    for feed in FEEDS:
        change(home, f"insert into ops.feed_status values ('{feed}', 24, date '2026-07-09')")
    return office


def change(home: Home, *statements: str, values: Iterable[Any] = ()) -> None:
    """Change the published copy, as another publish would."""
    with duckdb.connect(str(home.published_current.resolve())) as con:
        con.execute("set timezone = 'UTC'")
        for statement in statements:
            con.execute(statement, list(values))


def add_signer(
    home: Home,
    signer_id: str,
    public_key: str,
    role: str,
    *,
    valid_from: str | None = None,
    valid_to: str | None = None,
    revoked_at: str | None = None,
) -> None:
    """Register a person's key."""
    change(
        home,
        "insert into marts.dim_signers values (?, ?, ?, ?, ?, ?)",
        values=[signer_id, public_key, role, valid_from, valid_to, revoked_at],
    )


def add_result(home: Home, name: str, asset: str, *, passed: bool, severity: str = "error") -> None:
    """Add a check's result."""
    change(
        home,
        "insert into ops.check_results values (?, ?, ?, ?, '1 offending', 'does not hold', now(), 'r')",
        values=[name, asset, severity, passed],
    )


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def drafted(office: Office) -> Path:
    """May 2026 as a draft."""
    return prepare(office.home, REPORT, PERIOD)


def approved(office: Office) -> Path:
    """May 2026 with both signatures."""
    folder = drafted(office)
    life.check(office.home, folder, office.preparer)
    life.approve(office.home, folder, office.approver)
    return folder


def filed(office: Office) -> Path:
    """May 2026, filed."""
    folder = approved(office)
    life.file(office.home, folder)
    return folder
