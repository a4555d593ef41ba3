"""A made-up month of model requests for the feature benchmark, as delivered files and as one plain Parquet file.

Belongs here: rows whose shape follows real traffic (few settings and many prompts a day and account). Not here: any measuring.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
from isal import igzip

DAYS = 30
PER_ACCOUNT_DAY = 15
CODES = ("bio", "copyright", "cyber", "distillation", "fraud_scams", "harassment", "jailbreak", "mcp_abuse")
_CATEGORIES = "coding agentic tool_use reasoning math vision writing translation data_labeling chat other".replace(
    " ", "','"
)


def _share(word: str) -> str:
    """A number in [0, 1) that a row and a word fix."""
    return f"((hash(number, '{word}') % 1000003) / 1000003.0)"


def _pick(word: str, low: int, high: int) -> str:
    return f"(CAST(hash(number, '{word}') % {high - low} AS BIGINT) + {low})"


def rows_sql(rows: int, day: int) -> str:
    """SQL of one day's requests, under the contract's names; instants as text, an account has habits and seldom leaves them.

    Args:
        rows: Requests of the whole month.
        day: 0 to 29.
    """
    # An account works on every third day.
    active = max(20, rows // DAYS // PER_ACCOUNT_DAY)
    first, last = rows * day // DAYS, rows * (day + 1) // DAYS
    habit = f"CAST(floor(power({_share('setting')}, 4) * 3) AS BIGINT)"
    return f"""
    WITH drawn AS (SELECT range AS number FROM range({first}, {last})),
    habits AS (
        SELECT number, CAST(floor(power({_share("account")}, 1.5) * {active}) AS BIGINT) * 3 + {day % 3} AS account, {habit} AS setting,
            {_share("second")} AS second, CAST(floor(power({_share("template")}, 2) * 14) AS BIGINT) AS template
        FROM drawn
    )
    SELECT
        'req_' || md5('r' || number) AS request_id,
        strftime(TIMESTAMP '2026-03-01' + INTERVAL ({day}) DAY
            + to_milliseconds(CAST(floor(second * 86400000) AS BIGINT)), '%Y-%m-%dT%H:%M:%S.%gZ') AS requested_at,
        'acct_' || left(md5('a' || account), 22) AS account_id,
        'key_' || left(md5('k' || account), 20) AS api_key_id,
        ['api', 'chat', 'code'][1 + CAST((account + setting // 2) % 3 AS INTEGER)] AS surface,
        ['aria-3', 'aria-3-mini', 'aria-latest'][1 + CAST((account + setting) % 3 AS INTEGER)] AS model,
        md5('i' || (account + setting * 7) // 2) AS ip_hash,
        md5('n' || (account + setting * 7) // 8) AS ip_prefix_hash,
        1000 + (account + setting) % 4000 AS asn,
        ['cloud', 'residential', 'mobile', 'business'][1 + CAST((account + setting) % 4 AS INTEGER)] AS asn_kind,
        ['US', 'DE', 'FR', 'ES', 'IN'][1 + CAST(account % 5 AS INTEGER)] AS country,
        md5('u' || account % 90) AS user_agent_hash,
        md5('d' || (account + setting // 2 * 11)) AS device_hash,
        CASE WHEN account % 2 = 0 THEN md5('p' || account // 2) END AS payment_hash,
        CASE WHEN template < 12 THEN md5('t' || account % 400 || '-' || template) END AS template_hash,
        md5('q' || number) AS prompt_hash,
        left(md5('s' || number), 16) AS prompt_simhash,
        ['{_CATEGORIES}'][{_pick("category", 1, 12)}] AS task_category,
        {_share("elicits")} < 0.02 AS elicits_reasoning,
        {_share("grades")} < 0.02 AS grades_outputs,
        {_share("strict")} < 0.2 AS strict_format,
        {_pick("input", 10, 40000)} AS input_tokens,
        {_pick("output", 1, 4000)} AS output_tokens,
        ['end_turn', 'end_turn', 'max_tokens', 'refusal'][{_pick("stop", 1, 5)}] AS stop_reason,
        [200, 200, 200, 200, 429, 529, 400][{_pick("status", 1, 8)}] AS status_code,
        CASE WHEN {_share("tools")} < 0.13 THEN ['bash', 'mcp:server-' || account % 50] END AS tools,
        CASE WHEN {_share("scores")} < 0.45 THEN json_object(
            {", ".join(f"'{code}', round(power({_share(code)}, 6), 2)" for code in CODES[:2])}
        ) END AS policy_scores
    FROM habits
    """


def write(rows: int, landing: Path, plain: Path) -> None:
    """Write the month.

    Args:
        rows: Requests in all.
        landing: A landing folder; gets one `jsonl.gz` a day under `model_requests/`.
        plain: A Parquet file of the same rows, typed, in the order of their arrival: what a plain export would be.
    """
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for day in range(DAYS):
            con.execute(f"CREATE OR REPLACE TEMP TABLE made AS {rows_sql(rows, day)}")
            folder = landing / "model_requests" / f"2026-03-{day + 1:02d}"
            folder.mkdir(parents=True)
            # What is absent is left out, as exporters do.
            con.execute(
                "COPY (SELECT regexp_replace(to_json(made)::VARCHAR, ',\"[a-z_]+\":null', '', 'g') FROM made) "
                f"TO '{folder}/requests.jsonl' (FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '')"
            )
            with (
                (folder / "requests.jsonl").open("rb") as text,
                igzip.open(folder / "requests.jsonl.gz", "wb") as packed,
            ):
                shutil.copyfileobj(text, packed, 2**20)
            (folder / "requests.jsonl").unlink()
            con.execute(
                "COPY (SELECT * REPLACE (CAST(requested_at AS TIMESTAMPTZ) AS requested_at, "
                "CAST(policy_scores AS VARCHAR) AS policy_scores) FROM made) "
                f"TO '{plain.with_suffix('')}-{day:02d}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )
