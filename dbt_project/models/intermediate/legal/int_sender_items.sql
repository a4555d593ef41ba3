-- items that takedown notices name, and whether the sender had named them before
with elements as (
    select
        notices.sender_id,
        notices.notice_id,
        notices.received_at,
        notices.received_day,
        {{ explode_json_list('notices.targets') }} as target
    from {{ ref('int_sender_takedowns') }} as notices
),

named as (
    select
        elements.sender_id,
        elements.notice_id,
        elements.received_at,
        elements.received_day,
        coalesce({{ json_text('elements.target', 'url_hash') }}, {{ json_text('elements.target', 'content_id') }})
            as item
    from elements
),

ordered as (
    select
        named.sender_id,
        named.received_day,
        row_number() over (
            partition by named.sender_id, named.item
            order by named.received_at, named.notice_id
        ) as naming
    from named
    where named.item is not null
)

select
    ordered.sender_id,
    ordered.received_day,
    count(*) as item_count,
    count(case when ordered.naming > 1 then 1 end) as repeated_item_count
from ordered
group by ordered.sender_id, ordered.received_day
