"""The seeded generator: a whole synthetic landing zone in the exporters' own formats.

Belongs here: a made-up platform, its story and the dirt of its exports; `zone.write` is the way in.
Does not belong here: reading any of it back.
"""

from assets.ingestion.sample.landing import SampleRefusedError
from assets.ingestion.sample.ledger import FeedLines, SampleSummary
from assets.ingestion.sample.zone import DEFAULT_END, write

__all__ = ["DEFAULT_END", "FeedLines", "SampleRefusedError", "SampleSummary", "write"]
