{{ config(materialized='table') }}

-- what happened on a day to a sender's notices: some arrived, some were decided, some were taken back or countered
with happenings as (
    select
        received.sender_id,
        received.received_day as event_day,
        1 as notice_count,
        case when received.is_missing_element is not null then 1 else 0 end as checked_count,
        coalesce(received.is_missing_element, 0) as missing_count,
        0 as decided_count,
        0 as credit,
        0 as accepted_count,
        0 as duplicate_count,
        0 as reversed_count,
        0 as item_count,
        0 as repeated_item_count
    from {{ ref('int_sender_takedowns') }} as received
    union all
    select
        decided.sender_id,
        decided.decided_day as event_day,
        0 as notice_count,
        0 as checked_count,
        0 as missing_count,
        case when decided.credit is not null then 1 else 0 end as decided_count,
        coalesce(decided.credit, 0) as credit,
        case when decided.credit > 0 then 1 else 0 end as accepted_count,
        case when decided.decision = 'duplicate' then 1 else 0 end as duplicate_count,
        0 as reversed_count,
        0 as item_count,
        0 as repeated_item_count
    from {{ ref('int_sender_takedowns') }} as decided
    where decided.decided_day is not null
    union all
    select
        answered.sender_id,
        {{ utc_day_number('answers.received_at') }} as event_day,
        0 as notice_count,
        0 as checked_count,
        0 as missing_count,
        0 as decided_count,
        0 as credit,
        0 as accepted_count,
        0 as duplicate_count,
        1 as reversed_count,
        0 as item_count,
        0 as repeated_item_count
    from {{ ref('stg_copyright_notices') }} as answers
    inner join {{ ref('int_sender_takedowns') }} as answered
        on answers.relates_to = answered.notice_id
    where answers.kind in ('counter_notice', 'retraction', 'reversal')
    union all
    select
        items.sender_id,
        items.received_day as event_day,
        0 as notice_count,
        0 as checked_count,
        0 as missing_count,
        0 as decided_count,
        0 as credit,
        0 as accepted_count,
        0 as duplicate_count,
        0 as reversed_count,
        items.item_count,
        items.repeated_item_count
    from {{ ref('int_sender_items') }} as items
),

days as (
    select
        happenings.sender_id,
        happenings.event_day,
        cast(sum(happenings.notice_count) as bigint) as notice_count,
        cast(sum(happenings.checked_count) as bigint) as checked_count,
        cast(sum(happenings.missing_count) as bigint) as missing_count,
        cast(sum(happenings.decided_count) as bigint) as decided_count,
        cast(sum(happenings.credit) as bigint) as credit,
        cast(sum(happenings.accepted_count) as bigint) as accepted_count,
        cast(sum(happenings.duplicate_count) as bigint) as duplicate_count,
        cast(sum(happenings.reversed_count) as bigint) as reversed_count,
        cast(sum(happenings.item_count) as bigint) as item_count,
        cast(sum(happenings.repeated_item_count) as bigint) as repeated_item_count
    from happenings
    group by happenings.sender_id, happenings.event_day
),

kinds as (
    select
        notices.sender_id,
        coalesce(min(notices.sender_kind), 'unknown') as sender_kind
    from {{ ref('int_sender_takedowns') }} as notices
    group by notices.sender_id
)

select
    days.sender_id,
    kinds.sender_kind,
    days.event_day,
    {%- for column in [
        'notice_count', 'checked_count', 'missing_count', 'decided_count', 'credit', 'accepted_count', 'duplicate_count',
        'reversed_count', 'item_count', 'repeated_item_count'
    ] %}
    cast(sum(days.{{ column }}) over recent as bigint) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from days
inner join kinds on days.sender_id = kinds.sender_id
window recent as (
    partition by days.sender_id
    order by days.event_day
    range between {{ sender_window_days() | int - 1 }} preceding and current row
)
