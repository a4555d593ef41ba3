with reports as (
    select
        reports.report_id,
        reports.reporter_id,
        reports.reporter_kind,
        reports.target_kind,
        reports.target_id,
        reports.submitted_at,
        verdicts.is_upheld,
        reports._batch_id,
        reports._file_id,
        reports._line_no
    from {{ ref('stg_user_reports') }} as reports
    left join {{ ref('int_report_verdicts') }} as verdicts
        on reports.report_id = verdicts.report_id
    where reports.reporter_id is not null and reports.reporter_id <> ''
),

reporters as (
    select
        reports.reporter_id,
        min(reports.reporter_kind) as reporter_kind,
        min(reports.submitted_at) as first_reported_at,
        max(reports.submitted_at) as last_reported_at,
        count(*) as report_count,
        count(distinct {{ dbt.concat(['reports.target_kind', "' '", 'reports.target_id']) }}) as target_count,
        count(reports.is_upheld) as decided_count,
        count(case when reports.is_upheld then 1 end) as upheld_count,
        max(reports._batch_id) as _batch_id,
        -- file and line as one number, so that the least of them is one line and not two halves
        min(reports._file_id * 1099511627776 + reports._line_no) as first_line
    from reports
    group by reports.reporter_id
),

-- How much reporters differ: the mean of p and of p squared over reporters, from counts alone.
moments as (
    select
        count(*) as reporter_count,
        coalesce(sum(reporters.decided_count), 0) as decided_count,
        coalesce(sum(reporters.upheld_count), 0) as upheld_count,
        coalesce(sum(reporters.decided_count * (reporters.decided_count - 1)), 0) as decided_pairs,
        coalesce(sum(reporters.upheld_count * (reporters.upheld_count - 1)), 0) as upheld_pairs
    from reporters
),

shares as (
    select
        cast({{ divide_whole('(1000000 * (moments.upheld_count + 1))', '(moments.decided_count + 2)') }} as bigint)
            as prior_upheld_ppm,
        cast(moments.upheld_count + 1 as double) / (moments.decided_count + 2) as mean_share,
        case
            when moments.decided_pairs > 0 then cast(moments.upheld_pairs as double) / moments.decided_pairs
        end as mean_square
    from moments
),

-- a + b of the beta prior, from the variance between reporters; kept between 2 and 20 reports
beta_prior as (
    select
        shares.prior_upheld_ppm,
        cast(case
            when shares.mean_square is null then 2
            when shares.mean_square <= shares.mean_share * shares.mean_share then 20
            else greatest(2, least(20, round(
                    shares.mean_share * (1 - shares.mean_share)
                    / (shares.mean_square - shares.mean_share * shares.mean_share) - 1
                )))
        end as bigint) as prior_report_count
    from shares
),

-- a reporter is in a brigade when the last judgement of a burst names it; since when, the first one that did
first_named as (
    select
        named.reporter_id,
        min(named.as_of_day) as first_day
    from {{ ref('int_brigade_reporters') }} as named
    group by named.reporter_id
),

standing as (
    select
        named.reporter_id,
        named.target_kind,
        named.target_id,
        named.first_second,
        named.last_second,
        named.reporter_count,
        named.reasons,
        row_number() over (
            partition by named.reporter_id
            order by named.reporter_count desc, named.burst_day asc, named.target_kind asc, named.target_id asc
        ) as burst_rank
    from {{ ref('int_brigade_reporters') }} as named
    where named.as_of_day = named.last_judged_day
),

last_known as (
    select max(reports.submitted_at) as last_reported_at
    from reports
)

select
    reporters.reporter_id,
    {{ utc_day('last_known.last_reported_at') }} as as_of_date,
    reporters.reporter_kind,
    reporters.first_reported_at,
    reporters.last_reported_at,
    reporters.report_count,
    reporters.target_count,
    reporters.decided_count,
    reporters.upheld_count,
    beta_prior.prior_upheld_ppm,
    beta_prior.prior_report_count,
    {{ exact_ratio(
        '(reporters.upheld_count * 1000000 + beta_prior.prior_report_count * beta_prior.prior_upheld_ppm)',
        '((reporters.decided_count + beta_prior.prior_report_count) * 1000000)'
    ) }} as reliability,
    standing.reporter_id is not null as is_brigade,
    case when standing.reporter_id is not null then {{ day_of_number('first_named.first_day') }} end
        as brigade_detected_on,
    standing.target_kind as brigade_target_kind,
    standing.target_id as brigade_target_id,
    {{ instant_of_second('standing.first_second') }} as brigade_window_start,
    {{ instant_of_second('standing.last_second') }} as brigade_window_end,
    standing.reporter_count as brigade_reporter_count,
    standing.reasons as brigade_reasons,
    cast(1 as bigint) as signal_version,
    reporters._batch_id,
    cast({{ divide_whole('reporters.first_line', '1099511627776') }} as bigint) as _file_id,
    cast(reporters.first_line % 1099511627776 as bigint) as _line_no
from reporters
cross join beta_prior
cross join last_known
left join standing on reporters.reporter_id = standing.reporter_id and standing.burst_rank = 1
left join first_named on reporters.reporter_id = first_named.reporter_id
