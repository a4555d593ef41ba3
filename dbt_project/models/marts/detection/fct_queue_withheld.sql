{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_evaluated_days('as_of_date') }}"
    )
}}

select
    units.as_of_date,
    units.unit_kind,
    units.unit_id,
    units.account_ids,
    units.withheld_reason,
    units.withheld_until,
    units.score,
    units.reasons,
    units._batch_id
from {{ source('derived', 'units') }} as units
inner join {{ ref('int_evaluated_days') }} as days
    on units.as_of_date = days.event_date and units._derivation_id = days.derivation_id
where
    units.is_withheld
    and units.as_of_date in (
        select touched.event_date from {{ ref('int_touched_evaluated_days') }} as touched
    )
