"""Settings: the only reader of the environment.

A new knob is a typed field here, with a default that suits a laptop.
Derived paths belong to home.py, constants beside the code that they rule.
"""

import os
from datetime import datetime
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


class Settings(BaseSettings):
    """What may differ between two machines that run the same code.

    Attributes:
        home: Folder that holds everything this installation knows (see home.py).
        block_bytes: Most decompressed bytes decoded at a time; a run takes less where files are read side by side.
        max_line_bytes: A longer line is quarantined unread.
        max_expansion_ratio: Decompressed over compressed size beyond which a file is a bomb (asked past 64 MiB).
        parallel_files: Files decoded side by side; 0 means one a core.
        min_free_bytes: A run stops, cleanly, when the home's disk has less room than this.
        lock_wait_seconds: How long a run waits for another to finish before it gives up.
        actor: Who is at the keyboard, for the access log; the operating system's user when absent.
        alert_command: Program that receives each alert as JSON on stdin.
        alert_webhook: Address that receives each alert as a JSON POST.
        openlineage_url: Address that receives each lineage event as a JSON POST (`.../api/v1/lineage`); events are kept either way.
        openlineage_api_key: Bearer token for that address.
        fail_point: Name of a step at which the process kills itself (tests of recovery).
        trusted_keys: File of public keys (JSON lines as in the register `signers`) that signatures are checked against;
            it should come from somebody else than whoever runs this home.
        sor_token_file: File with the token of the transparency database's account; only its owner may read it.
        now: Pinned clock, RFC 3339; for tests and re-performance.
        conformance_data: Folder of real data for the conformance tests.
    """

    model_config = SettingsConfigDict(env_prefix="RAPPORTEUR_", extra="ignore")

    home: Path = Path("data")
    block_bytes: int = Field(default=32 * MIB, ge=1024)
    max_line_bytes: int = Field(default=16 * MIB, ge=1024)
    max_expansion_ratio: int = Field(default=200, ge=2)
    parallel_files: int = Field(default=0, ge=0)
    min_free_bytes: int = Field(default=256 * MIB, ge=0)
    lock_wait_seconds: float = Field(default=3600.0, ge=0)
    actor: str | None = None
    alert_command: str | None = None
    alert_webhook: str | None = None
    openlineage_url: str | None = None
    openlineage_api_key: SecretStr | None = None
    fail_point: str | None = None
    trusted_keys: Path | None = None
    sor_token_file: Path | None = None
    now: datetime | None = None
    conformance_data: Path | None = None

    @property
    def worker_count(self) -> int:
        """Files to decode side by side on this machine."""
        return self.parallel_files or len(os.sched_getaffinity(0))


def get_settings() -> Settings:
    """Read the settings from the environment, afresh."""
    return Settings()


def quiet_environment(dagster_home: Path | None = None) -> None:
    """Switch every dependency's telemetry off, and tell Dagster where it lives.

    Libraries read these from the environment only, so this is the one place that writes it.

    Args:
        dagster_home: DAGSTER_HOME to use; left as it is when None.
    """
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    if dagster_home is not None:
        os.environ["DAGSTER_HOME"] = str(dagster_home)


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a child process, with changes laid over it."""
    return {**os.environ, **changes}
