"""Commands for keys and the register of filings: making, rotating and revoking keys, exporting and checking the register's head.

A key's public half lands like any register's row; the private half never enters the home.
"""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import NO, JsonFlag, answer, answer_json, explains, open_home, plain, say, show_table

Signer = Annotated[str, typer.Argument(metavar="SIGNER", help="The person's id in the register of signers.")]
Out = Annotated[Path, typer.Option(help="Where the private key goes: a new file outside the home.")]
NEXT = "Take it in with `rapporteur run`; until then it signs nothing."


@explains(ValueError)
def key_add(
    signer: Signer,
    role: Annotated[str, typer.Option(help="preparer (checks) or approver (approves and waives).")],
    out: Out,
    as_json: JsonFlag = False,
) -> None:
    """Make a person's ed25519 key; its public half lands for the register of signers.

    Example:
      rapporteur key add syn_preparer --role preparer --out ~/keys/preparer.pem
    """
    from reports.filing.registration import add_key

    landed = add_key(open_home(), signer, role, out)
    if as_json:
        answer_json(plain(landed))
        return
    answer(f"Private key of {signer} ({role}): {out}")
    answer(f"Key id {landed.keyid}")
    answer(f"Public key {landed.public_key}")
    answer(f"Landed {landed.path}. {NEXT}")


@explains(ValueError)
def key_rotate(signer: Signer, out: Out, as_json: JsonFlag = False) -> None:
    """Make a person's next key. What the last one signed stays valid; from now on it signs nothing.

    Example:
      rapporteur key rotate syn_preparer --out ~/keys/preparer-2.pem
    """
    from reports.filing.registration import rotate_key

    landed = rotate_key(open_home(), signer, out)
    if as_json:
        answer_json(plain(landed))
        return
    answer(f"New private key of {signer}: {out}")
    answer(f"Key id {landed.keyid}")
    answer(f"Landed {landed.path}. {NEXT}")


@explains(ValueError)
def key_revoke(
    signer: Signer,
    keyid: Annotated[
        str | None, typer.Option("--key-id", help="One of several keys; all in force when absent.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Revoke a person's keys from now on: they sign nothing more, and what they signed and was not filed no longer counts.

    Example:
      rapporteur key revoke syn_preparer
    """
    from reports.filing.registration import revoke_key

    landed = revoke_key(open_home(), signer, keyid)
    if as_json:
        answer_json(plain(landed))
        return
    for one in landed:
        answer(f"Revoked key {one.keyid} of {signer}; landed {one.path}. Take it in with `rapporteur run`.")


@explains(ValueError)
def key_list(
    keys: Annotated[
        Path | None, typer.Option(help="File of keys that you were handed; the home's register when absent.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write them as a file that --keys takes, to hand to somebody.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Whose keys count, as what and when.

    Example:
      rapporteur key list --out handed-over.jsonl
    """
    from orchestration.core.durable import write_bytes
    from reports.filing.signers import NOT_INDEPENDENT, keys_file, trusted

    known = trusted(open_home(), keys)
    if out is not None:
        write_bytes(out.expanduser().resolve(), keys_file(known.signers))
    if as_json:
        answer_json({"source": known.source, "is_independent": known.is_independent, "signers": plain(known.signers)})
        return
    columns = ["signer_id", "role", "keyid", "valid_from", "valid_to", "revoked_at"]
    show_table(
        f"Keys from {known.source}", columns, [[getattr(one, name) for name in columns] for one in known.signers]
    )
    if not known.is_independent:
        say(NOT_INDEPENDENT)


@explains(ValueError)
def register_anchor(
    out: Annotated[Path | None, typer.Option(help="File to write; stdout when absent.")] = None,
    key: Annotated[Path | None, typer.Option(help="Private key that signs it (DSSE); unsigned when absent.")] = None,
) -> None:
    """Export the head of the register of filings, to keep where nobody who can change the home can change it. It is JSON.

    Example:
      rapporteur register anchor --out /mnt/elsewhere/anchor.json
    """
    from orchestration.core.durable import write_bytes
    from reports.filing.anchor import make_anchor

    content = make_anchor(open_home(), key)
    if out is None:
        typer.echo(content.decode(), nl=False)
    else:
        write_bytes(out.expanduser().resolve(), content)
        answer(f"Wrote {out}")


@explains(ValueError)
def register_check(
    anchor: Annotated[
        Path | None, typer.Option(help="An anchor exported before; the register must still hold it.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Check the register's chain, and that it still holds an anchor. Exit 1 when it does not; the first broken line is named.

    Example:
      rapporteur register check --anchor /mnt/elsewhere/anchor.json
    """
    from reports.filing.anchor import holds_anchor, read_anchor
    from reports.filing.register import head, verify_chain

    home = open_home()
    broken = verify_chain(home)
    reason = f"line {broken.line}: {broken.reason}" if broken else ""
    if anchor is not None and not reason and not holds_anchor(home, read_anchor(anchor.read_bytes())):
        reason = f"the line that {anchor} names is not in it: lines were removed, or written anew"
    if as_json:
        answer_json({"is_whole": not reason, "reason": reason, "head": None if broken else plain(head(home))})
    else:
        answer(f"The register is broken: {reason}." if reason else f"The register is whole. Head: {head(home)}")
    if reason:
        raise typer.Exit(NO)
