"""Keys come into the register of signers as landed files that our own contract takes in; the head goes out as an anchor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets.ingestion.contracts import FEEDS
from orchestration.core.home import Home
from reports.filing import anchor, register
from reports.filing.keys import KeyRefused, key_id, public_text, read_private_key
from reports.filing.registration import SignerUnknown, add_key, keys_of, revoke_key, rotate_key
from reports.filing.signers import SignerRefused, keys_file, read_keys_file, signer_at, trusted
from reports.filing.standing import instant_of
from tests.unit.reports.filing.test_register import filled


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORTEUR_NOW", "2026-07-01T12:00:00Z")


def landed(home: Home) -> list[dict[str, str]]:
    return [json.loads(path.read_text()) for path in sorted((home.landing / "signers").glob("*/*.jsonl"))]


def test_added_key_lands_its_public_half_and_no_more(home: Home, tmp_path: Path) -> None:
    found = add_key(home, "syn_preparer", "preparer", tmp_path / "key.pem")
    (row,) = landed(home)
    assert row == {
        "signer_id": "syn_preparer",
        "role": "preparer",
        "public_key": public_text(read_private_key(tmp_path / "key.pem", home).public_key()),
        "valid_from": "2026-07-01T12:00:00.000Z",
        "updated_at": "2026-07-01T12:00:00.000Z",
    }
    assert key_id(row["public_key"]) == found.keyid
    assert "PRIVATE" not in "".join(path.read_text() for path in home.root.rglob("*") if path.is_file())
    assert set(row) <= {field.name for field in FEEDS["signers"].fields}


def test_rotated_key_ends_the_one_before_which_stays_known(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = add_key(home, "syn_preparer", "preparer", tmp_path / "1.pem")
    monkeypatch.setenv("RAPPORTEUR_NOW", "2026-08-01T12:00:00Z")
    second = rotate_key(home, "syn_preparer", tmp_path / "2.pem")
    assert [one.keyid for one in keys_of(home, "syn_preparer")] == [first.keyid, second.keyid]
    handed = tmp_path / "handed.jsonl"
    handed.write_text("\n".join(json.dumps(row) for row in landed(home)))
    signers = read_keys_file(handed)
    july, august = instant_of("2026-07-15T00:00:00Z"), instant_of("2026-08-15T00:00:00Z")
    assert signer_at(signers, first.keyid, july, "preparer").signer_id == "syn_preparer"
    assert signer_at(signers, second.keyid, august, "preparer").signer_id == "syn_preparer"
    with pytest.raises(SignerRefused, match="replaced"):
        signer_at(signers, first.keyid, august, "preparer")
    with pytest.raises(SignerRefused, match="valid from"):
        signer_at(signers, second.keyid, july, "preparer")


def test_revoked_key_is_landed_as_revoked_and_once(home: Home, tmp_path: Path) -> None:
    first = add_key(home, "syn_approver", "approver", tmp_path / "1.pem")
    (revoked,) = revoke_key(home, "syn_approver")
    assert revoked.keyid == first.keyid
    assert [row.get("revoked_at") for row in landed(home)] == [None, "2026-07-01T12:00:00.000Z"]
    with pytest.raises(SignerUnknown, match="revoked already"):
        revoke_key(home, "syn_approver")


def test_what_cannot_be_registered_is_refused_and_leaves_no_key(home: Home, tmp_path: Path) -> None:
    add_key(home, "syn_preparer", "preparer", tmp_path / "1.pem")
    for signer, role in (
        ("syn_preparer", "preparer"),
        ("jane@example.org", "preparer"),
        ("../x", "preparer"),
        ("a", "boss"),
    ):
        with pytest.raises(SignerUnknown):
            add_key(home, signer, role, tmp_path / "2.pem")
    with pytest.raises(SignerUnknown):
        rotate_key(home, "syn_nobody", tmp_path / "2.pem")
    with pytest.raises(KeyRefused):
        rotate_key(home, "syn_preparer", home.root / "2.pem")
    assert not (tmp_path / "2.pem").exists()
    assert len(landed(home)) == 1


def test_trusted_keys_come_from_the_file_the_setting_or_else_the_home_which_is_said(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_key(home, "syn_preparer", "preparer", tmp_path / "1.pem")
    handed = tmp_path / "handed.jsonl"
    handed.write_text(json.dumps(landed(home)[0]))
    assert not trusted(home).is_independent
    known = trusted(home, handed)
    assert (known.is_independent, [one.signer_id for one in known.signers]) == (True, ["syn_preparer"])
    monkeypatch.setenv("RAPPORTEUR_TRUSTED_KEYS", str(handed))
    assert trusted(home).is_independent
    handed.write_bytes(keys_file(known.signers))
    assert trusted(home).signers == known.signers
    for content in ("{}", "no json", '{"signer_id": "a", "role": "preparer", "public_key": "x"}'):
        handed.write_text(content)
        with pytest.raises(KeyRefused):
            trusted(home)
    handed.unlink()
    with pytest.raises(KeyRefused, match="cannot be read"):
        trusted(home)


@pytest.mark.parametrize("is_signed", [False, True])
def test_anchor_finds_a_register_that_was_cut_or_written_anew(home: Home, tmp_path: Path, is_signed: bool) -> None:
    filled(home)
    key = tmp_path / "1.pem"
    add_key(home, "syn_approver", "approver", key)
    made = anchor.read_anchor(anchor.make_anchor(home, key if is_signed else None))
    assert (made.seq, made.filing) == (3, "enforcement_overview/2026-03/v1")
    assert anchor.holds_anchor(home, made)
    register.path_of(home).unlink()
    filled(home, 2)
    assert register.verify_chain(home) is None
    assert not anchor.holds_anchor(home, made)
    for content in (b"", b"{}", b"[1]", b"\xff"):
        with pytest.raises(anchor.AnchorRefused):
            anchor.read_anchor(content)
