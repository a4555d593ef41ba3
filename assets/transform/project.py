"""The dbt project: where it lies, which version of it this is, and its manifest, parsed once per version.

Finding, fingerprinting, parsing and the connection profile belong here; running it (run.py) and Dagster (assets.py) do not.
"""

import hashlib
import shutil
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from assets.transform.invocation import invoke
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home

PROFILE_THREADS = 2
"""Models built side by side. More than the cores only makes DuckDB's own threads wait for each other."""

_SOURCE_FOLDERS = ("models", "macros", "seeds", "snapshots", "analyses", "tests")
_SOURCE_FILES = ("dbt_project.yml", "packages.yml", "dependencies.yml", "selectors.yml")
_PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb")


class ProjectBroken(Exception):  # noqa: N818 - says what is the matter
    """dbt cannot read the project; the message says why and where."""


def project_dir() -> Path:
    """The dbt project: inside this package in a wheel, beside `assets` in a checkout.

    Raises:
        FileNotFoundError: Neither is there.
    """
    here = Path(__file__).resolve()
    for candidate in (here.parent / "dbt_project", here.parents[2] / "dbt_project"):
        if (candidate / "dbt_project.yml").exists():
            return candidate
    raise FileNotFoundError(f"no dbt_project beside {here.parents[1]} nor in {here.parent}: install the package anew")


def _sources(project: Path) -> list[Path]:
    files = [project / name for name in _SOURCE_FILES if (project / name).exists()]
    for folder in _SOURCE_FOLDERS:
        files += [path for path in (project / folder).rglob("*") if path.is_file() and not path.name.startswith(".")]
    return sorted(files)


def fingerprint(project: Path | None = None) -> str:
    """Name of this version of the project: sha256 over its files, their paths, and the versions of dbt and DuckDB.

    Args:
        project: Folder of the project; ours when None.

    Returns:
        64 hex digits. Another fingerprint means that what is built may differ: the next run is a rebuild.
    """
    folder = project or project_dir()
    sources = _sources(folder)
    stamps = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sources)
    return _digest(folder, stamps)


@lru_cache(maxsize=8)
def _digest(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for package in _PACKAGES:
        digest.update(f"{package}=={version(package)}\n".encode())
    for name, _, _ in stamps:
        path = Path(name)
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def cache_dir(home: Home, project: Path | None = None) -> Path:
    """Where a version of the project keeps its parsed and compiled form; deletable."""
    return home.build / "dbt" / fingerprint(project)[:16]


def profiles_dir(home: Home, project: Path | None = None) -> Path:
    """Write the connection profile of a home, with absolute paths of its three databases.

    Args:
        home: Whose databases.
        project: Folder of the project; ours when None. Its `profile:` names the profile.

    Returns:
        The folder to hand to dbt as `--profiles-dir`.
    """
    import yaml

    folder = project or project_dir()
    declared = yaml.safe_load((folder / "dbt_project.yml").read_text())
    output = {
        "type": "duckdb",
        "path": str(home.warehouse_db),
        "attach": [
            {"path": str(home.current_db), "alias": "current"},
            {"path": str(home.restricted_db), "alias": "restricted"},
        ],
        "threads": PROFILE_THREADS,
        "settings": {"TimeZone": "UTC", "autoinstall_known_extensions": False},
    }
    profile = {declared["profile"]: {"target": "duckdb", "outputs": {"duckdb": output}}}
    target = cache_dir(home, folder) / "profiles"
    text = yaml.safe_dump(profile).encode()
    file = target / "profiles.yml"
    if not file.exists() or file.read_bytes() != text:
        target.mkdir(parents=True, exist_ok=True)
        write_bytes(file, text)
    return target


def dbt_flags(home: Home, project: Path | None = None) -> list[str]:
    """The flags that every dbt call shares: this project, this home, nothing sent or asked outside."""
    folder = project or project_dir()
    cache = cache_dir(home, folder)
    return [
        "--project-dir",
        str(folder),
        "--profiles-dir",
        str(profiles_dir(home, folder)),
        "--target",
        "duckdb",
        "--target-path",
        str(cache / "target"),
        "--log-path",
        str(cache / "logs"),
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
        "--no-use-colors",
        "--log-level",
        "none",
        "--log-level-file",
        "warn",
    ]


def manifest_file(home: Home, project: Path | None = None) -> Path:
    """The parsed project as JSON, parsing it first when this version has never been parsed in this home.

    Returns:
        Path of `manifest.json`; beside it lies dbt's own kept form.

    Raises:
        ProjectBroken: dbt cannot parse the project.
    """
    target = cache_dir(home, project) / "target"
    path = target / "manifest.json"
    if not (path.exists() and (target / "partial_parse.msgpack").exists()):
        _parse(home, project)
    return path


def _parse(home: Home, project: Path | None) -> None:
    home.build.mkdir(parents=True, exist_ok=True)
    target = cache_dir(home, project) / "target"
    shutil.rmtree(target, ignore_errors=True)
    result = invoke(["parse", *dbt_flags(home, project)])
    if not result.success:
        raise ProjectBroken(f"dbt cannot parse {project or project_dir()}: {result.exception}")
    _forget_older_versions(home, target.parent)


def _forget_older_versions(home: Home, present: Path) -> None:
    """Keep the present version and the one before (for a roll-back); the others are only caches."""
    others = [path for path in (home.build / "dbt").iterdir() if path.is_dir() and path != present]
    for path in sorted(others, key=lambda folder: folder.stat().st_mtime)[:-1]:
        shutil.rmtree(path, ignore_errors=True)


def manifest(home: Home, project: Path | None = None) -> dict[str, Any]:
    """The parsed project, as dbt writes it (`manifest.json`).

    Args:
        home: Where it is kept.
        project: Folder of the project; ours when None.

    Raises:
        ProjectBroken: dbt cannot parse the project.
    """
    path = manifest_file(home, project)
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _read(path: Path, stamp: int) -> dict[str, Any]:
    parsed: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return parsed


def compiled_models(home: Home, project: Path | None = None) -> bytes:
    """The compiled SQL of every model that has been built with this version of the project.

    A compiled model is the same text at every watermark, so one full build compiles all there is.

    Returns:
        JSON: relation (`catalog.schema.name`) -> {name, layer, materialized, sql, depends_on: [relation]}, sorted.
    """
    parsed = manifest(home, project)
    every = {**parsed["nodes"], **parsed["sources"]}
    compiled = cache_dir(home, project) / "target" / "compiled"
    models: dict[str, Any] = {}
    for node in parsed["nodes"].values():
        if node["resource_type"] != "model":
            continue
        sql = compiled / node["package_name"] / node["original_file_path"]
        if not sql.exists():
            continue
        parents = sorted(_relation(every[parent]) for parent in node["depends_on"]["nodes"] if parent in every)
        models[_relation(node)] = {
            "name": node["name"],
            "layer": node["schema"],
            "materialized": node["config"]["materialized"],
            "sql": sql.read_text(),
            "depends_on": parents,
        }
    return msgspec.json.encode(dict(sorted(models.items())))


def _relation(node: dict[str, Any]) -> str:
    return f"{node['database']}.{node['schema']}.{node.get('alias') or node.get('identifier') or node['name']}"
