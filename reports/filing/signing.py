"""Signing: the preparer's and the approver's signatures over a bundle's manifest, in that order, by two people with two keys.

Who may sign and what is written belong here; what stops a filing is told, and stops it only at entering.py.
"""

from pathlib import Path

import msgspec

from orchestration.core.clock import stamp, utc_now
from orchestration.core.durable import write_bytes
from orchestration.core.failpoints import reach
from orchestration.core.home import Home
from reports.filing import envelope
from reports.filing.blockers import BROKEN
from reports.filing.keys import key_id, public_text, read_private_key
from reports.filing.register import Signed, filings_lock
from reports.filing.shelf import filing_id
from reports.filing.signers import APPROVER, PREPARER, Signer, registered, signer_at
from reports.filing.standing import APPROVED, CHECKED, CORRECTED, DRAFT, FILED, counting, status_of, write_signatures
from reports.filing.steps import OutOfOrder, Step, Stopped, blockers_of, record_step
from reports.index import write_index
from reports.manifest import NAME


def check(home: Home, folder: Path, key: Path) -> Step:
    """The preparer signs a draft: `draft` -> `checked`. What stops the filing is told, and stops it only at `file`.

    Args:
        home: Whose filing.
        folder: The bundle.
        key: The preparer's private key, outside the home.

    Raises:
        KeyRefused: The key cannot be used.
        SignerRefused: Its owner may not sign as a preparer now.
        OutOfOrder: It is filed, or checked by somebody else.
        Stopped: The bundle's files are not those of its manifest.
    """
    return _sign(home, folder, key, PREPARER)


def approve(home: Home, folder: Path, key: Path) -> Step:
    """The approver, another person with another key, signs a checked draft: `checked` -> `approved`.

    Raises:
        KeyRefused: The key cannot be used.
        SignerRefused: Its owner may not sign as an approver now, or is the preparer.
        OutOfOrder: It is not checked, is filed, or approved by somebody else.
        Stopped: The bundle's files are not those of its manifest.
    """
    return _sign(home, folder, key, APPROVER)


def _sign(home: Home, folder: Path, key: Path, role: str) -> Step:
    private = read_private_key(key, home)
    filing = filing_id(home, folder)
    wanted = CHECKED if role == PREPARER else APPROVED
    with filings_lock(home):
        now = utc_now()
        signers = registered(home)
        signer = signer_at(signers, key_id(public_text(private.public_key())), now, role)
        status = status_of(home, folder, signers=signers)
        signatures = counting(folder, signers)
        blockers = blockers_of(home, folder)
        if any(one.keyid == signer.keyid for one in signatures) and status not in {FILED, CORRECTED}:
            return Step(filing=filing, status=status, was_done=True, signer_id=signer.signer_id, blockers=blockers)
        _may_sign(filing, status, signer, signatures)
        if any(blocker.name == BROKEN for blocker in blockers):
            raise Stopped(f"{filing} cannot be signed", blockers)
        payload = (folder / NAME).read_bytes()
        noted = Signed(signer_id=signer.signer_id, role=role, keyid=signer.keyid, signed_at=stamp(now))
        signed = envelope.sign(payload, private, _still_good(folder, signatures))
        write_signatures(folder, [*signatures, noted])
        reach("report_signature_noted")
        write_bytes(folder / envelope.NAME, envelope.write(signed))
        reach("report_signed")
        record_step(home, folder, wanted, signers=signer.signer_id)
        write_index(home)
    return Step(filing=filing, status=wanted, was_done=False, signer_id=signer.signer_id, blockers=blockers)


def _may_sign(filing: str, status: str, signer: Signer, signatures: list[Signed]) -> None:
    if status in {FILED, CORRECTED}:
        raise OutOfOrder(f"{filing} is {status}; what is filed is never signed again.")
    if any(one.signer_id == signer.signer_id for one in signatures):
        raise OutOfOrder(f"{signer.signer_id} has signed {filing} already; two signatures are two people's.")
    wanted = DRAFT if signer.role == PREPARER else CHECKED
    if status != wanted:
        who = ", ".join(f"{one.signer_id} ({one.role})" for one in signatures)
        first = "" if status != DRAFT else " It has to be checked first: `rapporteur report check`."
        raise OutOfOrder(f"{filing} is {status}{f', signed by {who}' if who else ''}.{first}")


def _still_good(folder: Path, signatures: list[Signed]) -> envelope.Envelope | None:
    """The envelope with those signatures that count; none when it has none, or is about an older draft."""
    path = folder / envelope.NAME
    if not signatures or not path.exists():
        return None
    found = envelope.read(path.read_bytes())
    kept = {one.keyid for one in signatures}
    return msgspec.structs.replace(
        found, signatures=tuple(signature for signature in found.signatures if signature.keyid in kept)
    )
