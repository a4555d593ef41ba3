"""Asset keys, owners and links: the names under which the stretches of the line meet in Dagster.

Only names belong here.
"""

LANDING = "landing"
RAW = "raw"
DERIVED = "derived"
REPORTS = "reports"
PUBLISHED = ("published", "current")

RUNBOOK = "docs/runbook.md"


def landing(feed: str) -> list[str]:
    """Key of the files that others deliver for a feed."""
    return [LANDING, feed]


def raw(feed: str) -> list[str]:
    """Key of a feed's typed rows."""
    return [RAW, feed]


def derived(relation: str) -> list[str]:
    """Key of facts that our own product concluded."""
    return [DERIVED, relation]


def report(report_id: str) -> list[str]:
    """Key of a prepared report."""
    return [REPORTS, report_id]


def runbook(anchor: str) -> str:
    """Where the engineer called at night reads on."""
    return f"{RUNBOOK}#{anchor}"
