"""Verification of files: a bundle's against its manifest, and what it was made from (vault, lake, quarantine) against their digests.

Hashing and naming what differs belong here; what the numbers inside say is verify_evidence.py.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from orchestration.core import erasures, vault
from orchestration.core.commits import BrokenRecord, read_commits
from orchestration.core.home import Home
from reports.findings import Finding
from reports.manifest import LATER, NAME, evidence_folder, read_manifest, sha256_of
from reports.recompute import LakeFile


def check_manifest(folder: Path) -> tuple[list[Finding], int]:
    """Every file that is missing, changed or added since the manifest was written.

    Returns:
        Findings in order of name, and how many files were compared.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        found = "no such file" if not (folder / NAME).exists() else "something that is no manifest"
        return [_finding("files", NAME, "a manifest", found, "the bundle cannot be checked without it")], 0
    try:
        named = {str(one["name"]): str(one["digest"]["sha256"]) for one in manifest["subject"]}
    except (KeyError, TypeError):
        return [_finding("files", NAME, "subjects with digests", "none", "the manifest names no files")], 0
    present = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    findings = []
    for name in sorted(named.keys() | present.keys()):
        if name not in present:
            findings.append(_finding("files", name, named[name], "no such file", "a file of the bundle is missing"))
        elif name not in named:
            if name not in LATER:
                told = sha256_of(present[name])
                findings.append(_finding("files", name, "no such file", told, "a file was added to the bundle"))
        elif (told := sha256_of(present[name])) != named[name]:
            findings.append(_finding("files", name, named[name], told, "a file of the bundle was changed"))
    return findings, len(named)


def contributing_files(folder: Path) -> list[str]:
    """Digests of the delivered files on whose lines a bundle's contributors stand.

    Raises:
        OSError: contributors.parquet cannot be read.
    """
    try:
        with duckdb.connect(":memory:") as con:
            rows = con.execute(
                "select distinct file_sha256 from read_parquet(?) order by all",
                [str(evidence_folder(folder) / "contributors.parquet")],
            ).fetchall()
    except duckdb.Error as error:
        raise OSError(f"{folder / 'contributors.parquet'}: {error}") from error
    return [str(row[0]) for row in rows]


def check_vault(home: Home, digests: Iterable[str]) -> tuple[list[Finding], int]:
    """Every delivered file whose bytes are no longer those that its name, or an erasure recorded since, says.

    Returns:
        Findings in order of digest, and how many objects were hashed.
    """
    findings, count = [], 0
    erased = erasures.digests(home)
    for sha256 in digests:
        count += 1
        path = vault.path_of(home, sha256)
        where = f"vault/{sha256[:2]}/{sha256}"
        expected = erased.get(sha256, sha256)
        if not path.is_file():
            findings.append(_finding("vault", where, expected, "no such file", "a delivered file is missing"))
        elif (told := vault.digest_of(path)) != expected:
            findings.append(_finding("vault", where, expected, told, "a delivered file was changed"))
    return findings, count


def check_lake(home: Home, files: Iterable[LakeFile], check: str = "lake") -> tuple[list[Finding], int]:
    """Every lake file that is missing or is no longer what the record, or an erasure recorded since, says.

    Returns:
        Findings in the order given, and how many files were hashed.
    """
    findings, count = [], 0
    changes = erasures.file_changes(home)
    for file in files:
        count += 1
        path = home.root / file.path
        expected = changes[file.path].sha256 if file.path in changes else file.sha256
        if not path.is_file():
            findings.append(_finding(check, file.path, expected, "no such file", "a lake file is missing"))
        elif (told := sha256_of(path)) != expected:
            findings.append(_finding(check, file.path, expected, told, "a lake file was changed"))
    return findings, count


def check_commits(home: Home, watermark: int, files: Iterable[LakeFile]) -> tuple[list[Finding], int]:
    """Quarantine files of the commits up to a watermark, and whether the commits still say of lake files what a bundle says.

    Returns:
        Findings, and how many quarantine files were hashed.
    """
    try:
        commits = [commit for commit in read_commits(home) if commit.batch_id <= watermark]
    except BrokenRecord as error:
        return [_finding("lake", "lake/_commits", "commits that follow each other", "a break", str(error))], 0
    if len(commits) < watermark:
        message = "commits that the bundle rests on are missing"
        return [_finding("lake", "lake/_commits", f"{watermark} commits", str(len(commits)), message)], 0
    recorded = {file.path: file.sha256 for commit in commits for file in commit.data_files}
    erased = erasures.file_changes(home)
    findings = [
        _finding("lake", file.path, file.sha256, recorded.get(file.path, "no such file"), "its commit says otherwise")
        for file in files
        if file.path.startswith("lake/raw/") and file.path not in erased and recorded.get(file.path) != file.sha256
    ]
    aside = [
        LakeFile(file.path, file.feed, file.sha256)
        for commit in commits
        for file in commit.data_files
        if file.kind == "quarantine"
    ]
    wrong, count = check_lake(home, aside, "quarantine")
    return findings + wrong, count


def _finding(check: str, where: str, expected: str, found: str, message: str) -> Finding:
    return Finding(check=check, where=where, expected=expected, found=found, message=message)


def erased_contributors(home: Home, folder: Path) -> dict[str, int]:
    """How many of a bundle's contributing lines were erased since, by erasure.

    Raises:
        OSError: contributors.parquet cannot be read.
        BrokenRecord: The record of erasures is broken.
    """
    lines = erasures.erased_lines(home)
    if not lines.blanked:
        return {}
    try:
        with duckdb.connect(":memory:") as con:
            rows = con.execute(
                "select distinct file_sha256, line from read_parquet($path) where file_sha256 in (select unnest($files))",
                {"path": str(evidence_folder(folder) / "contributors.parquet"), "files": sorted(lines.blanked)},
            ).fetchall()
    except duckdb.Error as error:
        raise OSError(f"{folder / 'contributors.parquet'}: {error}") from error
    found: dict[str, int] = {}
    for sha256, line in rows:
        if (erasure := lines.erasure_of(sha256, line)) is not None:
            found[erasure] = found.get(erasure, 0) + 1
    return dict(sorted(found.items()))
