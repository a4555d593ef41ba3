"""Releasing: a read-out's one signature, its line in the register, read-only files: draft -> released.

The shorter life belongs here; reports of the catalogue take two people (signing.py, entering.py).
"""

from pathlib import Path

import msgspec

from orchestration.core import ops
from orchestration.core.access import actor
from orchestration.core.clock import stamp, utc_now
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from reports.filing import envelope
from reports.filing.keys import key_id, public_text, read_private_key
from reports.filing.register import Entry, Signed, append, entry_of, filings_lock, read_entries
from reports.filing.shelf import lock_bundle
from reports.filing.signers import APPROVER, PREPARER, SignerRefused, registered, signer_at
from reports.filing.standing import write_signatures
from reports.manifest import NAME, differences, read_manifest, sha256_of

RELEASED = "released"


class NotReleasable(ValueError):  # noqa: N818 - says what is the matter
    """A read-out that cannot be released; the message says why."""


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A released read-out: its id, who signed, its line of the register, and whether it had been released before."""

    readout: str
    signer_id: str
    entry: Entry
    was_done: bool


def release(home: Home, readout: str, key: Path) -> Release:
    """Sign a read-out, enter it in the register and make its files read-only; done again it finishes what was left undone.

    Args:
        home: Whose read-outs.
        readout: Its id, or its folder under the home's readouts.
        key: Private key of any registered signer, outside the home.

    Raises:
        NotReleasable: There is no such read-out, its data are generated, or its files are not those of its manifest.
        KeyRefused: The key cannot be used.
        SignerRefused: Its owner may not sign now.
        RegisterBroken: The register's chain is broken.
    """
    folder = _folder(home, readout)
    name = f"readout/{folder.name}"
    private = read_private_key(key, home)
    with filings_lock(home):
        done = entry_of(read_entries(home), name)
        if done is not None:
            lock_bundle(folder)
            return Release(readout=name, signer_id=done.signers[0].signer_id, entry=done, was_done=True)
        facts = (read_manifest(folder) or {}).get("predicate", {})
        if facts.get("is_synthetic", True):
            raise NotReleasable(
                f"{name} was made from generated data: nothing of it happened, and it is never released."
            )
        if told := differences(folder):
            raise NotReleasable(f"{name}: its files are not those of its manifest ({'; '.join(told[:5])}). Ask again.")
        now = utc_now()
        keyid = key_id(public_text(private.public_key()))
        role = next((one.role for one in registered(home) if one.keyid == keyid), PREPARER)
        if role not in {PREPARER, APPROVER}:
            raise SignerRefused(f"the owner of {key} is registered as {role or 'nothing'}, and may not sign.")
        signer = signer_at(registered(home), keyid, now, role)
        noted = Signed(signer_id=signer.signer_id, role=role, keyid=keyid, signed_at=stamp(now))
        write_signatures(folder, [noted])
        write_bytes(folder / envelope.NAME, envelope.write(envelope.sign((folder / NAME).read_bytes(), private, None)))
        entered = append(
            home,
            Entry(
                event=RELEASED,
                filing=name,
                manifest_sha256=sha256_of(folder / NAME),
                envelope_sha256=sha256_of(folder / envelope.NAME),
                signers=(noted,),
                filed_at=stamp(),
            ),
        )
        lock_bundle(folder)
    row = {"readout_id": folder.name, "watermark": facts["watermark"], "requested_at": stamp(), "who": actor()}
    ops.append(home, "readouts", [{**row, "event": RELEASED, "manifest_sha256": entered.manifest_sha256}])
    return Release(readout=name, signer_id=signer.signer_id, entry=entered, was_done=False)


def _folder(home: Home, readout: str) -> Path:
    shelf = home.readouts.resolve()
    for path in (shelf / readout.removeprefix("readout/"), Path(readout).expanduser().resolve()):
        if path.parent == shelf and (path / NAME).is_file():
            return path
    raise NotReleasable(f"{readout!r} is no read-out of {shelf}: `rapporteur readout` prints its id.")
