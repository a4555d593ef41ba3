"""A filing's whole life through the command line, over a real run: keys land, two people sign, the register holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from assets.ingestion.sample import write
from orchestration.cli import app
from orchestration.core.home import Home
from tests.integration.line import rapporteur

PERIOD = "2026-06-29..2026-06-30"
FILING = f"enforcement_overview/{PERIOD}/v1"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Office:
    """A home that a run has built from deliveries that are not marked as generated, and two keys."""

    home: Home
    keys: Path

    def ask(self, *words: str, code: int = 0) -> Any:
        """What a command answers, in this process; JSON where it was asked for."""
        done = CliRunner().invoke(app, list(words), env={"RAPPORTEUR_HOME": str(self.home.root)})
        assert done.exit_code == code, (words, done.stdout[-2000:], done.stderr[-2000:])
        return json.loads(done.stdout) if "--json" in words else done.stdout


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("office")
    home = Home.at(folder / "home").ensure()
    write(home, days=2, accounts=40, seed=11)
    home.synthetic_marker.unlink()
    office = Office(home, folder / "keys")
    for name, role in (("syn_preparer", "preparer"), ("syn_approver", "approver")):
        office.ask("key", "add", name, "--role", role, "--out", str(office.keys / f"{name}.pem"))
    ran = rapporteur(home, "run", "--json")
    assert ran.code == 0, ran.stderr[-2000:]
    office.ask("report", "prepare", "enforcement_overview", "--period", PERIOD)
    return office


def test_a_filing_is_filed_corrected_and_listed_by_command(office: Office, tmp_path: Path) -> None:
    preparer, approver = (str(office.keys / f"syn_{role}.pem") for role in ("preparer", "approver"))
    with duckdb.connect(str(office.home.published_current), read_only=True) as con:
        known = con.execute("select signer_id, role from marts.dim_signers order by all").fetchall()
    assert known == [("syn_approver", "approver"), ("syn_preparer", "preparer")]

    stopped = office.ask("report", "file", FILING, "--json", code=1)
    names = [blocker["name"] for blocker in stopped["blockers"]]
    assert "provisional" in names
    assert {"synthetic", "bundle"}.isdisjoint(names)
    office.ask("report", "waive", FILING, *names, "--reason", "An exercise over two days", "--key", approver)
    office.ask("report", "approve", FILING, "--key", approver, code=2)
    office.ask("report", "check", FILING, "--key", preparer)
    office.ask("report", "approve", FILING, "--key", preparer, code=2)
    office.ask("report", "approve", FILING, "--key", approver)
    filed = office.ask("report", "file", FILING, "--json")
    assert (filed["status"], filed["entry"]["waived"]) == ("filed", sorted(names))
    assert office.ask("report", "file", FILING, "--json")["was_done"]
    office.ask("report", "prepare", "enforcement_overview", "--period", PERIOD, code=2)

    anchor = tmp_path / "anchor.json"
    office.ask("register", "anchor", "--out", str(anchor), "--key", approver)
    assert office.ask("register", "check", "--anchor", str(anchor), "--json")["is_whole"]
    office.ask("report", "correct", FILING, "--reason", "For the exercise", "--method", "Prepared again")
    rows = {row["filing"]: row for row in office.ask("report", "status", "--json")}
    assert {name: row["status"] for name, row in rows.items()} == {FILING: "filed", FILING[:-1] + "2": "draft"}
    assert rows[FILING[:-1] + "2"]["corrects"] == FILING
    with duckdb.connect(str(office.home.published_current), read_only=True) as con:
        states = con.execute(
            "select status, register_seq from ops.filings where filing_id = ? order by recorded_at", [FILING]
        ).fetchall()
    assert [state for state, _ in states] == ["draft", "draft", "draft", "checked", "approved", "filed"]
    assert states[-1][1] == 1

    path = office.home.filings / "register.jsonl"
    path.write_bytes(path.read_bytes().replace(b"syn_approver", b"syn_appr0ver"))
    told = office.ask("register", "check", "--json", code=1)
    assert "line 1" in told["reason"]
