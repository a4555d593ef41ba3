"""A step of a filing's life killed anywhere, and taken again, ends where an undisturbed one does."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.core import ops
from reports.filing import life, register
from reports.filing.life import status_of
from reports.manifest import differences
from tests.unit.reports.filing.filing_home import FILING, Office, approved, drafted


def killed_at(name: str, step: Callable[[], object]) -> int | None:
    """Take a step in a process that kills itself at a fail-point; its exit code."""

    def run() -> None:
        os.environ["RAPPORTEUR_FAIL_POINT"] = name
        step()

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()
    return process.exitcode


@pytest.mark.parametrize("name", ["report_signature_noted", "report_signed"])
def test_signing_killed_at_any_step_signs_once(office: Office, name: str) -> None:
    folder = drafted(office)
    assert killed_at(name, lambda: life.check(office.home, folder, office.preparer)) == -signal.SIGKILL
    assert status_of(office.home, folder) == ("checked" if name == "report_signed" else "draft")
    life.check(office.home, folder, office.preparer)
    assert killed_at(name, lambda: life.approve(office.home, folder, office.approver)) == -signal.SIGKILL
    life.approve(office.home, folder, office.approver)
    assert status_of(office.home, folder) == "approved"
    assert differences(folder) == []
    step = life.file(office.home, folder)
    assert step.entry is not None
    assert [one.signer_id for one in step.entry.signers] == ["syn_preparer", "syn_approver"]


@pytest.mark.parametrize("name", ["report_entered", "report_locked"])
def test_filing_killed_at_any_step_files_once(office: Office, name: str) -> None:
    folder = approved(office)
    assert killed_at(name, lambda: life.file(office.home, folder)) == -signal.SIGKILL
    assert status_of(office.home, folder) == "filed"
    assert life.file(office.home, folder).was_done
    assert [entry.filing for entry in register.read_entries(office.home)] == [FILING]
    assert {path.stat().st_mode & 0o222 for path in [folder, *folder.rglob("*")]} == {0}
    assert [row["status"] for row in ops.read(office.home, "filings")].count("filed") == 1


def test_half_a_line_in_the_register_does_not_keep_a_filing_from_being_filed(office: Office) -> None:
    folder = approved(office)
    life.file(office.home, folder)
    path = register.path_of(office.home)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    for locked in [folder, *folder.rglob("*")]:
        locked.chmod(0o755 if locked.is_dir() else 0o644)
    assert status_of(office.home, folder) == "approved"
    life.file(office.home, folder)
    assert register.verify_chain(office.home) is None
    assert len(register.read_entries(office.home)) == 1
    assert Path(office.home.filings / register.TORN).read_bytes() == whole[: len(whole) // 2] + b"\n"
