{{ config(materialized='table') }}

with touched as (
    select
        'template' as behaviour,
        requests.event_date
    from {{ ref('int_touched_model_requests_days') }} as requests
    union all
    select
        'report' as behaviour,
        reports.event_date
    from (
        {{ own_days('user_reports', 'report_id', 'submitted_at') }}
    ) as reports
    union all
    select
        'notice' as behaviour,
        notices.event_date
    from (
        {{ own_days('copyright_notices', 'notice_id', 'received_at') }}
    ) as notices
),

spread as (
    select
        touched.behaviour,
        {{ days_from('touched.event_date', 1) }} as event_date
    from touched
    where touched.event_date is not null
)

select distinct
    spread.behaviour,
    spread.event_date
from spread
