"""Verification of signatures and register: who signed a bundle with keys that count, and whether the register holds it as it is.

Comparing belongs here; envelopes, signers and the register's chain have modules of their own under filing/.
"""

from datetime import datetime
from pathlib import Path

from orchestration.core.home import Home
from reports.bundles import Found
from reports.filing import envelope as dsse
from reports.filing import register
from reports.filing.signers import Signer, SignerRefused, Trusted, signer_at
from reports.findings import Finding
from reports.manifest import NAME, sha256_of


def check_signatures(bundle: Found, trusted: Trusted, entry: register.Entry | None) -> tuple[list[Finding], int]:
    """Every signature that does not count, and what is missing for a filing.

    Args:
        bundle: The bundle.
        trusted: Keys to check with.
        entry: Its entry of the register; None when it was not filed.

    Returns:
        Findings, and how many signatures hold.
    """
    path = bundle.folder / dsse.NAME
    if not path.is_file():
        if entry is None:
            return [], 0
        return [
            _finding("signatures", dsse.NAME, "two signatures", "no such file", "a filed bundle has no signatures")
        ], 0
    try:
        envelope = dsse.read(path.read_bytes())
        payload = dsse.payload_of(envelope)
        held = dsse.verify(envelope, trusted.public_keys)
    except dsse.EnvelopeError as error:
        return [_finding("signatures", dsse.NAME, "an envelope", "something else", str(error))], 0
    findings = []
    manifest = bundle.folder / NAME
    if not manifest.is_file() or payload != manifest.read_bytes():
        told = sha256_of(manifest) if manifest.is_file() else "no such file"
        message = "the signatures are about other bytes than the manifest beside them"
        findings.append(_finding("signatures", NAME, "the bytes that were signed", told, message))
    for signature in envelope.signatures:
        if signature.keyid not in held:
            known = "a broken signature" if signature.keyid in trusted.public_keys else "a key that is not known"
            message = f"a signature does not hold with the keys of {trusted.source}"
            where = f"{dsse.NAME} {signature.keyid[:16]}"
            findings.append(_finding("signatures", where, "a signature that holds", known, message))
    people = {signer.signer_id for signer in trusted.signers if signer.keyid in held}
    # A read-out is released by one person; a report is filed by two.
    needed = 0 if entry is None else 1 if entry.event == "released" else 2
    if len(people) < needed:
        told = ", ".join(sorted(people)) or "nobody"
        message = "preparer and approver must be two people whose signatures hold"
        findings.append(_finding("signatures", dsse.NAME, f"signatures of {needed} people", told, message))
    return findings, len(held)


def check_register(home: Home, bundle: Found, trusted: Trusted) -> tuple[list[Finding], register.Entry | None]:
    """Whether the chain holds, and whether the bundle is what its entry says.

    Returns:
        Findings, and the bundle's entry when it was filed.
    """
    findings = check_chain(home)
    entry = register.entry_of(sound_entries(home), bundle.filing)
    if entry is None:
        return findings, None
    for name, expected in ((NAME, entry.manifest_sha256), (dsse.NAME, entry.envelope_sha256)):
        path = bundle.folder / name
        told = sha256_of(path) if path.is_file() else "no such file"
        if told != expected:
            message = "the register entered another one"
            findings.append(_finding("register", f"{register.NAME} line {entry.seq}, {name}", expected, told, message))
    return findings + _signers(entry, trusted, bundle.folder), entry


def check_chain(home: Home) -> list[Finding]:
    """The first line of the register that does not stand as it was entered."""
    broken = register.verify_chain(home)
    if broken is None:
        return []
    where = f"{register.NAME} line {broken.line}"
    return [_finding("register", where, "the line as it was entered", "another one", broken.reason)]


def check_entries(home: Home) -> list[Finding]:
    """Entries of the register whose bundle is no longer there; a read-out's is `readout/<id>`."""
    return [
        _finding("register", entry.filing, "a bundle's folder", "none", "a filing that was entered is gone")
        for entry in sound_entries(home)
        if not (home.filings / entry.filing / NAME).is_file()
        and not (home.readouts / entry.filing.removeprefix("readout/") / NAME).is_file()
    ]


def sound_entries(home: Home) -> list[register.Entry]:
    """The register's entries; none when its chain is broken, which check_chain tells."""
    try:
        return register.read_entries(home)
    except register.RegisterBroken:
        return []


def _signers(entry: register.Entry, trusted: Trusted, folder: Path) -> list[Finding]:
    """Signers of an entry whose keys did not count in their role when they signed."""
    findings = []
    for signed in entry.signers:
        where = f"{folder.name}, {signed.signer_id} as {signed.role}"
        try:
            at = datetime.fromisoformat(signed.signed_at)
            signer: Signer = signer_at(trusted.signers, signed.keyid, at, signed.role)
        except (SignerRefused, ValueError) as error:
            findings.append(_finding("signatures", where, "a key that counted then", signed.keyid[:16], str(error)))
            continue
        if signer.signer_id != signed.signer_id:
            message = "the key belongs to somebody else"
            findings.append(_finding("signatures", where, signed.signer_id, signer.signer_id, message))
    return findings


def _finding(check: str, where: str, expected: str, found: str, message: str) -> Finding:
    return Finding(check=check, where=where, expected=expected, found=found, message=message)
