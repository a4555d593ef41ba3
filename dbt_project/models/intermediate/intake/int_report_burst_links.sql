{{ config(materialized='table') }}

with limits as (
    {{ signal_limits('reporter_brigade', 1, ['minimum_linked_reporters', 'meeting_millinats']) }}
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

-- all reports, and those on one target, as running sums over days
daily as (
    select
        reports.submitted_day,
        count(*) as report_count
    from {{ ref('int_reporter_reports') }} as reports
    group by reports.submitted_day
),

spans as (
    select
        judged.target_kind,
        judged.target_id,
        judged.burst_day,
        judged.as_of_day,
        cast(sum(daily.report_count) as bigint) as report_count
    from judged
    inner join daily
        on daily.submitted_day between judged.burst_day - {{ null_days() }} and judged.as_of_day
    group by judged.target_kind, judged.target_id, judged.burst_day, judged.as_of_day
),

-- what the members report besides, day by day and target by target
elsewhere as (
    select
        meetings.target_kind,
        meetings.target_id,
        meetings.burst_day,
        meetings.other_target_kind,
        meetings.other_target_id,
        meetings.submitted_day,
        count(*) as member_report_count,
        max(meetings.met_count) as met_count
    from {{ ref('int_report_burst_meetings') }} as meetings
    group by
        meetings.target_kind, meetings.target_id, meetings.burst_day, meetings.other_target_kind,
        meetings.other_target_id, meetings.submitted_day
),

exposures as (
    select
        judged.target_kind,
        judged.target_id,
        judged.burst_day,
        judged.as_of_day,
        cast(sum(elsewhere.member_report_count) as bigint) as other_count
    from judged
    inner join elsewhere
        on
            judged.target_kind = elsewhere.target_kind
            and judged.target_id = elsewhere.target_id
            and judged.burst_day = elsewhere.burst_day
            and judged.as_of_day >= elsewhere.submitted_day
    group by judged.target_kind, judged.target_id, judged.burst_day, judged.as_of_day
),

pairs as (
    select
        judged.target_kind,
        judged.target_id,
        judged.burst_day,
        judged.as_of_day,
        elsewhere.other_target_kind,
        elsewhere.other_target_id,
        max(elsewhere.met_count) as met_count,
        cast(sum(elsewhere.member_report_count) as bigint) as member_report_count
    from judged
    inner join elsewhere
        on
            judged.target_kind = elsewhere.target_kind
            and judged.target_id = elsewhere.target_id
            and judged.burst_day = elsewhere.burst_day
            and judged.as_of_day >= elsewhere.submitted_day
    cross join limits
    group by
        judged.target_kind, judged.target_id, judged.burst_day, judged.as_of_day, elsewhere.other_target_kind,
        elsewhere.other_target_id, limits.minimum_linked_reporters
    having max(elsewhere.met_count) >= limits.minimum_linked_reporters
),

targets as (
    select
        reports.target_kind,
        reports.target_id,
        reports.submitted_day,
        count(*) as report_count
    from {{ ref('int_reporter_reports') }} as reports
    group by reports.target_kind, reports.target_id, reports.submitted_day
),

pair_targets as (
    select
        pairs.target_kind,
        pairs.target_id,
        pairs.burst_day,
        pairs.as_of_day,
        pairs.other_target_kind,
        pairs.other_target_id,
        pairs.met_count,
        pairs.member_report_count,
        cast(sum(targets.report_count) as bigint) as target_report_count
    from pairs
    inner join targets
        on
            pairs.other_target_kind = targets.target_kind
            and pairs.other_target_id = targets.target_id
            and targets.submitted_day between pairs.burst_day - {{ null_days() }} and pairs.as_of_day
    group by
        pairs.target_kind, pairs.target_id, pairs.burst_day, pairs.as_of_day, pairs.other_target_kind, pairs.other_target_id,
        pairs.met_count, pairs.member_report_count
),

-- The null: the burst's reporters report as often as they do, on targets as popular as they are with everyone else.
expected as (
    select
        pair_targets.*,
        cast(exposures.other_count as double)
        * (pair_targets.target_report_count - pair_targets.member_report_count + 1)
        / (spans.report_count - judged.reporter_count - exposures.other_count + 1) as expected_count
    from pair_targets
    inner join judged
        on
            pair_targets.target_kind = judged.target_kind
            and pair_targets.target_id = judged.target_id
            and pair_targets.burst_day = judged.burst_day
            and pair_targets.as_of_day = judged.as_of_day
    inner join exposures
        on
            pair_targets.target_kind = exposures.target_kind
            and pair_targets.target_id = exposures.target_id
            and pair_targets.burst_day = exposures.burst_day
            and pair_targets.as_of_day = exposures.as_of_day
    inner join spans
        on
            pair_targets.target_kind = spans.target_kind
            and pair_targets.target_id = spans.target_id
            and pair_targets.burst_day = spans.burst_day
            and pair_targets.as_of_day = spans.as_of_day
),

meeting_evidence as (
    select
        expected.*,
        case
            when expected.met_count <= expected.expected_count then 0
            else cast(round(
                1000 * (
                    expected.met_count * ln(expected.met_count / expected.expected_count)
                    - (expected.met_count - expected.expected_count)
                )
            ) as bigint)
        end as evidence_millinats
    from expected
),

significant as (
    select meeting_evidence.*
    from meeting_evidence
    cross join limits
    where meeting_evidence.evidence_millinats >= limits.meeting_millinats
),

-- a meeting links both ways: a ring's small strike is judged by its large one
both_ways as (
    select
        significant.target_kind,
        significant.target_id,
        significant.burst_day,
        significant.as_of_day,
        significant.other_target_kind,
        significant.other_target_id,
        significant.met_count,
        significant.evidence_millinats
    from significant
    union all
    select
        judged.target_kind,
        judged.target_id,
        judged.burst_day,
        judged.as_of_day,
        significant.target_kind as other_target_kind,
        significant.target_id as other_target_id,
        significant.met_count,
        significant.evidence_millinats
    from significant
    inner join judged
        on
            significant.other_target_kind = judged.target_kind
            and significant.other_target_id = judged.target_id
            and significant.as_of_day = judged.as_of_day
)

select
    both_ways.target_kind,
    both_ways.target_id,
    both_ways.burst_day,
    both_ways.as_of_day,
    both_ways.other_target_kind,
    both_ways.other_target_id,
    max(both_ways.met_count) as met_count,
    max(both_ways.evidence_millinats) as evidence_millinats
from both_ways
group by
    both_ways.target_kind, both_ways.target_id, both_ways.burst_day, both_ways.as_of_day, both_ways.other_target_kind,
    both_ways.other_target_id
