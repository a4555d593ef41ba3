"""Drafts that name erased lines go; what is signed or filed stays and is named."""

from __future__ import annotations

from orchestration.core import erasures, ops
from orchestration.core.erasures import ObjectChange, Record
from orchestration.core.home import Home
from reports.bundle import prepare
from reports.erased_bundles import bundles_with_erased_lines, remove_drafts
from reports.filing import life
from reports.filing.releasing import release
from reports.readout import readout
from tests.unit.reports.filing.filing_home import FILING, PERIOD, REPORT, Office, bytes_of, drafted, filed
from tests.unit.reports.published_copy import FILE


def erase_lines(home: Home, *ranges: tuple[int, int]) -> None:
    erasures.write(
        home,
        Record(
            number=1,
            erasure_id="E-1",
            kind="request",
            basis="b",
            performed_by="p",
            recorded_at="2026-07-01T00:00:00Z",
            watermark=1,
            previous_sha256="",
            objects=[ObjectChange(sha256=FILE, digest="0" * 64, blanked=list(ranges))],
        ),
    )


def test_where_nothing_was_erased_nothing_is_looked_at(office: Office) -> None:
    folder = drafted(office)
    assert remove_drafts(office.home) == []
    assert folder.is_dir()


def test_a_draft_that_names_an_erased_line_goes_and_can_be_prepared_anew(office: Office) -> None:
    folder = drafted(office)
    erase_lines(office.home, (1, 2))
    (told,) = remove_drafts(office.home)
    assert (told.filing, told.status, told.was_removed) == (FILING, "draft", True)
    assert told.line_count == 2
    assert not folder.exists()
    assert ops.read(office.home, "filings")[-1]["status"] == "removed"
    assert FILING not in (office.home.filings / "index.html").read_text()
    assert prepare(office.home, REPORT, PERIOD) == folder


def test_a_draft_without_an_erased_line_stays(office: Office) -> None:
    folder = drafted(office)
    erase_lines(office.home, (5000, 6000))
    assert remove_drafts(office.home) == []
    assert folder.is_dir()


def test_a_signed_bundle_stays_and_is_named(office: Office) -> None:
    folder = drafted(office)
    life.check(office.home, folder, office.preparer)
    erase_lines(office.home, (0, 0))
    was = bytes_of(folder)
    (told,) = remove_drafts(office.home)
    assert (told.status, told.was_removed) == ("checked", False)
    assert bytes_of(folder) == was


def test_a_filed_bundle_stays_and_is_named(office: Office) -> None:
    folder = filed(office)
    erase_lines(office.home, (1, 1))
    was = bytes_of(folder)
    (told,) = remove_drafts(office.home)
    assert (told.filing, told.status, told.line_count, told.was_removed) == (FILING, "filed", 1, False)
    assert bytes_of(folder) == was
    assert [one.status for one in bundles_with_erased_lines(office.home)] == ["filed"]


def test_a_read_out_goes_until_it_is_released(office: Office) -> None:
    ask = ("2026-05-01", "2026-06-01", ["actions"], ["surface"])
    (path,) = readout(office.home, *ask, formats=["csv"])
    erase_lines(office.home, (1, 3))
    (told,) = remove_drafts(office.home)
    assert (told.filing, told.status, told.was_removed) == (f"readout/{path.parent.name}", "draft", True)
    assert not path.parent.exists()
    assert ops.read(office.home, "readouts")[-1]["event"] == "removed"
    (again,) = readout(office.home, *ask, formats=["csv"])
    release(office.home, again.parent.name, office.approver)
    (told,) = remove_drafts(office.home)
    assert (told.status, told.was_removed) == ("released", False)
    assert again.exists()
