{{ config(materialized='table') }}

with limits as (
    {{ signal_limits('reporter_brigade', 1, ['minimum_reporters']) }}
),

counted as (
    select
        reports.report_id,
        reports.target_kind,
        reports.target_id,
        reports.submitted_second,
        reports.submitted_day,
        count(*) over (
            partition by reports.target_kind, reports.target_id
            order by reports.submitted_second
            range between {{ burst_seconds() }} preceding and current row
        ) as reporter_count,
        count(*) over (
            partition by reports.target_kind, reports.target_id
            order by reports.submitted_second
            range between {{ tight_seconds() }} preceding and current row
        ) as tight_count
    from {{ ref('int_reporter_reports') }} as reports
),

ranked as (
    select
        counted.*,
        max(counted.tight_count) over (
            partition by counted.target_kind, counted.target_id, counted.submitted_day
        ) as tight_reporter_count,
        row_number() over (
            partition by counted.target_kind, counted.target_id, counted.submitted_day
            order by counted.reporter_count desc, counted.submitted_second, counted.report_id
        ) as window_rank
    from counted
)

select
    ranked.target_kind,
    ranked.target_id,
    ranked.submitted_day as burst_day,
    ranked.submitted_second - {{ burst_seconds() }} as first_second,
    ranked.submitted_second as last_second,
    ranked.reporter_count,
    ranked.tight_reporter_count
from ranked
cross join limits
where ranked.window_rank = 1 and ranked.reporter_count >= limits.minimum_reporters
