{{ config(materialized='table') }}

-- what the reporters of a burst reported besides its target, from the null's first day to the horizon's last
select
    members.target_kind,
    members.target_id,
    members.burst_day,
    members.reporter_id,
    elsewhere.target_kind as other_target_kind,
    elsewhere.target_id as other_target_id,
    elsewhere.report_id as other_report_id,
    elsewhere.submitted_day,
    elsewhere.is_upheld,
    elsewhere.verdict_day,
    count(*) over (
        partition by
            members.target_kind, members.target_id, members.burst_day,
            elsewhere.target_kind, elsewhere.target_id
        order by elsewhere.submitted_second
        range between {{ burst_seconds() }} preceding and current row
    ) as met_count
from {{ ref('int_report_burst_members') }} as members
inner join {{ ref('int_reporter_reports') }} as elsewhere
    on
        members.reporter_id = elsewhere.reporter_id
        and (members.target_id <> elsewhere.target_id or members.target_kind <> elsewhere.target_kind)
        and elsewhere.submitted_day between members.burst_day - {{ null_days() }} and members.burst_day + {{ horizon_days() }}
