"""What the made-up systems have to send: rows of each feed, with the day on which they leave.

Belongs here: collecting rows before they are exported.
Does not belong here: file formats, dirt, and how a row comes about.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assets.ingestion.sample.world import World, day_of

Fields = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One row that a system sends.

    Attributes:
        received_on: Day of delivery.
        at_ms: Event time (first required time of the feed), milliseconds since 1970.
        sent_ms: When the system wrote the row; orders the rows of a file.
        fields: The row itself; null fields are left out.
    """

    received_on: date
    at_ms: int
    sent_ms: int
    fields: Fields


@dataclass
class Outbox:
    """Rows by feed, in the order of writing.

    Attributes:
        world: Size and calendar.
        rows: Rows of every feed but the model requests, which are exported as they are drawn.
        sent_requests: Number of model requests by the day on which they happened.
    """

    world: World
    rows: dict[str, list[Row]] = field(default_factory=dict)
    sent_requests: dict[date, int] = field(default_factory=dict)

    def put(self, feed: str, fields: Fields, *, at_ms: int, sent_ms: int | None = None) -> None:
        """Add a row unless it lies at or after the end of the window.

        Args:
            feed: Name of the feed.
            fields: Contract fields; nulls are dropped.
            at_ms: Event time in milliseconds since 1970.
            sent_ms: When the row left its system; default the event time. It decides `received_on`.
        """
        sent = at_ms if sent_ms is None else sent_ms
        if sent >= self.world.horizon_ms:
            return
        kept = {name: value for name, value in fields.items() if value is not None}
        received_on = max(day_of(sent), self.world.start)
        self.rows.setdefault(feed, []).append(Row(received_on, at_ms, sent, kept))

    def known(self, at_ms: int | None) -> int | None:
        """The instant when it lies within the window, else None: the future is not known yet."""
        return at_ms if at_ms is not None and at_ms < self.world.horizon_ms else None
