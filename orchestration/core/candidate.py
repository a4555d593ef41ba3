"""A build that waits to be judged: dbt has finished it, the checks on the marts have not accepted it yet.

Only an accepted build counts as built (state.py), so that a run killed or failed before its checks leaves nothing to be published.
"""

import msgspec

from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from orchestration.core.state import BuildState, read_state, write_state


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has built.

    Attributes:
        run_id: The run.
        fingerprint: Of the dbt project that built it.
        built_through: The watermark that it was built to.
        has_new_rows: Whether any model was built, so that readers must see a new copy even at an old watermark.
        is_whole: False while the models that read derived facts are still to be built.
    """

    run_id: str
    fingerprint: str
    built_through: int
    has_new_rows: bool
    is_whole: bool = True


def propose(home: Home, candidate: Candidate) -> None:
    """Put a complete build forward; an earlier candidate is forgotten."""
    write_bytes(home.build / "candidate.json", msgspec.json.encode(candidate))


def withdraw(home: Home) -> None:
    """Forget a candidate: a new build begins."""
    (home.build / "candidate.json").unlink(missing_ok=True)


def waiting(home: Home, run_id: str) -> Candidate | None:
    """A run's own candidate, whole or not; None when there is none."""
    path = home.build / "candidate.json"
    if not path.exists():
        return None
    candidate = msgspec.json.decode(path.read_bytes(), type=Candidate)
    return candidate if candidate.run_id == run_id else None


def accept(home: Home, run_id: str) -> bool:
    """Let a run's build count, because its checks passed.

    Args:
        home: Whose build.
        run_id: The run that checked; only its own build is accepted.

    Returns:
        Whether there was such a build.
    """
    candidate = waiting(home, run_id)
    if candidate is None or not candidate.is_whole:
        return False
    state = read_state(home)
    write_state(
        home,
        BuildState(
            fingerprint=candidate.fingerprint,
            built_through=candidate.built_through,
            published_through=0 if candidate.has_new_rows else state.published_through,
        ),
    )
    withdraw(home)
    return True
