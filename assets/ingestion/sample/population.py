"""The made-up accounts: who they are, where they connect from, when they joined.

Belongs here: account attributes and the rows of the feed `accounts`.
Does not belong here: what accounts do (`traffic`) and what is done to them (`enforcement`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.ingestion.sample.codes import COUNTRIES, COUNTRY_WEIGHTS
from assets.ingestion.sample.outbox import Fields, Outbox
from assets.ingestion.sample.world import DAY, HOUR, World, hexes, iso

KINDS = ("individual", "business", "education", "research", "startup_program")
_KIND_SHARES = (0.74, 0.14, 0.05, 0.04, 0.03)
VERIFICATIONS = ("none", "phone", "payment", "identity", "contract")
_VERIFICATION_SHARES = (0.06, 0.34, 0.42, 0.10, 0.08)
ASN_KINDS = ("cloud", "residential", "mobile", "education", "business", "vpn", "unknown")
NETWORKS_PER_ACCOUNT = 2


@dataclass(frozen=True)
class Population:
    """Accounts as parallel lists, one element each.

    Attributes:
        ids: Account ids.
        created_ms: Creation instants, milliseconds since 1970.
        profiles: Contract fields of each account but for times and status.
        networks: JSON fragments of `NETWORKS_PER_ACCOUNT` client networks an account, flattened.
        countries: Country of each account.
        weights: Relative activity, float64.
        closed_ms: When the account stopped sending (int64; far future when it did not); the story changes it.
        paused_ms: Start and end of each account's latest suspension (int64, two columns); the story changes it.
    """

    ids: list[str]
    created_ms: NDArray[np.int64]
    profiles: list[Fields]
    networks: list[str]
    countries: list[str]
    weights: NDArray[np.float64]
    closed_ms: NDArray[np.int64]
    paused_ms: NDArray[np.int64]


def populate(world: World) -> Population:
    """Draw the accounts: nine in ten older than the window, the others created within it."""
    rng = world.rng("population")
    count = world.accounts
    ids = [f"acct_syn_{digits}" for digits in hexes(rng, count, 8)]
    fresh = rng.random(count) < 0.1
    fresh[0] = False
    span = world.horizon_ms - world.start_ms
    born = np.where(fresh, rng.integers(0, span, count), -rng.integers(DAY, 700 * DAY, count)) + world.start_ms
    kinds = rng.choice(len(KINDS), count, p=_KIND_SHARES).tolist()
    verifications = rng.choice(len(VERIFICATIONS), count, p=_VERIFICATION_SHARES).tolist()
    shares = np.array(COUNTRY_WEIGHTS) / sum(COUNTRY_WEIGHTS)
    countries = [COUNTRIES[n] for n in rng.choice(len(COUNTRIES), count, p=shares).tolist()]
    organizations = hexes(rng, count // 6 + 1, 6)
    hashes = hexes(rng, 3 * count)
    asns = rng.integers(64512, 65534, count).tolist()
    profiles: list[Fields] = []
    for n in range(count):
        is_individual = kinds[n] == 0
        profiles.append(
            {
                "account_id": ids[n],
                "organization_id": None if is_individual else f"org_syn_{organizations[n % len(organizations)]}",
                "kind": KINDS[kinds[n]],
                "verification": VERIFICATIONS[verifications[n]],
                "billing_country": countries[n] if verifications[n] else None,
                "declared_use": None if is_individual else "synthetic example use",
                "email_pattern_hash": hashes[3 * n],
                "payment_hash": hashes[3 * n + 1] if verifications[n] >= 2 else None,
                "signup_ip_hash": hashes[3 * n + 2],
                "signup_asn": asns[n],
                "referrer_account_id": ids[n // 2] if n % 17 == 3 else None,
                "research_verified": kinds[n] == 3 and n % 2 == 0,
                "rate_limit_rpm": (60, 300, 1000)[n % 3],
                "terms_version": "2026-01",
                "hash_key_id": "hk_syn_1",
            }
        )
    return Population(
        ids=ids,
        created_ms=born,
        profiles=profiles,
        networks=_networks(world, profiles, countries),
        countries=countries,
        weights=rng.lognormal(0.0, 1.1, count),
        closed_ms=np.full(count, np.iinfo(np.int64).max, dtype=np.int64),
        paused_ms=np.zeros((count, 2), dtype=np.int64),
    )


def _networks(world: World, profiles: list[Fields], countries: list[str]) -> list[str]:
    rng = world.rng("networks")
    count = len(profiles) * NETWORKS_PER_ACCOUNT
    hashes = hexes(rng, 4 * count)
    asns = rng.integers(64512, 65534, count).tolist()
    kinds = rng.choice(len(ASN_KINDS), count, p=(0.2, 0.42, 0.2, 0.04, 0.08, 0.04, 0.02)).tolist()
    fragments = []
    for n in range(count):
        profile = profiles[n // NETWORKS_PER_ACCOUNT]
        payment = profile["payment_hash"]
        organization = profile["organization_id"]
        ip, prefix, agent, device = hashes[4 * n : 4 * n + 4]
        fragments.append(
            f'"account_id":"{profile["account_id"]}"'
            + (f',"organization_id":"{organization}"' if organization else "")
            + f',"api_key_id":"key_syn_{device[:8]}","ip_hash":"{ip}","ip_prefix_hash":"{prefix}","asn":{asns[n]}'
            f',"asn_kind":"{ASN_KINDS[kinds[n]]}","country":"{countries[n // NETWORKS_PER_ACCOUNT]}"'
            f',"user_agent_hash":"{agent}","device_hash":"{device}"'
            + (f',"payment_hash":"{payment}"' if payment else "")
        )
    return fragments


def announce(outbox: Outbox, population: Population) -> None:
    """Send the first version of every account: a snapshot on the first day, then each new account when it is made."""
    start = outbox.world.start_ms
    for n, created in enumerate(population.created_ms.tolist()):
        seen = max(created + 60_000, start + n % HOUR)
        put_version(outbox, population, n, seen, "active")


def put_version(outbox: Outbox, population: Population, n: int, observed_ms: int, status: str) -> None:
    """Send a version of account number `n` as observed at an instant."""
    created = int(population.created_ms[n])
    fields = {
        **population.profiles[n],
        "observed_at": iso(observed_ms),
        "created_at": iso(created),
        "terms_accepted_at": iso(created + 1000),
        "status": status,
    }
    outbox.put("accounts", fields, at_ms=observed_ms)
