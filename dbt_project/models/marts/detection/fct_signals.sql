with standing as (
    select
        detections.*,
        days.next_evaluated_on,
        row_number() over (
            partition by
                detections.signal_id, detections.signal_version, detections.subject_kind, detections.subject_id
            order by detections.as_of_date desc
        ) as recency
    from {{ source('derived', 'detections') }} as detections
    inner join {{ ref('int_evaluated_days') }} as days
        on detections.as_of_date = days.event_date and detections._derivation_id = days.derivation_id
),

-- when we first said so, whatever later evaluations of the same day say
known as (
    select
        detections.signal_id,
        detections.signal_version,
        detections.subject_kind,
        detections.subject_id,
        min(detections._derived_at) as first_known_at
    from {{ source('derived', 'detections') }} as detections
    where detections._batch_id <= {{ watermark() }}
    group by detections.signal_id, detections.signal_version, detections.subject_kind, detections.subject_id
),

first_seen as (
    select
        standing.signal_id,
        standing.signal_version,
        standing.subject_kind,
        standing.subject_id,
        min(standing.as_of_date) as first_day,
        count(*) as day_count
    from standing
    group by standing.signal_id, standing.signal_version, standing.subject_kind, standing.subject_id
)

select
    standing.signal_id,
    standing.signal_version,
    standing.subject_kind,
    standing.subject_id,
    standing.window_start,
    standing.as_of_date as window_end,
    standing.value,
    standing.baseline,
    standing.threshold,
    {{ instant_of_second('86400 * (' ~ day_number('first_seen.first_day') ~ ' + 1)') }} as first_detected_at,
    known.first_known_at,
    first_seen.day_count,
    standing.next_evaluated_on is null as is_current,
    standing.evidence_request_ids,
    standing._batch_id
from standing
inner join first_seen
    on
    standing.signal_id = first_seen.signal_id and standing.signal_version = first_seen.signal_version
    and standing.subject_kind = first_seen.subject_kind and standing.subject_id = first_seen.subject_id
inner join known
    on
    standing.signal_id = known.signal_id and standing.signal_version = known.signal_version
    and standing.subject_kind = known.subject_kind and standing.subject_id = known.subject_id
where standing.recency = 1
