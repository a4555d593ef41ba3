"""`rapporteur sor validate` as people and programs call it, and its agreement with the Commission's verdicts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

RAPPORTEUR = str(Path(sys.executable).with_name("rapporteur"))
SOUND = {
    "puid": "case-1",
    "decision_account": "DECISION_ACCOUNT_SUSPENDED",
    "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "incompatible_content_ground": "Section 4",
    "incompatible_content_explanation": "Phishing is forbidden.",
    "content_type": ["CONTENT_TYPE_TEXT"],
    "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "content_date": "2026-01-02",
    "application_date": "2026-01-03",
    "decision_facts": "A message asked for passwords.",
    "source_type": "SOURCE_VOLUNTARY",
    "automated_detection": "Yes",
    "automated_decision": "AUTOMATED_DECISION_PARTIALLY",
}


def call(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RAPPORTEUR, "sor", "validate", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"RAPPORTEUR_HOME": str(cwd / "no-home"), "RAPPORTEUR_NOW": "2026-11-22T12:00:00Z"},
        timeout=120,
    )


def test_verdicts_agree_with_the_commissions_on_every_payload(conformance: Path, tmp_path: Path) -> None:
    wanted = [json.loads(line) for line in (conformance / "sor_verdicts.jsonl").read_text().splitlines()]
    file = tmp_path / "payloads.jsonl"
    file.write_text("".join(json.dumps(vector["payload"]) + "\n" for vector in wanted))
    done = call(file, "--json", cwd=tmp_path)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1, done.stderr
    assert [v["line"] for v in found] == list(range(1, len(wanted) + 1))
    assert [(w["name"], w["accepted"], w["error_fields"]) for w in wanted] == [
        (w["name"], v["accepted"], sorted(e["field"] for e in v["errors"])) for w, v in zip(wanted, found, strict=True)
    ]
    assert not (tmp_path / "no-home").exists()


def test_sound_statements_end_with_zero(tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    file.write_text(json.dumps(SOUND) + "\r\n" + json.dumps(SOUND | {"puid": "case-2", "foo": 1}))
    done = call(file, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0]) == {"line": 1, "accepted": True, "errors": [], "warnings": []}
    (warning,) = json.loads(done.stdout.splitlines()[1])["warnings"]
    assert (warning["field"], set(warning)) == ("foo", {"field", "message"})
    assert "2 lines: 2 accepted, 0 rejected; 1 with warnings" in done.stderr


def test_a_person_reads_what_is_wrong_and_where(tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    file.write_text(
        json.dumps(SOUND) + "\n" + json.dumps(SOUND | {"category": "x", "decision_facts": "ada@example.com"})
    )
    done = call(file, cwd=tmp_path)
    assert done.returncode == 1
    assert "line 2: rejected: category x is none of the 16 STATEMENT_CATEGORIES" in done.stdout
    assert "line 2: warning: decision_facts seems to hold an e-mail address" in done.stdout
    assert "ada@" not in done.stdout + done.stderr


def test_wrong_use_is_told(tmp_path: Path) -> None:
    assert call(tmp_path / "absent.jsonl", cwd=tmp_path).returncode == 2
    assert call(tmp_path, cwd=tmp_path).returncode == 2


def test_hostile_file_is_judged_line_by_line_in_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    with file.open("wb") as out:
        out.write(b"\xef\xbb\xbf" + json.dumps(SOUND).encode() + b"\r\n\n\x00\xff\n[[[[\nNaN\n")
        for _ in range(200):
            out.write(b'{"puid":"' + b"x" * (1 << 20))
        out.write(b'"}\n' + json.dumps(SOUND | {"puid": "case-2"}).encode())
    # A forked child's peak counts its parent's pages, and a test worker has many: a small launcher stands between.
    program = (
        "import os, subprocess, sys\n"
        "running = subprocess.Popen(sys.argv[1:], stdout=open('out', 'wb'), stderr=open('err', 'wb'))\n"
        "_, status, usage = os.wait4(running.pid, 0)\n"
        "print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)"
    )
    command = [sys.executable, "-c", program, str(RAPPORTEUR), "sor", "validate", str(file), "--json"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    code, peak_kib = (int(word) for word in told.split())
    found = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert code == 1
    assert "Traceback" not in (tmp_path / "err").read_text()
    assert [v["accepted"] for v in found] == [True, False, False, False, False, False, True]
    assert "longer" in found[5]["errors"][0]["message"]
    assert peak_kib < 200 * 1024  # the line alone has 200 MiB
