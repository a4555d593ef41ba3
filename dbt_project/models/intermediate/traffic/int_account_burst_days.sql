{{
    config(
        materialized='incremental',
        portions='int_touched_model_requests_days',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

with stamped as (
    select
        {{ utc_day('requests.requested_at') }} as event_date,
        requests.account_id,
        requests.surface,
        {{ epoch_micros('requests.requested_at') }} as at_micros
    from {{ ref('stg_model_requests') }} as requests
    where
        {{ on_touched_days(utc_day('requests.requested_at'), 'int_touched_model_requests_days', 'requests.requested_at') }}
),

-- requests in the 60 minutes that end with each request; those that begin before midnight see only their own day here
counted as (
    select
        stamped.event_date,
        stamped.account_id,
        stamped.surface,
        count(*) over (
            partition by stamped.event_date, stamped.account_id, stamped.surface
            order by stamped.at_micros
            range between 3599999999 preceding and current row
        ) as hour_count
    from stamped
)

select
    counted.event_date,
    counted.account_id,
    counted.surface,
    max(counted.hour_count) as burst_count
from counted
group by counted.event_date, counted.account_id, counted.surface
order by counted.event_date, counted.account_id
