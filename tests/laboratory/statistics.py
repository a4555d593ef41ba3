"""Statistics that scores need: intervals of shares, and how well one grouping matches another.

Belongs here: pure functions over numbers and labels.
Does not belong here: queues, truth, files.
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from math import comb, sqrt
from typing import NamedTuple

Labels = Mapping[str, Hashable]


class BCubed(NamedTuple):
    """B-cubed precision, recall and their harmonic mean, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


def wilson(hits: int, count: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's score interval of a share.

    Args:
        hits: Successes.
        count: Trials; none gives (0, 1).
        z: Normal quantile, by default of 95 %.

    Returns:
        Lower and upper bound, each in [0, 1].
    """
    if count == 0:
        return 0.0, 1.0
    share = hits / count
    centre = share + z * z / (2 * count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max((centre - half) / scale, 0.0), min((centre + half) / scale, 1.0)


def b_cubed(found: Labels, true: Labels) -> BCubed:
    """B-cubed scores of a grouping (Bagga and Baldwin 1998), averaged over the items that both label.

    Args:
        found: Label by item.
        true: True label by item.
    """
    items = [item for item in found if item in true]
    if not items:
        return BCubed(0.0, 0.0, 0.0)
    both = Counter((found[item], true[item]) for item in items)
    sizes_found = Counter(found[item] for item in items)
    sizes_true = Counter(true[item] for item in items)
    precision = sum(n * n / sizes_found[label] for (label, _), n in both.items()) / len(items)
    recall = sum(n * n / sizes_true[label] for (_, label), n in both.items()) / len(items)
    return BCubed(precision, recall, 2 * precision * recall / (precision + recall))


def adjusted_rand(found: Labels, true: Labels) -> float:
    """The adjusted Rand index (Hubert and Arabie 1985) over the items that both label; 1 when both group alike."""
    items = [item for item in found if item in true]
    if not items:
        return 0.0
    both = sum(comb(n, 2) for n in Counter((found[item], true[item]) for item in items).values())
    rows = sum(comb(n, 2) for n in Counter(found[item] for item in items).values())
    columns = sum(comb(n, 2) for n in Counter(true[item] for item in items).values())
    pairs = comb(len(items), 2)
    expected = rows * columns / pairs if pairs else 0.0
    most = (rows + columns) / 2
    return 1.0 if both == most else (both - expected) / (most - expected)
