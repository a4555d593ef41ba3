"""The run lock: one writer from vault to publish, and whoever waits is told for whom.

A kernel lock on a file, so that a killed holder frees it; readers of published data never take it.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from orchestration.core.clock import stamp
from orchestration.core.home import Home


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds the lock.

    Attributes:
        run_id: Its run.
        pid: Its process.
        since: UTC instant, RFC 3339.
    """

    run_id: str = "unknown"
    pid: int = 0
    since: str = "unknown"

    def __str__(self) -> str:
        """In words, for a log line."""
        return f"run {self.run_id} (process {self.pid}, since {self.since})"


class LockHeld(Exception):  # noqa: N818 - says what is the matter
    """Another run holds the lock and the wait is over."""

    def __init__(self, holder: Holder, waited_seconds: float) -> None:
        self.holder = holder
        super().__init__(
            f"{holder} is writing; waited {waited_seconds:.0f} s. Try again when it has finished, or stop it."
        )


def holder_of(home: Home) -> Holder | None:
    """Who holds the lock now, or None."""
    if not home.lock_file.exists():
        return None
    with home.lock_file.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_holder(handle.read())
    return None


def _read_holder(content: bytes) -> Holder:
    try:
        return msgspec.json.decode(content, type=Holder)
    except msgspec.MsgspecError:
        return Holder()


@contextmanager
def run_lock(
    home: Home,
    run_id: str,
    *,
    wait_seconds: float = 0.0,
    on_wait: Callable[[Holder], None] | None = None,
) -> Iterator[None]:
    """Hold the one writer's lock.

    Args:
        home: Whose lock.
        run_id: Told to whoever waits.
        wait_seconds: How long to wait for the present holder.
        on_wait: Called once with the holder when waiting begins.

    Raises:
        LockHeld: Still held by another when the wait is over.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    told = False
    with home.lock_file.open("a+b") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                handle.seek(0)
                holder = _read_holder(handle.read())
                # A holder writes its name just after it got the lock: give it a moment before telling of a nameless one.
                is_named = bool(holder.pid) or time.monotonic() - started > 1.0
                if on_wait is not None and not told and is_named:
                    on_wait(holder)
                    told = True
                if time.monotonic() - started >= wait_seconds:
                    raise LockHeld(holder, time.monotonic() - started) from None
                time.sleep(0.2)
        handle.truncate(0)
        handle.write(msgspec.json.encode(Holder(run_id=run_id, pid=os.getpid(), since=stamp())))
        handle.flush()
        try:
            yield
        finally:
            handle.truncate(0)
            fcntl.flock(handle, fcntl.LOCK_UN)
