"""The facts of a decision in words: composed from codes and days alone, so that no free text of a case gets into them.

Only the wording belongs here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_SOURCES = {
    "own_initiative": "The provider found the matter on its own initiative",
    "user_report": "A report of a user brought the matter up",
    "article_16_notice": "A notice under Article 16 brought the matter up",
    "trusted_flagger": "A notice of a trusted flagger brought the matter up",
    "order": "An order of an authority brought the matter up",
    "copyright_notice": "A copyright notice brought the matter up",
    "partner": "A partner brought the matter up",
    "appeal": "An appeal brought the matter up",
}
_AUTOMATION = {
    "fully": "the decision was taken by automated means alone",
    "partially": "the decision was taken partly by automated means",
    "none": "the decision was taken by people",
}
_GROUNDS = {"illegal": "as illegal", "terms": "as against the terms of the service"}


def composed_facts(row: Mapping[str, Any], restrictions: Sequence[str]) -> str:
    """What happened, in four sentences.

    Args:
        row: A row of `marts.fct_dsa_decisions`.
        restrictions: The values of the restrictions imposed.
    """
    what = _what(row)
    detected = "by automated means" if row.get("automated_detection") else "without automated means"
    source = _SOURCES.get(str(row.get("source")), "The matter was brought up")
    taken = _AUTOMATION.get(str(row.get("automated_decision")), "the decision was taken")
    surface, policy = row.get("surface") or "unknown", row.get("policy_code") or "unknown"
    against = _GROUNDS.get(str(row.get("ground")), "under a policy")
    imposed = ", ".join(_words(value) for value in dict.fromkeys(restrictions)) or "none"
    return (
        f"{what} on the surface {surface} was judged under the policy {policy} {against}. {source}; it was detected "
        f"{detected}; {taken}. Restrictions imposed: {imposed}."
    )


def _what(row: Mapping[str, Any]) -> str:
    kind = row.get("content_kind")
    if kind and kind != "other":
        return f"Content of the kind {str(kind).replace('_', ' ')}"
    if kind or row.get("content_id"):
        return "Content"
    return {"mcp_server": "An MCP server", "reporter": "A reporter", "sender": "A sender of notices"}.get(
        str(row.get("target_kind")), "An account"
    )


def _words(value: str) -> str:
    return value.removeprefix("DECISION_").replace("_", " ").lower()
