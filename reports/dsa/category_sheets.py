"""Parts 2 to 6: a row per category, each numeric cell one figure.

Rows, blanks and their explanations belong here; which figure a column shows stands in columns.py.
"""

from reports.dsa import template
from reports.dsa.columns import ASKS, FIRST_NUMBER, GROUNDS, cases_place, context_place
from reports.dsa.filled import Filled, Subject, put, safe, started
from reports.dsa.left_out import tell_left_out
from reports.dsa.lookup import Shown, show
from reports.render.document import SYNTHETIC, SYNTHETIC_NOTE

NOT_RECORDED = "Not recorded in the period; left blank."


def names_sheet(subject: Subject) -> Filled:
    """Part 2: the categories, as the official file has them; its contextual cell says so when the data were made up."""
    filled = started(2, subject, template.blank_rows(2)[1:])
    if subject.lookup.figures.state.is_synthetic:
        filled.rows[1][-1] = f"{SYNTHETIC}: {SYNTHETIC_NOTE}"
    return filled


def category_sheet(number: int, subject: Subject) -> Filled:
    """Part 3, 4, 5 or 6.

    Part 3 has the rows of scope TOTAL and then those of each Member State that issued an order in the period; the row
    that the official file leaves out of the Member States' rows is there, else their sums would not hold.
    """
    blank = template.blank_rows(number)[1:]
    whole = [row for row in blank if number != 3 or row[5] == template.TOTAL]
    rows = [list(row) for row in whole]
    for state in issuing_states(subject) if number == 3 else ():
        rows += [[*row[:5], state, *row[6:]] for row in whole]
    filled = started(number, subject, rows)
    keys = template.category_keys(number)
    for index in range(1, len(filled.rows)):
        _fill_row(filled, index, subject, *keys[(index - 1) % len(keys)])
    return filled


def issuing_states(subject: Subject) -> list[str]:
    """Member States that issued an order to the service in the period, in order of their codes."""
    found = set()
    for metric in ("orders_to_act", "orders_to_inform"):
        for figure in subject.lookup.figures.of(metric, ("service", "member_state")):
            if figure.dimensions["service"] == subject.service.dsa_service and figure.value:
                found.add(figure.dimensions["member_state"])
    return sorted(found & template.STATES)


def _dimensions(filled: Filled, row: list[str], subject: Subject, parent: str, key: str) -> dict[str, str]:
    number = filled.part.number
    found = {"service": subject.service.dsa_service}
    if number in GROUNDS:
        found["ground"] = GROUNDS[number]
    if number == 3 and row[5] != template.TOTAL:
        found["member_state"] = row[5]
    if parent:
        found["category"] = parent
    if key not in {template.TOTAL, parent}:
        found["keyword"] = key
    return found


def _fill_row(filled: Filled, index: int, subject: Subject, parent: str, key: str) -> None:
    row = filled.rows[index]
    row[4] = ""
    if not subject.service.applies(row[0]):
        return
    number = filled.part.number
    dimensions = _dimensions(filled, row, subject, parent, key)
    cells: dict[int, Shown] = {}
    for place, asks in enumerate(ASKS[number], start=FIRST_NUMBER[number]):
        kind = template.kinds(number)[filled.part.header[place]]
        cells[place] = show(subject.lookup, asks.metric, {**dimensions, **asks.dimensions}, kind)
        put(filled, index, place, cells[place])
    for place in cells:
        row[context_place(number, place)] = _context(subject, cells, place, number)
    if index == 1:
        tell_left_out(filled, index, context_place(number, FIRST_NUMBER[number]), subject)
    if key == template.OTHER and any(shown.is_some for shown in cells.values()):
        row[4] = safe(subject.descriptions[parent])


def _context(subject: Subject, cells: dict[int, Shown], place: int, number: int) -> str:
    shown = cells[place]
    if not shown.is_computed:
        return NOT_RECORDED
    cases = cases_place(number, place)
    if cases >= 0 and not shown.text and cells[cases].is_some:
        return f"No time to measure: none of these cases had been acted upon by {subject.as_of}."
    if "item" in template.part(number).header[place] and shown.text == "0" and _cases_of_items(cells, place, number):
        return "The cases counted here name no specific item of information."
    return ""


def _cases_of_items(cells: dict[int, Shown], place: int, number: int) -> bool:
    return cells[place - (1 if number == 3 else 2)].is_some


def descriptions(policies: list[tuple[str, str, str | None]]) -> dict[str, str]:
    """What stands beside a KEYWORD_OTHER row that counts something, by high-level category.

    Args:
        policies: Name, category and keyword of each policy in force in the period.
    """
    found = {}
    for category in template.categories():
        if not template.children().get(category.key):
            continue
        own = template.children()[category.key]
        named = [name for name, key, word in policies if key == category.key and (word not in own or word == own[-1])]
        text = f"{category.description.strip()}: cases that none of the named sub-categories covers"
        listed = "; ".join(dict.fromkeys(named))
        found[category.key] = text + (f". Policies concerned: {listed[:400]}." if listed else ".")
    return found
