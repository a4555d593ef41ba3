"""The life of a filing: its order, its people, and that nothing filed is ever rewritten."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from orchestration.core import ops
from reports.bundle import prepare
from reports.filing import life, register
from reports.filing.blockers import read_blockers
from reports.filing.keys import KeyRefused, create_private_key
from reports.filing.life import OutOfOrder, Stopped, status_of
from reports.filing.planning import PeriodFiled, Purpose
from reports.filing.signers import SignerRefused, registered
from reports.filing.standing import judge
from reports.manifest import differences
from tests.unit.reports.filing.filing_home import (
    FILING,
    PERIOD,
    REPORT,
    Office,
    add_signer,
    approved,
    bytes_of,
    change,
    drafted,
    filed,
)


def test_a_filing_goes_from_draft_to_filed_with_two_people_s_signatures(office: Office) -> None:
    folder = drafted(office)
    assert read_blockers(folder) == []
    states = [status_of(office.home, folder)]
    life.check(office.home, folder, office.preparer)
    states.append(status_of(office.home, folder))
    life.approve(office.home, folder, office.approver)
    states.append(status_of(office.home, folder))
    step = life.file(office.home, folder)
    states.append(status_of(office.home, folder))
    assert states == ["draft", "checked", "approved", "filed"]
    assert step.entry is not None
    assert (step.entry.filing, step.entry.event, step.entry.seq) == (FILING, "filed", 1)
    assert [(one.signer_id, one.role) for one in step.entry.signers] == [
        ("syn_preparer", "preparer"),
        ("syn_approver", "approver"),
    ]
    assert register.verify_chain(office.home) is None
    assert [row["status"] for row in ops.read(office.home, "filings")] == ["draft", "checked", "approved", "filed"]
    assert differences(folder) == []
    page = (office.home.filings / "index.html").read_text()
    assert ">filed</span>" in page
    assert str(register.head(office.home)) in page


def test_filed_bundle_is_read_only_and_cannot_be_rewritten(office: Office) -> None:
    folder = filed(office)
    modes = {path.stat().st_mode & 0o222 for path in [folder, *folder.rglob("*")]}
    assert modes == {0}
    before = bytes_of(folder)
    with pytest.raises(PeriodFiled, match="report correct"):
        prepare(office.home, REPORT, PERIOD)
    for step in (
        lambda: life.check(office.home, folder, office.preparer),
        lambda: life.approve(office.home, folder, office.approver),
        lambda: life.waive(office.home, folder, "provisional", reason="x", key=office.approver),
    ):
        with pytest.raises(OutOfOrder):
            step()
    assert bytes_of(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["v1"]


def test_filed_bundle_is_not_rewritten_either_when_its_register_is_gone(office: Office) -> None:
    folder = filed(office)
    register.path_of(office.home).unlink()
    before = bytes_of(folder)
    with pytest.raises(PeriodFiled):
        prepare(office.home, REPORT, PERIOD)
    assert bytes_of(folder) == before


def test_filing_again_says_so_and_changes_nothing(office: Office) -> None:
    folder = filed(office)
    before = bytes_of(folder)
    step = life.file(office.home, folder)
    assert step.was_done
    assert len(register.read_entries(office.home)) == 1
    assert bytes_of(folder) == before
    assert [row["status"] for row in ops.read(office.home, "filings")].count("filed") == 1


def test_signing_again_with_the_same_key_says_so_and_signs_once(office: Office) -> None:
    folder = drafted(office)
    life.check(office.home, folder, office.preparer)
    sealed = bytes_of(folder)
    assert life.check(office.home, folder, office.preparer).was_done
    assert bytes_of(folder) == sealed


def test_steps_are_taken_in_order_by_those_whose_role_it_is(office: Office) -> None:
    folder = drafted(office)
    with pytest.raises(OutOfOrder, match="checked first"):
        life.approve(office.home, folder, office.approver)
    with pytest.raises(SignerRefused, match="takes the preparer"):
        life.check(office.home, folder, office.approver)
    life.check(office.home, folder, office.preparer)
    with pytest.raises(SignerRefused, match="takes the approver"):
        life.approve(office.home, folder, office.preparer)
    with pytest.raises(Stopped, match="not approved"):
        life.file(office.home, folder)
    assert register.read_entries(office.home) == []


def test_one_person_with_two_keys_cannot_sign_twice(office: Office, tmp_path: Path) -> None:
    folder = drafted(office)
    public = create_private_key(tmp_path / "second.pem", office.home)
    add_signer(office.home, "syn_preparer", public, "approver")
    life.check(office.home, folder, office.preparer)
    with pytest.raises(OutOfOrder, match="two people"):
        life.approve(office.home, folder, tmp_path / "second.pem")


def test_one_key_of_two_people_cannot_sign_at_all(office: Office) -> None:
    folder = drafted(office)
    key = next(one.public_key for one in registered(office.home) if one.signer_id == "syn_preparer")
    add_signer(office.home, "syn_other", key, "approver")
    with pytest.raises(SignerRefused, match="more than one person"):
        life.check(office.home, folder, office.preparer)


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ({"revoked_at": "2026-07-11 11:59:59+00"}, "revoked"),
        ({"valid_from": "2026-07-12 00:00:00+00"}, "valid from"),
        ({"valid_to": "2026-07-11 00:00:00+00"}, "replaced"),
    ],
)
def test_key_out_of_time_cannot_sign(office: Office, dates: dict[str, str], reason: str) -> None:
    folder = drafted(office)
    public = create_private_key(office.folder / "late.pem", office.home)
    add_signer(office.home, "syn_late", public, "preparer", **dates)
    with pytest.raises(SignerRefused, match=reason):
        life.check(office.home, folder, office.folder / "late.pem")
    create_private_key(office.folder / "unknown.pem", office.home)
    with pytest.raises(SignerRefused, match="in no row"):
        life.check(office.home, folder, office.folder / "unknown.pem")


def test_signature_of_a_key_revoked_before_filing_no_longer_counts(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = approved(office)
    revoked = "timestamptz '2026-07-11 13:00:00+00'"
    change(office.home, f"update marts.dim_signers set revoked_at = {revoked} where role = 'approver'")
    assert status_of(office.home, folder) == "approved"
    monkeypatch.setenv("RAPPORTEUR_NOW", "2026-07-11T13:00:00Z")
    assert status_of(office.home, folder) == "checked"
    with pytest.raises(Stopped, match="revoked"):
        life.file(office.home, folder)


def test_what_a_key_signed_before_it_was_replaced_or_revoked_stays_signed(office: Office) -> None:
    folder = filed(office)
    change(
        office.home,
        "update marts.dim_signers set revoked_at = timestamptz '2026-07-11 13:00:00+00', valid_to = timestamptz '2026-07-11 13:00:00+00'",
    )
    assert status_of(office.home, folder) == "filed"
    entry = register.read_entries(office.home)[0]
    from reports.filing.standing import instant_of

    assert [one.reason for one in judge(folder, registered(office.home), instant_of(entry.filed_at))] == ["", ""]


def test_preparing_a_signed_draft_again_loses_its_signature_and_says_so(office: Office) -> None:
    folder = drafted(office)
    life.check(office.home, folder, office.preparer)
    told: list[str] = []
    assert prepare(office.home, REPORT, PERIOD, notify=told.append) == folder
    assert len(told) == 1
    assert "syn_preparer" in told[0]
    assert status_of(office.home, folder) == "draft"
    assert not (folder / "manifest.dsse.json").exists()


def test_correction_is_a_new_version_that_names_every_changed_cell(office: Office) -> None:
    first = filed(office)
    before = bytes_of(first)
    change(
        office.home,
        "insert into marts.fct_enforcement_actions (action_id, decided_at, account_id, surface, policy_code, action, source, "
        "automated_decision, severity, ground, is_terminal, _file_id, _line_no) values ('act-late', timestamptz "
        "'2026-05-30 00:00:00+00', 'acc-late', 'chat', 'spam', 'warning', 'user_report', 'none', 1, 'terms', false, 1, 9001)",
    )
    second = life.correct(office.home, first, reason="One action came late", method="Prepared again with it")
    assert second.name == "v2"
    assert status_of(office.home, second) == "draft"
    correction = json.loads((second / "correction.json").read_text())
    assert (correction["of"], correction["reason"]) == (FILING, "One action came late")
    changes = {row["figure_key"]: row for row in csv.DictReader(io.StringIO((second / "changes.csv").read_text()))}
    total = changes["actions/actions"]
    assert (total["change"], total["before"], total["after"]) == ("value", "40", "41")
    assert total["digest_before"] != total["digest_after"]
    assert not [key for key in changes if key.startswith("legal_orders/")]
    page = (second / "report.html").read_text()
    assert "One action came late" in page
    assert "actions/actions?surface=chat" in page
    life.check(office.home, second, office.preparer)
    life.approve(office.home, second, office.approver)
    step = life.file(office.home, second)
    assert step.entry is not None
    assert (step.entry.event, step.entry.corrects, step.entry.seq) == ("corrected", FILING, 2)
    assert (status_of(office.home, first), status_of(office.home, second)) == ("corrected", "filed")
    assert bytes_of(first) == before
    assert ("corrected", FILING) in {(row["status"], row["filing_id"]) for row in ops.read(office.home, "filings")}


def test_only_the_last_filed_version_is_corrected_and_a_draft_is_not(office: Office) -> None:
    first = drafted(office)
    with pytest.raises(OutOfOrder, match="not filed"):
        life.correct(office.home, first, reason="r", method="m")
    life.check(office.home, first, office.preparer)
    life.approve(office.home, first, office.approver)
    life.file(office.home, first)
    second = life.correct(office.home, first, reason="r", method="m")
    again = life.correct(office.home, first, reason="another reason", method="m")
    assert again == second
    assert json.loads((second / "correction.json").read_text())["reason"] == "another reason"
    assert prepare(office.home, REPORT, PERIOD) == second
    assert json.loads((second / "correction.json").read_text())["reason"] == "another reason"
    life.check(office.home, second, office.preparer)
    life.approve(office.home, second, office.approver)
    life.file(office.home, second)
    with pytest.raises(OutOfOrder, match="correct enforcement_overview/2026-05/v2"):
        life.correct(office.home, first, reason="r", method="m")


def test_register_s_head_is_printed_in_each_report(office: Office) -> None:
    filed(office)
    head = register.head(office.home)
    folder = prepare(office.home, REPORT, "2026-04")
    assert str(head) in (folder / "report.html").read_text()
    facts = json.loads((folder / "manifest.json").read_text())["predicate"]
    assert facts["register_head"] == {"seq": 1, "sha256": head.sha256}


def test_broken_register_stops_every_preparation_and_filing(office: Office) -> None:
    folder = filed(office)
    path = register.path_of(office.home)
    path.write_bytes(path.read_bytes().replace(b"syn_preparer", b"syn_someone"))
    for step in (lambda: prepare(office.home, REPORT, "2026-04"), lambda: life.file(office.home, folder)):
        with pytest.raises(register.RegisterBroken, match="line 1"):
            step()


def test_private_key_inside_the_home_signs_nothing(office: Office) -> None:
    folder = drafted(office)
    inside = office.home.root / "key.pem"
    inside.write_bytes(office.preparer.read_bytes())
    inside.chmod(0o600)
    with pytest.raises(KeyRefused, match="inside the home"):
        life.check(office.home, folder, inside)


def test_definitions_are_printed_with_version_approval_and_date(office: Office) -> None:
    page = (drafted(office) / "report.html").read_text()
    assert "Definitions used" in page
    assert "<td>head_of_regulatory_operations</td><td>2026-01-01</td>" in page


def test_a_schedule_leaves_what_somebody_has_signed_or_filed_alone(office: Office) -> None:
    folder = drafted(office)
    life.check(office.home, folder, office.preparer)
    before = bytes_of(folder)
    with pytest.raises(PeriodFiled) as caught:
        prepare(office.home, REPORT, PERIOD, purpose=Purpose(keep_signed=True))
    assert (caught.value.folder, bytes_of(folder)) == (folder, before)
    life.approve(office.home, folder, office.approver)
    life.file(office.home, folder)
    with pytest.raises(PeriodFiled) as caught:
        prepare(office.home, REPORT, PERIOD, purpose=Purpose(keep_signed=True))
    assert caught.value.folder == folder
