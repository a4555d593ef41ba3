{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_evaluated_days('as_of_date') }}"
    )
}}

select
    calibrations.as_of_date,
    calibrations.signal_id,
    calibrations.signal_version,
    calibrations.peer_group,
    calibrations.window_start,
    calibrations.reference_count,
    calibrations.baseline,
    calibrations.threshold,
    calibrations._batch_id
from {{ source('derived', 'calibrations') }} as calibrations
inner join {{ ref('int_evaluated_days') }} as days
    on calibrations.as_of_date = days.event_date and calibrations._derivation_id = days.derivation_id
where
    calibrations.as_of_date in (
        select touched.event_date from {{ ref('int_touched_evaluated_days') }} as touched
    )
