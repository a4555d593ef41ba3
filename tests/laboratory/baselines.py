"""Simple rules that a queue has to beat, over the same requests: volume, elicitation, uncapped shared keys.

Belongs here: ranking accounts or components from ingested requests alone.
Does not belong here: the product's own signals.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from orchestration.core.home import Home
from tests.laboratory.scoring import Truth, Unit

KEYS = ("ip_hash", "device_hash", "payment_hash")
PRIOR_SHARE, PRIOR_COUNT = 0.07, 20
"""Elicitation shares are shrunk towards an ordinary one, else the rarest accounts come first."""


def top_volume(home: Home) -> list[Unit]:
    """Accounts by requests, the busiest first."""
    return _single(_rows(home, "select account_id from requests group by 1 order by count(*) desc, account_id"))


def top_elicitation(home: Home) -> list[Unit]:
    """Accounts by the shrunk share of requests that elicit reasoning."""
    return _single(
        _rows(
            home,
            "select account_id from requests group by account_id order by "
            f"(count(*) filter (where elicits_reasoning) + {PRIOR_COUNT} * {PRIOR_SHARE}) / (count(*) + {PRIOR_COUNT}) "
            "desc, account_id",
        )
    )


def shared_keys(home: Home) -> list[Unit]:
    """Components of accounts that share any address, device or card, without caps; the largest first."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = _rows(
        home,
        " union ".join(f"select account_id, '{key}' || {key} from requests where {key} is not null" for key in KEYS),
    )
    accounts = {account: n for n, account in enumerate(sorted({account for account, _ in pairs}))}
    keys = {key: n + len(accounts) for n, key in enumerate(sorted({key for _, key in pairs}))}
    size = len(accounts) + len(keys)
    rows = np.array([accounts[account] for account, _ in pairs], dtype=np.int64)
    columns = np.array([keys[key] for _, key in pairs], dtype=np.int64)
    graph = coo_matrix((np.ones(len(pairs), dtype=np.int8), (rows, columns)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1].tolist()
    members: dict[int, list[str]] = defaultdict(list)
    for account, n in accounts.items():
        members[labels[n]].append(account)
    groups = sorted((group for group in members.values() if len(group) > 1), key=lambda group: (-len(group), group[0]))
    return [Unit(f"component {n}", "cluster", tuple(group)) for n, group in enumerate(groups, start=1)]


def oracle(truth: Truth) -> list[Unit]:
    """The best queue there is: one unit for each actor, the largest first. What scores cannot exceed."""
    members: dict[str, list[str]] = defaultdict(list)
    for account in sorted(truth.wanted):
        members[truth.actor.get(account, account)].append(account)
    groups = sorted(members.values(), key=lambda group: (-len(group), group[0]))
    return [
        Unit(f"actor {n}", "cluster" if len(group) > 1 else "account", tuple(group))
        for n, group in enumerate(groups, start=1)
    ]


def by_chance(truth: Truth, seed: int) -> list[Unit]:
    """Accounts in random order: what scores must exceed."""
    accounts = sorted(truth.family)
    order = np.random.default_rng(seed).permutation(len(accounts)).tolist()
    return _single([(accounts[n],) for n in order])


def all_of(home: Home, truth: Truth, seed: int) -> Mapping[str, list[Unit]]:
    """Every baseline and both bounds by name."""
    return {
        "top volume": top_volume(home),
        "top elicitation": top_elicitation(home),
        "shared keys, uncapped": shared_keys(home),
        "by chance": by_chance(truth, seed),
        "oracle": oracle(truth),
    }


def _single(rows: list[tuple[Any, ...]]) -> list[Unit]:
    return [Unit(str(account), "account", (str(account),)) for (account,) in rows]


def _rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    lake = str(home.lake_raw / "model_requests" / "*.parquet").replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(f"create view requests as select * from read_parquet('{lake}')")
        rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
    return rows
