"""The landing zone as the generator sees it: the marker, what may be written where, and one file at a time.

Belongs here: the guard against real deliveries, the marker `_SYNTHETIC`, naming and writing files.
Does not belong here: what is in a file.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from assets.ingestion.sample import exporters
from assets.ingestion.sample.dirt import Judged
from assets.ingestion.sample.ledger import Books, SampleSummary
from assets.ingestion.sample.world import World
from orchestration.core.commits import read_commits
from orchestration.core.home import Home


class SampleRefusedError(ValueError):
    """The sample may not be written here; the message says why and what to do."""


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """What `landing/_SYNTHETIC` holds.

    Attributes:
        note: For whoever opens the file.
        days: As asked for.
        accounts: As asked for.
        seed: As asked for.
        end: As asked for.
        world: Which labelled world it is; absent for the plain sample.
        summary: The books, once everything is written.
    """

    note: str = (
        "Everything in this landing zone was made up by `rapporteur sample`; nothing built from it can be filed."
    )
    days: int
    accounts: int
    seed: int
    end: str
    world: str | msgspec.UnsetType = msgspec.UNSET
    summary: SampleSummary | None = None


@dataclass
class Landing:
    """Writes files below `landing/` and keeps the books.

    Attributes:
        home: Where.
        books: Counts of what was written.
        first_lines: For a feed, the sha256 of a JSON-lines file and the number of a good line in it.
    """

    home: Home
    books: Books = field(default_factory=Books)
    first_lines: dict[str, tuple[str, int]] = field(default_factory=dict)

    def deliver(self, feed: str, received_on: date, name: str, lines: Sequence[Judged]) -> bytes:
        """Write lines in the format that the file name's ending says; returns the delivered bytes."""
        base = name.removesuffix(".gz").removesuffix(".zst")
        if base.endswith(".csv"):
            text = exporters.csv_text(feed, lines, "\r\n" if received_on.day % 2 else "\n")
        elif base.endswith(".parquet"):
            text = exporters.parquet_bytes(feed, lines)
        else:
            text = exporters.json_lines(lines)
        data = exporters.pack(text, name)
        self.put(feed, received_on, name, data)
        self.books.enter(feed, lines, len(data))
        if feed not in self.first_lines and base.endswith(".jsonl"):
            good = next((n for n, judged in enumerate(lines, start=1) if judged.verdict == "loadable"), None)
            if good is not None:
                self.first_lines[feed] = (hashlib.sha256(data).hexdigest(), good)
        return data

    def put(self, feed: str, received_on: date, name: str, data: bytes) -> None:
        """Write the bytes of a delivery without counting them."""
        exporters.write_whole(self.home.landing / feed / str(received_on) / name, data)


def claim(home: Home, world: World) -> SampleSummary | None:
    """Mark the landing zone as synthetic, or refuse.

    Args:
        home: The home to write to.
        world: What is about to be written.

    Returns:
        The summary when exactly this sample stands already, else None.

    Raises:
        SampleRefusedError: When the landing zone or the lake holds real deliveries, or another sample stands.
    """
    marker = read_marker(home)
    asked = (world.days, world.accounts, world.seed, str(world.end), world.name or msgspec.UNSET)
    if marker is None:
        if home.landing.exists() and any(path.is_file() for path in home.landing.rglob("*")):
            raise SampleRefusedError(
                f"{home.landing} holds deliveries that no generator made: a sample would mix with them. "
                "Choose another home (RAPPORTEUR_HOME)."
            )
    elif (marker.days, marker.accounts, marker.seed, marker.end, marker.world) == asked:
        if marker.summary is not None:
            return msgspec.structs.replace(marker.summary, was_there=True)
    elif any(path.is_file() and path != home.synthetic_marker for path in home.landing.rglob("*")):
        named = f" --world {marker.world}" if marker.world else ""
        raise SampleRefusedError(
            f"{home.landing} holds another sample (--days {marker.days} --accounts {marker.accounts} "
            f"--seed {marker.seed} --end {marker.end}{named}). Empty it or choose another home (RAPPORTEUR_HOME)."
        )
    if any(not commit.is_synthetic for commit in read_commits(home)):
        raise SampleRefusedError(
            f"{home.lake} holds batches of real deliveries: a sample may not follow them. "
            "Choose another home (RAPPORTEUR_HOME)."
        )
    write_marker(home, world, None)
    return None


def read_marker(home: Home) -> Marker | None:
    """The marker, or None; one that another generator wrote counts as a marker of unknown content."""
    if not home.synthetic_marker.exists():
        return None
    try:
        return msgspec.json.decode(home.synthetic_marker.read_bytes(), type=Marker)
    except msgspec.DecodeError:
        return Marker(days=0, accounts=0, seed=0, end="unknown")


def write_marker(home: Home, world: World, summary: SampleSummary | None) -> None:
    """Write the marker, with the books once everything is written."""
    marker = Marker(
        days=world.days,
        accounts=world.accounts,
        seed=world.seed,
        end=str(world.end),
        world=world.name or msgspec.UNSET,
        summary=summary,
    )
    text = msgspec.json.format(msgspec.json.encode(marker), indent=2) + b"\n"
    exporters.write_whole(home.synthetic_marker, text)
