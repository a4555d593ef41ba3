"""A world while it is drawn: its accounts, what each sends, and the places and templates that they share.

Belongs here: accounts, streams of requests, opening accounts, and state that families share.
Does not belong here: any family's behaviour.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, TypedDict, Unpack

import numpy as np
from numpy.random import Generator

from assets.ingestion.sample.outbox import Fields
from assets.ingestion.sample.world import DAY, World, hexes
from assets.ingestion.sample.worlds.library import Ints, Library, Prompts, Templates
from assets.ingestion.sample.worlds.networks import Networks, Place
from assets.ingestion.sample.worlds.specs import Spec

NEVER = np.iinfo(np.int64).max
PERSON = {"chat": 0.62, "code": 0.13, "api": 0.18, "batch": 0.05, "mcp_connector": 0.02}
FIRM = {"chat": 0.22, "code": 0.16, "api": 0.45, "batch": 0.16, "mcp_connector": 0.01}


class Manner(TypedDict, total=False):
    """How a stream is sent; as the attributes of `Stream`."""

    is_bad: bool
    tools: tuple[tuple[str, ...], ...]
    tool: Ints
    refusal: float
    failure: float
    pivot: float | None
    policies: tuple[str, ...]


@dataclass(frozen=True)
class Stream:
    """Requests of one account with one habit; arrays have one element a request.

    Attributes:
        at: Instants, milliseconds since 1970 (int64, sorted).
        prompts: What is asked.
        places: Places that occur.
        place: Index in `places`.
        surfaces: Weight by surface.
        keys: API keys that occur.
        key: Index in `keys`.
        is_bad: Whether these requests break the terms.
        tools: Tool lists that occur (the empty one included).
        tool: Index in `tools`.
        refusal: Share of refusals.
        failure: Share of errors.
        pivot: Share that moves to a new model within a day of its release; None = like everybody.
        policies: Policies that score high, empty = none.
    """

    at: Ints
    prompts: Prompts
    places: tuple[Place, ...]
    place: Ints
    surfaces: dict[str, float]
    keys: tuple[str, ...]
    key: Ints
    is_bad: bool = False
    tools: tuple[tuple[str, ...], ...] = ((),)
    tool: Ints | None = None
    refusal: float = 0.012
    failure: float = 0.019
    pivot: float | None = None
    policies: tuple[str, ...] = ()

    def before(self, end_ms: int) -> "Stream":
        """The requests before an instant."""
        count = int(np.searchsorted(self.at, end_ms))
        return replace(
            self,
            at=self.at[:count],
            prompts=self.prompts.take(np.arange(count)),
            place=self.place[:count],
            key=self.key[:count],
            tool=None if self.tool is None else self.tool[:count],
        )


@dataclass
class Account:
    """An account and its truth.

    Attributes:
        family: The family that it was drawn from.
        actor: Who is behind it, or empty.
        is_bad: Whether it breaks the terms.
        profile: Contract fields of `accounts` but for id, times and status.
        country: Where it mostly is.
        places: Places that it uses.
        created_ms: When it was made, milliseconds since 1970.
        closed_ms: When it was closed for good.
        keys: Its API keys.
        streams: What it sends.
        account_id: Its id, given when the world is complete.
    """

    family: str
    actor: str
    is_bad: bool
    profile: Fields
    country: str
    places: list[Place]
    created_ms: int
    closed_ms: int = NEVER
    keys: list[str] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    account_id: str = ""

    @property
    def first_bad_ms(self) -> int | None:
        """The first request that breaks the terms, within the account's life."""
        firsts = [int(stream.at[0]) for stream in self.streams if stream.is_bad and len(stream.at)]
        return min(firsts) if firsts else None


@dataclass
class Town:
    """A world while it is drawn.

    Attributes:
        world: Size and calendar.
        spec: Assumptions.
        library: Numbers of templates and prompts.
        networks: Places.
        public: Templates that everybody knows, the first the most used.
        accounts: Accounts so far.
        emails: E-mail patterns of free mail hosts, the first the most used.
        release_ms: When the new model came out.
        outage: Start and end of an outage.
        groups: Number of actors and groups so far.
        allowed: (entity kind, entity id or account, reason) to be allow-listed.
        servers: Connectors that a bad account abuses.
        banned: Accounts that were closed for abuse.
        reported: Accounts that many honest people report.
    """

    world: World
    spec: Spec
    library: Library
    networks: Networks
    public: Templates
    emails: list[str]
    release_ms: int
    outage: tuple[int, int]
    accounts: list[Account] = field(default_factory=list)
    groups: int = 0
    allowed: list[tuple[str, Any, str]] = field(default_factory=list)
    servers: list[str] = field(default_factory=list)
    banned: list[Account] = field(default_factory=list)
    reported: list[Account] = field(default_factory=list)

    @property
    def rekeyed_ms(self) -> int:
        """When the key of the hashes changed, or never."""
        return self.world.start_ms + self.world.days // 2 * DAY if self.spec.rekeyed else NEVER

    def group(self) -> str:
        """A new actor or group."""
        self.groups += 1
        return f"actor_{self.groups:04d}"

    def say(
        self,
        rng: Generator,
        account: Account,
        at: Ints,
        prompts: Prompts,
        *,
        places: Sequence[Place] = (),
        place: Ints | None = None,
        surfaces: dict[str, float] | None = None,
        key: Ints | None = None,
        **more: Unpack[Manner],
    ) -> None:
        """Let an account send prompts at instants (as many of each; what lies outside the account's life is dropped)."""
        alive = np.flatnonzero((at > account.created_ms) & (at < min(account.closed_ms, self.world.horizon_ms)))
        kept = alive[np.argsort(at[alive], kind="stable")]
        if not len(kept):
            return
        at = at[kept]
        chosen = tuple(places) or tuple(account.places)
        place = None if place is None else place[kept]
        if place is None:
            weights = 0.55 ** np.arange(len(chosen))
            place = rng.choice(len(chosen), len(at), p=weights / weights.sum()).astype(np.int64)
        if "tool" in more:
            more["tool"] = more["tool"][kept]
        usual = PERSON if account.profile["kind"] == "individual" else FIRM
        account.streams.append(
            Stream(
                at,
                prompts.take(np.arange(len(at))),
                chosen,
                place,
                surfaces or usual,
                tuple(account.keys),
                np.zeros(len(at), np.int64) if key is None else key[kept],
                **more,
            )
        )


def rekeyed(digest: str) -> str:
    """A hash of the same thing under the second key."""
    return sha256(f"second {digest}".encode()).hexdigest()[: len(digest)]


def found(world: World, spec: Spec) -> Town:
    """A world before anybody moves in."""
    rng = world.rng("labelled", "town")
    library = Library()
    public = library.draw(rng, 400, elicits=0.03, grades=0.005, strict=0.06)
    span = world.horizon_ms - world.start_ms
    release = world.start_ms + int(span * rng.uniform(0.35, 0.6))
    outage = world.start_ms + int(span * rng.uniform(0.2, 0.8))
    networks = Networks(rng, spec.countries, spec.common_devices, spec.device_pool)
    return Town(world, spec, library, networks, public, hexes(rng, 200), release, (outage, outage + DAY // 12))
