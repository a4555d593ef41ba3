"""Parts 7 to 10: a row per indicator and scope, each value one figure.

Rows, blanks and their explanations belong here; which figure a row shows stands in indicators.py.
"""

from collections.abc import Iterator

from reports.dsa import template
from reports.dsa.category_sheets import NOT_RECORDED
from reports.dsa.columns import Asks
from reports.dsa.filled import Filled, Subject, kind_at, put, started
from reports.dsa.indicators import OUTCOMES, asks
from reports.dsa.left_out import tell_left_out
from reports.dsa.lookup import Shown, show

LANGUAGES = sorted(template.LANGUAGES)
STATES = sorted(template.STATES)
NOT_MEASURED = (
    "Not measured in the period: this indicator needs an audit of sampled decisions whose design gives each decision a "
    "known chance of being drawn."
)
REORDERED = (
    "The official file repeats bg-Accuracy, [...]-Precision and sv-Recall three times here; the rows are written as "
    "Annex II describes them, every indicator for every language."
)
NONE_DECIDED = "No time to measure: none of these had been decided by {day}."
STOCKS = {"moderator_staff": 9, "average_monthly_recipients": 10}
_MORE = template.MORE_ROWS
_SCOPE = 5
_INDICATOR = 4


def row_sheet(number: int, subject: Subject) -> Filled:
    """Part 7, 8, 9 or 10.

    Rows by language or Member State are written out for a service that they concern; for any other the template's own
    examples (`bg`, `[...]`, `sv`) stay, blank. The language rows of part 8 are set right for both.
    """
    rows = [list(row) for row in template.blank_rows(number)[1:]]
    if number == 8:
        rows = set_right(rows)
    if subject.service.applies(rows[-1][0]):
        rows = list(_written_out(rows, STATES if number == 10 else LANGUAGES))
    filled = started(number, subject, rows)
    for index, row in enumerate(filled.rows[1:], start=1):
        if subject.service.applies(row[0]):
            _fill_row(filled, index, subject)
    return filled


def set_right(rows: list[list[str]]) -> list[list[str]]:
    """The rows of part 8 with each indicator by language once per language, in the order of the indicators.

    The official file says bg-Accuracy, [...]-Precision, sv-Recall, three times over: nine rows that Annex II describes
    as accuracy, precision and recall, each for bg, [...] and sv.
    """
    spoken = [row for row in rows if _is_example(row)]
    indicators = list(dict.fromkeys(row[_INDICATOR] for row in spoken))
    scopes = list(dict.fromkeys(row[_SCOPE] for row in spoken))
    right = [[*spoken[0][:_INDICATOR], indicator, scope, "", ""] for indicator in indicators for scope in scopes]
    first = next(row for row in right if row[_INDICATOR].startswith("Accuracy"))
    first[-1] = REORDERED
    return [row for row in rows if not _is_example(row)] + right


def _is_example(row: list[str]) -> bool:
    return row[_SCOPE] == _MORE or row[_SCOPE] in template.LANGUAGES or row[_SCOPE] in template.STATES


def _written_out(rows: list[list[str]], codes: list[str]) -> Iterator[list[str]]:
    """Rows with every language or state in the place of the examples."""
    done: set[str] = set()
    for row in rows:
        if not _is_example(row):
            yield row
        elif row[_INDICATOR] not in done:
            done.add(row[_INDICATOR])
            for number, code in enumerate(codes):
                yield [*row[:_SCOPE], code, *row[_SCOPE + 1 : -1], row[-1] if number == 0 else ""]


def _fill_row(filled: Filled, index: int, subject: Subject) -> None:
    row = filled.rows[index]
    header = filled.part.header
    asked = asks(filled.part.number, row[_INDICATOR], row[_SCOPE])
    context = len(header) - 1 if header[-1].startswith("Contextual") else None
    place = header.index("Value")
    if asked is None:
        explanation = NOT_MEASURED
    else:
        shown = _shown(subject, asked, filled, row, place)
        if _is_unrecorded(subject, asked, shown):
            shown = Shown(is_computed=False)
        put(filled, index, place, shown)
        explanation = _explanation(subject, asked, shown)
    if context is not None:
        row[context] = " ".join(text for text in (row[context], explanation) if text)
        if filled.part.number == 7 and index == 1:
            tell_left_out(filled, index, context, subject)


def _shown(subject: Subject, asked: Asks, filled: Filled, row: list[str], place: int) -> Shown:
    dimensions = {"service": subject.service.dsa_service, **asked.dimensions}
    return show(subject.lookup, asked.metric, dimensions, kind_at(filled.part, row, place))


def _is_unrecorded(subject: Subject, asked: Asks, shown: Shown) -> bool:
    """Whether a stock is not known, which is not 0: no row for the Member State, or none on moderators at all."""
    if shown.figure is not None or asked.metric not in STOCKS:
        return False
    return asked.metric != "moderator_staff" or not has_figures(subject, asked.metric)


def has_figures(subject: Subject, metric: str) -> bool:
    """Whether any figure of a metric is about the service."""
    code = subject.service.dsa_service
    return any(f.metric == metric and f.dimensions.get("service") == code for f in subject.lookup.figures.figures)


def _explanation(subject: Subject, asked: Asks, shown: Shown) -> str:
    if not shown.is_computed:
        return NOT_RECORDED
    if asked.metric in {"complaints_submitted", "disputes_submitted"}:
        return _without_outcome(subject, asked) if shown.is_some else ""
    if not shown.text and shown.figure is not None and shown.figure.open_count:
        return NONE_DECIDED.format(day=subject.as_of)
    return ""


def _without_outcome(subject: Subject, asked: Asks) -> str:
    """How many complaints or disputes have none of the outcomes that the template lists, as far as there are any."""
    kind = asked.metric.removesuffix("s_submitted")
    dimensions = {"service": subject.service.dsa_service, **asked.dimensions}
    median = show(subject.lookup, f"{kind}_decision_median", dimensions, "hours").figure
    told = []
    if median is not None and median.open_count:
        told.append(f"Pending on {subject.as_of}: {median.open_count}.")
    if asked.dimensions:
        omitted = show(
            subject.lookup, f"{kind}s_decided", {**dimensions, "outcome": OUTCOMES["Decision omitted"]}, "count"
        )
        if omitted.is_some:
            told.append(f"Ended without a decision: {omitted.text}.")
    return " ".join(told)
