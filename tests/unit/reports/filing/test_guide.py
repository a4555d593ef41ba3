"""VERIFY.md: its commands, run as they stand by a shell, find every change without our code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.filing import register
from reports.filing.keys import create_private_key, public_pem, public_text, read_private_key
from reports.filing.signers import registered
from tests.unit.reports.filing.filing_home import (
    Office,
    add_signer,
    filed,
)


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_verify_md_checks_a_filing_offline_with_openssl_alone(office: Office, tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None or shutil.which("openssl") is None:
        pytest.skip(f"{shell} or openssl is not on this machine")
    folder = filed(office)
    assert verified(office, folder, tmp_path, shell) == GOOD
    broken = {
        "figures.parquet": "files: BROKEN",
        "SHA256SUMS": "list: BROKEN",
        "manifest.json": "envelope: BROKEN",
        "manifest.dsse.json": "filed: BROKEN (not in this register: never filed, or changed since)",
    }
    for name, told in broken.items():
        path = folder / name
        path.chmod(0o644)
        content = path.read_bytes()
        at = content.index(b'"sig"') + 12 if name == "manifest.dsse.json" else len(content) // 2
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert told in verified(office, folder, tmp_path, shell), name
        path.write_bytes(content)
    line = register.path_of(office.home).read_bytes()
    register.path_of(office.home).write_bytes(line.replace(b"syn_preparer", b"syn_somebody"))
    assert "register: BROKEN at line 1" in verified(office, folder, tmp_path, shell)


GOOD = [
    "files: OK",
    "nothing added: OK",
    "list: OK",
    "envelope: OK",
    "syn_approver.pem: signature OK",
    "syn_other.pem: has not signed",
    "syn_preparer.pem: signature OK",
]


def verified(office: Office, folder: Path, tmp_path: Path, shell: str) -> list[str]:
    """What the commands of the bundle's VERIFY.md print, the head of the register aside."""
    keys = tmp_path / "handed-over"
    if not keys.exists():
        keys.mkdir()
        create_private_key(tmp_path / "other.pem", office.home)
        add_signer(
            office.home,
            "syn_other",
            public_text(read_private_key(tmp_path / "other.pem", office.home).public_key()),
            "preparer",
        )
        for one in registered(office.home):
            (keys / f"{one.signer_id}.pem").write_bytes(public_pem(one.public_key))
    text = (folder / "VERIFY.md").read_text()
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE))
    environment = {"PATH": os.environ["PATH"], "KEYS": str(keys)}
    done = subprocess.run([shell, "-c", commands], cwd=folder, env=environment, capture_output=True, text=True)
    return [
        line.replace(f"{keys}/", "") for line in done.stdout.splitlines() if "head" not in line and line != "filed: OK"
    ]


def test_the_auditor_s_page_holds_the_commands_of_every_bundle_word_for_word() -> None:
    root = Path(__file__).parents[4]
    blocks = re.compile(r"^```sh\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
    in_bundles = blocks.findall((root / "reports" / "filing" / "VERIFY.md").read_text())
    assert len(in_bundles) == 6
    assert blocks.findall((root / "docs" / "VERIFY.md").read_text()) == in_bundles
