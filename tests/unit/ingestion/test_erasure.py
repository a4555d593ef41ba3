"""An erasure takes an entity out of every format, and nothing else; what it did is on record."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path

import msgspec
import pytest

from assets.ingestion import erasure, quarantine
from orchestration.core import backup, erasures, replacements, vault
from orchestration.core.commits import BrokenRecord, read_commits
from orchestration.core.home import Home
from tests.unit.ingestion.erased_home import (
    GONE,
    OTHER,
    csv_bytes,
    detection,
    filled,
    holding,
    jsonl,
    lake_rows,
    land,
    report,
    request,
    take_in,
)

REQUEST_LINE = {"vault", "lake/raw/erasures"}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return filled(tmp_path_factory.mktemp("before") / "home")


@pytest.fixture(scope="module")
def after(before: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = copied(before, tmp_path_factory.mktemp("after"))
    erasure.erase(home, "E-1")
    return home


def copied(home: Home, folder: Path) -> Home:
    shutil.copytree(home.root, folder / "home", symlinks=True)
    return Home.at(folder / "home")


def delivered(home: Home, name: str) -> str:
    return next(d.file_sha256 for c in read_commits(home) for d in c.deliveries if d.path.endswith("/" + name))


def test_after_an_erasure_the_id_stands_in_its_request_alone(before: Home, after: Home) -> None:
    assert len(holding(before, GONE)) > 15
    left = holding(after, GONE)
    of_request = f"vault/{delivered(after, 'k.jsonl')[:2]}/{delivered(after, 'k.jsonl')}"
    assert {path for path in left if not path.startswith("lake/raw/erasures/")} == {of_request}


def test_another_account_whose_id_begins_alike_is_left_alone(before: Home, after: Home) -> None:
    gone = lake_rows(before) - lake_rows(after)
    assert len(list(holding(after, OTHER))) == len(list(holding(before, OTHER)))
    assert len(gone) == 10


def test_every_other_line_keeps_its_number_and_its_bytes(before: Home, after: Home) -> None:
    gone = erasures.erased_lines(after)
    for name, lines in (
        ("a.jsonl", 4),
        ("b.jsonl.gz", 4),
        ("c.jsonl.zst", 2),
        ("d.csv", 4),
        ("f.parquet", 3),
        ("g.xlsx", 4),
    ):
        sha256 = delivered(before, name)
        for line in range(2 if name.endswith((".csv", ".xlsx")) else 1, lines + 1):
            if gone.erasure_of(sha256, line) is None and (name, line) != ("b.jsonl.gz", 2):
                assert quarantine.raw_line(after, sha256, line) == quarantine.raw_line(before, sha256, line), (
                    name,
                    line,
                )
            elif (name, line) != ("b.jsonl.gz", 2):
                with pytest.raises(erasures.LineErased, match="E-1"):
                    quarantine.raw_line(after, sha256, line)


def test_a_duplicate_and_a_line_that_cannot_be_read_are_erased_too(after: Home) -> None:
    gone = erasures.erased_lines(after)
    assert gone.erasure_of(delivered(after, "a.jsonl"), 4) == "E-1"
    assert gone.erasure_of(delivered(after, "b.jsonl.gz"), 4) == "E-1"
    assert gone.erasure_of(delivered(after, "c.jsonl.zst"), 1) == "E-1"
    assert not [one for one in quarantine.list_open(after) if gone.erasure_of(one.file_sha256, one.line_no)]


def test_a_line_that_only_names_the_account_stays_with_the_id_struck_out(after: Home) -> None:
    leads = delivered(after, "i.jsonl")
    gone = erasures.erased_lines(after)
    assert [gone.erasure_of(leads, line) for line in (1, 2, 3)] == [None, "E-1", None]
    assert [gone.mask_of(leads, line) for line in (1, 3)] == ["E-1", "E-1"]
    line = quarantine.raw_line(after, leads, 1).decode()
    assert GONE not in line.replace(OTHER, "")
    assert OTHER in line
    assert "*" * len(GONE) in line
    assert gone.mask_of(delivered(after, "h.jsonl"), 2) == "E-1"


def test_the_accounting_stays_exact_and_the_record_adds_up(before: Home, after: Home) -> None:
    was, now = read_commits(before), read_commits(after)
    assert [commit.deliveries for commit in was] == [commit.deliveries for commit in now]
    assert [file.rows for commit in was for file in commit.data_files] == [
        file.rows for c in now for file in c.data_files
    ]
    erased = sum(file.erased_rows for commit in now for file in commit.data_files)
    assert (
        erased
        == len(lake_rows(before)) - len(lake_rows(after))
        == sum(one.rows for one in erasures.erased_counts(after))
    )


def test_the_record_gives_every_file_the_digest_that_it_has(after: Home) -> None:
    (record,) = erasures.read(after)
    assert (record.erasure_id, record.basis, record.approved_by) == ("E-1", "data subject request", "privacy_syn_1")
    assert GONE not in erasures.path_of(after, 1).read_text()
    for one in record.objects:
        assert (
            vault.digest_of(vault.path_of(after, one.sha256))
            == erasures.current_digest(after, one.sha256)
            == one.digest
        )
    for change in record.files:
        assert vault.digest_of(after.root / change.path) == change.sha256


def test_a_changed_record_is_noticed(after: Home, tmp_path: Path) -> None:
    home = copied(after, tmp_path)
    erasure.erase(home, "E-2")
    path = erasures.path_of(home, 1)
    path.write_bytes(path.read_bytes().replace(b"privacy_syn_1", b"privacy_syn_2"))
    with pytest.raises(BrokenRecord, match="does not follow"):
        read_commits(home)


def test_a_reporter_is_found_in_whatever_case_the_hash_came(after: Home, tmp_path: Path) -> None:
    home = copied(after, tmp_path)
    erasure.erase(home, "E-2")
    gone = erasures.erased_lines(home)
    assert [gone.erasure_of(delivered(home, "g.xlsx"), line) for line in (2, 3, 4)] == ["E-1", "E-2", "E-2"]


def test_a_dry_run_finds_the_same_and_changes_nothing(before: Home, after: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    found, record = erasure.erase(home, "E-1", dry_run=True)
    assert record is None
    assert found.blank_count == erasures.erased_lines(after).count == 13
    assert tree(home) == tree(before)


def test_erasing_again_finds_nothing(after: Home, tmp_path: Path) -> None:
    home = copied(after, tmp_path)
    found, record = erasure.erase(home, "E-1")
    assert (found.blank_count, found.mask_count, record) == (0, 0, None)


def test_a_legal_hold_in_force_stops_it_and_names_the_case(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    hold = {
        "entity_kind": "account",
        "entity_id": GONE,
        "case_id": "case_syn_7",
        "valid_from": "2026-01-01",
        "valid_to": "",
    }
    land(home, "legal_holds", "hold.csv", csv_bytes([hold]))
    take_in(home)
    was = tree(home)
    with pytest.raises(erasure.Refused, match="case_syn_7"):
        erasure.erase(home, "E-1")
    assert [one.state for one in erasure.states(home)] == ["held", "open"]
    assert tree(home) == was
    land(home, "legal_holds", "over.csv", csv_bytes([{**hold, "valid_to": "2026-02-01"}]), day="2026-06-03")
    take_in(home)
    assert erasure.erase(home, "E-1")[1] is not None


def test_a_withdrawn_or_unknown_request_is_no_request(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    with pytest.raises(LookupError, match="E-9"):
        erasure.erase(home, "E-9")
    withdrawal = {
        "retraction_id": "r1",
        "requested_at": "2026-06-03T00:00:00Z",
        "requested_by": "a",
        "approved_by": "b",
        "reason": "mistaken",
        "feed": "erasures",
        "id": "E-1",
    }
    land(home, "retractions", "r.jsonl", jsonl([withdrawal]))
    take_in(home)
    with pytest.raises(LookupError, match="withdrawn"):
        erasure.erase(home, "E-1")


def test_the_same_bytes_delivered_again_bring_nothing_back(before: Home, after: Home, tmp_path: Path) -> None:
    home = copied(after, tmp_path)
    shutil.copy(before.landing / "detections/2026-06-01/a.jsonl", home.landing / "detections/2026-06-01/again.jsonl")
    take_in(home)
    assert lake_rows(home) == lake_rows(after)
    assert vault.digest_of(vault.path_of(home, delivered(home, "a.jsonl"))) != delivered(home, "a.jsonl")


def test_a_new_delivery_of_the_erased_is_found_by_the_next_erasure(after: Home, tmp_path: Path) -> None:
    home = copied(after, tmp_path)
    land(home, "detections", "new.jsonl", jsonl([detection(99, GONE)]), day="2026-06-05")
    take_in(home)
    found, record = erasure.erase(home, "E-1")
    assert found.blank_count == 1
    assert record is not None
    assert record.number == 2


def test_an_id_that_could_be_a_word_takes_only_its_own_lines(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    land(home, "detections", "word.jsonl", jsonl([detection(71, "api"), detection(72, OTHER)]), day="2026-06-05")
    land(home, "erasures", "word.jsonl", jsonl([request("E-3", "api")]), day="2026-06-05")
    take_in(home)
    found, _ = erasure.erase(home, "E-3")
    assert (found.blank_count, found.mask_count, len(found.objects)) == (1, 0, 1)


def test_a_backup_of_an_erased_home_restores_and_verifies(after: Home, tmp_path: Path) -> None:
    backup.backup(after, tmp_path / "safe")
    restored = Home.at(tmp_path / "restored")
    backup.restore(restored, tmp_path / "safe")
    assert lake_rows(restored) == lake_rows(after)
    assert erasures.read(restored) == erasures.read(after)
    victim = vault.path_of(after, delivered(after, "a.jsonl"))
    content = victim.read_bytes()
    victim.chmod(0o644)
    victim.write_bytes(content.replace(b" ", b"x", 1))
    try:
        with pytest.raises(BrokenRecord, match="its bytes changed"):
            backup.backup(after, tmp_path / "safe2")
    finally:
        victim.write_bytes(content)


def test_what_was_staged_without_a_record_never_happened(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    place = replacements.staging(home, 1)
    place.mkdir(parents=True)
    (place / "vault-x").write_bytes(b"half")
    assert replacements.redo(home) == []
    assert not place.exists()
    assert tree(home) == tree(before)


def tree(home: Home) -> dict[str, str]:
    """Digest of every file that has content, landing aside."""
    return {
        path.relative_to(home.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.root.rglob("*")
        if path.is_file() and path.stat().st_size and "landing/" not in path.as_posix()
    }


def test_ranges_are_joined_and_found() -> None:
    assert erasures.ranges_of([5, 1, 2, 3, 9, 8]) == [(1, 3), (5, 5), (8, 9)]
    record = msgspec.json.decode(
        msgspec.json.encode({"sha256": "a", "digest": "b", "blanked": [[1, 3], [5, 5]]}), type=erasures.ObjectChange
    )
    lines = erasures.ErasedLines({"a": [(*pair, "E") for pair in record.blanked]}, {})
    assert [lines.erasure_of("a", line) is not None for line in range(7)] == [
        False,
        True,
        True,
        True,
        False,
        True,
        False,
    ]


def landed(home: Home, feed: str, name: str, content: bytes, day: str = "2026-06-05") -> str:
    land(home, feed, name, content, day=day)
    take_in(home)
    return delivered(home, name)


def test_a_line_too_long_to_read_is_searched_and_blanked(
    before: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORTEUR_MAX_LINE_BYTES", "4096")
    monkeypatch.setenv("RAPPORTEUR_BLOCK_BYTES", "1024")
    home = copied(before, tmp_path)
    long = ['{"x":"' + "y" * 9000 + f'","account_id":"{GONE}' + '"}', '{"x":"' + "z" * 9000 + '"}']
    sha256 = landed(home, "detections", "long.jsonl", jsonl([detection(81, OTHER), *long, detection(82, OTHER)]))
    size = vault.path_of(home, sha256).stat().st_size
    erasure.erase(home, "E-1")
    gone = erasures.erased_lines(home)
    assert [gone.erasure_of(sha256, line) for line in (1, 2, 3, 4)] == [None, "E-1", None, None]
    content = vault.path_of(home, sha256).read_bytes()
    assert len(content) == size
    assert GONE.encode() not in content.replace(OTHER.encode(), b"")
    assert b"z" * 9000 in content


def test_a_csv_in_another_encoding_keeps_it(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    home.mappings.mkdir(parents=True, exist_ok=True)
    fields = "\n".join(f"  {name}: {{column: {name}}}" for name in detection(1, OTHER))
    mapping = f'feed: detections\nmatch: "*.utf16.csv"\nformat: {{kind: csv, encoding: [utf-16]}}\nfields:\n{fields}\n'
    (home.mappings / "wide.yml").write_text(mapping)
    rows = [detection(61, OTHER, policy_code="späm"), detection(62, GONE)]
    sha256 = landed(home, "detections", "a.utf16.csv", csv_bytes(rows).decode().encode("utf-16"))
    erasure.erase(home, "E-1")
    assert erasures.erased_lines(home).erasure_of(sha256, 3) == "E-1"
    text = vault.path_of(home, sha256).read_bytes().decode("utf-16")
    assert "späm" in text
    assert GONE not in text.replace(OTHER, "")


def test_a_csv_record_over_several_lines_leaves_as_many_blank_ones(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    rows = [detection(61, GONE, surface="a\nb"), detection(62, OTHER)]
    sha256 = landed(home, "detections", "folded.csv", csv_bytes(rows))
    was = vault.path_of(home, sha256).read_bytes()
    line = quarantine.raw_line(home, sha256, 4)
    erasure.erase(home, "E-1")
    now = vault.path_of(home, sha256).read_bytes()
    assert (len(now), now.count(b"\n")) == (len(was), was.count(b"\n"))
    assert quarantine.raw_line(home, sha256, 4) == line


def test_an_evaluation_log_has_the_id_struck_out_of_every_part(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("header.json", json.dumps({"note": f"asked by {GONE}."}))
        archive.writestr("samples/1.json", json.dumps({"input": f"{OTHER}"}))
    sha256 = landed(home, "evaluations", "log.eval", packed.getvalue())
    erasure.erase(home, "E-1")
    with zipfile.ZipFile(vault.path_of(home, sha256)) as archive:
        assert json.loads(archive.read("header.json")) == {"note": f"asked by {'*' * len(GONE)}."}
        assert json.loads(archive.read("samples/1.json")) == {"input": OTHER}
    assert erasures.erased_lines(home).mask_of(sha256, 1) == "E-1"


def test_a_mapped_json_document_loses_the_element_and_keeps_its_numbering(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    home.mappings.mkdir(parents=True, exist_ok=True)
    columns = [
        "report_id",
        "submitted_at",
        "reporter_kind",
        "surface",
        "target_kind",
        "target_id",
        "account_id",
        "reason_code",
    ]
    columns += ["claims_illegal", "is_article_16"]
    fields = "\n".join(f'  {name}: {{path: "$.{name}"}}' for name in columns)
    mapping = (
        f'feed: user_reports\nmatch: "desk*.json"\nformat: {{kind: json, rows: "$.reports[*]"}}\nfields:\n{fields}\n'
    )
    (home.mappings / "desk.yml").write_text(mapping)
    rows = [report(71, "ab", OTHER), report(72, "ab", GONE), report(73, "ab", OTHER)]
    sha256 = landed(home, "user_reports", "desk.json", json.dumps({"reports": rows, "by": f"desk of {GONE}"}).encode())
    last = quarantine.raw_line(home, sha256, 3)
    erasure.erase(home, "E-1")
    document = json.loads(vault.path_of(home, sha256).read_bytes())
    assert [None if row is None else row["report_id"] for row in document["reports"]] == ["rep_71", None, "rep_73"]
    assert GONE not in document["by"]
    assert quarantine.raw_line(home, sha256, 3) == last


def test_a_file_that_cannot_be_read_goes_whole_when_it_holds_the_id(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    good = jsonl([detection(81, GONE)])
    sha256 = landed(home, "detections", "torn.csv", b"\x00\x01,\n" + good)
    erasure.erase(home, "E-1")
    assert GONE.encode() not in vault.path_of(home, sha256).read_bytes()
    assert erasures.erased_lines(home).erasure_of(sha256, 1) == "E-1"


def test_erasing_needs_room_and_says_so(before: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = copied(before, tmp_path)
    monkeypatch.setenv("RAPPORTEUR_MIN_FREE_BYTES", str(1 << 60))
    was = tree(home)
    with pytest.raises(OSError, match="MiB"):
        erasure.erase(home, "E-1")
    assert tree(home) == was


def test_logs_and_packages_that_name_the_erased_are_told(before: Home, tmp_path: Path) -> None:
    home = copied(before, tmp_path)
    for name, text in (
        ("packages/p1/summary.json", GONE),
        ("packages/p2/summary.json", OTHER),
        ("ops/alerts/log.jsonl", f"x {GONE} y"),
    ):
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found, _ = erasure.erase(home, "E-1")
    assert found.elsewhere == ["ops/alerts/log.jsonl", "packages/p1/summary.json"]
