"""What stops a filing, by name and with its rows; what an approver may set aside, and what nobody may."""

from __future__ import annotations

import json

import pytest

from reports.bundle import prepare
from reports.filing import life, register
from reports.filing.blockers import read_blockers
from reports.filing.life import OutOfOrder, Stopped
from reports.filing.signers import SignerRefused
from reports.filing.waivers import ReasonRefused, read_waivers
from tests.unit.reports.filing.filing_home import (
    PERIOD,
    REPORT,
    Office,
    add_result,
    approved,
    change,
    drafted,
)
from tests.unit.reports.published_copy import FILE


@pytest.mark.parametrize("where", ["figures.parquet", "report.html", "manifest.json", "VERIFY.md", "SHA256SUMS"])
def test_changed_byte_in_an_approved_bundle_stops_its_filing(office: Office, where: str) -> None:
    folder = approved(office)
    content = bytearray((folder / where).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / where).write_bytes(bytes(content))
    with pytest.raises(Stopped):
        life.file(office.home, folder)
    assert register.read_entries(office.home) == []


def test_added_file_stops_the_signing(office: Office) -> None:
    folder = drafted(office)
    (folder / "more.txt").write_text("added")
    with pytest.raises(Stopped) as caught:
        life.check(office.home, folder, office.preparer)
    assert [blocker.name for blocker in caught.value.blockers] == ["bundle"]
    assert "more.txt: not listed" in caught.value.blockers[0].message


def test_unwaived_blocker_stops_the_filing_and_all_are_told(office: Office) -> None:
    folder = approved(office)
    add_result(office.home, "totals_equal_parts", "reporting/rpt_enforcement_overview__actions", passed=False)
    change(office.home, "insert into ops.quarantine values ('ff', 'legal_orders', 3, 'wrong_type', null)")
    with pytest.raises(Stopped) as caught:
        life.file(office.home, folder)
    assert [blocker.name for blocker in caught.value.blockers] == [
        "check:totals_equal_parts",
        "quarantine:legal_orders",
    ]
    assert caught.value.blockers[1].examples == ("ff:3",)
    assert register.read_entries(office.home) == []


def test_waived_blocker_is_printed_with_its_reason_and_the_filing_goes_on(office: Office) -> None:
    change(office.home, "insert into ops.quarantine values ('ff', 'legal_orders', 3, 'wrong_type', null)")
    folder = drafted(office)
    reason = "The line is a test order of our own <b>mailbox</b>"
    assert life.waive(office.home, folder, "quarantine:legal_orders", reason=reason, key=office.approver) == folder
    assert [(one.name, one.rows, one.signer_id) for one in read_waivers(folder)] == [
        ("quarantine:legal_orders", 1, "syn_approver")
    ]
    assert "test order of our own &lt;b&gt;mailbox" in (folder / "report.html").read_text()
    life.check(office.home, folder, office.preparer)
    life.approve(office.home, folder, office.approver)
    step = life.file(office.home, folder)
    assert step.entry is not None
    assert step.entry.waived == ("quarantine:legal_orders",)


def test_waiver_covers_no_more_rows_than_it_was_given_for(office: Office) -> None:
    change(office.home, "insert into ops.quarantine values ('ff', 'legal_orders', 3, 'wrong_type', null)")
    folder = drafted(office)
    life.waive(office.home, folder, "quarantine:legal_orders", reason="a test order", key=office.approver)
    change(office.home, "insert into ops.quarantine values ('ff', 'legal_orders', 4, 'wrong_type', null)")
    assert [(one.name, one.stops) for one in life.blockers_of(office.home, folder)] == [
        ("quarantine:legal_orders", True)
    ]


def test_waiver_is_an_approver_s_and_for_something_that_stops(office: Office) -> None:
    change(office.home, "insert into ops.quarantine values ('ff', 'legal_orders', 3, 'wrong_type', null)")
    folder = drafted(office)
    name = "quarantine:legal_orders"
    with pytest.raises(SignerRefused):
        life.waive(office.home, folder, name, reason="because", key=office.preparer)
    with pytest.raises(OutOfOrder, match="nothing named"):
        life.waive(office.home, folder, "check:all", reason="because", key=office.approver)
    for reason in ("", "  ", "ask jane@example.org", "x" * 3000):
        with pytest.raises(ReasonRefused):
            life.waive(office.home, folder, name, reason=reason, key=office.approver)
    assert read_waivers(folder) == []


def test_forged_waiver_covers_nothing(office: Office) -> None:
    change(office.home, "insert into ops.quarantine values ('ff', 'legal_orders', 3, 'wrong_type', null)")
    folder = drafted(office)
    life.waive(office.home, folder, "quarantine:legal_orders", reason="a test order", key=office.approver)
    waivers = json.loads((folder / "waivers.json").read_text())
    waivers[0]["rows"] = 100
    (folder / "waivers.json").write_text(json.dumps(waivers))
    folder = prepare(office.home, REPORT, PERIOD)
    assert [one.stops for one in read_blockers(folder)] == [True]


def test_waivers_stay_when_the_draft_is_prepared_again(office: Office) -> None:
    change(office.home, "insert into ops.quarantine values ('ff', 'legal_orders', 3, 'wrong_type', null)")
    folder = life.waive(office.home, drafted(office), "quarantine:legal_orders", reason="a test", key=office.approver)
    prepare(office.home, REPORT, PERIOD)
    assert [one.stops for one in read_blockers(folder)] == [False]


def test_synthetic_batches_are_refused_always(office: Office) -> None:
    change(office.home, "update ops.deliveries set is_synthetic = true")
    folder = approved(office)
    with pytest.raises(OutOfOrder, match="never be waived"):
        life.waive(office.home, folder, "synthetic", reason="please", key=office.approver)
    with pytest.raises(Stopped) as caught:
        life.file(office.home, folder)
    assert [blocker.name for blocker in caught.value.blockers] == ["synthetic"]


def test_findings_block_the_reports_that_they_concern_and_no_others(office: Office) -> None:
    folder = drafted(office)
    rows = {
        "order_without_country": ("blocking", "2026-05-04 00:00:00+00"),
        "reversal_without_appeal": ("warning", "2026-05-04 00:00:00+00"),
        "appeal_without_subject": ("blocking", "2026-06-04 00:00:00+00"),
        "register_row_rewritten": ("blocking", None),
    }
    for finding, (severity, event_at) in rows.items():
        values = [finding, severity, "orders", "legal_orders", "o-1", event_at, "", 99]
        change(office.home, "insert into marts.fct_filing_findings values (?, ?, ?, ?, ?, ?, ?, ?)", values=values)
    found = {blocker.name: blocker.examples for blocker in life.blockers_of(office.home, folder)}
    assert found == {
        "finding:order_without_country": ("legal_orders o-1",),
        "finding:register_row_rewritten": ("legal_orders o-1",),
    }


def test_incomplete_feeds_missing_checks_and_unapproved_definitions_are_blockers_of_their_own(office: Office) -> None:
    change(
        office.home, "update ops.feed_status set complete_through_on = date '2026-05-30' where feed = 'legal_orders'"
    )
    change(office.home, "delete from ops.check_results where check_name = 'lines_are_accounted_for'")
    change(office.home, "update reporting.metrics set approved_by = ' ' where metric = 'legal_orders'")
    change(office.home, "insert into ops.quarantine values ('ff', 'reviews', 3, 'wrong_type', null)")
    change(office.home, "insert into ops.quarantine values ('ff', 'legal_orders', 3, 'wrong_type', 7)")
    add_result(office.home, "every_surface_is_registered", "raw/surfaces", passed=False, severity="warn")
    add_result(office.home, "totals_equal_parts", "reporting/rpt_other_report__parts", passed=False)
    names = [blocker.name for blocker in read_blockers(drafted(office))]
    assert names == [
        "check:every_surface_is_registered",
        "check:lines_are_accounted_for",
        "control_totals:legal_orders",
        "definition:legal_orders",
        "provisional",
    ]


def test_lines_set_aside_before_the_period_began_are_of_no_concern(office: Office) -> None:
    change(office.home, "update ops.deliveries set received_on = date '2026-04-30', feed = 'legal_orders'")
    change(office.home, f"insert into ops.quarantine values ('{FILE}', 'legal_orders', 3, 'wrong_type', null)")
    folder = drafted(office)
    assert [blocker.name for blocker in read_blockers(folder)] == ["provisional"]
    change(office.home, "update ops.deliveries set received_on = date '2026-05-01'")
    names = [blocker.name for blocker in life.blockers_of(office.home, folder)]
    assert names == ["provisional", "quarantine:legal_orders"]
