{{ config(materialized='table') }}

-- A burst runs on over midnight: what changes a day changes the day after it.
select touched.event_date
from {{ ref('int_touched_model_requests_days') }} as touched
union
select {{ add_days('touched.event_date', 1) }} as event_date
from {{ ref('int_touched_model_requests_days') }} as touched
