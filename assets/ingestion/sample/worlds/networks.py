"""Where accounts connect from: addresses, prefixes, networks, countries, user agents and devices.

Belongs here: drawing places; many accounts may stand behind one.
Does not belong here: whether sharing a place means anything.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from assets.ingestion.sample.world import hexes

KIND_SIZES = {
    "residential": 110,
    "mobile": 66,
    "cloud": 8,
    "business": 32,
    "education": 4,
    "vpn": 10,
    "unknown": 60,
}
"""Autonomous systems of each kind."""
FIRST_ASN = 4_200_000_000
"""Private use: these networks do not exist."""


@dataclass(frozen=True)
class Place:
    """A place to connect from.

    Attributes:
        ip: Hash of the address.
        prefix: Hash of its prefix.
        asn: Its network.
        kind: The network's kind.
        country: The address's country.
        agent: Hash of the user agent.
        device: Hash of the TLS or SDK fingerprint.
    """

    ip: str
    prefix: str
    asn: int
    kind: str
    country: str
    agent: str
    device: str


class Networks:
    """The networks of a world.

    Args:
        rng: Source of chance.
        countries: (country, weight) of ordinary people.
        common_devices: Share of clients whose fingerprint is one that many have.
        device_pool: Number of common fingerprints.
    """

    def __init__(
        self, rng: Generator, countries: tuple[tuple[str, float], ...], common_devices: float, device_pool: int
    ) -> None:
        self._rng = rng
        self._countries = [code for code, _ in countries]
        weights = np.array([weight for _, weight in countries])
        self._country_shares = weights / weights.sum()
        numbers = FIRST_ASN + rng.permutation(sum(KIND_SIZES.values()))
        self.asns: dict[str, list[int]] = {}
        taken = 0
        for kind, size in KIND_SIZES.items():
            self.asns[kind] = [int(number) for number in numbers[taken : taken + size]]
            taken += size
        self._agents = hexes(rng, 90)
        self._devices = hexes(rng, device_pool)
        self._common_devices = common_devices
        self._prefixes: dict[str, list[str]] = {}

    def country(self, rng: Generator) -> str:
        """A country, by the world's weights."""
        return self._countries[int(rng.choice(len(self._countries), p=self._country_shares))]

    def device(self, rng: Generator) -> str:
        """A fingerprint: one of its own, or a common one."""
        if rng.random() < self._common_devices:
            return self._devices[int(len(self._devices) * rng.random() ** 3)]
        return hexes(rng, 1)[0]

    def agent(self, rng: Generator) -> str:
        """A user agent; a few are most people's."""
        return self._agents[self._skewed(rng, len(self._agents))]

    def place(self, rng: Generator, kind: str, country: str, device: str | None = None) -> Place:
        """A new address of a kind of network in a country."""
        pool = self.asns[kind]
        asn = pool[(hash_of(country) + self._skewed(rng, min(len(pool), 12))) % len(pool)]
        known = self._prefixes.setdefault(f"{asn}{country}", [])
        prefix = known[int(rng.integers(len(known)))] if known and rng.random() < 0.06 else hexes(rng, 1)[0]
        if len(known) < 300:
            known.append(prefix)
        return Place(hexes(rng, 1)[0], prefix, asn, kind, country, self.agent(rng), device or self.device(rng))

    def personal(self, rng: Generator, country: str) -> list[Place]:
        """The places of one person: home or phone first, often the other too, seldom something else."""
        device = self.device(rng)
        first, second = ("residential", "mobile") if rng.random() < 0.6 else ("mobile", "residential")
        home = self.place(rng, first, country, device)
        places = [home]
        while rng.random() < 0.4 and len(places) < 5:
            places.append(replace(self.place(rng, first, country, device), asn=home.asn, agent=home.agent))
        if rng.random() < 0.3:
            places.append(self.place(rng, second, country, device if rng.random() < 0.4 else None))
            if rng.random() < 0.4:
                places.append(replace(self.place(rng, second, country), device=places[-1].device))
        if rng.random() < 0.07:
            places.append(self.place(rng, "unknown", country, device))
        if rng.random() < 0.03:
            places.append(self.place(rng, "vpn", self.country(rng), device))
        return places

    @staticmethod
    def _skewed(rng: Generator, size: int) -> int:
        return min(int(rng.exponential(size / 4)), size - 1)


def hash_of(text: str) -> int:
    """A small number that is the same for the same text on any machine."""
    return sum(ord(letter) * 31**n for n, letter in enumerate(text))
