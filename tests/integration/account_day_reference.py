"""Account days and windows counted anew in plain Python, one dictionary at a time: what the SQL must agree with.

Belongs here: the definitions, written as naively as they read. Not here: any SQL, any shortcut, any input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

Line = dict[str, Any]
HOUR = timedelta(hours=1)
HASHES = {
    "address": "ip_hash",
    "prefix": "ip_prefix_hash",
    "device": "device_hash",
    "payment": "payment_hash",
    "user_agent": "user_agent_hash",
    "template": "template_hash",
    "prompt": "prompt_hash",
}
PLAIN = {"country": "country", "asn": "asn", "model": "model", "api_key": "api_key_id"}


def instant(line: Line) -> datetime:
    """When a line's request was received, in UTC."""
    return datetime.fromisoformat(line["requested_at"]).astimezone(UTC)


def day_of(line: Line) -> date:
    """UTC day of a line."""
    return instant(line).date()


def _things(lines: Iterable[Line], kind: str) -> set[Any]:
    if kind in HASHES:
        return {(one.get("hash_key_id") or None, one[HASHES[kind]]) for one in lines if one.get(HASHES[kind])}
    return {one[PLAIN[kind]] for one in lines if one.get(PLAIN[kind]) not in (None, "")}


def _tools(lines: Iterable[Line]) -> set[str]:
    return {tool for one in lines for tool in one.get("tools") or ()}


def _bands(lines: Iterable[Line]) -> set[tuple[int, str]]:
    return {
        (start, one["prompt_simhash"][start : start + 4])
        for one in lines
        if one.get("prompt_simhash")
        for start in (0, 4, 8, 12)
    }


def _high(lines: Iterable[Line]) -> list[str]:
    return [code for one in lines for code, score in (one.get("policy_scores") or {}).items() if score >= 0.5]


def account_days(lines: list[Line]) -> dict[tuple[date, str, str], dict[str, Any]]:
    """Features by (UTC day, account, surface); keys and columns as in `fct_account_days`."""
    grouped: dict[tuple[date, str, str], list[Line]] = defaultdict(list)
    instants: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in lines:
        grouped[(day_of(one), one["account_id"], one["surface"])].append(one)
        instants[(one["account_id"], one["surface"])].append(instant(one))
    found = {}
    for key, own in grouped.items():
        scores = [round(value * 1_000_000) for one in own for value in (one.get("policy_scores") or {}).values()]
        seen = instants[key[1:]]
        found[key] = {
            "request_count": len(own),
            "input_tokens": sum(one["input_tokens"] for one in own),
            "refusal_count": sum(one.get("stop_reason") == "refusal" for one in own),
            "max_tokens_count": sum(one.get("stop_reason") == "max_tokens" for one in own),
            "retry_count": sum(one["status_code"] in (429, 529) for one in own),
            "elicits_count": sum(bool(one.get("elicits_reasoning")) for one in own),
            "grades_count": sum(bool(one.get("grades_outputs")) for one in own),
            "strict_count": sum(bool(one.get("strict_format")) for one in own),
            "latest_alias_count": sum(one["model"].endswith("-latest") for one in own),
            "task_coding_count": sum(one.get("task_category") == "coding" for one in own),
            "task_unknown_count": sum(one.get("task_category") is None for one in own),
            "active_hours": len({instant(one).hour for one in own}),
            "burst_count": max(sum(at - HOUR < other <= at for other in seen) for at in map(instant, own)),
            "tool_request_count": sum(bool(one.get("tools")) for one in own),
            "mcp_request_count": sum(any(tool.startswith("mcp:") for tool in one.get("tools") or ()) for one in own),
            "tool_count": len(_tools(own)),
            "mcp_server_count": sum(tool.startswith("mcp:") for tool in _tools(own)),
            "simhash_band_count": len(_bands(own)),
            "max_score_ppm": max(scores, default=None),
            "high_score_count": len(_high(own)),
            "policies_probed_count": len(set(_high(own))),
            **{f"{kind}_count": len(_things(own, kind)) for kind in (*HASHES, *PLAIN)},
        }
    return found


def account_windows(lines: list[Line]) -> dict[tuple[date, str], dict[str, Any]]:
    """Features of the 7 and 28 days that end in a day with traffic, by (UTC day, account); columns as in `fct_account_windows`."""
    per_surface = account_days(lines)
    found: dict[tuple[date, str], dict[str, Any]] = {}
    for day, account in {key[:2] for key in per_surface}:
        row: dict[str, Any] = {}
        for length in (7, 28):
            since = day - timedelta(days=length - 1)
            own = [one for one in lines if one["account_id"] == account and since <= day_of(one) <= day]
            days = [features for key, features in per_surface.items() if key[1] == account and since <= key[0] <= day]
            row |= {
                f"request_count_{length}d": len(own),
                f"active_days_{length}d": len({day_of(one) for one in own}),
                f"elicits_count_{length}d": sum(bool(one.get("elicits_reasoning")) for one in own),
                f"task_coding_count_{length}d": sum(one.get("task_category") == "coding" for one in own),
                f"burst_count_{length}d": max(features["burst_count"] for features in days),
                f"max_score_ppm_{length}d": max(
                    (features["max_score_ppm"] for features in days if features["max_score_ppm"] is not None),
                    default=None,
                ),
                f"active_hours_{length}d": len({instant(one).hour for one in own}),
                f"mcp_server_count_{length}d": sum(tool.startswith("mcp:") for tool in _tools(own)),
                f"policy_probed_count_{length}d": len(set(_high(own))),
                **{
                    f"{kind}_count_{length}d": len(_things(own, kind)) for kind in (*HASHES, *PLAIN) if kind != "prompt"
                },
            }
        found[(day, account)] = row
    return found
