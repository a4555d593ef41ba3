"""When accounts send requests: people, offices, machines, bursts, schedulers.

Belongs here: drawing instants, always sorted, milliseconds since 1970, inside the window.
Does not belong here: what is sent.
"""

import numpy as np
from numpy.random import Generator

from assets.ingestion.sample.world import DAY, HOUR, MINUTE, World
from assets.ingestion.sample.worlds.library import Ints

_COUNTRIES = (
    *("US", "CA", "MX", "BR", "GB", "NG", "DE", "FR", "ES", "IT", "NL"),
    *("PL", "TR", "IN", "VN", "ID", "SG", "PH", "KR", "JP", "AU", "ZA"),
)
_HOURS = (-6, -5, -6, -3, 0, 1, 1, 1, 1, 1, 1, 1, 3, 5, 7, 7, 8, 8, 9, 9, 10, 2)
CLOCK = dict(zip(_COUNTRIES, _HOURS, strict=True))
"""Hours that local clocks are ahead of UTC."""


def within(at: Ints, world: World, since: int = 0, until: int | None = None) -> Ints:
    """The instants inside the window and [since, until), sorted."""
    low = max(world.start_ms, since)
    high = world.horizon_ms if until is None else min(until, world.horizon_ms)
    return np.sort(at[(at >= low) & (at < high)])


def human(
    rng: Generator, world: World, country: str, per_active_day: float, active: float, weekend: float = 0.6
) -> Ints:
    """Sessions of a person: some days, one to three sittings a day, minutes apart.

    Args:
        rng: Source of chance.
        world: The window.
        country: Whose clock.
        per_active_day: Mean requests on a day with any.
        active: Probability that a weekday has any.
        weekend: Factor for Saturdays and Sundays.
    """
    days = np.arange(world.days)
    weekday = (world.start.weekday() + days) % 7
    on = days[rng.random(world.days) < active * np.where(weekday >= 5, weekend, 1.0)]
    if not len(on):
        on = days[rng.integers(0, world.days, 1)]
    counts = 1 + rng.poisson(np.clip(rng.lognormal(np.log(max(per_active_day - 0.6, 0.2)), 0.6, len(on)), 0, 4000))
    centre = np.clip(rng.normal(14.0, 3.0), 8, 22) - CLOCK.get(country, 0)
    sitting = rng.normal(centre, 3.2, (len(on), 3))
    which = np.repeat(np.arange(len(on)), counts)
    base = sitting[which, rng.integers(0, 3, len(which))] * HOUR
    minutes = rng.exponential(18 * MINUTE, len(which))
    at = world.start_ms + on[which] * DAY + base + minutes
    return within(at.astype(np.int64), world)


def machine(rng: Generator, world: World, per_day: float, jitter: float = 0.3) -> Ints:
    """A job around the clock: an even flow with a cron's hourly bump."""
    count = int(rng.poisson(per_day * world.days))
    at = world.start_ms + rng.random(count) * DAY * world.days
    cron = rng.random(count) < 1 - jitter
    at = np.where(cron, np.floor(at / HOUR) * HOUR + rng.exponential(6 * MINUTE, count), at)
    return within(at.astype(np.int64), world)


def office(rng: Generator, world: World, country: str, per_day: float) -> Ints:
    """An office on weekdays, eight to six local time."""
    days = np.array([n for n in range(world.days) if (world.start.weekday() + n) % 7 < 5], dtype=np.int64)
    if not len(days):
        return np.empty(0, np.int64)
    count = int(rng.poisson(per_day * len(days)))
    hours = np.clip(rng.normal(13.0, 2.6, count), 7.5, 19.5) - CLOCK.get(country, 0)
    at = world.start_ms + days[rng.integers(0, len(days), count)] * DAY + hours * HOUR
    return within(at.astype(np.int64), world)


def burst(rng: Generator, world: World, start_ms: int, hours: float, count: int) -> Ints:
    """`count` requests within some hours."""
    return within((start_ms + rng.random(count) * hours * HOUR).astype(np.int64), world)


def scheduled(
    rng: Generator,
    world: World,
    members: int,
    total: int,
    *,
    since: int,
    until: int | None = None,
    human_hours: str = "",
) -> list[Ints]:
    """One flow, dealt out to members by a scheduler: nobody stands out, the sum does.

    Args:
        rng: Source of chance.
        world: The window.
        members: How many share it.
        total: Requests of all together.
        since: Start of the flow, milliseconds since 1970.
        until: Its end, default the window's.
        human_hours: A country whose working day the flow keeps; empty = around the clock.
    """
    low = max(since, world.start_ms)
    high = world.horizon_ms if until is None else until
    at = low + rng.random(total) * max(high - low, HOUR)
    if human_hours:
        hour = np.clip(rng.normal(14.0, 3.5, total), 6, 23.5) - CLOCK.get(human_hours, 0)
        at = np.floor(at / DAY) * DAY + hour * HOUR
    shares = rng.dirichlet(np.full(members, 12.0))
    owner = rng.choice(members, total, p=shares)
    return [within(at[owner == member].astype(np.int64), world, low, high) for member in range(members)]
