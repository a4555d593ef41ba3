{{ config(materialized='table') }}

with spread as (
    select {{ days_from('touched.event_date', 27) }} as event_date
    from {{ ref('int_touched_account_days') }} as touched
)

select distinct spread.event_date
from spread
