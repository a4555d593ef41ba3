"""Completeness: figures of a service that stand in no cell although their metric and split are printed.

Telling what would be dropped in silence belongs here; filling cells does not.
"""

from reports.dsa import template
from reports.dsa.filled import Problem, Severity, Subject
from reports.dsa.lookup import Lookup
from reports.dsa.row_sheets import STOCKS, has_figures
from reports.figures import Figure

# What the figures call the service of a record that belongs to none; such records are named exclusions.
NO_SERVICE = frozenset({"none", "unknown", "withheld"})
_OF_A_WHOLE = frozenset({"submitter", "origin", "language", "staff"})
_BLOCKING_PARTS = frozenset({"orders", "notices", "measures", "recipients"})


def problems(subject: Subject) -> list[Problem]:
    """A finding for each question that no figure answers, and for each figure that no cell shows."""
    lookup, code = subject.lookup, subject.service.dsa_service
    found = [
        Problem(
            finding="figure_not_computed",
            severity="warning" if " by " not in asked else "blocking",
            message=f"{asked} was not computed; its cells are blank.",
            service=code,
        )
        for asked in sorted(lookup.not_computed)
    ]
    for metric, number in STOCKS.items():
        if subject.service.applies(template.part(number).rows[0][0]) and not has_figures(subject, metric):
            what = f"No register says anything about {metric.replace('_', ' ')}: part {number} is blank, though it applies."
            found.append(
                Problem(finding="register_is_silent", severity="blocking", message=what, service=code, part=number)
            )
    splits = {split_of(lookup.by_key[key]) for key in lookup.shown if key in lookup.by_key}
    for figure in sorted(lookup.figures.figures, key=lambda f: f.figure_key):
        if _is_dropped(figure, lookup, code) and split_of(figure) in splits:
            severity: Severity = "blocking" if figure.part in _BLOCKING_PARTS else "warning"
            what = f"{figure.figure_key} is {figure.value}, but the template has no cell for it: correct the mapping."
            found.append(Problem(finding="figure_without_cell", severity=severity, message=what, service=code))
    return found


def split_of(figure: Figure) -> tuple[str, tuple[str, ...]]:
    """Metric and names of the dimensions."""
    return figure.metric, tuple(sorted(figure.dimensions))


def _is_dropped(figure: Figure, lookup: Lookup, code: str) -> bool:
    """Whether a figure of the service above 0 stands nowhere.

    Splits by submitter, origin, language and staff print some values of a whole that is printed itself; categories
    without sub-categories print no keyword.
    """
    dimensions = figure.dimensions
    if dimensions.get("service") != code or not figure.value or figure.figure_key in lookup.shown:
        return False
    if not _OF_A_WHOLE.isdisjoint(dimensions):
        return False
    keywordless = template.children().get(dimensions.get("category", "")) == ()
    return not (keywordless and dimensions.get("keyword") in {template.OTHER, "none"})
