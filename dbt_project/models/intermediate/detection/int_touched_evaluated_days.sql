with new_days as (
    select evaluations.as_of_date as event_date
    from {{ source('derived', 'evaluations') }} as evaluations
    where {{ is_new('evaluations') }}
)

select new_days.event_date
from new_days
union
-- the day before a new one learns when its word ends
select days.event_date
from {{ ref('int_evaluated_days') }} as days
inner join new_days on days.next_evaluated_on = new_days.event_date
