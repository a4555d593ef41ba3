"""From a cell's question to its figure: the key, the text that is printed, and what no figure answers.

Choosing and formatting one figure a cell belongs here; which question a cell asks stands in columns.py and indicators.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from urllib.parse import quote

from reports.dsa.template import Kind
from reports.figures import Figure, Figures

SECONDS_PER_HOUR = Decimal(3600)
STAFF_UNIT = Decimal(100)
PLACES = Decimal("0.0001")
_NONE_IS_ZERO = frozenset({"count", "distinct", "sum"})


class Shown(NamedTuple):
    """What a cell shows.

    Attributes:
        text: As printed; "" for a blank cell.
        figure_key: Of the one figure it shows, also when that is 0 because nothing was counted; "" when there is none.
        figure: None when nothing was counted, or when the question was not computed.
        is_computed: Whether the figures answer the question at all.
    """

    text: str = ""
    figure_key: str = ""
    figure: Figure | None = None
    is_computed: bool = True

    @property
    def is_some(self) -> bool:
        """Whether it shows more than 0."""
        return bool(self.figure is not None and self.figure.value)


@dataclass(frozen=True)
class Lookup:
    """Figures by key, and a record of what was asked of them.

    Attributes:
        figures: All figures of the report.
        by_key: The same by key.
        shown: Keys of figures that stand in a cell.
        not_computed: Metric and split of questions that the figures do not answer.
    """

    figures: Figures
    by_key: dict[str, Figure]
    shown: set[str] = field(default_factory=set)
    not_computed: set[str] = field(default_factory=set)


def lookup_of(figures: Figures) -> Lookup:
    """A fresh lookup."""
    return Lookup(figures, {figure.figure_key: figure for figure in figures.figures})


def key_of(part: str, metric: str, dimensions: Mapping[str, str]) -> str:
    """`part/metric?dim=value&dim=value`, dimensions sorted, values percent-encoded: as figures.sql writes it."""
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(dimensions.items()))
    return f"{part}/{metric}" + (f"?{query}" if query else "")


def show(lookup: Lookup, metric: str, dimensions: Mapping[str, str], kind: Kind) -> Shown:
    """The figure of a metric with exactly these dimensions, printed as its cell wants it.

    Counts without a figure are 0 (nothing was counted); medians and ratios without a value are blank. A metric that is
    not declared or a split that was not computed is blank as well, and remembered: it must never pass for 0.

    Args:
        lookup: The figures.
        metric: Name of the metric.
        dimensions: Dimension to value.
        kind: What the cell holds.
    """
    declared = lookup.figures.metrics.get(metric)
    if declared is None or not _is_split(lookup.figures, declared.part, metric, dimensions):
        lookup.not_computed.add(metric if declared is None else f"{metric} by {', '.join(sorted(dimensions))}")
        return Shown(is_computed=False)
    key = key_of(declared.part, metric, dimensions)
    figure = lookup.by_key.get(key)
    lookup.shown.add(key)
    if figure is None or figure.value is None:
        return Shown("0" if declared.kind in _NONE_IS_ZERO else "", key, figure)
    return Shown(printed(figure.value, kind), key, figure)


def _is_split(figures: Figures, part: str, metric: str, dimensions: Mapping[str, str]) -> bool:
    wanted = sorted(dimensions)
    return any(
        sorted(split.dimensions) == wanted and (not split.metrics or metric in split.metrics)
        for split in figures.breakdowns.get(part, ())
    )


def printed(value: Decimal, kind: Kind) -> str:
    """A figure's exact value as a cell: counts whole, medians in hours, staff in people or full-time equivalents.

    Medians are figures in seconds: divided by 3600 and rounded half up to four places (0.36 seconds). Staff are figures
    in hundredths. Shares are what they are. No exponent, no trailing zeros, a point as the decimal sign.

    Raises:
        ValueError: A count is not whole.
    """
    if kind == "count":
        if value != value.to_integral_value():
            raise ValueError(f"a count of {value} is not whole")
        return f"{value.to_integral_value():f}"
    exact = value / SECONDS_PER_HOUR if kind == "hours" else value / STAFF_UNIT if kind == "staff" else value
    text = f"{exact.quantize(PLACES, ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
