"""The generator's own books: how many lines of each kind it wrote to each feed.

Belongs here: counting what was written, and the summary that a caller prints or a test compares with ingestion.
Does not belong here: writing.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from assets.ingestion.sample.dirt import Judged


class FeedLines(msgspec.Struct, frozen=True, kw_only=True):
    """Lines written to one feed: `lines = loadable + duplicate + malformed + blank`.

    Attributes:
        files: Complete files, redelivered ones included.
        lines: Physical lines, rows or elements that ingestion must account for (a header is none).
        loadable: Those that must become rows.
        duplicate: Those equal to what is there.
        malformed: Those that must be quarantined.
        blank: Those of white space.
        duplicate_files: Files that were delivered before under another name; they add no lines.
        bytes: Bytes as landed.
    """

    files: int = 0
    lines: int = 0
    loadable: int = 0
    duplicate: int = 0
    malformed: int = 0
    blank: int = 0
    duplicate_files: int = 0
    bytes: int = 0


class SampleSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a sample holds.

    Attributes:
        start: First day of events, `YYYY-MM-DD`.
        end: Last day of events, inclusive.
        accounts: Number of accounts.
        seed: The seed.
        feeds: Books by feed or register.
        was_there: Whether the same sample stood already and nothing was written.
    """

    start: str
    end: str
    accounts: int
    seed: int
    feeds: dict[str, FeedLines]
    was_there: bool = False

    @property
    def total(self) -> FeedLines:
        """The sum over all feeds."""
        names = FeedLines.__struct_fields__
        return FeedLines(**{name: sum(getattr(feed, name) for feed in self.feeds.values()) for name in names})


class Books:
    """Counts lines while files are written."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def enter(self, feed: str, lines: Iterable[Judged], size: int) -> None:
        """Count a file and its lines."""
        verdicts = Counter(judged.verdict for judged in lines)
        self.count(feed, size, loadable=verdicts["loadable"], duplicate=verdicts["duplicate"],
                   malformed=verdicts["malformed"], blank=verdicts["blank"])  # fmt: skip

    def count(self, feed: str, size: int, **verdicts: int) -> None:
        """Count a file whose lines are known by number."""
        counts = self._counts.setdefault(feed, Counter())
        counts.update(verdicts)
        counts.update(files=1, bytes=size)
        counts["lines"] += sum(verdicts.get(name, 0) for name in ("loadable", "duplicate", "malformed", "blank"))

    def feeds(self) -> dict[str, FeedLines]:
        """The books by feed, in the order of names."""
        return {feed: FeedLines(**counts) for feed, counts in sorted(self._counts.items())}
