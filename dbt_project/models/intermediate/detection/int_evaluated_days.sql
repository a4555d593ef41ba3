with standing as (
    select
        evaluations.as_of_date as event_date,
        max(evaluations._derivation_id) as derivation_id
    from {{ source('derived', 'evaluations') }} as evaluations
    where evaluations._batch_id <= {{ watermark() }}
    group by evaluations.as_of_date
)

select
    standing.event_date,
    standing.derivation_id,
    lead(standing.event_date) over (order by standing.event_date) as next_evaluated_on
from standing
