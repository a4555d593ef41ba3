-- how far a day's label share lies from the vendor's own past, kind by kind of source, in thousandths of a deviation
with limits as (
    {{ signal_limits('vendor_drift', 1, ['minimum_label_items', 'label_clip_milli', 'label_dispersion_ppm']) }}
),

based as (
    select
        days.event_day,
        days.vendor_id,
        days.queue,
        days.item_count,
        days.violating_count,
        coalesce(sum(days.item_count) over past, 0) as past_count,
        coalesce(sum(days.violating_count) over past, 0) as past_violating_count
    from {{ ref('int_vendor_label_days') }} as days
    window past as (
        partition by days.vendor_id, days.queue, days.source_kind
        order by days.event_day
        range between {{ baseline_days() | int + lag_days() | int }} preceding and {{ lag_days() }} preceding
    )
),

compared as (
    select
        based.*,
        {{ divide_whole('((based.past_violating_count + 1) * 1000000)', '(based.past_count + 2)') }} as expected_ppm
    from based
    cross join limits
    where based.past_count >= limits.minimum_label_items
),

-- the sum's variance: the day's own, and that of the share which it is held against
summed as (
    select
        compared.event_day,
        compared.vendor_id,
        compared.queue,
        sum(compared.violating_count * 1000000 - compared.item_count * compared.expected_ppm) as excess_ppm,
        sum({{ divide_whole(
            '(compared.expected_ppm * (1000000 - compared.expected_ppm) * compared.item_count * (compared.past_count + compared.item_count))',
            '(compared.past_count * 1000000)'
        ) }}) as variance_ppm
    from compared
    group by compared.event_day, compared.vendor_id, compared.queue
)

select
    summed.event_day,
    summed.vendor_id,
    summed.queue,
    greatest(-limits.label_clip_milli, least(limits.label_clip_milli, cast(round(
        cast(summed.excess_ppm as double)
        / sqrt(cast(summed.variance_ppm as double) * limits.label_dispersion_ppm / 1000000)
    ) as bigint))) as label_score_milli
from summed
cross join limits
where summed.variance_ppm > 0
