"""Ordinary accounts: who signs up, with what profile, and the everyday mix of what they ask.

Belongs here: profiles, habits and everyday prompts that every family builds on.
Does not belong here: families.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from assets.ingestion.sample.world import DAY, hexes
from assets.ingestion.sample.worlds.library import Prompts, Templates, joined, zipf
from assets.ingestion.sample.worlds.networks import Place
from assets.ingestion.sample.worlds.town import Account, Town

USES = (
    *("coding", "content", "customer support assistant", "internal productivity", "benchmarking"),
    *("quality assurance of our own assistant", "safety research", "synthetic data under agreement"),
)
"""Declared uses; anybody may declare any of them, so a declaration proves nothing."""
_LIMITS = (20, 50, 60, 60, 120, 300, 1000)


@dataclass(frozen=True)
class Habits:
    """What an account usually asks.

    Attributes:
        own: Templates of its own.
        elicits: Share that asks for reasoning.
        grades: Share that asks for grades.
        strict: Share that demands strict formats.
        mix: Shares of one-off prompts, own templates and public ones.
    """

    own: Templates
    elicits: float
    grades: float
    strict: float
    mix: tuple[float, float, float]


def habits(town: Town, rng: Generator, *, firm: bool = False) -> Habits:
    """Draw an account's habits; firms reuse templates and strict formats more."""
    elicits = min(float(rng.beta(0.3, 7.0)), 0.6)
    grades = float(rng.beta(0.12, 9))
    strict = float(rng.beta(0.6, 1.6)) if firm else float(rng.beta(0.25, 4))
    own = town.library.draw(rng, int(rng.integers(2, 30 if firm else 9)), elicits=elicits, grades=grades, strict=strict)
    mix = rng.dirichlet((4.0, 4.0, 0.4) if firm else (6.0, 2.2, 0.7))
    return Habits(own, elicits, grades, strict, (float(mix[0]), float(mix[1]), float(mix[2])))


def everyday(town: Town, rng: Generator, usual: Habits, count: int) -> Prompts:
    """`count` everyday prompts in random order; a few in a hundred are sent again."""
    kinds = rng.choice(3, count, p=np.array(usual.mix) / sum(usual.mix))
    once, own, public = (int(number) for number in np.bincount(kinds, minlength=3))
    library = town.library
    drawn = joined(
        rng,
        (
            library.once(rng, once, elicits=usual.elicits, grades=usual.grades, strict=usual.strict),
            library.fill(rng, usual.own, zipf(rng, len(usual.own), own)),
            library.fill(rng, town.public, zipf(rng, len(town.public), public, 1.45)),
        ),
    )
    again = np.arange(count)
    repeats = np.flatnonzero(rng.random(count) < 0.02)
    again[repeats[repeats > 0]] = repeats[repeats > 0] - 1
    return drawn.take(again)


def open_account(  # noqa: PLR0913  whatever is not said is drawn
    town: Town,
    rng: Generator,
    family: str,
    *,
    actor: str = "",
    is_bad: bool = False,
    kind: str = "",
    country: str = "",
    places: list[Place] | None = None,
    created_ms: int | None = None,
    email: str = "",
    payment: str | None = "",
    organization: str = "",
    verification: str = "",
    use: str | None = "",
    verified_research: bool = False,
) -> Account:
    """Open an account; what is not said is drawn as for anybody. `payment=None` means none, empty means draw."""
    country = country or town.networks.country(rng)
    kind = kind or ("business" if rng.random() < town.spec.business_share else _kind(rng))
    where = places or town.networks.personal(rng, country)
    if not places and kind != "individual" and rng.random() < 0.3:
        where = [town.networks.place(rng, "cloud", country), *where]
    if not organization and rng.random() < {"education": 0.6, "individual": 0.02}.get(kind, 1.0):
        organization = f"org_syn_{hexes(rng, 1, 8)[0]}"
    if payment == "":
        payment = hexes(rng, 1)[0] if rng.random() < (0.7 if kind == "business" else 0.52) else None
    if not email:
        email = hexes(rng, 1)[0] if organization and rng.random() < 0.6 else town.emails[int(zipf(rng, 200, 1, 1.2)[0])]
    if not verification:
        drawn = str(rng.choice(("none", "phone", "payment", "identity"), p=(0.2, 0.38, 0.36, 0.06)))
        verification = "payment" if payment and drawn == "none" else drawn
        if kind in {"business", "startup_program"} and rng.random() < 0.25:
            verification = "contract"
    if created_ms is None:
        created_ms = joined_at(town, rng)
    profile = {
        "organization_id": organization or None,
        "kind": kind,
        "verification": verification,
        "billing_country": country if rng.random() < 0.54 else None,
        "declared_use": (USES[int(rng.integers(len(USES)))] if rng.random() < 0.6 else None) if use == "" else use,
        "email_pattern_hash": email,
        "payment_hash": payment,
        "signup_ip_hash": where[0].ip if rng.random() < 0.6 else hexes(rng, 1)[0],
        "signup_asn": where[0].asn,
        "referrer_account_id": None,
        "research_verified": verified_research,
        "rate_limit_rpm": _LIMITS[int(rng.integers(len(_LIMITS)))],
    }
    account = Account(family, actor, is_bad, profile, country, list(where), created_ms)
    account.keys.append(new_key(rng))
    town.accounts.append(account)
    return account


def new_key(rng: Generator) -> str:
    """An API key's id."""
    return f"key_syn_{hexes(rng, 1, 8)[0]}"


def joined_at(town: Town, rng: Generator, *, youngest_days: float = 0.0, mean_days: float = 130.0) -> int:
    """When somebody joined: most of them months before the window, one in twelve within it."""
    world = town.world
    if youngest_days == 0.0 and rng.random() < 0.08:
        return world.start_ms + int(rng.random() * (world.horizon_ms - world.start_ms) * 0.9)
    return world.start_ms - int((youngest_days + rng.exponential(mean_days)) * DAY) - 1


def _kind(rng: Generator) -> str:
    return str(rng.choice(("individual", "education", "startup_program", "research"), p=(0.90, 0.05, 0.035, 0.015)))


def volume(town: Town, rng: Generator) -> tuple[float, float]:
    """(requests on an active day, share of active days) of an ordinary account: log-normal, heavy tailed."""
    level = rng.normal()
    active = float(rng.beta(0.9 + 0.3 * max(level, 0), 2.4))
    return float(np.exp(1.5 + 0.85 * level)) * town.spec.activity, active
