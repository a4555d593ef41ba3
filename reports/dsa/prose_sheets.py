"""Parts 1 and 11: what a report says about itself and in words, from approved texts.

Which text stands in which cell, and what is missing, belong here; reading and choosing texts stand in texts.py.
"""

from datetime import date
from typing import NamedTuple

from reports.dsa import template
from reports.dsa.filled import Filled, Problem, Severity, Subject, safe, started
from reports.dsa.period import deadline, parse_day
from reports.dsa.texts import (
    PREVIOUS_PUBLICATION_DATE,
    PROVIDER_NAME,
    PUBLICATION_DATE,
    QUALITATIVE,
    Text,
    choose,
)

_DO = {
    "text_missing": "Write {indicator} for this service or for `all` as Markdown in the home's texts folder, and have it approved.",
    "text_not_approved": "Have {name} approved: approved_by (not its owner) and approved_on in its front matter.",
    "text_too_long": "Shorten {indicator} to 5000 characters.",
}


class Days(NamedTuple):
    """Days that part 1 needs.

    Attributes:
        first: Of the period.
        last: Of the period, in it.
        previous: When the report before was published (YYYY-MM-DD); "" when there was none.
        corrected: When the correction was made that this version is; "" when it is none.
    """

    first: date
    last: date
    previous: str = ""
    corrected: str = ""


class Said(NamedTuple):
    """Parts 1 and 11, the texts that they hold, and what is wrong."""

    parts: dict[int, Filled]
    used: list[Text]
    problems: list[Problem]


class _Chooser(NamedTuple):
    subject: Subject
    texts: list[Text]
    days: Days
    used: list[Text]
    problems: list[Problem]

    def of(self, indicator: str, part: int, row: int, *, optional: bool = False) -> str:
        service, period = self.subject.service.dsa_service, self.subject.lookup.figures.period.name
        choice = choose(self.texts, indicator, service, period, self.days.last)
        if choice.text is not None:
            self.used.append(choice.text)
            if choice.draft:
                what = (
                    f"{choice.draft} is nearer or newer than {choice.text.name}, but nobody approved it; not printed."
                )
                self.tell("text_has_draft", "warning", what, part, row)
            return safe(choice.text.body)
        if not optional or choice.defect != "text_missing":
            do = _DO[choice.defect].format(indicator=indicator, name=choice.draft)
            what = f"Part {part}, row {row}: left blank ({choice.defect.replace('_', ' ')}). {do}"
            self.tell(choice.defect, "blocking", what, part, row)
        return ""

    def tell(self, finding: str, severity: Severity, message: str, part: int, row: int) -> None:
        service = self.subject.service.dsa_service
        self.problems.append(
            Problem(finding=finding, severity=severity, message=message, service=service, part=part, row=row)
        )


def said(subject: Subject, texts: list[Text], days: Days) -> Said:
    """Parts 1 and 11 of a service.

    The date of publication is that of an approved text `publication_date` for the period; without one it is the day of
    the correction for a correction, else the last day on which the report is in time, and a warning says so. It is never
    the day of preparation, which would make two preparations of the same report differ. The date of the previous report
    is that of a text, else the one that the report filed before this one gives, else blank: a first report.

    Args:
        subject: Service, period and figures.
        texts: All texts of the report.
        days: What part 1 needs to know.
    """
    chooser = _Chooser(subject, texts, days, [], [])
    parts = {1: _identification(chooser), 11: _qualitative(chooser)}
    return Said(parts, list(dict.fromkeys(chooser.used)), chooser.problems)


def _identification(chooser: _Chooser) -> Filled:
    filled = started(1, chooser.subject, template.blank_rows(1)[1:])
    days = chooser.days
    published = _published(chooser)
    previous = _day(chooser, PREVIOUS_PUBLICATION_DATE, 4) or days.previous
    values = (chooser.of(PROVIDER_NAME, 1, 2), published, previous, str(days.first), str(days.last))
    for row, value in zip(filled.rows[1:], values, strict=True):
        row[3] = value
    return filled


def _published(chooser: _Chooser) -> str:
    if told := _day(chooser, PUBLICATION_DATE, 3):
        return told
    days = chooser.days
    assumed, why = (days.corrected, "the day of the correction") if days.corrected else (None, "the last day in time")
    assumed = assumed or str(deadline(days.last))
    what = (
        f"Part 1 gives {assumed}, {why}, as the date of publication. "
        f"Write another day as an approved text {PUBLICATION_DATE}."
    )
    chooser.tell("publication_date_assumed", "warning", what, 1, 3)
    return assumed


def _day(chooser: _Chooser, indicator: str, row: int) -> str:
    """A text that is a day; one that is not, is told and left out. A day of another period's report is not taken."""
    text = chooser.of(indicator, 1, row, optional=True)
    if not text:
        return ""
    if parse_day(text) is None:
        what = f"Part 1, row {row}: the text {indicator} is not a day (YYYY-MM-DD)."
        chooser.tell("text_unreadable", "blocking", what, 1, row)
        return ""
    return text


def _qualitative(chooser: _Chooser) -> Filled:
    filled = started(11, chooser.subject, template.blank_rows(11)[1:])
    for number, (row, indicator) in enumerate(zip(filled.rows[1:], QUALITATIVE, strict=True), start=2):
        row[4] = chooser.of(indicator, 11, number) if chooser.subject.service.applies(row[0]) else ""
    return filled
