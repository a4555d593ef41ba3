"""DSSE envelopes: signatures that openssl verifies, and that nothing else can stand in for."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.core.home import Home
from reports.filing import envelope
from reports.filing.keys import create_private_key, key_id, public_pem, read_private_key

PAYLOAD = b'{"_type":"https://in-toto.io/Statement/v1"}'
HELLO = b"hello world"


def test_pre_authentication_encoding_is_that_of_the_specification() -> None:
    kind = "http://example.com/HelloWorld"
    assert envelope.pae(HELLO, kind) == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert envelope.pae(b"", "ä") == b"DSSEv1 2 \xc3\xa4 0 "


def test_openssl_verifies_both_signatures_of_an_envelope(home: Home, tmp_path: Path) -> None:
    signed = None
    for name in ("one", "two"):
        public = create_private_key(tmp_path / f"{name}.pem", home)
        (tmp_path / f"{name}.pub").write_bytes(public_pem(public))
        signed = envelope.sign(PAYLOAD, read_private_key(tmp_path / f"{name}.pem", home), signed)
    assert signed is not None
    document = json.loads(envelope.write(signed))
    assert document["payloadType"] == "application/vnd.in-toto+json"
    assert base64.b64decode(document["payload"]) == PAYLOAD
    (tmp_path / "pae").write_bytes(envelope.pae(PAYLOAD))
    for name, one in zip(("one", "two"), document["signatures"], strict=True):
        (tmp_path / "sig").write_bytes(base64.b64decode(one["sig"]))
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f"{name}.pub", "-rawin", "-in", "pae"]
        done = subprocess.run([*command, "-sigfile", "sig"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_envelope_that_openssl_signed_verifies(home: Home, tmp_path: Path) -> None:
    public = create_private_key(tmp_path / "key.pem", home)
    (tmp_path / "pae").write_bytes(envelope.pae(HELLO))
    command = ["openssl", "pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-in", "pae", "-out", "sig"]
    subprocess.run(command, cwd=tmp_path, check=True)
    sig = base64.urlsafe_b64encode((tmp_path / "sig").read_bytes()).decode()
    document = {
        "payloadType": envelope.PAYLOAD_TYPE,
        "payload": base64.b64encode(HELLO).decode(),
        "signatures": [{"keyid": key_id(public), "sig": sig, "more": 1}],
        "unknown": {},
    }
    assert envelope.verify(json.dumps(document).encode(), {key_id(public): public}) == (key_id(public),)


def test_a_key_cannot_sign_twice_nor_another_payload(home: Home, tmp_path: Path) -> None:
    create_private_key(tmp_path / "key.pem", home)
    key = read_private_key(tmp_path / "key.pem", home)
    signed = envelope.sign(PAYLOAD, key)
    with pytest.raises(envelope.EnvelopeError, match="cannot sign twice"):
        envelope.sign(PAYLOAD, key, signed)
    with pytest.raises(envelope.EnvelopeError, match="other bytes"):
        envelope.sign(HELLO, key, signed)


def test_key_id_in_the_envelope_proves_nothing_by_itself(home: Home, tmp_path: Path) -> None:
    publics = [create_private_key(tmp_path / f"{n}.pem", home) for n in range(2)]
    signed = envelope.sign(PAYLOAD, read_private_key(tmp_path / "0.pem", home))
    ids = [key_id(public) for public in publics]
    assert envelope.verify(signed, {ids[0]: publics[0]}) == (ids[0],)
    assert envelope.verify(signed, {ids[1]: publics[1]}) == ()
    assert envelope.verify(signed, {ids[0]: publics[1]}) == ()
    assert envelope.verify(signed, {}) == ()
    pretended = envelope.Envelope(
        signed.payload, signed.payload_type, (envelope.Signature(ids[1], signed.signatures[0].sig),)
    )
    assert envelope.verify(pretended, dict(zip(ids, publics, strict=True))) == ()


@settings(deadline=None)
@given(position=st.integers(0, 10_000), change=st.integers(1, 255))
def test_no_changed_byte_of_the_payload_verifies(position: int, change: int) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from reports.filing.keys import public_text

    key = Ed25519PrivateKey.generate()
    public = public_text(key.public_key())
    signed = envelope.sign(PAYLOAD, key)
    changed = bytearray(PAYLOAD)
    changed[position % len(changed)] ^= change
    other = envelope.Envelope(
        base64.b64encode(bytes(changed)).decode(), envelope.PAYLOAD_TYPE, (*signed.signatures, *signed.signatures)
    )
    assert envelope.verify(other, {key_id(public): public}) == ()


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_an_envelope_error(content: bytes) -> None:
    with pytest.raises(envelope.EnvelopeError):
        envelope.read(content)


def test_other_payload_types_and_broken_base64_are_refused() -> None:
    for document in (
        {"payload": "e30=", "payloadType": "application/json", "signatures": []},
        {"payload": "e30", "payloadType": envelope.PAYLOAD_TYPE, "signatures": []},
        {"payload": "!", "payloadType": envelope.PAYLOAD_TYPE, "signatures": []},
        {"payload": 1, "payloadType": envelope.PAYLOAD_TYPE, "signatures": []},
        [],
    ):
        with pytest.raises(envelope.EnvelopeError):
            envelope.read(json.dumps(document).encode())
    broken = envelope.Envelope("e30=", envelope.PAYLOAD_TYPE, (envelope.Signature("k", "?"),))
    assert envelope.verify(broken, {"k": "MCowBQYDK2VwAyEA"}) == ()
