"""Dirt as real exporters make it: broken, repeated, odd and empty lines, each with what ingestion must say of it.

Belongs here: spoiling rows, and counting what was spoilt.
Does not belong here: file formats, and what is true of the rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

import msgspec

from assets.ingestion.contracts import FEEDS, Feed
from assets.ingestion.sample.world import Dice

Verdict = Literal["loadable", "duplicate", "malformed", "blank"]
Line = bytes | dict[str, Any]
"""A row, or a line that is already text; `b""` is blank."""

FORBIDDEN_VALUE = "Synthetic sentence that stands for a prompt and must not be found anywhere behind the vault."
DRIFT_FIELD = "exporter_build"
_SHIFTS = (330, -480, 60, 845)


@dataclass(frozen=True)
class Judged:
    """A line to be written.

    Attributes:
        line: Its row or text.
        verdict: What ingestion must say of it.
        ending: Its line end in a text file.
    """

    line: Line
    verdict: Verdict = "loadable"
    ending: bytes = b"\n"


Spoiler = Callable[[dict[str, Any], Feed, Dice], list[Judged] | None]


def _blank(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged]:
    return [Judged(row), Judged(b"", "blank")]


def _again(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged]:
    return [Judged(row), Judged(row, "duplicate")]


def _missing(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged]:
    required = [field.name for field in feed.fields if field.required and field.name not in feed.key]
    if not required:
        required = [feed.key[0]]
    lost = dice.pick(required)
    return [Judged(row), Judged({name: value for name, value in row.items() if name != lost}, "malformed")]


def _unknown_value(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged] | None:
    choices = [field.name for field in feed.fields if field.values and field.name in row]
    return [Judged(row), Judged({**row, dice.pick(choices): "brand_new_value"}, "malformed")] if choices else None


def _no_offset(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged] | None:
    name = feed.event_time
    if name is None or name not in row:
        return None
    return [Judged(row), Judged({**row, name: str(row[name]).removesuffix("Z")}, "malformed")]


def _odd_offset(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged] | None:
    name = feed.event_time
    if name is None or name not in row:
        return None
    zone = timezone(timedelta(minutes=dice.pick(_SHIFTS)))
    moved = datetime.fromisoformat(row[name]).astimezone(zone).isoformat(timespec="milliseconds")
    return [Judged({**row, name: moved})]


def _drift(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged]:
    return [Judged({**row, DRIFT_FIELD: "2026.6"})]


def _upper_hash(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged] | None:
    hashes = [field.name for field in feed.fields if field.type == "hash" and field.name in row]
    return [Judged({**row, **{name: str(row[name]).upper() for name in hashes}})] if hashes else None


def _conflict(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged] | None:
    if feed.kind != "event":
        return None
    texts = [field.name for field in feed.fields if field.type == "str" and not field.values]
    spare = next((name for name in texts if name not in {*feed.key, "surface"}), None)
    if spare is None:
        return None
    return [Judged(row), Judged({**row, spare: f"{row.get(spare, '')}_other"}, "malformed")]


def _wrong_type(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged] | None:
    numbers = [field.name for field in feed.fields if field.type == "int" and field.name in row]
    return [Judged(row), Judged({**row, numbers[0]: 1.5}, "malformed")] if numbers else None


def _forbidden(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged]:
    return [Judged(row), Judged({**row, "prompt": FORBIDDEN_VALUE}, "malformed")]


def _bad_json(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged]:
    text = msgspec.json.encode(row)
    return [Judged(row), Judged(text[: len(text) * 2 // 3], "malformed")]


def _carriage_return(row: dict[str, Any], feed: Feed, dice: Dice) -> list[Judged]:
    return [Judged(row, ending=b"\r\n")]


_ANYWHERE: tuple[Spoiler, ...] = (_again, _missing, _unknown_value)
_IN_CSV: tuple[Spoiler, ...] = (*_ANYWHERE, _blank, _no_offset, _odd_offset, _upper_hash, _wrong_type)
_IN_JSON: tuple[Spoiler, ...] = (*_IN_CSV, _drift, _forbidden, _bad_json, _carriage_return, _conflict)
SPOILERS: dict[str, tuple[Spoiler, ...]] = {"parquet": _ANYWHERE, "csv": _IN_CSV, "jsonl": _IN_JSON}


class Soiler:
    """Spoils rows of one feed; every kind of dirt has its turn over the files of a sample."""

    def __init__(self, feed: str, dice: Dice) -> None:
        self._feed = FEEDS[feed]
        self._dice = dice
        self._turn = dice.below(len(_IN_JSON))

    def soil(self, rows: Sequence[Line], kind: str, count: int) -> list[Judged]:
        """Spoil `count` of the rows, each in its own way.

        Args:
            rows: Clean rows (or clean JSON lines), in the order of writing.
            kind: `jsonl`, `csv` or `parquet`: what a file can hold decides what can be wrong in it.
            count: How many rows to spoil; more than there are means all.

        Returns:
            Lines in the order of writing, those spoilt beside those from which they were made.
        """
        chosen = {self._dice.below(len(rows)) for _ in range(count)} if rows else set()
        judged: list[Judged] = []
        start = 0
        for n in sorted(chosen):
            judged.extend(Judged(line) for line in rows[start:n])
            judged.extend(self._spoil(rows[n], kind))
            start = n + 1
        judged.extend(Judged(line) for line in rows[start:])
        return judged

    def _spoil(self, line: Line, kind: str) -> list[Judged]:
        row: dict[str, Any] = msgspec.json.decode(line) if isinstance(line, bytes) else line
        spoilers = SPOILERS[kind]
        for _ in spoilers:
            self._turn += 1
            spoilt = spoilers[self._turn % len(spoilers)](row, self._feed, self._dice)
            if spoilt:
                return spoilt
        return [Judged(line)]
