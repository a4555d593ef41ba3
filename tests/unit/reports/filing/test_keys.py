"""Keys: outside the home, for their owner's eyes only, named as openssl names them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orchestration.core.home import Home
from reports.filing.keys import KeyRefused, create_private_key, key_id, public_pem, public_text, read_private_key


def test_private_key_is_written_for_its_owner_alone_and_gives_its_public_half_again(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "safe" / "key.pem"
    public = create_private_key(path, home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_text(read_private_key(path, home).public_key()) == public


def test_key_inside_the_home_is_refused_also_through_a_link(home: Home, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(home.root, target_is_directory=True)
    for path in (home.root / "key.pem", link / "deep" / "key.pem", home.root / ".." / home.root.name / "k"):
        with pytest.raises(KeyRefused, match="inside the home"):
            create_private_key(path, home)
    assert not list(home.root.rglob("*.pem"))


def test_key_never_replaces_another(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("another")
    with pytest.raises(KeyRefused, match="exists"):
        create_private_key(path, home)
    assert path.read_text() == "another"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610])
def test_key_that_others_can_reach_is_refused(home: Home, tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    create_private_key(path, home)
    path.chmod(mode)
    with pytest.raises(KeyRefused, match="chmod 600"):
        read_private_key(path, home)


def test_what_is_no_ed25519_key_is_refused_with_a_reason(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    for content in (b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", os.urandom(200)):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(KeyRefused, match="no private key"):
            read_private_key(path, home)
    other = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(
        other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    with pytest.raises(KeyRefused, match="not ed25519"):
        read_private_key(path, home)
    for missing in (tmp_path / "none.pem", tmp_path):
        with pytest.raises(KeyRefused, match="no key that can be read"):
            read_private_key(missing, home)


def test_openssl_gives_the_key_the_same_name(home: Home, tmp_path: Path) -> None:
    public = create_private_key(tmp_path / "key.pem", home)
    (tmp_path / "key.pub").write_bytes(public_pem(public))
    command = f"openssl pkey -pubin -in {tmp_path}/key.pub -outform DER | sha256sum"
    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
    assert told.split()[0] == key_id(public)


def test_public_key_is_read_however_it_was_written(home: Home, tmp_path: Path) -> None:
    public = create_private_key(tmp_path / "key.pem", home)
    raw = read_private_key(tmp_path / "key.pem", home).public_key().public_bytes_raw()
    assert key_id(raw.hex()) == key_id(public_pem(public).decode()) == key_id(public)
    for text in ("", "no key", public[:-4], "ä"):
        with pytest.raises(KeyRefused):
            key_id(text)
