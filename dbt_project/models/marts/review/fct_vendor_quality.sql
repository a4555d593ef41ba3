with limits as (
    {{ signal_limits('vendor_drift', 1, [
        'accuracy_millinats', 'joint_accuracy_millinats', 'joint_label_milli', 'label_milli', 'scarce_golden', 'minimum_golden',
        'minimum_days'
    ]) }}
),

cumulated as (
    select
        days.*,
        sum(days.accuracy_millinats) over so_far as accuracy_total,
        sum(days.label_rise_milli) over so_far as rise_total,
        sum(days.label_fall_milli) over so_far as fall_total,
        sum(days.golden_count) over so_far as golden_total,
        count(*) over so_far as day_total,
        min(days.event_date) over (partition by days.vendor_id, days.queue) as first_date,
        lead(days.event_date) over (
            partition by days.vendor_id, days.queue
            order by days.event_day
        ) as next_date,
        sum(days.golden_count) over last_four_weeks as recent_golden_count,
        sum(days.golden_wrong_count) over last_four_weeks as recent_wrong_count,
        sum(days.item_count) over last_four_weeks as recent_item_count,
        sum(days.violating_count) over last_four_weeks as recent_violating_count,
        sum(days.golden_count) over last_fortnight as fortnight_golden_count
    from {{ ref('int_vendor_drift_days') }} as days
    window
        so_far as (
            partition by days.vendor_id, days.queue
            order by days.event_day
            rows between unbounded preceding and current row
        ),
        last_four_weeks as (
            partition by days.vendor_id, days.queue
            order by days.event_day
            range between 27 preceding and current row
        ),
        last_fortnight as (
            partition by days.vendor_id, days.queue
            order by days.event_day
            range between 13 preceding and current row
        )
),

-- a CUSUM that is never below nought is the running sum less the least that it has been, nought included
sums as (
    select
        cumulated.*,
        cumulated.accuracy_total - least(0, min(cumulated.accuracy_total) over so_far) as accuracy_cusum,
        cumulated.rise_total - least(0, min(cumulated.rise_total) over so_far) as rise_cusum,
        cumulated.fall_total - least(0, min(cumulated.fall_total) over so_far) as fall_cusum
    from cumulated
    window so_far as (
        partition by cumulated.vendor_id, cumulated.queue
        order by cumulated.event_day
        rows between unbounded preceding and current row
    )
),

-- a drift began on the day after its sum was last at nought
onsets as (
    select
        sums.*,
        coalesce(max(case when sums.accuracy_cusum = 0 then sums.next_date end) over so_far, sums.first_date)
            as accuracy_began_on,
        sums.golden_total
        - coalesce(max(case when sums.accuracy_cusum = 0 then sums.golden_total end) over so_far, 0) as golden_since,
        sums.day_total
        - coalesce(max(case when sums.accuracy_cusum = 0 then sums.day_total end) over so_far, 0) as days_since,
        coalesce(max(case when sums.rise_cusum = 0 then sums.next_date end) over so_far, sums.first_date)
            as rise_began_on,
        coalesce(max(case when sums.fall_cusum = 0 then sums.next_date end) over so_far, sums.first_date)
            as fall_began_on,
        greatest(sums.rise_cusum, sums.fall_cusum) as label_cusum
    from sums
    window so_far as (
        partition by sums.vendor_id, sums.queue
        order by sums.event_day
        rows between unbounded preceding and current row
    )
),

judged as (
    select
        onsets.*,
        onsets.golden_since >= limits.minimum_golden
        and onsets.days_since >= limits.minimum_days
        and (
            onsets.accuracy_cusum >= limits.accuracy_millinats
            or (
                onsets.accuracy_cusum >= limits.joint_accuracy_millinats
                and onsets.label_cusum >= limits.joint_label_milli
            )
        ) as is_accuracy_drift,
        onsets.label_cusum >= limits.joint_label_milli as is_label_agreeing,
        onsets.label_cusum >= limits.label_milli
        and onsets.fortnight_golden_count < limits.scarce_golden as is_label_drift
    from onsets
    cross join limits
)

select
    judged.vendor_id,
    judged.queue,
    judged.event_date as as_of_date,
    judged.golden_count,
    judged.golden_count - judged.golden_wrong_count as golden_correct_count,
    cast(judged.recent_golden_count as bigint) as recent_golden_count,
    {{ exact_ratio('(judged.recent_golden_count - judged.recent_wrong_count)', 'judged.recent_golden_count') }}
        as recent_accuracy_ratio,
    cast(cast(1000000 - judged.expected_error_ppm as decimal(18, 0)) * 0.000001 as decimal(18, 4))
        as expected_accuracy_ratio,
    cast(judged.accuracy_cusum as bigint) as accuracy_cusum_millinats,
    judged.item_count,
    judged.violating_count,
    {{ exact_ratio('judged.recent_violating_count', 'judged.recent_item_count') }} as recent_violating_ratio,
    judged.label_score_milli,
    cast(judged.label_cusum as bigint) as label_cusum_milli,
    judged.is_accuracy_drift or judged.is_label_drift as is_drift,
    case
        when judged.is_accuracy_drift and judged.is_label_agreeing then 'accuracy;label_share'
        when judged.is_accuracy_drift then 'accuracy'
        when judged.is_label_drift then 'label_share'
    end as drift_reasons,
    case
        when judged.is_accuracy_drift then judged.accuracy_began_on
        when judged.is_label_drift and judged.rise_cusum >= judged.fall_cusum then judged.rise_began_on
        when judged.is_label_drift then judged.fall_began_on
    end as drift_began_on,
    cast(1 as bigint) as signal_version,
    judged._batch_id,
    cast({{ divide_whole('judged.first_line', '1099511627776') }} as bigint) as _file_id,
    cast(judged.first_line % 1099511627776 as bigint) as _line_no
from judged
