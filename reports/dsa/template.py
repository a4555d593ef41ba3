"""The official template as facts: headers, fixed rows and categories of the eleven CSV parts, from template.yml.

What the Commission's files say belongs here; what a report must hold beyond them stands in rules.yml.
"""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

Kind = Literal["count", "hours", "fraction", "staff", "text"]

TOTAL = "TOTAL"
OTHER = "KEYWORD_OTHER"
HIGH_LEVEL = "STATEMENT_CATEGORY_"
PERIOD_PLACEHOLDER = "YYYY-MM-DD/YYYY-MM-DD"
DAY_PLACEHOLDER = "YYYY-MM-DD"
OTHER_PLACEHOLDER = 'Text to detail the "Other" keyword.'
STATES_PLACEHOLDER = "AT, […], SE"
MORE_ROWS = "[...]"
HOSTING = "Only for providers of hosting services, including online platforms"
CATEGORY_PARTS = (3, 4, 5, 6)
OWN_INITIATIVE_PARTS = (5, 6)

# High-level categories that stand in one part only; every other one stands in parts 3 to 6.
ONLY_IN = {
    "STATEMENT_CATEGORY_OTHER_VIOLATION_TC": 6,
    "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER": 3,
    "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE": 4,
}
# The official part 3 repeats all rows per Member State but for this one: an omission of the template.
NOT_REPEATED_PER_STATE = "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE"

# Eurostat's codes: Greece is EL here (GR in the Statements of Reasons database).
_STATES = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_LANGUAGES = "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv"
STATES = frozenset(_STATES.split())
LANGUAGES = frozenset(_LANGUAGES.split())


class Part(msgspec.Struct, frozen=True):
    """One CSV part.

    Attributes:
        number: 1 to 11.
        name: As in the file's name, `<number>_<name>.csv`.
        article: What the part reports under.
        header: The column names, exactly.
        rows: Applicability and key cells of each fixed row; empty for parts 2 to 6, whose rows are the categories.
    """

    number: int
    name: str
    article: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def file_name(self) -> str:
        """The published name of the file."""
        return f"{self.number}_{self.name}.csv"

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns that say what a row is about."""
        if self.number in CATEGORY_PARTS:
            return (self.header[3],)
        return tuple(name for name in self.header if name in {"Section", "Indicator", "Scope"})


class Category(msgspec.Struct, frozen=True, array_like=True):
    """A row of part 2: label, description, key (`TOTAL`, a high-level category or a keyword)."""

    label: str
    description: str
    key: str


class _Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    categories: tuple[Category, ...]
    parts: tuple[Part, ...]


def load_yaml(name: str) -> Any:  # noqa: ANN401 - the caller types it
    """A YAML file beside this module, with the C parser where there is one."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((Path(__file__).parent / name).read_text("utf-8"), Loader=loader)  # noqa: S506 - a safe loader


@cache
def _template() -> _Template:
    return msgspec.convert(load_yaml("template.yml"), _Template)


def parts() -> tuple[Part, ...]:
    """The eleven parts, in order."""
    return _template().parts


def part(number: int) -> Part:
    """One part, 1 to 11."""
    return parts()[number - 1]


def categories() -> tuple[Category, ...]:
    """TOTAL, then each high-level category followed by its sub-categories."""
    return _template().categories


@cache
def children() -> dict[str, tuple[str, ...]]:
    """Keywords of each high-level category, KEYWORD_OTHER last; empty for the two NOT_SPECIFIED categories."""
    found: dict[str, list[str]] = {}
    for category in categories():
        if category.key.startswith(HIGH_LEVEL):
            found[category.key] = []
        elif category.key != TOTAL:
            found[list(found)[-1]].append(category.key)
    return {key: tuple(keywords) for key, keywords in found.items()}


@cache
def parent_of() -> dict[str, str]:
    """The high-level category of each keyword but KEYWORD_OTHER, which stands in fifteen of them."""
    return {keyword: key for key, keywords in children().items() for keyword in keywords if keyword != OTHER}


def allowed_in(key: str, number: int) -> bool:
    """Whether a high-level category may stand in part 3, 4, 5 or 6."""
    return ONLY_IN.get(key, number) == number


@cache
def category_keys(number: int) -> tuple[tuple[str, str], ...]:
    """(high-level category or "", key) of each fixed row of part 3 (one scope), 4, 5 or 6, in order; TOTAL first."""
    rows = [("", TOTAL)]
    for key, keywords in children().items():
        if allowed_in(key, number):
            rows.append((key, key))
            rows.extend((key, keyword) for keyword in keywords)
    return tuple(rows)


@cache
def kinds(number: int) -> dict[str, Kind]:
    """What each column that holds numbers in every row holds (parts 3 to 6); other parts decide by row."""
    if number not in CATEGORY_PARTS:
        return {}
    header = part(number).header
    start = 6 if number == 3 else 5
    figures = [name for name in header[start:] if not name.startswith("Contextual")]
    return {name: "hours" if name.startswith("Median") else "count" for name in figures}


def kind_of_row(number: int, indicator: str, scope: str) -> Kind:
    """What the cell `Value` of a row of parts 7 to 10 holds."""
    if number == 9:
        return "staff"
    if scope == "Median time":
        return "hours"
    if scope.startswith("Percentage") or indicator.startswith("Accuracy"):
        return "fraction"
    return "count"


def blank_rows(number: int) -> list[list[str]]:
    """The header and fixed rows of a part, cell for cell as in the official file."""
    this = part(number)
    rows = [list(this.header)]
    if number == 2:
        # The official file has a space in this one otherwise empty cell.
        odd = "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN"
        rows += [[c.label, c.description, c.key, " " if c.key == odd else ""] for c in categories()]
    elif number in CATEGORY_PARTS:
        rows += _category_rows(number)
    else:
        rows += [_fixed_row(this, cells) for cells in this.rows]
    return rows


def _category_rows(number: int) -> list[list[str]]:
    width = len(part(number).header)
    lead = [HOSTING if number == 4 else "All", "", PERIOD_PLACEHOLDER]
    scopes = [TOTAL, STATES_PLACEHOLDER] if number == 3 else [""]
    rows = []
    for scope in scopes:
        for _, key in category_keys(number):
            if scope == STATES_PLACEHOLDER and key == NOT_REPEATED_PER_STATE:
                continue
            row = [*lead, key, OTHER_PLACEHOLDER if key == OTHER else "", *([scope] if scope else [])]
            rows.append(row + [""] * (width - len(row)))
    return rows


def _fixed_row(this: Part, cells: tuple[str, ...]) -> list[str]:
    row = dict.fromkeys(this.header, "")
    row["Applicability"] = cells[0]
    if "Reporting period" in row:
        row["Reporting period"] = PERIOD_PLACEHOLDER
    row.update(zip(this.key_columns, cells[1:], strict=True))
    if this.number == 1:
        row["Value"] = "Text" if cells[1].startswith("Name") else DAY_PLACEHOLDER
    elif this.number == 11:
        row["Value"] = "Free text"
    return list(row.values())
