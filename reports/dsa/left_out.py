"""What a report leaves out, by name: said in the contextual cell beside the whole, each number one figure.

Names for people and the sentence belong here; which record is left out, and under which name, is decided by the models.
"""

from reports.dsa.filled import Cell, Filled, Subject
from reports.dsa.lookup import printed

METRIC = "excluded"
SUBJECTS = {3: "orders", 4: "notices", 5: "measures", 6: "measures", 7: "complaints"}
_NAMES = {
    "before_report_from": "before the surface's first day of reporting",
    "recipient_outside_eea": "recipient outside the EEA",
    "exempt": "exempt under the register of scope",
    "no_category": "policy without a category of the template",
    "unregistered_surface": "on a surface that is not registered",
    "not_a_member_state": "issued by no Member State",
    "not_hosting": "on a service that hosts nothing",
    "no_online_platform": "on a service that is no online platform",
    "no_restriction": "restricting nobody",
    "answers_an_order": "answering an order",
    "category_not_allowed": "in a category that the part does not have",
    "unmapped_action": "by an action that the register does not map",
    "subject_unknown": "about something that the data do not hold",
}


def tell_left_out(filled: Filled, row: int, place: int, subject: Subject) -> None:
    """Add to a contextual cell what the service's figures leave out of the part's subject; nothing when nothing was.

    Args:
        filled: The part.
        row: Row of the whole, 1 for the first below the header.
        place: The contextual column.
        subject: Service and figures.
    """
    figures = subject.lookup.figures.of(METRIC, ("service", "subject", "exclusion"))
    told = []
    for figure in sorted(figures, key=lambda f: f.figure_key):
        dimensions = figure.dimensions
        if (
            dimensions["service"] != subject.service.dsa_service
            or dimensions["subject"] != SUBJECTS[filled.part.number]
        ):
            continue
        if figure.value:
            code, value = dimensions["exclusion"], printed(figure.value, "count")
            told.append(f"{value} {_NAMES.get(code, code.replace('_', ' '))}")
            column = filled.part.header[place]
            filled.cells.append(Cell(filled.part.number, row + 1, column, figure.figure_key, value))
    if told:
        about = "Left out of parts 5 and 6 together" if filled.part.number in {5, 6} else "Left out of this part"
        sentence = f"{about}, by name: {'; '.join(told)}."
        filled.rows[row][place] = " ".join(text for text in (filled.rows[row][place], sentence) if text)
