{{ config(materialized='table') }}

with steps as (
    {% for step in range(horizon_days() | int + 1) -%}
    select {{ step }} as step
    {% if not loop.last %}union all {% endif -%}
    {% endfor %}
),

last_known as (
    select max(coalesce(greatest(reports.submitted_day, reports.verdict_day), reports.submitted_day)) as as_of_day
    from {{ ref('int_reporter_reports') }} as reports
)

select
    bursts.target_kind,
    bursts.target_id,
    bursts.burst_day,
    bursts.burst_day + steps.step as as_of_day,
    bursts.first_second,
    bursts.last_second,
    bursts.reporter_count,
    bursts.tight_reporter_count
from {{ ref('int_report_bursts') }} as bursts
cross join steps
cross join last_known
where bursts.burst_day + steps.step <= last_known.as_of_day
