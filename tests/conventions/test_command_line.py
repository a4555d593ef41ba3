"""Every command explains itself and is told in the README or the runbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from orchestration.cli import app

ROOT = Path(__file__).resolve().parents[2]


def commands() -> dict[str, Any]:
    found: dict[str, Any] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        if children := getattr(command, "commands", None):
            for name, child in children.items():
                walk(child, (*words, name))
        else:
            found[" ".join(words)] = command

    walk(typer.main.get_command(app), ())
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_help_with_an_example(name: str) -> None:
    help_text = commands()[name].help or ""
    assert "Example" in help_text, f"rapporteur {name} has no example in its help"
    assert f"rapporteur {name}" in help_text


def test_every_command_is_told_in_the_documents() -> None:
    documents = (ROOT / "README.md").read_text() + (ROOT / "docs" / "runbook.md").read_text()
    assert [name for name in commands() if f"rapporteur {name}" not in documents] == []
