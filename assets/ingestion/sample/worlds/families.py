"""Who lives in a world: every family by name, its group sizes, and moving them in until the shares are met.

Belongs here: the list of families and the sharing out of accounts.
Does not belong here: how a family behaves.
"""

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

from assets.ingestion.sample.world import hexes
from assets.ingestion.sample.worlds import loners, neighbours, rings, wolves
from assets.ingestion.sample.worlds.town import Town

Builder = Callable[[Town, Generator, int], None]


@dataclass(frozen=True)
class Family:
    """A family.

    Attributes:
        build: Moves `count` accounts in, as one group.
        smallest: Smallest group.
        largest: Largest group.
        about: What it does.
    """

    build: Builder
    smallest: int
    largest: int

    @property
    def about(self) -> str:
        """What it does, in a sentence or two."""
        return (self.build.__doc__ or "").strip()


BENIGN = {
    "company_seats": Family(neighbours.company_seats, 8, 36),
    "university": Family(neighbours.university, 25, 100),
    "agency": Family(neighbours.agency, 5, 14),
    "household": Family(neighbours.household, 2, 5),
    "carrier_nat": Family(neighbours.carrier_nat, 20, 130),
    "office_gateway": Family(neighbours.office_gateway, 6, 30),
    "vpn_users": Family(neighbours.vpn_users, 5, 30),
    "batch_job": Family(loners.batch_job, 1, 1),
    "evaluation_lab": Family(loners.evaluation_lab, 1, 1),
    "grading_desk": Family(loners.grading_desk, 1, 1),
    "agreed_synthetic_data": Family(loners.agreed_synthetic_data, 1, 1),
    "viral_prompt": Family(neighbours.viral_prompt, 40, 120),
    "outage_retries": Family(loners.outage_retries, 1, 1),
    "key_migration": Family(loners.key_migration, 1, 1),
    "hackathon": Family(neighbours.hackathon, 15, 40),
    "tutor": Family(loners.tutor, 1, 1),
    "verified_researcher": Family(loners.verified_researcher, 1, 1),
    "licensed_reseller": Family(loners.licensed_reseller, 1, 1),
    "prompt_community": Family(neighbours.prompt_community, 20, 60),
    "misread_professional": Family(loners.misread_professional, 1, 1),
    "early_adopter": Family(loners.early_adopter, 1, 1),
    "traveller": Family(loners.traveller, 1, 1),
    "product_templates": Family(neighbours.product_templates, 20, 50),
}
BAD = {
    "hydra_ring": Family(rings.hydra_ring, 6, 18),
    "payment_ring": Family(rings.payment_ring, 5, 12),
    "paraphrase_ring": Family(rings.paraphrase_ring, 5, 12),
    "slow_ring": Family(rings.slow_ring, 5, 14),
    "pivot_ring": Family(rings.pivot_ring, 4, 10),
    "copied_keys": Family(rings.copied_keys, 4, 8),
    "ban_evader": Family(rings.ban_evader, 1, 1),
    "stolen_key": Family(wolves.stolen_key, 1, 1),
    "reward_harvester": Family(wolves.reward_harvester, 1, 1),
    "whale": Family(wolves.whale, 1, 1),
    "sprayer": Family(wolves.sprayer, 1, 1),
    "connector_abuser": Family(wolves.connector_abuser, 1, 1),
}
FAMILIES = {**BENIGN, **BAD}


def settle(town: Town) -> None:
    """Move everybody in, give ids that tell nothing, and put the accounts in an order that tells nothing."""
    world, spec = town.world, town.spec
    _move_in_bad(town, round(spec.bad_share * world.accounts))
    for name, share in spec.benign:
        _move_in(town, name, round(share * world.accounts))
    left = world.accounts - len(town.accounts)
    neighbours.ordinary(town, world.rng("labelled", "ordinary"), max(left, 0))
    rng = world.rng("labelled", "ids")
    order = rng.permutation(len(town.accounts)).tolist()
    town.accounts[:] = [town.accounts[n] for n in order]
    for account, digits in zip(town.accounts, hexes(rng, len(town.accounts), 8), strict=True):
        account.account_id = f"acct_syn_{digits}"


def _move_in(town: Town, name: str, count: int) -> None:
    family = BENIGN[name]
    rng = town.world.rng("labelled", name)
    if family.largest == 1:
        family.build(town, rng, count)
        return
    left = count
    while left >= family.smallest:
        size = min(left, int(rng.integers(family.smallest, family.largest + 1)))
        family.build(town, rng, size)
        left -= size


def _move_in_bad(town: Town, count: int) -> None:
    """Groups of each family in turn, small ones while there is little room, until the share is met."""
    rng = town.world.rng("labelled", "bad shares")
    names = [town.spec.bad[n] for n in rng.permutation(len(town.spec.bad)).tolist()]
    left, number = count, 0
    while left > 0 and any(BAD[name].smallest <= left for name in names):
        for name in names:
            family = BAD[name]
            room = max(family.smallest, min(family.largest, count // 12))
            size = min(left, int(rng.integers(family.smallest, room + 1)))
            if size >= family.smallest:
                family.build(town, town.world.rng("labelled", name, number), size)
                left -= size
        number += 1
