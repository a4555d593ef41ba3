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

offered as (
    select
        requests.event_date,
        requests.account_id,
        requests.surface,
        requests.requested_at,
        {{ explode_list(list_distinct('requests.tools')) }} as tool_name
    from requests
)

select
    offered.event_date,
    offered.account_id,
    offered.surface,
    offered.tool_name,
    count(*) as request_count,
    min(offered.requested_at) as first_at,
    max(offered.requested_at) as last_at
from offered
where offered.tool_name != ''
group by offered.event_date, offered.account_id, offered.surface, offered.tool_name
order by offered.event_date, offered.account_id, offered.tool_name
