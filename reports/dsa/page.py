"""The findings as one HTML page for a person; it opens from a file and loads nothing.

Assembly of the page belongs here; its markup stands in page.html.j2, the wording in findings and rules.
"""

from pathlib import Path

from reports.dsa.findings import Outcome, rules
from reports.dsa.template import parts


def page_bytes(outcome: Outcome, name: str) -> bytes:
    """The page; every value is escaped.

    Args:
        outcome: What the validator said.
        name: What was validated, for the title.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    fired = {finding.rule for finding in outcome.findings}
    page = environment.get_template("page.html.j2").render(
        outcome=outcome,
        name=name,
        parts={part.number: part.name for part in parts()},
        rules=[rule for rule in rules().values() if rule.rule in fired],
    )
    return page.encode("utf-8", errors="replace")
