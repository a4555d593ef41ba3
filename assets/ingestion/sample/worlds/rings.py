"""Bad families that act together: shared infrastructure, shared cards, paraphrase, schedulers, pivots, copied keys.

Belongs here: rings of accounts with one actor behind them.
Does not belong here: single bad accounts (`wolves`).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from assets.ingestion.sample.world import DAY, HOUR, hexes
from assets.ingestion.sample.worlds import rhythms
from assets.ingestion.sample.worlds.library import PRIZED, Ints, Prompts, Templates, zipf
from assets.ingestion.sample.worlds.networks import Place
from assets.ingestion.sample.worlds.people import everyday, habits, joined_at, new_key, open_account
from assets.ingestion.sample.worlds.town import Account, Town


def lair(town: Town, rng: Generator, count: int) -> list[Place]:
    """Rented places, of the kinds and in the countries that this world's attackers use."""
    spec = town.spec
    places = []
    for _ in range(count):
        country = str(rng.choice(spec.attack_countries)) if spec.attack_countries else town.networks.country(rng)
        places.append(town.networks.place(rng, str(rng.choice(spec.attack_networks)), country))
    return places


def harvest(town: Town, rng: Generator, count: int, *, elicits: float = 0.55, grades: float = 0.1) -> Templates:
    """Templates of an extraction: prized tasks, reasoning asked for, formats that a machine reads."""
    return town.library.draw(rng, count, tasks=PRIZED, elicits=elicits, grades=grades, strict=0.45)


def mingled(town: Town, rng: Generator, loot: Templates, count: int, cover: float) -> tuple[Prompts, Ints]:
    """Extraction mixed with everyday prompts; the second value is 1 where a prompt belongs to the extraction."""
    if town.spec.evasive:
        cover = max(cover, float(rng.uniform(0.75, 0.88)))
    theirs = int(rng.binomial(count, 1 - cover))
    parts = (
        town.library.fill(rng, loot, zipf(rng, len(loot), theirs, 0.5)),
        everyday(town, rng, habits(town, rng), count - theirs),
    )
    order = rng.permutation(count)
    both = Prompts(
        *(
            np.concatenate([getattr(part, name) for part in parts])[order]
            for name in ("template", "prompt", "simhash", "task", "elicits", "grades", "strict")
        )
    )
    return both, (order < theirs).astype(np.int64)


@dataclass(frozen=True)
class Den:
    """What a ring that hides daily has on each day of the window.

    Attributes:
        places: Places by day; members share a day's.
        keys: API keys by day, or empty when each member has its own.
    """

    places: list[list[Place]]
    keys: list[str]


def den(town: Town, rng: Generator, size: int, *, shares_keys: bool = False) -> Den | None:
    """A ring's daily places and keys, in worlds where rings hide daily; else None."""
    if not town.spec.hide_daily:
        return None
    days = range(town.world.days)
    return Den([lair(town, rng, size) for _ in days], [new_key(rng) for _ in days] if shares_keys else [])


def work(
    town: Town,
    rng: Generator,
    account: Account,
    at: Ints,
    loot: Templates,
    cover: float,
    *,
    pivot: float | None = None,
    shared: Den | None = None,
) -> None:
    """Let an account extract under cover; where rings hide daily, its places and keys change every midnight."""
    told, is_loot = mingled(town, rng, loot, len(at), cover)
    place: Ints | None = None
    key: Ints | None = None
    if town.spec.hide_daily:
        key = (at - town.world.start_ms) // DAY
        mine = shared or Den([lair(town, rng, 1) for _ in range(town.world.days)], [])
        size = len(mine.places[0])
        account.places = [each for day in mine.places for each in day]
        place = key * size + rng.integers(0, size, len(at))
        account.keys[:] = mine.keys or [new_key(rng) for _ in range(town.world.days)]
    elif rng.random() < 0.5:
        place = rng.integers(0, len(account.places), len(at))
    for bad in (1, 0):
        these = np.flatnonzero(is_loot == bad)
        town.say(
            rng,
            account,
            at[these],
            told.take(these),
            is_bad=bool(bad),
            pivot=pivot,
            failure=0.025,
            place=None if place is None else place[these],
            key=None if key is None else key[these],
            refusal=0.02 if bad else 0.012,
        )


def _start(town: Town, rng: Generator, latest: float = 0.45) -> int:
    """When a ring begins: before the window or in its first part."""
    if rng.random() < 0.35:
        return town.world.start_ms
    return town.world.start_ms + int(rng.uniform(0.02, latest) * town.world.days * DAY)


def _recruit(town: Town, rng: Generator, family: str, actor: str, start: int, places: list[Place] | None = None,
             payment: str | None = "", country: str = "") -> Account:  # fmt: skip
    created = start - int(rng.exponential(30) * DAY) - HOUR if rng.random() < 0.7 else joined_at(town, rng)
    return open_account(
        town, rng, family, actor=actor, is_bad=True, places=places, payment=payment, country=country,
        created_ms=min(created, start - 1),
    )  # fmt: skip


def _hours(town: Town) -> str:
    return (town.spec.attack_countries or ("VN",))[0] if town.spec.human_attackers else ""


def _flows(town: Town, rng: Generator, count: int, start: int, per_day: tuple[float, float]) -> list[Ints]:
    days = (town.world.horizon_ms - start) / DAY
    total = int(count * rng.uniform(*per_day) * days * max(town.spec.activity, 0.6))
    return rhythms.scheduled(rng, town.world, count, total, since=start, human_hours=_hours(town))


def hydra_ring(town: Town, rng: Generator, count: int) -> None:
    """Fraudulent accounts on one infrastructure: a pool of addresses, devices and cards, one set of templates."""
    actor, start = town.group(), _start(town, rng)
    pool = lair(town, rng, max(3, count // 2))
    devices = [town.networks.device(rng) for _ in range(max(2, count // 4))]
    cards = hexes(rng, max(2, count // 4))
    loot = harvest(town, rng, int(rng.integers(5, 16)))
    cover = float(rng.uniform(0.2, 0.7))
    hideout = den(town, rng, max(2, count // 4))
    for at in _flows(town, rng, count, start, (4, 22)):
        chosen = rng.choice(len(pool), min(len(pool), int(rng.integers(2, 5))), replace=False)
        places = [replace(pool[int(n)], device=devices[int(rng.integers(len(devices)))]) for n in chosen]
        card = cards[int(rng.integers(len(cards)))] if rng.random() < (0.4 if town.spec.evasive else 0.75) else None
        account = _recruit(town, rng, "hydra_ring", actor, start, places, card)
        work(town, rng, account, at, loot, cover, shared=hideout)


def payment_ring(town: Town, rng: Generator, count: int) -> None:
    """Accounts with nothing in common but a card or two and the templates."""
    actor, start = town.group(), _start(town, rng)
    cards = hexes(rng, 1 + int(count > 6))
    loot = harvest(town, rng, int(rng.integers(5, 14)))
    cover = float(rng.uniform(0.3, 0.7))
    for n, at in enumerate(_flows(town, rng, count, start, (4, 20))):
        places = [place for _ in range(2) for place in lair(town, rng, 1)]
        account = _recruit(town, rng, "payment_ring", actor, start, places, cards[n % len(cards)])
        work(town, rng, account, at, loot, cover)


def paraphrase_ring(town: Town, rng: Generator, count: int) -> None:
    """No shared infrastructure, no shared template hash: the same prompts in slightly other words."""
    actor, start = town.group(), _start(town, rng)
    seeds = harvest(town, rng, int(rng.integers(6, 16)))
    prompts = int(rng.integers(8, 30))
    core = town.library.fill(rng, seeds, rng.integers(0, len(seeds), prompts))
    cover = float(rng.uniform(0.25, 0.6))
    for at in _flows(town, rng, count, start, (4, 18)):
        account = _recruit(town, rng, "paraphrase_ring", actor, start, lair(town, rng, int(rng.integers(1, 4))))
        spread = (0.03, 0.06) if town.spec.evasive else (0.015, 0.04)
        own = town.library.draw(rng, prompts, tasks=PRIZED, spread=spread)
        elicits, grades, strict = (np.where(flag, 0.9, 0.0) for flag in (core.elicits, core.grades, core.strict))
        worded = replace(own, base=core.simhash, task=core.task, elicits=elicits, grades=grades, strict=strict)
        work(town, rng, account, at, worded, cover)


def slow_ring(town: Town, rng: Generator, count: int) -> None:
    """Low and slow: a scheduler spreads a steady flow thinly, under much cover; a few addresses and cards recur."""
    actor, start = town.group(), _start(town, rng, 0.3)
    pool, cards = lair(town, rng, max(2, count // 3)), hexes(rng, max(2, count // 3))
    loot = harvest(town, rng, int(rng.integers(6, 14)))
    cover = float(rng.uniform(0.55, 0.75))
    hideout = den(town, rng, max(2, count // 3))
    for n, at in enumerate(_flows(town, rng, count, start, (2.5, 7))):
        shared = replace(pool[n % len(pool)], device=town.networks.device(rng))
        places = [*lair(town, rng, 1), shared]
        card = cards[int(rng.integers(len(cards)))] if rng.random() < 0.6 else ""
        account = _recruit(town, rng, "slow_ring", actor, start, places, card)
        work(town, rng, account, at, loot, cover, shared=hideout)


def pivot_ring(town: Town, rng: Generator, count: int) -> None:
    """A ring that turns to a new model within a day of its release; devices and templates are shared."""
    actor, start = town.group(), _start(town, rng, 0.25)
    devices = [town.networks.device(rng) for _ in range(max(1, count // 3))]
    loot = harvest(town, rng, int(rng.integers(5, 12)))
    cover = float(rng.uniform(0.2, 0.5))
    hosts = lair(town, rng, max(2, count // 2))
    for n, at in enumerate(_flows(town, rng, count, start, (5, 20))):
        device = devices[n % len(devices)]
        places = [replace(place, device=device) for place in (*lair(town, rng, 1), hosts[n % len(hosts)])]
        work(town, rng, _recruit(town, rng, "pivot_ring", actor, start, places), at, loot, cover, pivot=0.8)


def copied_keys(town: Town, rng: Generator, count: int) -> None:
    """One API key of each account found at several others: a pool of keys that one actor deals out."""
    actor, start = town.group(), _start(town, rng)
    pool = [new_key(rng) for _ in range(max(1, count // 2))]
    loot = harvest(town, rng, int(rng.integers(5, 10)))
    hideout = den(town, rng, count, shares_keys=True)
    for n, at in enumerate(_flows(town, rng, count, start, (5, 18))):
        account = _recruit(town, rng, "copied_keys", actor, start, lair(town, rng, 2))
        account.keys[:] = [pool[n % len(pool)]]
        work(town, rng, account, at, loot, 0.4, shared=hideout)


def ban_evader(town: Town, rng: Generator, count: int) -> None:
    """Somebody who was closed for abuse, and comes back within days with the old device, card or address."""
    for _ in range(count):
        actor = town.group()
        loot = harvest(town, rng, int(rng.integers(4, 9)))
        days = town.world.days
        banned_at = town.world.start_ms + int(rng.uniform(0.15, 0.5) * days * DAY)
        former = open_account(town, rng, "already_banned", actor=actor, is_bad=True, places=lair(town, rng, 2),
                              payment=hexes(rng, 1)[0], created_ms=joined_at(town, rng, youngest_days=5))  # fmt: skip
        former.closed_ms = banned_at
        town.banned.append(former)
        at = rhythms.human(rng, town.world, former.country, 12, 0.8)
        work(town, rng, former, at, loot, 0.3)
        returned = banned_at + int(rng.uniform(2, 60) * HOUR)
        keeps = int(rng.integers(3))
        new = lair(town, rng, 2)
        if keeps != 1:
            new = [replace(place, device=former.places[0].device) for place in new]
        if keeps != 0:
            new[1] = replace(new[1], ip=former.places[0].ip, prefix=former.places[0].prefix, asn=former.places[0].asn)
        again = open_account(town, rng, "ban_evader", actor=actor, is_bad=True, places=new, created_ms=returned,
                             payment=former.profile["payment_hash"] if keeps == 1 else "")  # fmt: skip
        at = rhythms.within(rhythms.human(rng, town.world, former.country, 14, 0.9, 1.0), town.world, returned)
        if not len(at):
            at = rhythms.burst(rng, town.world, returned + HOUR, 30, 20)
        work(town, rng, again, at, loot, 0.3)
