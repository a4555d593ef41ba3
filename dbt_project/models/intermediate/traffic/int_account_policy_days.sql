{{
    config(
        materialized='incremental',
        portions='int_touched_model_requests_days',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

with requests as (
    select
        {{ utc_day('arrived.requested_at') }} as event_date,
        arrived.*
    from {{ ref('stg_model_requests') }} as arrived
    where
        {{ on_touched_days(utc_day('arrived.requested_at'), 'int_touched_model_requests_days', 'arrived.requested_at') }}
),

scored as (
    select
        requests.event_date,
        requests.account_id,
        requests.surface,
        requests.stop_reason,
        {{ explode_scores('requests.policy_scores') }} as score
    from requests
    where requests.policy_scores is not null
),

in_parts as (
    select
        scored.event_date,
        scored.account_id,
        scored.surface,
        scored.stop_reason,
        scored.score.key as policy_code,
        cast(round(scored.score.value * 1000000) as bigint) as score_ppm
    from scored
)

select
    in_parts.event_date,
    in_parts.account_id,
    in_parts.surface,
    in_parts.policy_code,
    count(in_parts.score_ppm) as scored_count,
    count(case when in_parts.score_ppm >= 500000 then 1 end) as high_count,
    max(in_parts.score_ppm) as max_score_ppm,
    count(case when in_parts.stop_reason = 'refusal' then 1 end) as refusal_count
from in_parts
group by in_parts.event_date, in_parts.account_id, in_parts.surface, in_parts.policy_code
order by in_parts.event_date, in_parts.account_id, in_parts.policy_code
