"""Readers: every delivered format but plain JSONL, turned into numbered source lines.

Belongs here: one module a format, and the choice among them. Not here: judging values, or writing anything.
"""

from assets.ingestion.readers.choice import open_lines

__all__ = ["open_lines"]
