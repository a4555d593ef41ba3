"""Build state: how far the writer's databases have come, so that a run does only what is left.

A cache beside the databases, written after each stretch; when it is lost or doubtful, the next run rebuilds.
"""

import msgspec

from orchestration.core.durable import write_bytes
from orchestration.core.home import Home


class BuildState(msgspec.Struct, frozen=True, kw_only=True):
    """How far the stretches have come.

    Attributes:
        fingerprint: Of the dbt project and contracts that built the databases.
        built_through: Last batch in the marts; 0 when nothing is built.
        published_through: Last batch that readers see.
    """

    fingerprint: str = ""
    built_through: int = 0
    published_through: int = 0


def read_state(home: Home) -> BuildState:
    """The present state; a new one when a database is missing or the file cannot be read."""
    path = home.build / "state.json"
    if not (path.exists() and home.warehouse_db.exists() and home.current_db.exists()):
        return BuildState()
    try:
        return msgspec.json.decode(path.read_bytes(), type=BuildState)
    except msgspec.MsgspecError:
        return BuildState()


def write_state(home: Home, state: BuildState) -> None:
    """Replace the state, durably."""
    write_bytes(home.build / "state.json", msgspec.json.encode(state))
