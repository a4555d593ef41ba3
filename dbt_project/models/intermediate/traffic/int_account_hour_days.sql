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
)

select
    requests.event_date,
    requests.account_id,
    cast({{ utc_hour('requests.requested_at') }} as bigint) as hour,
    count(*) as request_count
from requests
group by requests.event_date, requests.account_id, {{ utc_hour('requests.requested_at') }}
order by requests.event_date, requests.account_id, hour
