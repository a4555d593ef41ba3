"""What a review queue is worth when the truth is known: catches, false alarms, clusters, delay.

Belongs here: pure functions over units and truth.
Does not belong here: reading files or databases (`reading`), building worlds (`building`), tables (`tables`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import inf
from statistics import median

from tests.laboratory.statistics import BCubed, adjusted_rand, b_cubed, wilson

BUDGET_SHARE = 0.01
NOT_SCORED = frozenset({"already_banned"})
"""Families that nobody need find again; they count as bad where a unit holds them, and for no recall."""


@dataclass(frozen=True)
class Unit:
    """One row of a review queue.

    Attributes:
        unit_id: Its id.
        kind: `cluster` or `account`.
        accounts: Its accounts, at least one.
    """

    unit_id: str
    kind: str
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class Truth:
    """Who is who.

    Attributes:
        family: Family by account; what is not here is not judged.
        bad: Bad accounts.
        actor: Who is behind an account, for those who share one.
        first_bad: When each bad account first broke the terms (UTC).
        requests: Requests by account; absent = none.
    """

    family: Mapping[str, str]
    bad: frozenset[str]
    actor: Mapping[str, str]
    first_bad: Mapping[str, datetime]
    requests: Mapping[str, int]

    @property
    def wanted(self) -> frozenset[str]:
        """Bad accounts that are to be found."""
        return frozenset(account for account in self.bad if self.family[account] not in NOT_SCORED)


@dataclass(frozen=True)
class FamilyScore:
    """A family's share that was put before a reviewer.

    Attributes:
        family: Its name.
        hits: Its accounts in reviewed units (bad families: in units that catch).
        count: Its accounts.
        upper: Upper bound of the share (Wilson, 95 %).
    """

    family: str
    hits: int
    count: int
    upper: float

    @property
    def share(self) -> float:
        """Hits by count."""
        return self.hits / self.count if self.count else 0.0


@dataclass(frozen=True)
class Score:
    """What a queue is worth. Shares are in [0, 1]; a share of nothing is None.

    Attributes:
        accounts: Accounts of the world.
        bad: Bad accounts to be found.
        budget: Reviews that the budget allows.
        published: Units published.
        clusters: Of these, clusters.
        reviewed: Units within the budget.
        precision: Reviewed units that catch.
        account_precision: Accounts in reviewed units that are bad.
        precision_first_quarter: Units within a quarter of the budget that catch.
        recall: Bad accounts in reviewed units that catch.
        strict_recall: The same when a unit costs as many reviews as it has accounts.
        strict_precision: Precision under that cost.
        weighted_recall: Recall weighted by requests.
        families: Recall of each bad family, worst first.
        false_alarms: Benign families, highest upper bound first.
        b_cubed: Match of reviewed clusters with actors; None without clusters.
        b_cubed_all: The same over all bad accounts, those not reviewed standing alone.
        ari: Adjusted Rand index over the reviewed clusters' accounts; None without clusters.
        days_to_detection: Median days from the first bad request to the end of the day of first detection, over those
            detected; None when none was.
        days_to_detection_all: The same over all bad accounts, inf for those never detected.
    """

    accounts: int
    bad: int
    budget: int
    published: int
    clusters: int
    reviewed: int
    precision: float | None
    account_precision: float | None
    precision_first_quarter: float | None
    recall: float | None
    strict_recall: float | None
    strict_precision: float | None
    weighted_recall: float | None
    families: tuple[FamilyScore, ...]
    false_alarms: tuple[FamilyScore, ...]
    b_cubed: BCubed | None
    b_cubed_all: BCubed | None
    ari: float | None
    days_to_detection: float | None
    days_to_detection_all: float | None

    @property
    def worst_family(self) -> FamilyScore | None:
        """The bad family with the smallest recall."""
        return self.families[0] if self.families else None

    @property
    def units_per_10000(self) -> float:
        """Published units per 10,000 accounts."""
        return 10_000 * self.published / self.accounts

    @property
    def clusters_per_10000(self) -> float:
        """Published clusters per 10,000 accounts."""
        return 10_000 * self.clusters / self.accounts


def budget_of(accounts: int) -> int:
    """Reviews that one in a hundred accounts allows, at least one."""
    return max(1, round(BUDGET_SHARE * accounts))


def within(units: Sequence[Unit], budget: int, *, per_account: bool = False) -> list[Unit]:
    """The units that a budget of reviews reaches, in their order.

    Args:
        units: Ranked units.
        budget: Reviews.
        per_account: Whether a unit costs as many reviews as it has accounts; the first that does not fit ends it.
    """
    reached: list[Unit] = []
    spent = 0
    for unit in units:
        spent += len(unit.accounts) if per_account else 1
        if spent > budget:
            break
        reached.append(unit)
    return reached


def catches(unit: Unit, truth: Truth) -> bool:
    """Whether at least half of a unit's accounts are bad."""
    return 2 * sum(account in truth.bad for account in unit.accounts) >= len(unit.accounts)


def caught(units: Sequence[Unit], truth: Truth) -> frozenset[str]:
    """Bad accounts to be found that lie in units that catch."""
    return frozenset(account for unit in units if catches(unit, truth) for account in unit.accounts) & truth.wanted


def score(queues: Mapping[date, Sequence[Unit]], truth: Truth) -> Score:
    """Score a queue: the last day's as it stands, and every day's for the delay.

    Args:
        queues: Ranked units by as-of day (UTC).
        truth: Who is who.

    Returns:
        The score of the last day's queue; of an empty one when there is no day.
    """
    accounts = len(truth.family)
    budget = budget_of(accounts)
    units = list(queues[max(queues)]) if queues else []
    reviewed = within(units, budget)
    strict = within(units, budget, per_account=True)
    wanted, found = truth.wanted, caught(reviewed, truth)
    proposed = {account for unit in reviewed for account in unit.accounts}
    delays = detection_days(queues, truth, budget)
    clusters = [unit for unit in reviewed if unit.kind == "cluster"]
    grouped, actors = _groups(clusters), _actors(truth)
    return Score(
        accounts=accounts,
        bad=len(wanted),
        budget=budget,
        published=len(units),
        clusters=sum(unit.kind == "cluster" for unit in units),
        reviewed=len(reviewed),
        precision=_catching(reviewed, truth),
        account_precision=_share(len(proposed & truth.bad), len(proposed)),
        precision_first_quarter=_catching(within(units, max(1, budget // 4)), truth),
        recall=_share(len(found), len(wanted)),
        strict_recall=_share(len(caught(strict, truth)), len(wanted)),
        strict_precision=_catching(strict, truth),
        weighted_recall=_share(_requests(found, truth), _requests(wanted, truth)),
        families=_families(found, wanted, truth),
        false_alarms=_false_alarms(proposed, truth),
        b_cubed=b_cubed(grouped, actors) if grouped else None,
        b_cubed_all=b_cubed({account: grouped.get(account, account) for account in wanted}, actors) if wanted else None,
        ari=adjusted_rand(grouped, actors) if grouped else None,
        days_to_detection=median(delays.values()) if delays else None,
        days_to_detection_all=median(delays.get(account, inf) for account in wanted) if wanted else None,
    )


def detection_days(queues: Mapping[date, Sequence[Unit]], truth: Truth, budget: int) -> dict[str, float]:
    """Days from each bad account's first bad request to the end of the first day whose queue catches it."""
    delays: dict[str, float] = {}
    for day in sorted(queues):
        seen_at = datetime.combine(day + timedelta(days=1), time(), UTC)
        for account in caught(within(queues[day], budget), truth):
            if account not in delays and account in truth.first_bad:
                delays[account] = max((seen_at - truth.first_bad[account]) / timedelta(days=1), 0.0)
    return delays


def _catching(units: Sequence[Unit], truth: Truth) -> float | None:
    return _share(sum(catches(unit, truth) for unit in units), len(units))


def _share(hits: int, count: int) -> float | None:
    return hits / count if count else None


def _requests(accounts: frozenset[str], truth: Truth) -> int:
    return sum(truth.requests.get(account, 0) for account in accounts)


def _groups(clusters: Sequence[Unit]) -> dict[str, str]:
    grouped: dict[str, str] = {}
    for unit in clusters:
        for account in unit.accounts:
            grouped.setdefault(account, unit.unit_id)
    return grouped


def _actors(truth: Truth) -> dict[str, str]:
    return {account: truth.actor.get(account) or account for account in truth.family}


def _family_scores(hits: Counter[str], sizes: Counter[str]) -> list[FamilyScore]:
    return [
        FamilyScore(family, hits[family], count, wilson(hits[family], count)[1])
        for family, count in sorted(sizes.items())
    ]


def _families(found: frozenset[str], wanted: frozenset[str], truth: Truth) -> tuple[FamilyScore, ...]:
    hits = Counter(truth.family[account] for account in found)
    sizes = Counter(truth.family[account] for account in wanted)
    return tuple(sorted(_family_scores(hits, sizes), key=lambda family: family.share))


def _false_alarms(proposed: set[str], truth: Truth) -> tuple[FamilyScore, ...]:
    honest = [account for account in truth.family if account not in truth.bad]
    hits = Counter(truth.family[account] for account in honest if account in proposed)
    sizes = Counter(truth.family[account] for account in honest)
    return tuple(sorted(_family_scores(hits, sizes), key=lambda family: (-family.share, -family.upper)))
