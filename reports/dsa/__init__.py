"""The EU's harmonised transparency report (Implementing Regulation (EU) 2024/2835): its template, and a validator for anybody's report.

Facts of the template, rules as data and their checks belong here; the figures of our own report do not.
"""

from reports.dsa.findings import Finding, Outcome
from reports.dsa.validate import validate

__all__ = ["Finding", "Outcome", "validate"]
