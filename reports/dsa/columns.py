"""Which figure each numeric column of parts 3 to 6 shows, as data.

Metric and further dimensions a column belong here; rows, blanks and formats do not.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from reports.dsa import template


class Asks(NamedTuple):
    """What a cell asks of the figures, beside the dimensions of its row."""

    metric: str
    dimensions: Mapping[str, str] = MappingProxyType({})


FLAGGERS = {"submitter": "trusted_flagger"}
GROUNDS = {5: "illegal", 6: "terms"}
FIRST_NUMBER = {3: 6, 4: 5, 5: 5, 6: 5}

# In the order of the columns of parts 5 and 6.
RESTRICTIONS = (
    "visibility_removal",
    "visibility_disable",
    "visibility_demoted",
    "visibility_age_restricted",
    "visibility_interaction_restricted",
    "visibility_labelled",
    "visibility_other",
    "monetary_suspension",
    "monetary_termination",
    "monetary_other",
    "provision_suspension",
    "provision_termination",
    "account_suspension",
    "account_termination",
)

_ORDERS = (
    Asks("orders_to_act"),
    Asks("orders_to_act_items"),
    Asks("orders_to_act_receipt_median"),
    Asks("orders_to_act_effect_median"),
    Asks("orders_to_inform"),
    Asks("orders_to_inform_receipt_median"),
    Asks("orders_to_inform_effect_median"),
)
_NOTICES = tuple(
    Asks(metric, dimensions)
    for metric in ("notices", "notice_items", "notice_action_median", "notice_actions_law", "notice_actions_terms")
    for dimensions in ({}, FLAGGERS)
)
_MEASURES = (
    Asks("own_initiative_measures"),
    Asks("own_initiative_measures_automated_detection"),
    *(Asks("own_initiative_restrictions", {"restriction": restriction}) for restriction in RESTRICTIONS),
)
ASKS: dict[int, tuple[Asks, ...]] = {3: _ORDERS, 4: _NOTICES, 5: _MEASURES, 6: _MEASURES}


def context_place(number: int, place: int) -> int:
    """Where the contextual information on a numeric column stands: the same columns again, in the same order."""
    return place + len(ASKS[number])


def cases_place(number: int, place: int) -> int:
    """Where the count stands of which a median column is the median; -1 when the column holds no median."""
    header = template.part(number).header
    if not header[place].startswith("Median"):
        return -1
    if number == 3:
        return 6 if place in {8, 9} else 10
    return place - 4
