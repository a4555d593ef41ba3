select
    bursts.target_kind,
    bursts.target_id,
    bursts.burst_day,
    reports.reporter_id,
    reports.report_id,
    reports.submitted_at,
    reports.is_upheld,
    reports.verdict_day
from {{ ref('int_report_bursts') }} as bursts
inner join {{ ref('int_reporter_reports') }} as reports
    on
    bursts.target_kind = reports.target_kind
    and bursts.target_id = reports.target_id
    and bursts.first_second <= reports.submitted_second
    and bursts.last_second >= reports.submitted_second
