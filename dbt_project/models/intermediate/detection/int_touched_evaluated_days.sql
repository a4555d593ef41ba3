with new_days as (
    select evaluations.as_of_date as event_date
    from {{ source('derived', 'evaluations') }} as evaluations
    where {{ is_new('evaluations') }}
    union
    -- days that somebody asked to be recomputed, at a watermark that the marts hold already
    select days.event_date
    from {{ ref('int_evaluated_days') }} as days
    inner join {{ source('raw', 'touched_days') }} as touched on days.event_date = touched.event_date
    where touched.feed = 'model_requests'
)

select new_days.event_date
from new_days
union
-- the day before a new one learns when its word ends
select days.event_date
from {{ ref('int_evaluated_days') }} as days
inner join new_days on days.next_evaluated_on = new_days.event_date
