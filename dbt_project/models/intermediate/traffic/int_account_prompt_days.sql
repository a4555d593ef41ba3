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

hashed as (
    select
        requests.event_date,
        requests.account_id,
        requests.surface,
        requests.request_id,
        {{ linkable('requests.template_hash') }} as template_hash,
        {{ linkable('requests.prompt_hash') }} as prompt_hash,
        case when requests.prompt_simhash != '' then requests.prompt_simhash end as prompt_simhash,
        requests.elicits_reasoning,
        requests.grades_outputs,
        requests.strict_format,
        requests.stop_reason,
        requests.requested_at
    from requests
)

select
    hashed.event_date,
    hashed.account_id,
    hashed.surface,
    hashed.template_hash,
    hashed.prompt_hash,
    hashed.prompt_simhash,
    count(*) as request_count,
    count(case when hashed.elicits_reasoning then 1 end) as elicits_count,
    count(case when hashed.grades_outputs then 1 end) as grades_count,
    count(case when hashed.strict_format then 1 end) as strict_count,
    count(case when hashed.stop_reason = 'refusal' then 1 end) as refusal_count,
    min(hashed.requested_at) as first_at,
    max(hashed.requested_at) as last_at,
    min(hashed.request_id) as least_request_id
from hashed
group by
    hashed.event_date,
    hashed.account_id,
    hashed.surface,
    hashed.template_hash,
    hashed.prompt_hash,
    hashed.prompt_simhash
order by hashed.event_date, hashed.account_id
