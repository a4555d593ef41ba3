"""What must hold of the data at every seam: suites, reconciliation, freshness, coverage, and the ledger of results.

Checks and the record of what they found belong here; mending what they find does not, nor does deciding what may be filed.
"""
