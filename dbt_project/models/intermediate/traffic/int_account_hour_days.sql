{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

with requests as (
    select
        {{ utc_day('arrived.requested_at') }} as event_date,
        arrived.*
    from {{ ref('stg_model_requests') }} as arrived
    where
        {{ utc_day('arrived.requested_at') }} in (
            select touched.event_date from {{ ref('int_touched_model_requests_days') }} as touched
        )
)

select
    requests.event_date,
    requests.account_id,
    cast({{ utc_hour('requests.requested_at') }} as bigint) as hour,
    count(*) as request_count
from requests
group by requests.event_date, requests.account_id, {{ utc_hour('requests.requested_at') }}
order by requests.event_date, requests.account_id, hour
