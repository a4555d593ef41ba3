-- whom a burst's judgement names, day by day: everyone in it, or just those who met again
select
    days.target_kind,
    days.target_id,
    days.burst_day,
    days.as_of_day,
    members.reporter_id,
    days.first_second,
    days.last_second,
    days.reporter_count,
    case
        when days.is_ring and days.is_unfounded then 'ring;unfounded'
        when days.is_ring then 'ring'
        when days.is_unfounded then 'unfounded'
        else 'tight'
    end as reasons,
    days.last_judged_day
from (
    select
        judged.*,
        max(judged.as_of_day) over (
            partition by judged.target_kind, judged.target_id, judged.burst_day
        ) as last_judged_day
    from {{ ref('int_brigade_days') }} as judged
) as days
inner join (
    select distinct
        all_members.target_kind,
        all_members.target_id,
        all_members.burst_day,
        all_members.reporter_id
    from {{ ref('int_report_burst_members') }} as all_members
) as members
    on
    days.target_kind = members.target_kind
    and days.target_id = members.target_id
    and days.burst_day = members.burst_day
left join {{ ref('int_linked_reporters') }} as reporters
    on
    days.target_kind = reporters.target_kind
    and days.target_id = reporters.target_id
    and days.burst_day = reporters.burst_day
    and days.as_of_day = reporters.as_of_day
    and members.reporter_id = reporters.reporter_id
where days.is_brigade and (days.is_whole_burst or reporters.reporter_id is not null)
