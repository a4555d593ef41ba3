"""What the database demands of each field, as data: the checks in the order in which they are made.

Belongs here: the declaration, restated from the database's own rules. How a check is made stands in verdict.py.
Order counts: a check made before an exclusion rejects even a value that would have been dropped.
"""

from typing import Literal

import msgspec

LAST_DAY = "2038-01-01"


class Check(msgspec.Struct, frozen=True):
    """One demand on a field.

    Attributes:
        kind: What is demanded.
        of: The list (`one_of`), or the other fields (`required_*`, `excluded_*`).
        value: The value of the other field that makes the demand hold.
        limit: Characters, or elements of a list (`at_most`).
        day: YYYY-MM-DD (`from_day`, `to_day`).
    """

    kind: Literal[
        "required", "required_without", "required_if", "excluded_unless", "list", "one_of", "at_most", "date",
        "from_day", "to_day", "url", "puid", "ean",
    ]  # fmt: skip
    of: tuple[str, ...] = ()
    value: str = ""
    limit: int = 0
    day: str = ""


class Field(msgspec.Struct, frozen=True):
    """A field of a statement: its checks, and whether null stands for absence."""

    name: str
    checks: tuple[Check, ...]
    is_nullable: bool = False


def _one_of(*lists: str) -> Check:
    return Check("one_of", of=lists)


def _at_most(limit: int) -> Check:
    return Check("at_most", limit=limit)


def _when(other: str, value: str) -> tuple[Check, Check]:
    return Check("required_if", of=(other,), value=value), Check("excluded_unless", of=(other,), value=value)


NULL_WORD = "null"
"""The word that the database's lists of optional values hold by mistake; it takes it, and so must our verdict."""

_REQUIRED = Check("required")
_LIST = Check("list")
_DATE = Check("date")
_TO_LAST_DAY = Check("to_day", day=LAST_DAY)
_DECISIONS = ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")
_VISIBILITY_OTHER = ("decision_visibility", "DECISION_VISIBILITY_OTHER")
_MONETARY_OTHER = ("decision_monetary", "DECISION_MONETARY_OTHER")
_ILLEGAL = ("decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT")
_INCOMPATIBLE = ("decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT")
_TYPE_OTHER = ("content_type", "CONTENT_TYPE_OTHER")


def _decision(name: str, listed: str, *before: Check) -> Field:
    others = tuple(other for other in _DECISIONS if other != name)
    return Field(name, (*before, _one_of(listed, NULL_WORD), Check("required_without", of=others)), is_nullable=True)


def _day(name: str, first: str) -> Field:
    return Field(name, (_REQUIRED, _DATE, Check("from_day", day=first), _TO_LAST_DAY))


FIELDS: tuple[Field, ...] = (
    _decision("decision_visibility", "DECISION_VISIBILITIES", _LIST),
    Field("decision_visibility_other", (_at_most(500), *_when(*_VISIBILITY_OTHER))),
    _decision("decision_monetary", "DECISION_MONETARIES"),
    Field("decision_monetary_other", (*_when(*_MONETARY_OTHER), _at_most(500))),
    _decision("decision_provision", "DECISION_PROVISIONS"),
    _decision("decision_account", "DECISION_ACCOUNTS"),
    Field("account_type", (_one_of("ACCOUNT_TYPES", NULL_WORD),), is_nullable=True),
    Field("category_specification", (_LIST, _one_of("KEYWORDS", NULL_WORD)), is_nullable=True),
    Field("category_specification_other", (_at_most(500),)),
    Field("decision_ground", (_REQUIRED, _one_of("DECISION_GROUNDS"))),
    Field("decision_ground_reference_url", (_at_most(500), Check("url")), is_nullable=True),
    Field("illegal_content_legal_ground", (*_when(*_ILLEGAL), _at_most(500))),
    Field("illegal_content_explanation", (*_when(*_ILLEGAL), _at_most(2000))),
    Field("incompatible_content_ground", (*_when(*_INCOMPATIBLE), _at_most(500))),
    Field("incompatible_content_explanation", (*_when(*_INCOMPATIBLE), _at_most(2000))),
    Field("incompatible_content_illegal", (_one_of("YES_NO"), _when(*_INCOMPATIBLE)[1])),
    Field("content_type", (_LIST, _REQUIRED, _one_of("CONTENT_TYPES"))),
    Field("content_type_other", (_at_most(500), *_when(*_TYPE_OTHER))),
    Field("category", (_REQUIRED, _one_of("STATEMENT_CATEGORIES"))),
    Field("category_addition", (_LIST, _one_of("STATEMENT_CATEGORIES"))),
    Field("territorial_scope", (_LIST, _one_of("COUNTRIES")), is_nullable=True),
    Field("content_language", (_one_of("LANGUAGES"),), is_nullable=True),
    _day("content_date", "2000-01-01"),
    _day("application_date", "2020-01-01"),
    Field("end_date_account_restriction", (_DATE, _TO_LAST_DAY), is_nullable=True),
    Field("end_date_monetary_restriction", (_DATE, _TO_LAST_DAY), is_nullable=True),
    Field("end_date_service_restriction", (_DATE, _TO_LAST_DAY), is_nullable=True),
    Field("end_date_visibility_restriction", (_DATE, _TO_LAST_DAY), is_nullable=True),
    Field("decision_facts", (_REQUIRED, _at_most(5000))),
    Field("source_type", (_REQUIRED, _one_of("SOURCE_TYPES"))),
    Field("source_identity", (_at_most(500),), is_nullable=True),
    Field("automated_detection", (_REQUIRED, _one_of("YES_NO"))),
    Field("automated_decision", (_REQUIRED, _one_of("AUTOMATED_DECISIONS"))),
    Field("content_id", (_LIST,), is_nullable=True),
    Field("puid", (_REQUIRED, _at_most(500), Check("puid"))),
)

MOST_IN_BATCH = 100
"""Statements that the API takes at a time."""

EAN = "EAN-13"
INSIDE_CONTENT_ID: tuple[Field, ...] = (Field(f"content_id.{EAN}", (Check("ean"),), is_nullable=True),)

ONLY_SINGLE = "content_id_ean"
"""Taken by the route for one statement alone; the batch route drops it."""

KNOWN = frozenset(field.name for field in FIELDS) | {ONLY_SINGLE}
