"""Building homes to be scored: a labelled world, or a copy of someone else's landing zone, through the real line.

Belongs here: `rapporteur sample` and `rapporteur run` in a folder of their own.
Does not belong here: scoring.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from assets.ingestion.sample.worlds import WORLDS
from orchestration.core.home import Home

DAYS = 14
SEED = 7
PINNED_NOW = "2026-07-02T06:00:00Z"
"""The clock of every run over the sample, whose window ends two days before."""


class LineFailedError(RuntimeError):
    """The line did not finish; the message is what it said."""


@dataclass(frozen=True)
class Built:
    """A home after a run.

    Attributes:
        home: Where.
        seconds: What the run took, without drawing the world.
    """

    home: Home
    seconds: float


def build_world(folder: Path, name: str, *, accounts: int = 0, days: int = DAYS, seed: int = SEED) -> Built:
    """Draw a labelled world and run the line over it.

    Args:
        folder: An empty folder.
        name: One of `WORLDS`.
        accounts: Its size, 0 = the world's own.
        days: Its length.
        seed: Its seed.

    Raises:
        LineFailedError: When a command fails.
    """
    home = Home.at(folder).ensure()
    size = accounts or WORLDS[name].accounts
    words = ("--world", name, "--days", str(days), "--accounts", str(size), "--seed", str(seed))
    rapporteur(home, "sample", *words)
    return run_line(home)


def build_landing_zone(folder: Path, source: Path) -> Built:
    """Copy a landing zone and run the line over it."""
    home = Home.at(folder).ensure()
    shutil.copytree(source, home.landing, dirs_exist_ok=True, copy_function=shutil.copy)
    for path in (home.landing, *home.landing.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return run_line(home)


def run_line(home: Home) -> Built:
    """`rapporteur run`, with the clock that the sample knows; raises `LineFailedError` when nothing is published."""
    started = time.monotonic()
    said = rapporteur(home, "run")
    if not home.published_current.exists():
        raise LineFailedError(f"rapporteur run published nothing\n{said[-2000:]}")
    return Built(home, time.monotonic() - started)


def rapporteur(home: Home, *words: str) -> str:
    """Run the command line in a process of its own; returns what it printed.

    Raises:
        LineFailedError: When it exits with anything but 0.
    """
    command = [str(Path(sys.executable).with_name("rapporteur")), *words]
    settings = {**os.environ, "RAPPORTEUR_HOME": str(home.root), "RAPPORTEUR_NOW": PINNED_NOW, "COLUMNS": "160"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LineFailedError(
            f"rapporteur {' '.join(words)}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return done.stdout
