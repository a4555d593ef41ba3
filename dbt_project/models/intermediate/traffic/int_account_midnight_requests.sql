{{
    config(
        materialized='incremental',
        portions='int_touched_model_requests_days',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

select
    {{ utc_day('requests.requested_at') }} as event_date,
    requests.account_id,
    requests.surface,
    {{ epoch_micros('requests.requested_at') }} as at_micros,
    count(*) as request_count
from {{ ref('stg_model_requests') }} as requests
where
    {{ utc_hour('requests.requested_at') }} in (0, 23)
    and {{ on_touched_days(utc_day('requests.requested_at'), 'int_touched_model_requests_days', 'requests.requested_at') }}
group by
    {{ utc_day('requests.requested_at') }},
    requests.account_id,
    requests.surface,
    {{ epoch_micros('requests.requested_at') }}
order by event_date, requests.account_id
