"""Bad families that act alone: stolen keys, reward harvesters, whales, sprayers, connector abuse.

Belongs here: single bad accounts.
Does not belong here: rings (`rings`).
"""

import numpy as np
from numpy.random import Generator

from assets.ingestion.sample.codes import MCP_SERVERS
from assets.ingestion.sample.world import DAY
from assets.ingestion.sample.worlds import rhythms
from assets.ingestion.sample.worlds.library import zipf
from assets.ingestion.sample.worlds.neighbours import live
from assets.ingestion.sample.worlds.people import everyday, habits, joined_at, new_key, open_account
from assets.ingestion.sample.worlds.rings import harvest, lair, mingled
from assets.ingestion.sample.worlds.town import Town


def stolen_key(town: Town, rng: Generator, count: int) -> None:
    """An honest firm's key sold on: many new places within two days, while the firm goes on as before."""
    for _ in range(count):
        account = open_account(
            town, rng, "stolen_key", actor=town.group(), is_bad=True, kind="business",
            created_ms=joined_at(town, rng, youngest_days=40),
        )  # fmt: skip
        own = rhythms.machine(rng, town.world, float(rng.uniform(8, 40)) * town.spec.activity)
        town.say(rng, account, own, everyday(town, rng, habits(town, rng, firm=True), len(own)))
        onset = town.world.start_ms + int(rng.uniform(0.25, 0.7) * town.world.days * DAY)
        buyers = [
            town.networks.place(
                rng, str(rng.choice(("residential", "mobile", "vpn", "cloud"))), town.networks.country(rng)
            )
            for _ in range(int(rng.integers(8, 30)))
        ]
        joins = onset + rng.uniform(0, 2 * DAY, len(buyers))
        days = (town.world.horizon_ms - onset) / DAY
        at = np.sort(onset + (rng.random(int(days * rng.uniform(25, 90))) * days * DAY).astype(np.int64))
        place = rng.integers(0, len(buyers), len(at))
        there = joins[place] <= at
        at, place = at[there], place[there]
        told = everyday(town, rng, habits(town, rng), len(at))
        town.say(rng, account, at, told, places=buyers, place=place, is_bad=True)


def reward_harvester(town: Town, rng: Generator, count: int) -> None:
    """Reward data: gradings and preferences over ever new items of every category, few templates, no repeats."""
    for _ in range(count):
        account = open_account(
            town, rng, "reward_harvester", actor=town.group(), is_bad=True, places=lair(town, rng, 3)
        )
        rubric = town.library.draw(
            rng, int(rng.integers(6, 25)), elicits=float(rng.uniform(0.1, 0.5)), grades=0.75, strict=0.6
        )
        at = rhythms.machine(rng, town.world, float(rng.uniform(15, 60)) * max(town.spec.activity, 0.6), 0.9)
        at = rhythms.within(at, town.world, town.world.start_ms + int(rng.uniform(0, 0.35) * town.world.days * DAY))
        if town.spec.human_attackers:
            at = rhythms.within(rhythms.office(rng, town.world, "VN", 45), town.world)
        told, bad = mingled(town, rng, rubric, len(at), float(rng.uniform(0.1, 0.3)))
        for flag in (1, 0):
            mine = np.flatnonzero(bad == flag)
            town.say(rng, account, at[mine], told.take(mine), is_bad=bool(flag))


def whale(town: Town, rng: Generator, count: int) -> None:
    """One account, a dataset's worth: many templates, each used dozens of times, none dominant."""
    for _ in range(count):
        kind = str(rng.choice(("business", "individual", "startup_program")))
        account = open_account(
            town,
            rng,
            "whale",
            actor=town.group(),
            is_bad=True,
            kind=kind,
            places=lair(town, rng, int(rng.integers(2, 8))),
        )
        loot = harvest(town, rng, int(rng.integers(40, 220)), elicits=float(rng.uniform(0.3, 0.6)))
        at = rhythms.machine(rng, town.world, float(rng.lognormal(5.2, 0.5)) * max(town.spec.activity, 0.6), 0.9)
        at = rhythms.within(at, town.world, town.world.start_ms + int(rng.uniform(0, 0.4) * town.world.days * DAY))
        loose = float(rng.uniform(0.1, 0.5))
        told, bad = mingled(town, rng, loot, len(at), loose)
        for flag in (1, 0):
            mine = np.flatnonzero(bad == flag)
            town.say(rng, account, at[mine], told.take(mine), is_bad=bool(flag), surfaces={"api": 0.8, "batch": 0.2},
                     pivot=0.6)  # fmt: skip


def sprayer(town: Town, rng: Generator, count: int) -> None:
    """Probing: many policies, few tries each, refusals by the dozen."""
    for _ in range(count):
        account = open_account(town, rng, "sprayer", actor=town.group(), is_bad=True, places=lair(town, rng, 2))
        live(town, rng, account, 0.6)
        start = town.world.start_ms + int(rng.uniform(0, 0.5) * town.world.days * DAY)
        at = rhythms.within(rhythms.human(rng, town.world, account.country, 16, 0.8, 1.0), town.world, start)
        if len(at) < 12:
            at = rhythms.burst(rng, town.world, start, 72, 50)
        probes = town.library.once(rng, len(at), elicits=0.12, grades=0.02, strict=0.06)
        town.say(rng, account, at, probes, is_bad=True, refusal=float(rng.uniform(0.3, 0.6)),
                 policies=("cyber_abuse", "fraud_scams", "illicit_goods", "hate", "self_harm", "child_safety"))  # fmt: skip


def connector_abuser(town: Town, rng: Generator, count: int) -> None:
    """Data drawn through one connector: a large part of that server's calls, and independent people complain."""
    for _ in range(count):
        server = MCP_SERVERS[-1 - len(town.servers) % len(MCP_SERVERS)]
        town.servers.append(server)
        account = open_account(
            town, rng, "connector_abuser", actor=town.group(), is_bad=True, places=lair(town, rng, 2)
        )
        town.reported.append(account)
        account.keys.append(new_key(rng))
        calls = town.library.draw(rng, int(rng.integers(3, 8)), tasks=("tool_use", "agentic"), strict=0.6)
        start = town.world.start_ms + int(rng.uniform(0.05, 0.5) * town.world.days * DAY)
        at = rhythms.within(rhythms.machine(rng, town.world, float(rng.uniform(18, 50)), 1.0), town.world, start)
        told = town.library.fill(rng, calls, zipf(rng, len(calls), len(at)))
        tools = ((f"mcp:{server}",), (f"mcp:{server}", "file_search"))
        town.say(rng, account, at, told, is_bad=True, surfaces={"mcp_connector": 1.0}, tools=tools,
                 tool=rng.integers(0, 2, len(at)), policies=("mcp_abuse",))  # fmt: skip
        live(town, rng, account, 0.5)
