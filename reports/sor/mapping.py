"""Mapping: from a decision to the statement that the database is sent, or to the reasons why none can be made.

Belongs here: which column becomes which field, the fallbacks, and the composed facts. What the database then says is
judged by verdict.py; which decisions are in scope is decided by the mart `fct_dsa_decisions`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import msgspec

from orchestration.core.identifiers import personal_data
from reports.sor.facts import composed_facts
from reports.sor.identity import puid_of
from reports.sor.verdict import errors
from reports.sor.vocabulary import vocabulary

Row = Mapping[str, Any]

ACCOUNT_ONLY = "account"
"""What the content type of a decision about an account alone says in words (the contract's fixed fallback)."""

_OTHER_TEXTS = {"mcp_server": "MCP server", "reporter": "reporter", "sender": "sender of notices"}
_SOURCES = {
    "article_16_notice": "SOURCE_ARTICLE_16",
    "trusted_flagger": "SOURCE_TRUSTED_FLAGGER",
    "own_initiative": "SOURCE_VOLUNTARY",
}
_OTHER_SOURCES = frozenset({"user_report", "order", "copyright_notice", "partner", "appeal"})
_AUTOMATION = {
    "fully": "AUTOMATED_DECISION_FULLY",
    "partially": "AUTOMATED_DECISION_PARTIALLY",
    "none": "AUTOMATED_DECISION_NOT_AUTOMATED",
}
_GROUNDS = {
    "illegal": ("DECISION_GROUND_ILLEGAL_CONTENT", "illegal_content_legal_ground", "illegal_content_explanation"),
    "terms": (
        "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground",
        "incompatible_content_explanation",
    ),
}
_MOST_RESTRICTIVE = (
    "DECISION_MONETARY_TERMINATION", "DECISION_MONETARY_SUSPENSION", "DECISION_MONETARY_OTHER",
    "DECISION_PROVISION_TOTAL_TERMINATION", "DECISION_PROVISION_TOTAL_SUSPENSION",
    "DECISION_PROVISION_PARTIAL_TERMINATION", "DECISION_PROVISION_PARTIAL_SUSPENSION",
    "DECISION_ACCOUNT_TERMINATED", "DECISION_ACCOUNT_SUSPENDED",
)  # fmt: skip
_ENDS = {
    "visibility": "end_date_visibility_restriction",
    "monetary": "end_date_monetary_restriction",
    "provision": "end_date_service_restriction",
    "account": "end_date_account_restriction",
}
_SCANNED = (
    "decision_facts", "illegal_content_legal_ground", "illegal_content_explanation", "incompatible_content_ground",
    "incompatible_content_explanation", "category_specification_other",
)  # fmt: skip
_OTHER_KEYWORD = "KEYWORD_OTHER"
_OTHER_RESTRICTION = "a restriction that the list does not name"
_GREECE = {"EL": "GR"}


class Refusal(msgspec.Struct, frozen=True, order=True):
    """Why a decision has no statement: the field at fault and the kind of fault; never the value."""

    field: str
    kind: str


class HeldBack(ValueError):  # noqa: N818 - says what is the matter
    """A decision of which no statement can be made or sent; `refusals` say why."""

    def __init__(self, refusals: list[Refusal]) -> None:
        self.refusals = tuple(sorted(set(refusals)))
        super().__init__("; ".join(f"{refusal.field}: {refusal.kind}" for refusal in self.refusals))


class Statement(msgspec.Struct, frozen=True):
    """A statement that the database takes: what is sent, and what was decided on the way to it.

    Attributes:
        puid: Its identifier.
        payload: The fields, as they are sent.
        notes: What was left out or settled by a rule, in words; never a value of the decision's texts.
        content_sha256: Digest of what the statement says. The composed facts go in by the codes that they are made of, so that
            another wording of ours is no other content.
    """

    puid: str
    payload: dict[str, Any]
    notes: tuple[str, ...]
    content_sha256: str


def statement_of(row: Row) -> dict[str, Any]:
    """The payload of a decision.

    Args:
        row: A row of `marts.fct_dsa_decisions`; days are dates or `YYYY-MM-DD`, lists are JSON texts or lists.

    Returns:
        The fields of a statement that the database accepts and in which the scanner finds no personal data.

    Raises:
        HeldBack: There is none.
    """
    return made_of(row).payload


def made_of(row: Row) -> Statement:
    """The statement of a decision, with notes on what a rule settled.

    Raises:
        HeldBack: There is none.
    """
    making = _Making(row)
    payload = making.payload()
    refusals = making.refusals + [
        Refusal(name, f"personal data: {kind}")
        for name in _SCANNED
        if isinstance(text := payload.get(name), str)
        for kind in personal_data(text)
    ]
    told = {refusal.field for refusal in refusals}
    refusals += [
        Refusal(f.field, f"the database refuses it: {f.message}") for f in errors(payload) if f.field not in told
    ]
    if refusals:
        raise HeldBack(refusals)
    said = {name: value for name, value in payload.items() if name != "decision_facts"}
    said["facts"] = [row.get("surface"), row.get("policy_code"), row.get("source"), row.get("target_kind")]
    digest = sha256(msgspec.json.encode(said, order="deterministic", enc_hook=str)).hexdigest()
    return Statement(str(payload["puid"]), payload, tuple(making.notes), digest)


class _Making:
    """One decision on its way to a statement."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.refusals: list[Refusal] = []
        self.notes: list[str] = []

    def payload(self) -> dict[str, Any]:
        row = self.row
        made: dict[str, Any] = {"puid": puid_of(self._text("dsa_service") or "", self._text("decision_id") or "")}
        made |= self._restrictions() | self._ground() | self._content() | self._category()
        made |= self._scope()
        made["content_date"] = self._day("content_created_on", "decided_at")
        made["application_date"] = self._day("applied_on", "decided_at")
        made["decision_facts"] = composed_facts(row, self._restricted())
        made["source_type"] = self._source()
        made["automated_detection"] = "Yes" if row.get("automated_detection") else "No"
        if row.get("automated_detection") is None:
            self._refuse("automated_detection", "not recorded")
        made["automated_decision"] = self._coded("automated_decision", _AUTOMATION)
        for name in ("dsa_service", "decision_id"):
            if not self._text(name):
                self._refuse(name, "not recorded")
        return {name: value for name, value in made.items() if value is not None}

    def _refuse(self, field: str, kind: str) -> None:
        self.refusals.append(Refusal(field, kind))

    def _text(self, name: str) -> str | None:
        value = self.row.get(name)
        return value.strip() or None if isinstance(value, str) else None

    def _list(self, name: str) -> list[str]:
        value = self.row.get(name)
        if isinstance(value, str):
            try:
                value = msgspec.json.decode(value)
            except msgspec.DecodeError:
                self._refuse(name, "not a JSON list")
                return []
        return [element for element in value if isinstance(element, str)] if isinstance(value, list | tuple) else []

    def _day(self, name: str, otherwise: str) -> str | None:
        value = self.row.get(name)
        found = _day_text(value if value is not None else self.row.get(otherwise))
        if found is None:
            self._refuse(name, "not recorded")
        return found

    def _coded(self, name: str, codes: Mapping[str, str]) -> str | None:
        value = self._text(name)
        if value is None or value not in codes:
            self._refuse(name, "not recorded" if value is None else "an unknown code")
            return None
        return codes[value]

    def _restricted(self) -> list[str]:
        return [value for name in _ENDS for value in self._list(name)]

    def _restrictions(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if visibility := sorted(set(self._list("visibility"))):
            made["decision_visibility"] = visibility
            if "DECISION_VISIBILITY_OTHER" in visibility:
                made["decision_visibility_other"] = _OTHER_RESTRICTION
        for name in ("monetary", "provision", "account"):
            if found := sorted(set(self._list(name)), key=_restrictiveness):
                made[f"decision_{name}"] = found[0]
                if len(found) > 1:
                    self.notes.append(f"{name}: the most restrictive of {len(found)} is stated, the facts name all")
        if made.get("decision_monetary") == "DECISION_MONETARY_OTHER":
            made["decision_monetary_other"] = _OTHER_RESTRICTION
        if not made:
            self._refuse("decision", "no restriction that a statement knows")
        for name, field in _ENDS.items():
            if f"decision_{name}" in made and (end := _day_text(self.row.get(f"{name}_ends_on"))):
                made[field] = end
        return made

    def _ground(self) -> dict[str, Any]:
        code = self._text("ground")
        if code is None or code not in _GROUNDS:
            self._refuse("decision_ground", "not recorded" if code is None else "an unknown code")
            return {}
        ground, ground_field, explanation_field = _GROUNDS[code]
        text = (
            self._text("legal_ground")
            if code == "illegal"
            else self._text("terms_ground") or self._text("terms_provision")
        )
        explanation = self._text("explanation")
        if text is None:
            self._refuse(ground_field, "not recorded")
        if explanation is None:
            self._refuse(explanation_field, "not recorded")
        return {"decision_ground": ground, ground_field: text, explanation_field: explanation}

    def _content(self) -> dict[str, Any]:
        kind, content, target = self._text("content_kind"), self._text("content_id"), self._text("target_kind")
        if kind is None and content is None and target != "content":
            text = _OTHER_TEXTS.get(target or "", ACCOUNT_ONLY)
            return {"content_type": ["CONTENT_TYPE_OTHER"], "content_type_other": text}
        if kind is None:
            self._refuse("content_type", "not recorded")
            return {}
        value = f"CONTENT_TYPE_{kind.upper()}"
        if value not in vocabulary().enums["CONTENT_TYPES"]:
            self._refuse("content_type", "an unknown code")
            return {}
        made: dict[str, Any] = {"content_type": [value]}
        if value == "CONTENT_TYPE_OTHER":
            made["content_type_other"] = "other content"
        return made

    def _category(self) -> dict[str, Any]:
        category = self._text("dsa_category")
        if category is None:
            self._refuse("category", "no category for the policy in force")
            return {}
        keyword = self._text("dsa_keyword")
        fitting = vocabulary().keywords_of_category.get(category, frozenset())
        made: dict[str, Any] = {"category": category}
        if keyword not in {None, "none", _OTHER_KEYWORD} and keyword not in fitting:
            self.notes.append(
                "category_specification: the keyword belongs to another category, KEYWORD_OTHER is stated"
            )
        if keyword is None or keyword not in fitting:
            keyword = _OTHER_KEYWORD if _OTHER_KEYWORD in fitting else None
        if keyword is not None:
            made["category_specification"] = [keyword]
        if keyword == _OTHER_KEYWORD and (policy := self._text("policy_code")):
            made["category_specification_other"] = f"policy {policy}"
        return made

    def _scope(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        given = {_GREECE.get(code.strip().upper(), code.strip().upper()) for code in self._list("territorial_scope")}
        known = sorted(given & vocabulary().enums["COUNTRIES"])
        if known:
            made["territorial_scope"] = known
        if given and not known:
            self._refuse("territorial_scope", "no country of the European Economic Area")
        if known and len(given) > len(known):
            self.notes.append("territorial_scope: countries outside the European Economic Area are left out")
        if language := self._text("content_language"):
            code = language.upper().split("-")[0]
            if code in vocabulary().enums["LANGUAGES"]:
                made["content_language"] = code
            else:
                self.notes.append("content_language: no language of ISO 639-1, left out")
        return made

    def _source(self) -> str | None:
        if self._text("source") in {"user_report", "copyright_notice"} and self.row.get("is_own_initiative") is False:
            return "SOURCE_ARTICLE_16"  # the mart found the report or notice marked as one under Article 16
        return self._coded("source", _SOURCES | dict.fromkeys(_OTHER_SOURCES, "SOURCE_TYPE_OTHER_NOTIFICATION"))


def _restrictiveness(value: str) -> tuple[int, str]:
    known = _MOST_RESTRICTIVE.index(value) if value in _MOST_RESTRICTIVE else len(_MOST_RESTRICTIVE)
    return known, value


def _day_text(value: object) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).date().isoformat() if value.tzinfo else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value[:10] if isinstance(value, str) and value else None
