"""Findings: what an examination of a bundle found not to be as it was written, each with its place.

Their one shape belongs here; who finds what is told by verification.py, recompute.py and trace.py.
"""

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be.

    Attributes:
        check: Which examination found it: `files`, `signatures`, `register`, `figures`, `strata`, `contributors`,
            `vault`, `lake`, `quarantine`, `access_log`, `recompute`.
        where: The file, object, line or figure.
        expected: What the record says.
        found: What there is.
        message: What it means, in a sentence.
    """

    check: str
    where: str
    expected: str
    found: str
    message: str

    def __str__(self) -> str:
        """On one line, for a person."""
        return f"{self.check}: {self.where}: {self.message} (expected {self.expected}, found {self.found})"
