{{ config(materialized='table') }}

with limits as (
    {{ signal_limits('reporter_brigade', 1, [
        'minimum_linked_reporters', 'minimum_share_ppm', 'minimum_linked_share_ppm', 'minimum_decided', 'upheld_veto_ppm',
        'unfounded_reporters', 'unfounded_share_ppm', 'unfounded_upheld_ppm', 'unfounded_millinats', 'tight_reporters',
        'tight_share_ppm'
    ]) }}
),

judged as (
    select
        days.target_kind,
        days.target_id,
        days.burst_day,
        days.as_of_day,
        days.first_second,
        days.last_second,
        days.reporter_count,
        days.tight_reporter_count
    from {{ ref('int_report_burst_days') }} as days
),

-- the target's reports around the burst
surround as (
    select
        judged.target_kind,
        judged.target_id,
        judged.burst_day,
        judged.as_of_day,
        count(*) as surrounding_count
    from judged
    inner join {{ ref('int_reporter_reports') }} as reports
        on
            judged.target_kind = reports.target_kind
            and judged.target_id = reports.target_id
            and judged.as_of_day >= reports.submitted_day
            and reports.submitted_second
            between judged.first_second - {{ surround_seconds() }} and judged.last_second + {{ surround_seconds() }}
    group by judged.target_kind, judged.target_id, judged.burst_day, judged.as_of_day
),

linked as (
    select
        reporters.target_kind,
        reporters.target_id,
        reporters.burst_day,
        reporters.as_of_day,
        count(*) as linked_count,
        max(reporters.evidence_millinats) as evidence_millinats
    from {{ ref('int_linked_reporters') }} as reporters
    group by reporters.target_kind, reporters.target_id, reporters.burst_day, reporters.as_of_day
),

-- what was decided by that day: on the burst, and on reports of other targets
verdicts as (
    select
        judged.target_kind,
        judged.target_id,
        judged.burst_day,
        judged.as_of_day,
        count(*) as decided_count,
        count(case when members.is_upheld then 1 end) as upheld_count
    from judged
    inner join {{ ref('int_report_burst_members') }} as members
        on
            judged.target_kind = members.target_kind
            and judged.target_id = members.target_id
            and judged.burst_day = members.burst_day
            and judged.as_of_day >= members.verdict_day
    group by judged.target_kind, judged.target_id, judged.burst_day, judged.as_of_day
),

-- the same reporters' reports on the targets where they met: the ring as a whole
elsewhere_verdicts as (
    select
        links.target_kind,
        links.target_id,
        links.burst_day,
        links.as_of_day,
        count(*) as decided_count,
        count(case when meetings.is_upheld then 1 end) as upheld_count
    from {{ ref('int_report_burst_links') }} as links
    inner join {{ ref('int_report_burst_meetings') }} as meetings
        on
            links.target_kind = meetings.target_kind
            and links.target_id = meetings.target_id
            and links.burst_day = meetings.burst_day
            and links.other_target_kind = meetings.other_target_kind
            and links.other_target_id = meetings.other_target_id
            and links.as_of_day >= meetings.submitted_day
            and links.as_of_day >= meetings.verdict_day
    group by links.target_kind, links.target_id, links.burst_day, links.as_of_day
),

daily_verdicts as (
    select
        reports.verdict_day,
        count(*) as decided_count,
        count(case when reports.is_upheld then 1 end) as upheld_count
    from {{ ref('int_reporter_reports') }} as reports
    where reports.verdict_day is not null
    group by reports.verdict_day
),

population as (
    select
        days.as_of_day,
        cast(sum(daily_verdicts.decided_count) as bigint) as decided_count,
        cast(sum(daily_verdicts.upheld_count) as bigint) as upheld_count
    from (select distinct judged.as_of_day from judged) as days
    inner join daily_verdicts on days.as_of_day >= daily_verdicts.verdict_day
    group by days.as_of_day
),

measured as (
    select
        judged.target_kind,
        judged.target_id,
        judged.burst_day,
        judged.as_of_day,
        judged.first_second,
        judged.last_second,
        judged.reporter_count,
        judged.tight_reporter_count,
        surround.surrounding_count,
        coalesce(linked.linked_count, 0) as linked_count,
        coalesce(linked.evidence_millinats, 0) as evidence_millinats,
        coalesce(verdicts.decided_count, 0) as decided_count,
        coalesce(verdicts.upheld_count, 0) as upheld_count,
        coalesce(verdicts.decided_count, 0) + coalesce(elsewhere_verdicts.decided_count, 0) as ring_decided_count,
        coalesce(verdicts.upheld_count, 0) + coalesce(elsewhere_verdicts.upheld_count, 0) as ring_upheld_count,
        -- upheld share of all other reports, drawn towards one half by two reports
        {{ divide_whole(
            '(1000000 * (coalesce(population.upheld_count, 0) - coalesce(verdicts.upheld_count, 0) + 1))',
            '(coalesce(population.decided_count, 0) - coalesce(verdicts.decided_count, 0) + 2)'
        ) }} as expected_upheld_ppm
    from judged
    inner join surround
        on
            judged.target_kind = surround.target_kind
            and judged.target_id = surround.target_id
            and judged.burst_day = surround.burst_day
            and judged.as_of_day = surround.as_of_day
    left join linked
        on
            judged.target_kind = linked.target_kind
            and judged.target_id = linked.target_id
            and judged.burst_day = linked.burst_day
            and judged.as_of_day = linked.as_of_day
    left join verdicts
        on
            judged.target_kind = verdicts.target_kind
            and judged.target_id = verdicts.target_id
            and judged.burst_day = verdicts.burst_day
            and judged.as_of_day = verdicts.as_of_day
    left join elsewhere_verdicts
        on
            judged.target_kind = elsewhere_verdicts.target_kind
            and judged.target_id = elsewhere_verdicts.target_id
            and judged.burst_day = elsewhere_verdicts.burst_day
            and judged.as_of_day = elsewhere_verdicts.as_of_day
    left join population on judged.as_of_day = population.as_of_day
),

weighed as (
    select
        measured.*,
        {{ shortfall_evidence('measured.upheld_count', 'measured.decided_count', 'measured.expected_upheld_ppm') }}
            as unfounded_millinats,
        measured.ring_decided_count >= limits.minimum_decided
        and measured.ring_upheld_count * 1000000 >= limits.upheld_veto_ppm * measured.ring_decided_count as is_upheld,
        measured.reporter_count * 1000000 >= limits.minimum_share_ppm * measured.surrounding_count as is_concentrated,
        measured.linked_count >= limits.minimum_linked_reporters as is_linked,
        measured.linked_count * 1000000 >= limits.minimum_linked_share_ppm * measured.reporter_count as is_linked_throughout
    from measured
    cross join limits
),

judgement as (
    select
        weighed.*,
        weighed.is_concentrated and weighed.is_linked and not weighed.is_upheld as is_ring,
        not weighed.is_upheld
        and weighed.as_of_day > weighed.burst_day
        and weighed.decided_count >= limits.minimum_decided
        and weighed.reporter_count >= limits.unfounded_reporters
        and weighed.reporter_count * 1000000 >= limits.unfounded_share_ppm * weighed.surrounding_count
        and weighed.upheld_count * 1000000 <= limits.unfounded_upheld_ppm * weighed.decided_count
        and weighed.unfounded_millinats >= limits.unfounded_millinats as is_unfounded,
        not weighed.is_upheld
        and weighed.as_of_day >= weighed.burst_day + 2
        and weighed.tight_reporter_count >= limits.tight_reporters
        and weighed.tight_reporter_count * 1000000 >= limits.tight_share_ppm * weighed.surrounding_count as is_tight
    from weighed
    cross join limits
)

select
    judgement.target_kind,
    judgement.target_id,
    judgement.burst_day,
    judgement.as_of_day,
    judgement.first_second,
    judgement.last_second,
    judgement.reporter_count,
    judgement.tight_reporter_count,
    judgement.surrounding_count,
    judgement.linked_count,
    judgement.evidence_millinats,
    judgement.decided_count,
    judgement.upheld_count,
    judgement.ring_decided_count,
    judgement.ring_upheld_count,
    judgement.expected_upheld_ppm,
    judgement.unfounded_millinats,
    judgement.is_upheld,
    judgement.is_ring,
    judgement.is_unfounded,
    judgement.is_tight,
    judgement.is_ring or judgement.is_unfounded or judgement.is_tight as is_brigade,
    (judgement.is_ring and judgement.is_linked_throughout) or judgement.is_unfounded or judgement.is_tight as is_whole_burst
from judgement
