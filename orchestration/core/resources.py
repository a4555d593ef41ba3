"""Resources of a Dagster run: the writer, which holds the one lock from vault to publish.

What every step needs to know about where it runs belongs here; what a step does lives beside the step.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from orchestration.core import replacements
from orchestration.core.commits import read_commits, sweep
from orchestration.core.failpoints import reach
from orchestration.core.home import Home
from orchestration.core.locks import run_lock
from orchestration.core.settings import get_settings


@dataclass(frozen=True)
class Writer:
    """The right to write to a home, for as long as a run lasts.

    Attributes:
        home: The home.
        run_id: The run that holds the lock.
    """

    home: Home
    run_id: str


def writer_resource(home: Home) -> dg.ResourceDefinition:
    """A resource that holds the home's lock while a run goes on, and sweeps what a killed run left behind.

    Whoever waits is told for whom; the wait is bounded by the settings.
    """

    @contextmanager
    def hold(context: dg.InitResourceContext) -> Iterator[Writer]:
        run_id = context.run.run_id if context.run else "manual"
        log = context.log
        with run_lock(
            home,
            run_id,
            wait_seconds=get_settings().lock_wait_seconds,
            on_wait=lambda holder: log.warning(f"Waiting: {holder} is writing to {home.root.name}.") if log else None,
        ):
            reach("lock_taken")
            home.ensure()
            for number in replacements.redo(home):
                if log:
                    log.info(f"Finished erasure {number}, which had been interrupted.")
            for orphan in sweep(home, read_commits(home)):
                if log:
                    log.info(f"Swept {orphan.name}: no commit names it.")
            yield Writer(home=home, run_id=run_id)

    return dg.ResourceDefinition(resource_fn=hold, description="The run lock: one writer from vault to publish.")
