"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("orchestration", "assets", "quality_checks", "reports")
FOLDERS = {*PACKAGES, "dbt_project", "tests", "docs"}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def modules() -> list[Path]:
    return [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in PACKAGES]


def test_top_level_holds_only_the_folders_of_the_house() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}
    assert {name for name in found if not name.startswith(".")} <= FOLDERS


def test_every_module_says_what_it_is_and_what_does_not_belong_in_it() -> None:
    silent = []
    for path in modules():
        doc = ast.get_docstring(ast.parse(path.read_text()))
        if path.read_text().strip() and (not doc or len(doc.splitlines()) < 3):
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_only_settings_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in modules()
        if re.search(r"os\.(getenv|environ)", path.read_text()) and path.name != "settings.py"
    ]
    assert readers == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in modules() if path.stem in EMPTY_NAMES] == []


def test_imported_packages_are_ours() -> None:
    for name in PACKAGES:
        origin = importlib.import_module(name).__file__
        assert origin is not None
        assert Path(origin).is_relative_to(ROOT)


def test_lock_file_has_hashes_and_names_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    requirements = re.findall(r"^[a-z0-9].*?==.*$", lock, re.M)
    assert len(requirements) > 100
    assert lock.count("--hash=sha256:") >= len(requirements)


def test_lock_file_pins_what_the_project_pins() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.lock").read_text()
    for requirement in project["dependencies"]:
        if "==" in requirement:
            assert re.search(rf"^{re.escape(requirement)}\b", lock, re.M), requirement


def test_pages_load_nothing_from_elsewhere() -> None:
    outside = re.compile(r"""(src|href)=["'](https?:)?//|@import\s+url|cdn\.|unpkg|jsdelivr|googleapis""")
    pages = [*tracked("*.html"), *tracked("*.j2"), *tracked("*.css"), *tracked("*.js")]
    assert [str(path) for path in pages if "tests" not in path.parts and outside.search(path.read_text())] == []


def test_no_machine_path_or_package_host_is_in_the_repository() -> None:
    telling = re.compile(r"/work/|pypi\.org|files\.pythonhosted|/root/|registry\.npmjs")
    texts = [p for p in tracked() if p.suffix in {".py", ".sql", ".yml", ".yaml", ".md", ".toml", ".lock", ".cfg", ""}]
    assert [
        str(p) for p in texts if p.name != Path(__file__).name and telling.search(p.read_text(errors="ignore"))
    ] == []


@pytest.mark.parametrize(
    "line", ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "workspace.yaml", "Makefile"]
)
def test_root_files_are_there(line: str) -> None:
    assert (ROOT / line).read_text().strip()
