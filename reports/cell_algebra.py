"""Cell algebra: whether printed sums of disjoint groups of records give away a sum that is not printed.

Exact linear algebra over small whole numbers belongs here; which cells are small or printed does not.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.int64]

PRIME = 2_147_483_629
"""Arithmetic is exact modulo this prime: products of two residues fit 64 bits, and entries of the matrices are far smaller."""


def supports(printed: "Matrix", wanted: "Matrix") -> list[list[int] | None]:
    """For each wanted row, printed rows of which it is a linear combination; None when it is none.

    Args:
        printed: Rows are printed sums, columns are disjoint groups of records, entries say how often a sum counts a group.
        wanted: Sums in the same columns.

    Returns:
        For each wanted row the indexes of the printed rows that take part in one combination, ascending.
    """
    import numpy as np

    rows, columns = printed.shape
    work = np.concatenate([printed % PRIME, np.eye(rows, dtype=np.int64)], axis=1)
    sought = np.concatenate([wanted % PRIME, np.zeros((len(wanted), rows), dtype=np.int64)], axis=1)
    rank = 0
    for column in range(columns):
        if rank == rows:
            break
        candidates = np.nonzero(work[rank:, column])[0]
        if not len(candidates):
            continue
        pivot = rank + int(candidates[0])
        work[[rank, pivot]] = work[[pivot, rank]]
        work[rank] = work[rank] * pow(int(work[rank, column]), -1, PRIME) % PRIME
        below = rank + 1 + np.nonzero(work[rank + 1 :, column])[0]
        work[below] = (work[below] - work[below, column, None] * work[rank]) % PRIME
        hit = np.nonzero(sought[:, column])[0]
        sought[hit] = (sought[hit] - sought[hit, column, None] * work[rank]) % PRIME
        rank += 1
    found: list[list[int] | None] = []
    for row in sought:
        is_combination = not row[:columns].any()
        found.append([int(index) for index in np.nonzero(row[columns:])[0]] if is_combination else None)
    return found
