with standing as (
    select
        members.cluster_id,
        members.account_id,
        members.as_of_date,
        days.next_evaluated_on,
        members._batch_id,
        lag(days.next_evaluated_on) over (
            partition by members.cluster_id, members.account_id order by members.as_of_date
        ) as carried_on
    from {{ source('derived', 'members') }} as members
    inner join {{ ref('int_evaluated_days') }} as days
        on members.as_of_date = days.event_date and members._derivation_id = days.derivation_id
),

spells as (
    select
        standing.*,
        -- a new spell wherever the row before did not last until this day
        sum(case when standing.carried_on = standing.as_of_date then 0 else 1 end) over (
            partition by standing.cluster_id, standing.account_id
            order by standing.as_of_date
            rows between unbounded preceding and current row
        ) as spell
    from standing
)

select
    spells.cluster_id,
    spells.account_id,
    min(spells.as_of_date) as valid_from,
    case when count(spells.next_evaluated_on) = count(*) then max(spells.next_evaluated_on) end as valid_to,
    max(spells._batch_id) as _batch_id
from spells
group by spells.cluster_id, spells.account_id, spells.spell
