"""Our own opinion on a statement where the database's rules are lax: warnings, which never reject.

Belongs here: what the database takes though it contradicts itself, drops silently, or should not be sent (personal data).
Does not belong here: what the database refuses (verdict.py).
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache

from orchestration.core.identifiers import personal_data
from reports.sor.rules import EAN, FIELDS, KNOWN, NULL_WORD, ONLY_SINGLE
from reports.sor.verdict import Finding, Payload, calendar_day, elements, is_given
from reports.sor.vocabulary import vocabulary

LONGEST_SCANNED = 5000
"""Characters of a text that are searched for personal data; no field takes more."""

_OTHER_KEYWORD = "KEYWORD_OTHER"
_KINDS = {
    "card": "a payment card number",
    "email": "an e-mail address",
    "iban": "a bank account number",
    "ip": "an IP address",
    "key": "a secret key",
    "phone": "a telephone number",
}
_TEXTS = (
    "decision_facts", "decision_visibility_other", "decision_monetary_other", "decision_ground_reference_url",
    "illegal_content_legal_ground", "illegal_content_explanation", "incompatible_content_ground",
    "incompatible_content_explanation", "content_type_other", "category_specification_other", "source_identity",
)  # fmt: skip
_TEXT_VALUES = (*_TEXTS, "puid")
_LISTS = tuple(
    field.name for field in FIELDS if any(c.kind == "list" for c in field.checks) and field.name != "content_id"
)
_ONE_OF = tuple(field.name for field in FIELDS if any(NULL_WORD in c.of for c in field.checks if c.kind == "one_of"))
_EMPTIED = ("category_addition", "incompatible_content_illegal")
_END_DATES = {
    "end_date_visibility_restriction": "decision_visibility",
    "end_date_monetary_restriction": "decision_monetary",
    "end_date_service_restriction": "decision_provision",
    "end_date_account_restriction": "decision_account",
}
_ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
_INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
_DROPPED_UNLESS = (
    ("decision_visibility_other", "decision_visibility", "DECISION_VISIBILITY_OTHER"),
    ("decision_monetary_other", "decision_monetary", "DECISION_MONETARY_OTHER"),
    ("content_type_other", "content_type", "CONTENT_TYPE_OTHER"),
    ("category_specification_other", "category_specification", _OTHER_KEYWORD),
    ("illegal_content_legal_ground", "decision_ground", _ILLEGAL),
    ("illegal_content_explanation", "decision_ground", _ILLEGAL),
    ("incompatible_content_ground", "decision_ground", _INCOMPATIBLE),
    ("incompatible_content_explanation", "decision_ground", _INCOMPATIBLE),
    ("incompatible_content_illegal", "decision_ground", _INCOMPATIBLE),
)


def warnings(payload: Payload, today: date) -> list[Finding]:
    """What we advise on a statement, accepted or not.

    Args:
        payload: The decoded statement.
        today: The day (UTC) after which a day lies in the future.
    """
    return [finding for advise in _ADVISERS for finding in advise(payload)] + list(_dates(payload, today.isoformat()))


def _personal_data(payload: Payload) -> Iterator[Finding]:
    for name in _TEXTS:
        text = payload.get(name)
        if text and isinstance(text, str):
            for kind in _kinds(text[:LONGEST_SCANNED]):
                yield Finding(name, f"seems to hold {_KINDS[kind]}; no personal data may be sent (Article 24(5))")


@lru_cache(maxsize=4096)
def _kinds(text: str) -> tuple[str, ...]:
    return tuple(personal_data(text))


def _keywords(payload: Payload) -> Iterator[Finding]:
    keywords = [word for word in elements(payload.get("category_specification")) if isinstance(word, str)]
    if not keywords:
        return
    words = vocabulary()
    categories = [payload.get("category"), *elements(payload.get("category_addition"))]
    fitting = {
        k for category in categories if isinstance(category, str) for k in words.keywords_of_category.get(category, ())
    }
    for keyword in dict.fromkeys(keywords):
        if keyword in words.enums["KEYWORDS"] and keyword not in fitting:
            yield Finding("category_specification", f"{keyword} belongs to none of the statement's categories")
    if _OTHER_KEYWORD in keywords and not is_given(payload.get("category_specification_other")):
        yield Finding("category_specification_other", f"says nothing, though {_OTHER_KEYWORD} is given")


def _categories(payload: Payload) -> Iterator[Finding]:
    category = payload.get("category")
    if isinstance(category, str) and category in elements(payload.get("category_addition")):
        yield Finding("category_addition", "repeats the category; the database takes it out")


def _lists(payload: Payload) -> Iterator[Finding]:
    for name in _LISTS:
        value = payload.get(name)
        if isinstance(value, dict):
            yield Finding(name, "is an object; the database takes its values for a list")
        if isinstance(value, list) and len(value) > 1:
            texts = [element for element in value if isinstance(element, str)]
            if len(set(texts)) < len(texts):
                yield Finding(name, "holds a value twice")


def _dropped(payload: Payload) -> Iterator[Finding]:
    for name, other, value in _DROPPED_UNLESS:
        if is_given(payload.get(name)):
            found = payload.get(other)
            if found != value and value not in elements(found):
                yield Finding(name, f"will be dropped: it goes with {value} alone")
    if payload.get("source_type") == "SOURCE_VOLUNTARY" and is_given(payload.get("source_identity")):
        yield Finding("source_identity", "will be dropped: it goes with no SOURCE_VOLUNTARY")


def _values(payload: Payload) -> Iterator[Finding]:
    for name in _TEXT_VALUES:
        value = payload.get(name)
        if value is not None and not isinstance(value, str):
            yield Finding(name, "is no text, though the database's rules let it pass")
    for name in _ONE_OF:
        value = payload.get(name)
        if value == NULL_WORD or NULL_WORD in elements(value):
            yield Finding(name, 'holds the word "null", which the database takes by mistake; leave the field out')
    for name in _EMPTIED:
        value = payload.get(name)
        if isinstance(value, str) and not is_given(value):
            yield Finding(name, "is empty; sent over HTTP it may become null, which is refused: leave the field out")


def _url_scheme(payload: Payload) -> Iterator[Finding]:
    url = payload.get("decision_ground_reference_url")
    if isinstance(url, str) and is_given(url) and not url.lower().startswith(("https://", "http://")):
        yield Finding("decision_ground_reference_url", "is no web address (https:// or http://)")


def _unknown(payload: Payload) -> Iterator[Finding]:
    if payload.keys() <= KNOWN:
        return
    for name in payload:
        if name not in KNOWN:
            yield Finding(_shown(name), "is no field of a statement; the database drops it")


def _shown(name: str) -> str:
    return name if len(name) <= 80 and name.isprintable() and not _kinds(name) else "(withheld)"


def _content_id(payload: Payload) -> Iterator[Finding]:
    if is_given(payload.get(ONLY_SINGLE)):
        yield Finding(ONLY_SINGLE, f"is taken for single statements alone; in a batch give content_id with {EAN}")
    value = payload.get("content_id")
    if not is_given(value):
        return
    ean = value.get(EAN) if isinstance(value, dict) else None
    if not isinstance(value, dict) or set(value) != {EAN}:
        yield Finding("content_id", f"holds something other than {EAN}; the database drops it")
    if isinstance(ean, str | int) and not isinstance(ean, bool) and _checksum_fails(str(ean)[:20]):
        yield Finding(f"content_id.{EAN}", "has a wrong check digit")


def _checksum_fails(ean: str) -> bool:
    if not (len(ean) == 13 and ean.isascii() and ean.isdigit()):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(ean)) % 10 != 0


def _dates(payload: Payload, today: str) -> Iterator[Finding]:
    content, applied = calendar_day(payload.get("content_date")), calendar_day(payload.get("application_date"))
    if content and applied and applied < content:
        yield Finding("application_date", "lies before content_date")
    for name, day in (("content_date", content), ("application_date", applied)):
        if day and day > today:
            yield Finding(name, "lies in the future")
    for name, decision in _END_DATES.items():
        end = calendar_day(payload.get(name))
        if end is None:
            continue
        if applied and end < applied:
            yield Finding(name, "lies before application_date")
        if not is_given(payload.get(decision)):
            yield Finding(name, f"ends a restriction that is not stated: there is no {decision}")


_ADVISERS: tuple[Callable[[Payload], Iterator[Finding]], ...] = (
    _personal_data, _keywords, _categories, _lists, _dropped, _values, _url_scheme, _unknown, _content_id,
)  # fmt: skip
