"""The world that a sample is drawn from: its size, its calendar, its sources of chance and of ids.

Belongs here: what every part of the sample needs to be drawn in the same way twice.
Does not belong here: what is drawn, and any clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zlib import crc32

import numpy as np
from numpy.random import Generator

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """What decides every byte of a sample.

    Attributes:
        days: Length of the window in days.
        accounts: Accounts that exist, at least 1.
        seed: Seed of every draw.
        end: Last day of the window, inclusive.
        name: Which labelled world it is; empty for the plain sample.
    """

    days: int
    accounts: int
    seed: int
    end: date
    name: str = ""

    @property
    def start(self) -> date:
        """First day of the window."""
        return self.end - timedelta(days=self.days - 1)

    @property
    def start_ms(self) -> int:
        """Midnight UTC that begins the window, in milliseconds since 1970."""
        return at_midnight(self.start)

    @property
    def horizon_ms(self) -> int:
        """Midnight UTC that ends the window (exclusive): nothing happens at or after it."""
        return at_midnight(self.end) + DAY

    def rng(self, *name: str | int) -> Generator:
        """A source of chance of its own for each name and labelled world: a new part does not move the others."""
        parts = (*name, self.name) if self.name else name
        return np.random.default_rng([self.seed, *(crc32(str(part).encode()) for part in parts)])


def at_midnight(day: date) -> int:
    """Midnight UTC of a day in milliseconds since 1970."""
    return (day - _EPOCH.date()).days * DAY


def day_of(at_ms: int) -> date:
    """The UTC day of an instant in milliseconds since 1970."""
    return _EPOCH.date() + timedelta(days=at_ms // DAY)


def iso(at_ms: int) -> str:
    """RFC 3339 with milliseconds and `Z`."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


def hexes(rng: Generator, count: int, size: int = 16) -> list[str]:
    """`count` random hex strings of `size` bytes each."""
    digits = rng.bytes(count * size).hex()
    width = 2 * size
    return [digits[n : n + width] for n in range(0, count * width, width)]


class Dice:
    """Scalar draws, buffered: a Python loop over flows needs thousands of them."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._left: list[float] = []

    def random(self) -> float:
        """A number in [0, 1)."""
        if not self._left:
            self._left = self._rng.random(4096).tolist()
        return self._left.pop()

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.random() < probability

    def below(self, stop: int) -> int:
        """An integer in [0, stop)."""
        return int(self.random() * stop)

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high]."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, options: Sequence[T], weights: Sequence[int] | None = None) -> T:
        """One of the options, evenly or by integer weights."""
        if weights is None:
            return options[self.below(len(options))]
        left = self.random() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            left -= weight
            if left < 0:
                return option
        return options[-1]

    def id(self, prefix: str) -> str:
        """An obviously synthetic id: `<prefix>_syn_<16 hex digits>`."""
        return f"{prefix}_syn_{self.hex(8)}"

    def hex(self, size: int = 16) -> str:
        """Random hex digits of `size` bytes."""
        return self._rng.bytes(size).hex()
