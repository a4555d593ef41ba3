{{ config(materialized='table') }}

with reports as (
    select
        reports.report_id,
        reports.reporter_id,
        -- several things of one account are one target: its victims report them all
        case when reports.account_id is null then reports.target_kind else 'account' end as target_kind,
        coalesce(reports.account_id, reports.target_id) as target_id,
        reports.submitted_at,
        {{ second_number('reports.submitted_at') }} as submitted_second,
        {{ utc_day_number('reports.submitted_at') }} as submitted_day,
        verdicts.is_upheld,
        case when verdicts.is_upheld is not null then {{ utc_day_number('verdicts.verdict_at') }} end as verdict_day
    from {{ ref('stg_user_reports') }} as reports
    left join {{ ref('int_report_verdicts') }} as verdicts
        on reports.report_id = verdicts.report_id
    where
        reports.reporter_id is not null
        and reports.reporter_id <> ''
        and reports.reporter_kind in ('user', 'non_user')
),

numbered as (
    select
        reports.*,
        lag(reports.submitted_second) over (
            partition by reports.reporter_id, reports.target_kind, reports.target_id
            order by reports.submitted_second, reports.report_id
        ) as previous_second
    from reports
)

select
    numbered.report_id,
    numbered.reporter_id,
    numbered.target_kind,
    numbered.target_id,
    numbered.submitted_at,
    numbered.submitted_second,
    numbered.submitted_day,
    numbered.is_upheld,
    numbered.verdict_day
from numbered
where numbered.previous_second is null or numbered.submitted_second - numbered.previous_second > {{ burst_seconds() }}
