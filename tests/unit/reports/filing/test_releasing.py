"""A read-out is a bundle with the evidence of a filing; one person releases it, and then it stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.core import ops
from orchestration.core.home import Home
from reports.bundles import find_bundle
from reports.filing.register import read_entries, verify_chain
from reports.filing.releasing import NotReleasable, release
from reports.filing.signers import trusted
from reports.manifest import differences
from reports.readout import readout
from reports.trace import trace
from reports.verification import verify
from tests.unit.reports.conftest import small_facts
from tests.unit.reports.filing.filing_home import Office, build_office


def ask(office: Office, out: Path | None = None) -> Path:
    """A read-out of May by surface; its bundle."""
    (path,) = readout(office.home, "2026-05-01", "2026-06-01", ["actions"], ["surface"], formats=["csv"], out=out)
    return path.parent


def test_readout_carries_the_evidence_of_a_filing(office: Office) -> None:
    bundle = ask(office)
    names = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert {"figures.parquet", "strata.parquet", "contributors.parquet", "manifest.json", "VERIFY.md"} <= names
    assert not differences(bundle)
    found = trace(find_bundle(office.home, f"readout/{bundle.name}"), "actions/actions")
    assert len(found.lines) == int(found.value or 0) > 0


def test_archive_says_who_asked_what_at_which_watermark(office: Office) -> None:
    bundle = ask(office)
    (row,) = ops.read(office.home, "readouts")
    assert (row["readout_id"], row["event"], row["range_start"], row["metrics"]) == (
        bundle.name,
        "asked",
        "2026-05-01",
        "actions",
    )
    assert row["who"]
    assert row["watermark"] == 7


def test_same_question_at_the_same_watermark_has_the_same_bundle(office: Office, tmp_path: Path) -> None:
    first = ask(office)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    copied = ask(office, tmp_path / "out")
    assert [path.name for path in office.home.readouts.iterdir()] == [first.name]
    assert (copied / "readout.csv").read_bytes() == (first / "readout.csv").read_bytes()
    assert (copied / "notes.txt").read_text() == "mine"


def test_released_readout_is_signed_entered_and_never_written_again(office: Office) -> None:
    bundle = ask(office)
    done = release(office.home, bundle.name, office.preparer)
    before = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    assert ask(office) == bundle
    assert {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()} == before
    assert not (bundle / "readout.csv").stat().st_mode & 0o222
    assert [(one.event, one.filing) for one in read_entries(office.home)] == [("released", f"readout/{bundle.name}")]
    assert verify_chain(office.home) is None
    assert release(office.home, bundle.name, office.preparer).was_done
    assert done.signer_id == "syn_preparer"
    found = verify(office.home, find_bundle(office.home, f"readout/{bundle.name}"), trusted(office.home))
    told = [one for one in found.findings if one.check in {"files", "signatures", "register", "figures"}]
    assert not told


def test_changed_or_unknown_readout_is_not_released(office: Office) -> None:
    bundle = ask(office)
    (bundle / "readout.csv").write_text("42")
    with pytest.raises(NotReleasable, match=r"readout\.csv"):
        release(office.home, bundle.name, office.preparer)
    with pytest.raises(NotReleasable, match="no read-out"):
        release(office.home, "../filings", office.preparer)


def test_generated_data_are_never_released(home: Home, tmp_path: Path) -> None:
    office = build_office(home, small_facts(), tmp_path / "keys", is_synthetic=True)
    with pytest.raises(NotReleasable, match="generated"):
        release(office.home, ask(office).name, office.preparer)
