"""A small home with labelled actors in it, built through the real command.

Belongs here: building it. Not here: what must hold of it.
"""

from pathlib import Path

from assets.ingestion.sample import write
from orchestration.core.home import Home
from tests.integration.line import rapporteur


def labelled_home(folder: Path) -> Home:
    """Six days of three hundred accounts, one in twenty of them bad, taken in by one run; copy it before writing."""
    home = Home.at(folder / "home").ensure()
    write(home, days=6, accounts=300, seed=7, world_name="dense")
    answer = rapporteur(home, "run", "--json")
    assert answer.code == 0, answer.stderr
    return home
