-- reporters of a burst who met again, by the day on which that is known
select
    links.target_kind,
    links.target_id,
    links.burst_day,
    links.as_of_day,
    meetings.reporter_id,
    max(links.evidence_millinats) as evidence_millinats
from {{ ref('int_report_burst_links') }} as links
inner join {{ ref('int_report_burst_meetings') }} as meetings
    on
    links.target_kind = meetings.target_kind
    and links.target_id = meetings.target_id
    and links.burst_day = meetings.burst_day
    and links.other_target_kind = meetings.other_target_kind
    and links.other_target_id = meetings.other_target_id
    and links.as_of_day >= meetings.submitted_day
group by links.target_kind, links.target_id, links.burst_day, links.as_of_day, meetings.reporter_id
