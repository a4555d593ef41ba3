"""The same account days, and the same windows, as one would write them without this project: plain DuckDB SQL, polars, pandas.

Belongs here: the peers' statements, straightforward and unspoilt. Not here: running, measuring or comparing them.
"""

from __future__ import annotations

CATEGORIES = [
    "coding",
    "agentic",
    "tool_use",
    "reasoning",
    "math",
    "vision",
    "writing",
    "translation",
    "data_labeling",
    "chat",
    "other",
]
KINDS = {
    "address": "ip_hash",
    "prefix": "ip_prefix_hash",
    "device": "device_hash",
    "payment": "payment_hash",
    "user_agent": "user_agent_hash",
    "country": "country",
    "asn": "asn",
    "model": "model",
    "api_key": "api_key_id",
    "template": "template_hash",
    "prompt": "prompt_hash",
}
COUNTED = {
    "refusal_count": "stop_reason = 'refusal'",
    "error_count": "status_code >= 400",
    "max_tokens_count": "stop_reason = 'max_tokens'",
    "retry_count": "status_code IN (429, 529)",
    "elicits_count": "elicits_reasoning",
    "grades_count": "grades_outputs",
    "strict_count": "strict_format",
    "tool_request_count": "len(tools) > 0",
    "mcp_request_count": "len(list_filter(tools, lambda t: starts_with(t, 'mcp:'))) > 0",
    **{f"task_{name}_count": f"task_category = '{name}'" for name in CATEGORIES},
    "task_unknown_count": "task_category IS NULL",
    "latest_alias_count": "model LIKE '%-latest'",
}
COLUMNS = [
    *("event_date", "account_id", "surface", "request_count", "input_tokens", "output_tokens", "active_hours"),
    *("first_request_at", "last_request_at", *COUNTED, "burst_count", *(f"{kind}_count" for kind in KINDS)),
    *(
        "simhash_band_count",
        "tool_count",
        "mcp_server_count",
        "max_score_ppm",
        "high_score_count",
        "policies_probed_count",
    ),
]
"""Columns of account days that every peer computes, in this order."""

WINDOW_KINDS = [kind for kind in KINDS if kind != "prompt"] + ["mcp_server", "policy_probed"]
WINDOW_COLUMNS = ["event_date", "account_id"] + [
    f"{name}_{length}d"
    for length in (7, 28)
    for name in ("request_count", "output_tokens", "elicits_count", *(f"{kind}_count" for kind in WINDOW_KINDS))
]
"""Columns of account windows that plain DuckDB computes too, in this order."""

_REQUESTS = "requests AS (SELECT *, CAST(timezone('UTC', requested_at) AS DATE) AS event_date FROM {source})"
_SCORES = """
scores AS (
    SELECT event_date, account_id, surface, unnest(map_entries(CAST(CAST(policy_scores AS JSON) AS MAP(VARCHAR, DOUBLE)))) AS score
    FROM requests WHERE policy_scores IS NOT NULL
)"""

PLAIN_DAYS = f"""
WITH {_REQUESTS},
bursts AS (
    SELECT event_date, account_id, surface, max(hour_count) AS burst_count
    FROM (
        SELECT event_date, account_id, surface, count(*) OVER (
            PARTITION BY account_id, surface ORDER BY requested_at
            RANGE BETWEEN INTERVAL '3599.999999 seconds' PRECEDING AND CURRENT ROW
        ) AS hour_count
        FROM requests
    )
    GROUP BY ALL
),
tool_counts AS (
    SELECT event_date, account_id, surface, count(DISTINCT tool) AS tool_count,
        count(DISTINCT CASE WHEN starts_with(tool, 'mcp:') THEN tool END) AS mcp_server_count
    FROM (SELECT event_date, account_id, surface, unnest(tools) AS tool FROM requests)
    GROUP BY ALL
),
{_SCORES},
score_counts AS (
    SELECT event_date, account_id, surface, max(CAST(round(score.value * 1000000) AS BIGINT)) AS max_score_ppm,
        count(*) FILTER (score.value >= 0.5) AS high_score_count,
        count(DISTINCT score.key) FILTER (score.value >= 0.5) AS policies_probed_count
    FROM scores GROUP BY ALL
),
sums AS (
    SELECT event_date, account_id, surface, count(*) AS request_count, sum(input_tokens) AS input_tokens,
        sum(output_tokens) AS output_tokens, count(DISTINCT extract(hour FROM timezone('UTC', requested_at))) AS active_hours,
        min(requested_at) AS first_request_at, max(requested_at) AS last_request_at,
        {", ".join(f"count(*) FILTER ({condition}) AS {name}" for name, condition in COUNTED.items())},
        {", ".join(f"count(DISTINCT {column}) AS {kind}_count" for kind, column in KINDS.items())},
        {" + ".join(f"count(DISTINCT substring(prompt_simhash, {at}, 4))" for at in (1, 5, 9, 13))} AS simhash_band_count
    FROM requests GROUP BY ALL
)
SELECT {", ".join(COLUMNS)}
FROM (
    SELECT * REPLACE (coalesce(tool_count, 0) AS tool_count, coalesce(mcp_server_count, 0) AS mcp_server_count,
        coalesce(high_score_count, 0) AS high_score_count, coalesce(policies_probed_count, 0) AS policies_probed_count)
    FROM sums JOIN bursts USING (event_date, account_id, surface)
    LEFT JOIN tool_counts USING (event_date, account_id, surface)
    LEFT JOIN score_counts USING (event_date, account_id, surface)
)
"""
"""Account days in one statement over `{source}`, as an analyst would write it."""


def _things(kind: str, column: str) -> str:
    return f"SELECT DISTINCT event_date, account_id, '{kind}' AS kind, {column}::VARCHAR AS thing FROM requests WHERE {column} IS NOT NULL"


_IN_WEEK = "other.event_date > days.event_date - 7"
PLAIN_WINDOWS = f"""
WITH {_REQUESTS},
{_SCORES},
days AS (
    SELECT event_date, account_id, count(*) AS request_count, sum(output_tokens) AS output_tokens,
        count(*) FILTER (elicits_reasoning) AS elicits_count
    FROM requests GROUP BY ALL
),
things AS (
    {" UNION ALL ".join(_things(kind, column) for kind, column in KINDS.items() if kind != "prompt")}
    UNION ALL
    SELECT DISTINCT event_date, account_id, 'mcp_server', tool
    FROM (SELECT event_date, account_id, unnest(tools) AS tool FROM requests) WHERE starts_with(tool, 'mcp:')
    UNION ALL
    SELECT DISTINCT event_date, account_id, 'policy_probed', score.key FROM scores WHERE score.value >= 0.5
),
sums AS (
    SELECT days.event_date, days.account_id, {
    ", ".join(
        f"sum(other.{name}) {f'FILTER ({_IN_WEEK})' if length == 7 else ''} AS {name}_{length}d"
        for length in (7, 28)
        for name in ("request_count", "output_tokens", "elicits_count")
    )
}
    FROM days JOIN days AS other
        ON other.account_id = days.account_id AND other.event_date BETWEEN days.event_date - 27 AND days.event_date
    GROUP BY ALL
),
counts AS (
    SELECT days.event_date, days.account_id, {
    ", ".join(
        f"count(DISTINCT thing) FILTER (kind = '{kind}'{f' AND {_IN_WEEK}' if length == 7 else ''}) AS {kind}_count_{length}d"
        for length in (7, 28)
        for kind in WINDOW_KINDS
    )
}
    FROM days JOIN things AS other
        ON other.account_id = days.account_id AND other.event_date BETWEEN days.event_date - 27 AND days.event_date
    GROUP BY ALL
)
SELECT {", ".join(WINDOW_COLUMNS)} FROM sums JOIN counts USING (event_date, account_id)
"""
"""Account windows in one statement over `{{source}}`: daily distinct pairs joined to the days that see them."""

POLARS = """
import sys
import polars as pl
source, target = sys.argv[1:3]
codes = sys.argv[3].split(",")
kinds, categories = KINDS, CATEGORIES
key = ["event_date", "account_id", "surface"]
rows = pl.scan_parquet(source).with_columns(
    pl.col("requested_at").dt.date().alias("event_date"),
    pl.col("policy_scores").str.json_decode(pl.Struct({code: pl.Float64 for code in codes})).alias("s"),
)
score = [pl.col("s").struct.field(code) for code in codes]
def count(condition):
    return condition.fill_null(False).cast(pl.Int64).sum()
mcp = pl.col("tools").list.eval(pl.element().str.starts_with("mcp:"))
sums = rows.group_by(key).agg(
    pl.len().cast(pl.Int64).alias("request_count"), pl.col("input_tokens").sum(), pl.col("output_tokens").sum(),
    pl.col("requested_at").dt.hour().n_unique().cast(pl.Int64).alias("active_hours"),
    pl.col("requested_at").min().alias("first_request_at"), pl.col("requested_at").max().alias("last_request_at"),
    count(pl.col("stop_reason") == "refusal").alias("refusal_count"), count(pl.col("status_code") >= 400).alias("error_count"),
    count(pl.col("stop_reason") == "max_tokens").alias("max_tokens_count"),
    count(pl.col("status_code").is_in([429, 529])).alias("retry_count"), count(pl.col("elicits_reasoning")).alias("elicits_count"),
    count(pl.col("grades_outputs")).alias("grades_count"), count(pl.col("strict_format")).alias("strict_count"),
    count(pl.col("tools").list.len() > 0).alias("tool_request_count"), count(mcp.list.any()).alias("mcp_request_count"),
    *[count(pl.col("task_category") == name).alias(f"task_{name}_count") for name in categories],
    count(pl.col("task_category").is_null()).alias("task_unknown_count"),
    count(pl.col("model").str.ends_with("-latest")).alias("latest_alias_count"),
    *[pl.col(column).drop_nulls().n_unique().cast(pl.Int64).alias(f"{kind}_count") for kind, column in kinds.items()],
    sum(pl.col("prompt_simhash").str.slice(at, 4).drop_nulls().n_unique().cast(pl.Int64) for at in (0, 4, 8, 12))
        .alias("simhash_band_count"),
    (pl.max_horizontal(score).max() * 1000000).round().cast(pl.Int64).alias("max_score_ppm"),
    sum(count(one >= 0.5) for one in score).alias("high_score_count"),
    sum((one >= 0.5).any().cast(pl.Int64) for one in score).alias("policies_probed_count"),
)
tools = rows.select(*key, "tools").explode("tools").drop_nulls().group_by(key).agg(
    pl.col("tools").n_unique().cast(pl.Int64).alias("tool_count"),
    pl.col("tools").filter(pl.col("tools").str.starts_with("mcp:")).n_unique().cast(pl.Int64).alias("mcp_server_count"),
)
bursts = (
    rows.select(*key, "requested_at").sort("account_id", "surface", "requested_at")
    .rolling("requested_at", period="60m", closed="right", group_by=["account_id", "surface"])
    .agg(pl.len().cast(pl.Int64).alias("burst_count"))
    .group_by(pl.col("requested_at").dt.date().alias("event_date"), "account_id", "surface").agg(pl.col("burst_count").max())
)
joined = sums.join(bursts, on=key).join(tools, on=key, how="left").with_columns(
    pl.col("tool_count", "mcp_server_count").fill_null(0)
)
joined.select(COLUMNS).sink_parquet(target, engine="streaming")
"""
"""polars, lazy and streaming; the codes of the policies have to be told, because its JSON needs a schema."""

PANDAS = """
import glob, json, sys
import pandas as pd
source, target = sys.argv[1:3]
kinds, categories = KINDS, CATEGORIES
key = ["event_date", "account_id", "surface"]
rows = pd.concat([pd.read_parquet(path) for path in sorted(glob.glob(source))], ignore_index=True)
rows["event_date"] = rows["requested_at"].dt.date
rows["hour"] = rows["requested_at"].dt.hour
for name, made in {
    "refusal_count": rows.stop_reason == "refusal", "error_count": rows.status_code >= 400,
    "max_tokens_count": rows.stop_reason == "max_tokens", "retry_count": rows.status_code.isin([429, 529]),
    "elicits_count": rows.elicits_reasoning, "grades_count": rows.grades_outputs, "strict_count": rows.strict_format,
    "tool_request_count": rows.tools.notna(), "task_unknown_count": rows.task_category.isna(),
    "mcp_request_count": rows.tools.map(lambda tools: any(t.startswith("mcp:") for t in tools), na_action="ignore"),
    "latest_alias_count": rows.model.str.endswith("-latest"),
    **{f"task_{name}_count": rows.task_category == name for name in categories},
}.items():
    rows[name] = made.fillna(False).astype(bool).astype("int64")
counted = [name for name in COLUMNS if name in rows.columns and name not in (*key, "input_tokens", "output_tokens")]
for at in range(4):
    rows[f"band{at}"] = rows.prompt_simhash.str.slice(4 * at, 4 * at + 4)
grouped = rows.groupby(key, sort=False)
found = grouped[counted + ["input_tokens", "output_tokens"]].sum()
found["request_count"] = grouped.size()
found["first_request_at"] = grouped["requested_at"].min()
found["last_request_at"] = grouped["requested_at"].max()
found["active_hours"] = grouped["hour"].nunique()
for kind, column in kinds.items():
    found[f"{kind}_count"] = grouped[column].nunique()
found["simhash_band_count"] = sum(grouped[f"band{at}"].nunique() for at in range(4))
rows = rows.sort_values("requested_at", kind="stable")
rolled = rows.assign(one=1.0).set_index("requested_at").groupby(["account_id", "surface"])["one"].rolling("60min").count()
rolled = rolled.rename("burst_count").reset_index()
rolled["event_date"] = rolled["requested_at"].dt.date
found["burst_count"] = rolled.groupby(key)["burst_count"].max().astype("int64")
tools = rows[[*key, "tools"]].explode("tools").dropna()
found["tool_count"] = tools.groupby(key)["tools"].nunique()
found["mcp_server_count"] = tools[tools.tools.str.startswith("mcp:")].groupby(key)["tools"].nunique()
scored = rows[rows.policy_scores.notna()]
scores = pd.DataFrame(
    [(*where, code, value) for *where, text in scored[[*key, "policy_scores"]].itertuples(index=False, name=None)
     for code, value in json.loads(text).items()],
    columns=[*key, "code", "value"],
)
found["max_score_ppm"] = (scores.groupby(key)["value"].max() * 1000000).round()
high = scores[scores.value >= 0.5]
found["high_score_count"] = high.groupby(key).size()
found["policies_probed_count"] = high.groupby(key)["code"].nunique()
filled = ["tool_count", "mcp_server_count", "high_score_count", "policies_probed_count"]
found[filled] = found[filled].fillna(0).astype("int64")
found["max_score_ppm"] = found["max_score_ppm"].astype("Int64")
found.reset_index()[COLUMNS].to_parquet(target)
"""
"""pandas, in one process, as a notebook would."""


def script(text: str) -> str:
    """A peer's script with the lists that all share put in."""
    return f"KINDS = {KINDS!r}\nCATEGORIES = {CATEGORIES!r}\nCOLUMNS = {COLUMNS!r}\n{text}"
