with standing as (
    select
        evaders.*,
        days.next_evaluated_on,
        min(evaders.as_of_date) over (
            partition by evaders.account_id, evaders.banned_account_id
        ) as first_linked_on,
        row_number() over (
            partition by evaders.account_id, evaders.banned_account_id order by evaders.as_of_date desc
        ) as recency
    from {{ source('derived', 'evaders') }} as evaders
    inner join {{ ref('int_evaluated_days') }} as days
        on evaders.as_of_date = days.event_date and evaders._derivation_id = days.derivation_id
)

select
    standing.account_id,
    standing.banned_account_id,
    standing.created_at,
    standing.banned_at,
    standing.shared_key_type_count,
    standing.shared_content_count,
    standing.first_linked_on,
    standing.as_of_date as last_linked_on,
    standing.next_evaluated_on is null as is_current,
    standing._batch_id
from standing
where standing.recency = 1
