{{ config(materialized='table') }}

-- one line per vendor, queue and day with a decision: what the day adds to the running sums, from the days before it alone
with limits as (
    {{ signal_limits('vendor_drift', 1, ['minimum_baseline_items', 'peer_items', 'shift_ppm', 'label_slack_milli']) }}
),

labels as (
    select
        days.event_date,
        days.event_day,
        days.vendor_id,
        days.queue,
        cast(sum(days.item_count) as bigint) as item_count,
        cast(sum(days.violating_count) as bigint) as violating_count,
        max(days._batch_id) as _batch_id,
        min(days.first_line) as first_line
    from {{ ref('int_vendor_label_days') }} as days
    group by days.event_date, days.event_day, days.vendor_id, days.queue
),

days as (
    select
        coalesce(golden.event_date, labels.event_date) as event_date,
        coalesce(golden.event_day, labels.event_day) as event_day,
        coalesce(golden.vendor_id, labels.vendor_id) as vendor_id,
        coalesce(golden.queue, labels.queue) as queue,
        coalesce(golden.golden_count, 0) as golden_count,
        coalesce(golden.golden_wrong_count, 0) as golden_wrong_count,
        coalesce(labels.item_count, 0) as item_count,
        coalesce(labels.violating_count, 0) as violating_count,
        coalesce(greatest(golden._batch_id, labels._batch_id), golden._batch_id, labels._batch_id) as _batch_id,
        coalesce(least(golden.first_line, labels.first_line), golden.first_line, labels.first_line) as first_line
    from {{ ref('int_vendor_golden_days') }} as golden
    full outer join labels
        on
            golden.event_day = labels.event_day
            and golden.vendor_id = labels.vendor_id
            and golden.queue = labels.queue
),

based as (
    select
        days.*,
        coalesce(sum(days.golden_count) over own_past, 0) as past_count,
        coalesce(sum(days.golden_wrong_count) over own_past, 0) as past_wrong_count,
        coalesce(sum(days.golden_count) over everyone, 0) - coalesce(sum(days.golden_count) over own_recent, 0) as peer_count,
        coalesce(sum(days.golden_wrong_count) over everyone, 0)
        - coalesce(sum(days.golden_wrong_count) over own_recent, 0) as peer_wrong_count
    from days
    window
        own_past as (
            partition by days.vendor_id, days.queue
            order by days.event_day
            range between {{ baseline_days() | int + lag_days() | int }} preceding and {{ lag_days() }} preceding
        ),
        own_recent as (
            partition by days.vendor_id, days.queue
            order by days.event_day
            range between {{ baseline_days() }} preceding and 1 preceding
        ),
        everyone as (
            order by days.event_day
            range between {{ baseline_days() }} preceding and 1 preceding
        )
),

-- peers start from an error rate of one in ten over fifty items; the own past is drawn towards the peers
peered as (
    select
        based.*,
        {{ divide_whole('((based.peer_wrong_count + 5) * 1000000)', '(based.peer_count + 50)') }} as peer_error_ppm
    from based
),

expected as (
    select
        peered.*,
        greatest(5000, least(850000, {{ divide_whole(
            '(peered.past_wrong_count * 1000000 + limits.peer_items * peered.peer_error_ppm)',
            '(peered.past_count + limits.peer_items)'
        ) }})) as expected_error_ppm
    from peered
    cross join limits
),

-- log-likelihood ratio of a wrong and of a right answer: error rate raised by the shift, against the expected one
weighed as (
    select
        expected.*,
        cast(round(1000 * ln(
            cast(expected.expected_error_ppm + limits.shift_ppm as double) / expected.expected_error_ppm
        )) as bigint) as wrong_millinats,
        cast(round(1000 * ln(
            cast(1000000 - expected.expected_error_ppm - limits.shift_ppm as double)
            / (1000000 - expected.expected_error_ppm)
        )) as bigint) as right_millinats
    from expected
    cross join limits
)

select
    weighed.event_date,
    weighed.event_day,
    weighed.vendor_id,
    weighed.queue,
    weighed.golden_count,
    weighed.golden_wrong_count,
    weighed.item_count,
    weighed.violating_count,
    cast(weighed.expected_error_ppm as bigint) as expected_error_ppm,
    -- vendors differ: until a vendor has a past of its own, it is not judged by that of others
    case
        when weighed.past_count < limits.minimum_baseline_items then 0
        else weighed.golden_wrong_count * weighed.wrong_millinats
            + (weighed.golden_count - weighed.golden_wrong_count) * weighed.right_millinats
    end as accuracy_millinats,
    scores.label_score_milli,
    case when scores.label_score_milli is null then 0 else scores.label_score_milli - limits.label_slack_milli end as label_rise_milli,
    case when scores.label_score_milli is null then 0 else -scores.label_score_milli - limits.label_slack_milli end as label_fall_milli,
    weighed._batch_id,
    weighed.first_line
from weighed
cross join limits
left join {{ ref('int_vendor_label_scores') }} as scores
    on
        weighed.event_day = scores.event_day
        and weighed.vendor_id = scores.vendor_id
        and weighed.queue = scores.queue
