"""Labelled worlds: landing zones whose good and bad accounts are known, the truth beside the landing zone.

Belongs here: families of behaviour, the worlds made of them, and `write_world`.
Does not belong here: finding anybody, and scoring (tests/laboratory).
"""

from assets.ingestion.sample.worlds.specs import WORLDS, Spec
from assets.ingestion.sample.worlds.writing import write_world

__all__ = ["WORLDS", "Spec", "write_world"]
