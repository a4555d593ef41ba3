"""Homes that tests share: one is built once a session through the real command, and copied for each test that writes.

Belongs here: building, copying, delivering what was held back. Not here: what must hold.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from assets.ingestion.sample import write
from orchestration.core.home import Home
from tests.integration.line import Answer, rapporteur

FIRST_DAYS = ("2026-06-28", "2026-06-29")
PINNED_NOW = "2026-07-02T06:00:00Z"
"""The clock of every run over the sample, so that freshness is judged where the sample ends."""


@dataclass(frozen=True)
class Built:
    """A home after one run, and the deliveries that came later.

    Attributes:
        home: Never written to by tests; copy it.
        later: A landing folder with the days that were held back.
        answer: What `rapporteur run --json` answered.
    """

    home: Home
    later: Path
    answer: Answer


def built_once(factory: pytest.TempPathFactory) -> Built:
    """The session's built home: three days of forty accounts, of which the first two have been taken in."""
    kept: dict[Path, Built] = _BUILT
    base = factory.getbasetemp()
    if base not in kept:
        home = Home.at(factory.mktemp("built") / "home").ensure()
        write(home, days=3, accounts=40, seed=11)
        later = home.root.parent / "later"
        for folder in sorted(home.landing.glob("*/2*")):
            if folder.name not in FIRST_DAYS:
                target = later / folder.relative_to(home.landing)
                target.parent.mkdir(parents=True, exist_ok=True)
                folder.rename(target)
        kept[base] = Built(home, later, rapporteur(home, "run", "--json", RAPPORTEUR_NOW=PINNED_NOW))
    return kept[base]


_BUILT: dict[Path, Built] = {}


def copied(home: Home, root: Path) -> Home:
    """A copy of a home, at another place, with the same modification times."""
    shutil.copytree(home.root, root, symlinks=True)
    return Home.at(root)


def deliver(later: Path, home: Home, feeds: Iterable[str]) -> list[str]:
    """Land what was held back of some feeds.

    Returns:
        Paths relative to the landing folder, sorted.
    """
    landed = []
    for feed in feeds:
        for file in sorted((later / feed).rglob("*")):
            if file.is_file():
                target = home.landing / file.relative_to(later)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, target)
                landed.append(str(file.relative_to(later)))
    return sorted(landed)
