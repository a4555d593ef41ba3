"""Benign families that share something: seats, campuses, agencies, households, carriers, gateways, communities.

Belongs here: groups of honest accounts that look alike or stand behind one key.
Does not belong here: honest accounts that stand out alone (`loners`).
"""

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from assets.ingestion.sample.codes import MCP_SERVERS
from assets.ingestion.sample.world import DAY, HOUR, MINUTE, hexes
from assets.ingestion.sample.worlds import rhythms
from assets.ingestion.sample.worlds.library import joined, zipf
from assets.ingestion.sample.worlds.people import everyday, habits, joined_at, new_key, open_account, volume
from assets.ingestion.sample.worlds.town import Account, Town

TOOLS = (
    ("web_search",),
    ("code_exec",),
    ("bash", "text_editor"),
    ("query_db",),
    ("file_search",),
    ("code_exec", "query_db"),
    *((f"mcp:{server}",) for server in MCP_SERVERS),
)


def live(town: Town, rng: Generator, account: Account, factor: float = 1.0) -> None:
    """Ordinary life: people in sittings, firms in office hours or as steady jobs."""
    firm = account.profile["kind"] != "individual"
    usual = habits(town, rng, firm=firm)
    per_day, active = volume(town, rng)
    per_day *= factor
    if firm and rng.random() < 0.4:
        at = rhythms.office(rng, town.world, account.country, per_day * active * (1 + rng.random()))
    elif firm and rng.random() < 0.2:
        at = rhythms.machine(rng, town.world, per_day * active)
    else:
        at = rhythms.human(rng, town.world, account.country, per_day, active)
    told = everyday(town, rng, usual, len(at))
    tools = ((), TOOLS[int(rng.integers(len(TOOLS)))], TOOLS[int(rng.integers(len(TOOLS)))])
    town.say(rng, account, at, told, tools=tools, tool=rng.choice(3, len(at), p=(0.86, 0.1, 0.04)).astype(np.int64))


def ordinary(town: Town, rng: Generator, count: int) -> None:
    """People and firms with nothing special; in some worlds most are seats of small firms behind gateways."""
    left = count
    while left > 0:
        if rng.random() < town.spec.organizations / 6:
            size = min(left, int(rng.integers(3, 10)))
            _seats(town, rng, "ordinary", size, allow=False)
            left -= size
        else:
            live(town, rng, open_account(town, rng, "ordinary"))
            left -= 1


def company_seats(town: Town, rng: Generator, count: int) -> None:
    """One company: one organisation, one card, one address, the company's templates."""
    _seats(town, rng, "company_seats", count, allow=bool(rng.random() < 0.5))


def _seats(town: Town, rng: Generator, family: str, count: int, *, allow: bool) -> None:
    group = town.group()
    country = town.networks.country(rng)
    gateway = town.networks.place(rng, "business", country)
    organization = f"org_syn_{hexes(rng, 1, 8)[0]}"
    card, email = hexes(rng, 2)
    since = joined_at(town, rng, youngest_days=3)
    house = town.library.draw(rng, int(rng.integers(3, 12)), strict=0.3)
    shared_key = new_key(rng) if rng.random() < 0.4 else ""
    for _ in range(count):
        desk = replace(gateway, device=town.networks.device(rng), agent=town.networks.agent(rng))
        places = [desk, town.networks.place(rng, "residential", country)] if rng.random() < 0.3 else [desk]
        account = open_account(
            town, rng, family, actor=group, kind="business", country=country, places=places, organization=organization,
            payment=card, email=email, verification="contract", created_ms=since + int(rng.exponential(5) * DAY),
        )  # fmt: skip
        if shared_key:
            account.keys[:] = [shared_key]
        per_day, active = volume(town, rng)
        at = rhythms.office(rng, town.world, country, max(per_day * active, 1.0))
        own = everyday(town, rng, habits(town, rng, firm=True), len(at))
        shared = town.library.fill(rng, house, zipf(rng, len(house), len(at)))
        told = joined(rng, (own.take(np.arange(len(at) // 2)), shared.take(np.arange(len(at) - len(at) // 2))))
        town.say(rng, account, at, told)
    if allow:
        town.allowed.append(("organization", organization, "enterprise contract"))


def university(town: Town, rng: Generator, count: int) -> None:
    """A campus behind one address: individual accounts, and coursework that gives many the same templates."""
    group, country = town.group(), town.networks.country(rng)
    campus = town.networks.place(rng, "education", country)
    courses = town.library.draw(rng, 4, tasks=("coding", "math", "reasoning", "writing"), elicits=0.2)
    email = hexes(rng, 1)[0]
    for _ in range(count):
        desk = replace(campus, device=town.networks.device(rng), agent=town.networks.agent(rng))
        account = open_account(
            town, rng, "university", actor=group, kind="education" if rng.random() < 0.5 else "individual",
            country=country, places=[desk, *town.networks.personal(rng, country)[:1]],
            email=email if rng.random() < 0.7 else "",
        )  # fmt: skip
        live(town, rng, account, 0.7)
        course = courses.some(np.array([rng.integers(4)]))
        day = int(rng.integers(town.world.days))
        at = rhythms.burst(rng, town.world, town.world.start_ms + day * DAY + 9 * HOUR, 5, int(rng.integers(2, 12)))
        town.say(rng, account, at, town.library.fill(rng, course, np.zeros(len(at), np.int64)), places=[desk])


def agency(town: Town, rng: Generator, count: int) -> None:
    """An agency that runs an account for each client: one card, one mail pattern, one office, the agency's prompts."""
    group, country = town.group(), town.networks.country(rng)
    office = town.networks.place(rng, "business" if rng.random() < 0.5 else "residential", country)
    card, email = hexes(rng, 2)
    playbook = town.library.draw(rng, 6, tasks=("writing", "translation", "vision", "chat"), strict=0.1)
    for _ in range(count):
        account = open_account(
            town, rng, "agency", actor=group, kind="business", country=country, places=[office], payment=card,
            email=email,
        )  # fmt: skip
        per_day, active = volume(town, rng)
        at = rhythms.office(rng, town.world, country, max(per_day * active, 2.0))
        half = len(at) // 2
        town.say(rng, account, at, joined(rng, (
            town.library.fill(rng, playbook, zipf(rng, 6, half)),
            everyday(town, rng, habits(town, rng, firm=True), len(at) - half),
        )))  # fmt: skip


def household(town: Town, rng: Generator, count: int) -> None:
    """A family: one address, often one card, sometimes one tablet."""
    group, country = town.group(), town.networks.country(rng)
    home = town.networks.place(rng, "residential", country)
    card = hexes(rng, 1)[0] if rng.random() < 0.6 else ""
    for _ in range(count):
        device = home.device if rng.random() < 0.3 else town.networks.device(rng)
        places = [replace(home, device=device), *town.networks.personal(rng, country)[1:]]
        account = open_account(
            town, rng, "household", actor=group, kind="individual", country=country, places=places, payment=card
        )
        live(town, rng, account)


def _behind(town: Town, rng: Generator, family: str, kind: str, count: int) -> None:
    country = town.networks.country(rng)
    gate = town.networks.place(rng, kind, country)
    for _ in range(count):
        own = town.networks.personal(rng, country)
        through = replace(gate, device=own[0].device, agent=own[0].agent)
        order = [through, *own] if rng.random() < 0.7 else [own[0], through]
        live(town, rng, open_account(town, rng, family, country=country, places=order))


def carrier_nat(town: Town, rng: Generator, count: int) -> None:
    """Strangers behind one address of a mobile carrier."""
    _behind(town, rng, "carrier_nat", "mobile", count)


def office_gateway(town: Town, rng: Generator, count: int) -> None:
    """Strangers in one shared office: one address, different firms and cards."""
    _behind(town, rng, "office_gateway", "business", count)


def vpn_users(town: Town, rng: Generator, count: int) -> None:
    """Strangers behind one exit of a VPN, from several countries."""
    _behind(town, rng, "vpn_users", "vpn", count)


def hackathon(town: Town, rng: Generator, count: int) -> None:
    """A weekend: new accounts within hours, one hall's address, one referrer, the sponsor's starter templates."""
    group, country = town.group(), town.networks.country(rng)
    hall = town.networks.place(rng, "business", country)
    start = town.world.start_ms + int(rng.integers(0, max(town.world.days - 2, 1))) * DAY + 9 * HOUR
    starter = town.library.draw(rng, 3, tasks=("coding", "agentic", "tool_use"), strict=0.4)
    host = open_account(town, rng, "ordinary", kind="startup_program", country=country)
    live(town, rng, host)
    for _ in range(count):
        laptop = replace(hall, device=town.networks.device(rng), agent=town.networks.agent(rng))
        account = open_account(
            town, rng, "hackathon", actor=group, kind="startup_program" if rng.random() < 0.7 else "education",
            country=country, places=[laptop, *town.networks.personal(rng, country)[:1]],
            created_ms=start + int(rng.random() * 3 * HOUR), payment=None,
        )  # fmt: skip
        account.profile["signup_ip_hash"] = hall.ip
        account.profile["referrer_account_id"] = host
        at = rhythms.burst(rng, town.world, account.created_ms, 38, int(rng.integers(15, 120)))
        third = len(at) // 3
        town.say(rng, account, at, joined(rng, (
            town.library.fill(rng, starter, rng.integers(0, 3, third)),
            everyday(town, rng, habits(town, rng, firm=True), len(at) - third),
        )))  # fmt: skip


def prompt_community(town: Town, rng: Generator, count: int) -> None:
    """People who swap prompts: strangers with the same few templates and nearly the same words."""
    group = town.group()
    swapped = town.library.draw(rng, int(rng.integers(3, 7)), elicits=0.15, spread=(0.01, 0.04))
    for _ in range(count):
        account = open_account(town, rng, "prompt_community", actor=group, kind="individual")
        live(town, rng, account)
        at = rhythms.human(rng, town.world, account.country, 3, 0.3)
        picks = zipf(rng, len(swapped), len(at), 1.8)
        town.say(rng, account, at, town.library.fill(rng, swapped, picks))


def viral_prompt(town: Town, rng: Generator, count: int) -> None:
    """A prompt that everybody tries within two days, reasoning trick and all."""
    trick = town.library.draw(rng, 1, tasks=("reasoning",), elicits=0.8, spread=(0.0, 0.02))
    start = town.world.start_ms + int(rng.integers(0, max(town.world.days - 2, 1))) * DAY
    for _ in range(count):
        account = open_account(town, rng, "viral_prompt")
        live(town, rng, account)
        at = rhythms.burst(rng, town.world, start, 48, int(rng.integers(1, 5)))
        town.say(rng, account, at, town.library.fill(rng, trick, np.zeros(len(at), np.int64)))


def product_templates(town: Town, rng: Generator, count: int) -> None:
    """Users of one published starter kit: strangers whose clients send the same three templates from everywhere."""
    kit = town.library.draw(rng, int(rng.integers(2, 5)), tasks=("coding", "tool_use", "agentic"), strict=0.5)
    for _ in range(count):
        account = open_account(town, rng, "product_templates")
        live(town, rng, account)
        at = rhythms.human(rng, town.world, account.country, 8, 0.5)
        start = int(rng.integers(0, 60)) * MINUTE
        town.say(rng, account, at + start, town.library.fill(rng, kit, zipf(rng, len(kit), len(at))))
