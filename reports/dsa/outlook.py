"""Outlook: which texts a period's report would print for each service, and which are missing, before anything is prepared.

Asking the same questions as filling does belongs here; choosing a text stands in texts.py.
"""

import duckdb
import msgspec

from orchestration.core.home import Home
from reports.dsa import template
from reports.dsa.example_texts import REPORT_ID
from reports.dsa.services import days_of, in_scope, registered
from reports.dsa.texts import (
    PREVIOUS_PUBLICATION_DATE,
    PROVIDER_NAME,
    PUBLICATION_DATE,
    QUALITATIVE,
    choose,
    read_texts,
)
from reports.periods import Period

PRINTED = "printed"


class Prospect(msgspec.Struct, frozen=True):
    """What a service's report would print for an indicator.

    Attributes:
        service: Code of the service.
        indicator: Name of the text.
        state: `printed`, `text_missing`, `text_not_approved`, `text_too_long`, or `optional` for a date without a text.
        file: The text's file; empty when none is printed.
        version: Its version; 0 when none is printed.
        owner: Who answers for it.
        approved_by: Who approved it.
        draft: A nearer or newer file that nobody approved.
    """

    service: str
    indicator: str
    state: str
    file: str = ""
    version: int = 0
    owner: str = ""
    approved_by: str = ""
    draft: str = ""


class Outlook(msgspec.Struct, frozen=True):
    """All prospects of a period, and the texts that cannot be read."""

    prospects: tuple[Prospect, ...]
    unreadable: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing, unapproved, too long or unreadable."""
        return not self.unreadable and all(one.state in {PRINTED, "optional"} for one in self.prospects)


def outlook(con: duckdb.DuckDBPyConnection, home: Home, period: Period) -> Outlook:
    """Which texts the harmonised report of a period would print.

    Args:
        con: Connection to a published copy, for the register of services.
        home: Where the texts lie.
        period: Of the report.
    """
    texts, unreadable = read_texts(home.texts / REPORT_ID)
    found = []
    for service in in_scope(registered(con, period), period):
        for indicator, applicability in _INDICATORS.items():
            if not service.applies(applicability):
                continue
            choice = choose(texts, indicator, service.dsa_service, period.name, days_of(period)[1])
            if choice.text is not None:
                head = choice.text.head
                told = (choice.text.name, head.version, head.owner, head.approved_by or "", choice.draft)
                found.append(Prospect(service.dsa_service, indicator, PRINTED, *told))
            else:
                is_optional = indicator in _OPTIONAL and choice.defect == "text_missing"
                state = "optional" if is_optional else choice.defect
                found.append(Prospect(service.dsa_service, indicator, state, draft=choice.draft))
    return Outlook(tuple(found), tuple(unreadable))


_OPTIONAL = frozenset({PUBLICATION_DATE, PREVIOUS_PUBLICATION_DATE})
_INDICATORS = {
    **dict.fromkeys((PROVIDER_NAME, PUBLICATION_DATE, PREVIOUS_PUBLICATION_DATE), "All"),
    **{name: row[0] for name, row in zip(QUALITATIVE, template.part(11).rows, strict=True)},
}
