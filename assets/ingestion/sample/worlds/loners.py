"""Benign families that stand out alone: jobs, laboratories, graders, data makers, tutors, researchers, resellers.

Belongs here: single honest accounts with unusual shapes.
Does not belong here: groups (`neighbours`).
"""

import numpy as np
from numpy.random import Generator

from assets.ingestion.sample.world import DAY, HOUR
from assets.ingestion.sample.worlds import rhythms
from assets.ingestion.sample.worlds.library import joined, zipf
from assets.ingestion.sample.worlds.neighbours import live
from assets.ingestion.sample.worlds.people import everyday, habits, new_key, open_account
from assets.ingestion.sample.worlds.town import Account, Town


def _datacentre(
    town: Town, rng: Generator, family: str, kind: str = "business", verification: str = "", use: str | None = ""
) -> Account:
    country = town.networks.country(rng)
    places = [town.networks.place(rng, "cloud", country) for _ in range(int(rng.integers(1, 5)))]
    return open_account(
        town, rng, family, kind=kind, country=country, places=places, verification=verification, use=use
    )


def batch_job(town: Town, rng: Generator, count: int) -> None:
    """A steady job: a few templates, ever new fills, strict formats, no nights."""
    for _ in range(count):
        account = _datacentre(town, rng, "batch_job")
        job = town.library.draw(
            rng, int(rng.integers(1, 7)), tasks=("data_labeling", "translation", "other", "writing"), strict=0.9
        )
        at = rhythms.machine(rng, town.world, town.spec.activity * float(rng.lognormal(3.6, 0.9)))
        town.say(rng, account, at, town.library.fill(rng, job, zipf(rng, len(job), len(at), 1.6)),
                 surfaces={"batch": 0.7, "api": 0.3})  # fmt: skip


def evaluation_lab(town: Town, rng: Generator, count: int) -> None:
    """Benchmarks run over and over: the same prompts, reasoning asked for, every new model at once.

    A laboratory has one to three accounts, and they send the same prompts.
    """
    left = count
    while left > 0:
        size, kind = min(left, int(rng.integers(1, 4))), str(rng.choice(("research", "business", "individual")))
        left -= size
        group = town.group()
        suite = town.library.draw(rng, int(rng.integers(5, 9)), tasks=("reasoning", "math", "coding"), elicits=0.6)
        items = town.library.fill(rng, suite, rng.integers(0, len(suite), int(rng.integers(120, 420))))
        for _ in range(size):
            account = _datacentre(town, rng, "evaluation_lab", kind=kind)
            account.actor = group
            runs = [town.world.start_ms + int(rng.random() * town.world.days * DAY) for _ in range(rng.integers(2, 6))]
            at = np.concatenate([rhythms.burst(rng, town.world, run, 3, len(items)) for run in runs])
            order = np.concatenate([rng.permutation(len(items)) for _ in runs])
            town.say(rng, account, at, items.take(order), surfaces={"api": 0.6, "batch": 0.4}, pivot=0.5)
            if rng.random() < 0.4:
                town.allowed.append(("account", account, "evaluation contract"))


def grading_desk(town: Town, rng: Generator, count: int) -> None:
    """Judges in a firm's tests: the same items graded after every release of the firm's product."""
    left = count
    while left > 0:
        size = min(left, int(rng.integers(1, 3)))
        left -= size
        group = town.group()
        rubric = town.library.draw(
            rng, int(rng.integers(2, 9)), tasks=("data_labeling", "writing", "chat"), grades=0.92, strict=0.7
        )
        items = town.library.fill(rng, rubric, zipf(rng, len(rubric), int(rng.integers(150, 500))))
        for _ in range(size):
            account = _datacentre(town, rng, "grading_desk", kind=str(rng.choice(("business", "startup_program"))))
            account.actor = group
            at = rhythms.office(rng, town.world, account.country, float(rng.uniform(30, 120)) * town.spec.activity)
            town.say(rng, account, at, items.take(rng.integers(0, len(items), len(at))))


def agreed_synthetic_data(town: Town, rng: Generator, count: int) -> None:
    """Data made within terms: under contract and declared, many templates with ever new fills."""
    for _ in range(count):
        account = _datacentre(
            town, rng, "agreed_synthetic_data", verification="contract", use="synthetic data under agreement"
        )
        recipes = town.library.draw(rng, int(rng.integers(20, 60)), elicits=0.12, strict=0.8)
        at = rhythms.machine(rng, town.world, float(rng.uniform(40, 180)) * town.spec.activity)
        town.say(rng, account, at, town.library.fill(rng, recipes, zipf(rng, len(recipes), len(at), 0.7)))
        town.allowed.append(("account", account, "contract"))


def outage_retries(town: Town, rng: Generator, count: int) -> None:
    """Clients that hammer the service while it is down: the same prompts again and again, mostly errors."""
    for _ in range(count):
        account = open_account(town, rng, "outage_retries", kind="business")
        live(town, rng, account)
        start, end = town.outage
        tries = int(rng.integers(60, 500))
        at = rhythms.burst(rng, town.world, start, (end - start) / HOUR, tries)
        stuck = everyday(town, rng, habits(town, rng, firm=True), 8)
        town.say(rng, account, at, stuck.take(rng.integers(0, 8, len(at))), failure=0.92)


def key_migration(town: Town, rng: Generator, count: int) -> None:
    """A firm that moves its jobs to new keys and new machines: the old ones stop when the new ones start."""
    for _ in range(count):
        account = _datacentre(town, rng, "key_migration")
        account.keys.append(new_key(rng))
        old = len(account.places)
        account.places += [town.networks.place(rng, "cloud", town.networks.country(rng)) for _ in range(3)]
        at = rhythms.machine(rng, town.world, float(rng.lognormal(2.8, 0.7)) * town.spec.activity)
        moved = town.world.start_ms + int(rng.uniform(0.25, 0.8) * town.world.days) * DAY
        is_new = at >= moved
        place = np.where(is_new, rng.integers(old, old + 3, len(at)), rng.integers(0, old, len(at)))
        told = everyday(town, rng, habits(town, rng, firm=True), len(at))
        town.say(rng, account, at, told, place=place, key=is_new.astype(np.int64))


def tutor(town: Town, rng: Generator, count: int) -> None:
    """Tutors and learners who ask for every step: reasoning elicited for years, in the day's coursework."""
    for _ in range(count):
        account = open_account(town, rng, "tutor", kind="individual" if rng.random() < 0.7 else "education")
        lessons = town.library.draw(
            rng, int(rng.integers(3, 20)), tasks=("coding", "math", "reasoning"), elicits=float(rng.uniform(0.4, 0.9))
        )
        at = rhythms.human(rng, town.world, account.country, 9 * town.spec.activity, 0.5)
        steps = town.library.once(
            rng, len(at) // 2, elicits=0.6, grades=0.05, strict=0.02, tasks=("coding", "math", "reasoning")
        )
        drilled = town.library.fill(rng, lessons, zipf(rng, len(lessons), len(at) - len(steps)))
        town.say(rng, account, at, joined(rng, (steps, drilled)))


def verified_researcher(town: Town, rng: Generator, count: int) -> None:
    """Security researchers, verified: refusals by the dozen, many policies touched."""
    for _ in range(count):
        account = open_account(
            town, rng, "verified_researcher", kind="research", verification="contract", use="safety research",
            verified_research=True,
        )  # fmt: skip
        at = rhythms.office(rng, town.world, account.country, float(rng.uniform(8, 30)) * town.spec.activity)
        probes = town.library.once(rng, len(at), elicits=0.15, grades=0.03, strict=0.1)
        town.say(rng, account, at, probes, refusal=0.35,
                 policies=("cyber_abuse", "fraud_scams", "illicit_goods", "hate"))  # fmt: skip


def licensed_reseller(town: Town, rng: Generator, count: int) -> None:
    """A product built on the service, under contract: many end users' places behind one account, for months."""
    for _ in range(count):
        account = open_account(town, rng, "licensed_reseller", kind="business", verification="contract")
        for _ in range(int(rng.integers(25, 70))):
            country = town.networks.country(rng)
            account.places.append(town.networks.place(rng, str(rng.choice(("residential", "mobile"))), country))
        at = rhythms.machine(rng, town.world, float(rng.uniform(40, 160)) * town.spec.activity, 0.9)
        told = everyday(town, rng, habits(town, rng, firm=True), len(at))
        town.say(rng, account, at, told, place=rng.integers(0, len(account.places), len(at)))
        town.allowed.append(("account", account, "contract"))


def traveller(town: Town, rng: Generator, count: int) -> None:
    """People on a journey: new countries and addresses, and the old ones go quiet until they are back."""
    for _ in range(count):
        account = open_account(town, rng, "traveller", kind="individual")
        home = len(account.places)
        abroad = [town.networks.country(rng) for _ in range(int(rng.integers(1, 4)))]
        for country in abroad:
            account.places += [town.networks.place(rng, str(rng.choice(("residential", "mobile"))), country,
                                                   account.places[0].device) for _ in range(2)]  # fmt: skip
        at = rhythms.human(rng, town.world, account.country, 9, 0.7)
        leave = town.world.start_ms + int(rng.uniform(0.2, 0.6) * town.world.days * DAY)
        away = (at >= leave) & (at < leave + int(rng.uniform(3, 8)) * DAY)
        place = np.where(away, rng.integers(home, len(account.places), len(at)), rng.integers(0, home, len(at)))
        town.say(rng, account, at, everyday(town, rng, habits(town, rng), len(at)), place=place)


def misread_professional(town: Town, rng: Generator, count: int) -> None:
    """Lawyers, nurses, moderators: classifiers see harm in their work again and again, and answers are given."""
    for _ in range(count):
        account = open_account(town, rng, "misread_professional")
        live(town, rng, account, 0.5)
        at = rhythms.office(rng, town.world, account.country, float(rng.uniform(4, 15)) * town.spec.activity)
        told = everyday(town, rng, habits(town, rng), len(at))
        topics = rng.permutation(("fraud_scams", "self_harm", "hate", "illicit_goods", "harassment"))[:2].tolist()
        town.say(rng, account, at, told, refusal=0.03, policies=tuple(topics))


def early_adopter(town: Town, rng: Generator, count: int) -> None:
    """Enthusiasts who are on a new model within hours, with everything they do."""
    for _ in range(count):
        account = open_account(town, rng, "early_adopter")
        at = rhythms.human(rng, town.world, account.country, 8 * town.spec.activity, 0.6)
        town.say(rng, account, at, everyday(town, rng, habits(town, rng), len(at)), pivot=0.9)
