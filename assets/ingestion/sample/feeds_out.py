"""The exporters of feeds: which rows go into which file of which day, in which format, how late and how dirty.

Belongs here: cutting rows into deliveries, late and repeated lines, redelivered files, retractions, control totals.
Does not belong here: encodings (`exporters`), kinds of dirt (`dirt`), registers (`registers_out`).
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from assets.ingestion.contracts import FEEDS
from assets.ingestion.sample.dirt import Judged, Soiler
from assets.ingestion.sample.landing import Landing
from assets.ingestion.sample.outbox import Outbox, Row
from assets.ingestion.sample.story import Story
from assets.ingestion.sample.world import DAY, HOUR, Dice, World, day_of, iso

_GATEWAYS = ("gateway-1.jsonl.gz", "gateway-2.jsonl.gz", "gateway-3.jsonl.zst")
_LATE_SHARE = 0.01
_FEWEST_ROWS_FOR_DIRT = 40
COUNTED = (
    *("model_requests", "detections", "user_reports", "enforcement_actions"),
    *("appeals", "copyright_notices", "reviews", "legal_orders"),
)
"""Feeds whose source systems send control totals: records (distinct keys) by the day of the feed's event time."""


class Gateway:
    """Exports model requests: three files a day, and one of late and repeated lines.

    Attributes:
        sent: Number of requests by the day on which they happened.
    """

    def __init__(self, landing: Landing, world: World, soiler: Soiler) -> None:
        self.sent: dict[date, int] = {}
        self._landing = landing
        self._world = world
        self._soiler = soiler
        self._late: dict[int, list[bytes]] = defaultdict(list)
        self._repeats: list[bytes] = []
        self._first: bytes = b""

    def export_day(self, day: int, lines: list[bytes]) -> None:
        """Export the requests that happened on day number `day`, and what is late from the days before."""
        received_on = self._world.start + timedelta(days=day)
        self.sent[received_on] = len(lines)
        rng = self._world.rng("late", day)
        delays = rng.integers(1, 4, len(lines)).tolist()
        is_late = (rng.random(len(lines)) < _LATE_SHARE).tolist()
        in_time: list[bytes] = []
        for line, late, delay in zip(lines, is_late, delays, strict=True):
            if late:
                self._late[min(day + delay, self._world.days)].append(line)
            else:
                in_time.append(line)
        self._export_late(day)
        for n, name in enumerate(_GATEWAYS):
            part = in_time[n :: len(_GATEWAYS)]
            judged = self._soiler.soil(part, "jsonl", len(part) // 700 + 1)
            data = self._landing.deliver("model_requests", received_on, name, judged)
            if n == 0:
                plain = [each.line for each in judged if isinstance(each.line, bytes) and each.verdict == "loadable"]
                self._repeats = plain[:2]
                self._first = self._first or data

    def export_leftovers(self) -> None:
        """Export what arrives after the window: late lines, the first file once more, a file still being written."""
        self._export_late(self._world.days)
        again = self._world.start + timedelta(days=1)
        self._landing.put("model_requests", again, "gateway-1-resent.jsonl.gz", self._first)
        self._landing.books.count("model_requests", len(self._first), duplicate_files=1)
        self._landing.put("model_requests", self._world.end, "gateway-2.jsonl.gz.part", self._first[:100])

    def _export_late(self, day: int) -> None:
        judged = [Judged(line) for line in self._late.pop(day, [])]
        judged += [Judged(line, "duplicate") for line in self._repeats]
        if judged:
            received_on = self._world.start + timedelta(days=day)
            self._landing.deliver("model_requests", received_on, "gateway-late.jsonl.gz", judged)


def export_feed(landing: Landing, world: World, feed: str, rows: list[Row]) -> None:
    """Export one feed's rows, a file a day; large enough feeds are dirty and sometimes late."""
    dice = Dice(world.rng("export", feed))
    soiler = Soiler(feed, dice)
    is_dirty = len(rows) >= _FEWEST_ROWS_FOR_DIRT
    by_day: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        delay = dice.between(1, 3) if is_dirty and dice.chance(_LATE_SHARE) else 0
        by_day[min(row.received_on + timedelta(days=delay), world.end + timedelta(days=1))].append(row)
    for received_on, sent in sorted(by_day.items()):
        name, kind = _file_of(feed, (received_on - world.start).days)
        fields = [row.fields for row in sorted(sent, key=lambda row: row.sent_ms)]
        spoilt = len(fields) // 120 + dice.between(0, 2) if is_dirty else 0
        landing.deliver(feed, received_on, name, soiler.soil(fields, kind, spoilt))


def _file_of(feed: str, day: int) -> tuple[str, str]:
    if feed == "reviews" and day % 2:
        return "review-tool.csv.gz", "csv"
    if feed == "user_reports" and day % 4 == 3:
        return "reporting-form.csv", "csv"
    if feed == "detections" and day % 5 == 2:
        return "detections.parquet", "parquet"
    if feed in {"enforcement_actions", "reviews"}:
        return f"{feed.replace('_', '-')}.jsonl", "jsonl"
    if feed == "appeals" and day % 3 == 1:
        return "appeals.jsonl.zst", "jsonl"
    return f"{feed.replace('_', '-')}.jsonl.gz", "jsonl"


def export_backfill(landing: Landing, story: Story) -> None:
    """Export old versions of a few accounts, late: they must not undo newer ones."""
    world = story.world
    observed = world.start_ms - 20 * DAY
    old = [n for n, created in enumerate(story.population.created_ms.tolist()) if created < observed][:5]
    rows = [
        {
            **{name: value for name, value in story.population.profiles[n].items() if value is not None},
            "observed_at": iso(observed),
            "created_at": iso(int(story.population.created_ms[n])),
            "status": "active",
            "declared_use": "synthetic earlier use",
        }
        for n in old
    ]
    received_on = world.start + timedelta(days=world.days // 2)
    landing.deliver("accounts", received_on, "accounts-backfill.jsonl", [Judged(row) for row in rows])


def export_retractions(landing: Landing, world: World, outbox: Outbox) -> None:
    """Export one retraction by file and line, and one by id with what replaces it."""
    at = world.start_ms + (world.days - 1) * DAY + 10 * HOUR
    base: dict[str, Any] = {
        "requested_at": iso(at),
        "requested_by": "analyst_syn_01",
        "approved_by": "governance_syn_01",
    }
    reports = [row.fields["report_id"] for row in outbox.rows["user_reports"][:2]]
    sha256, line = landing.first_lines["detections"]
    by_line = {"retraction_id": "ret_syn_01", "reason": "detector test", "feed": "detections"}
    by_id = {"retraction_id": "ret_syn_02", "reason": "entered twice", "feed": "user_reports"}
    rows = [
        {**by_line, **base, "file_sha256": sha256, "line": line},
        {**by_id, **base, "id": reports[0], "superseded_by": reports[1]},
    ]
    landing.deliver("retractions", world.end, "retractions.jsonl", [Judged(row) for row in rows])


def export_control_totals(landing: Landing, world: World, outbox: Outbox) -> None:
    """Export, a day later, how many records each counted system sent for each day."""
    for day in range(world.days):
        happened = world.start + timedelta(days=day)
        midnight = world.start_ms + day * DAY
        rows = [
            {
                "control_id": f"ctl_syn_{feed}_{happened}",
                "source_system": f"{feed}_exporter",
                "feed": feed,
                "period_start": iso(midnight),
                "period_end": iso(midnight + DAY),
                "record_count": totals[happened],
                "generated_at": iso(midnight + DAY + 2 * HOUR),
            }
            for feed, totals in _totals(outbox).items()
        ]
        received_on = happened + timedelta(days=1)
        landing.deliver("control_totals", received_on, "control-totals.csv", [Judged(row) for row in rows])


def _totals(outbox: Outbox) -> dict[str, Counter[date]]:
    totals: dict[str, Counter[date]] = {}
    for feed in COUNTED:
        if feed == "model_requests":
            totals[feed] = Counter(outbox.sent_requests)
            continue
        key = FEEDS[feed].key[0]
        seen = {(row.fields[key], day_of(row.at_ms)) for row in outbox.rows.get(feed, [])}
        totals[feed] = Counter(day for _, day in seen)
    return totals
