select
    {{ utc_day('orders.received_at') }} as event_date,
    orders.order_id,
    orders.received_at,
    orders.acknowledged_at,
    orders.effected_at,
    orders.kind,
    orders.issuing_country,
    orders.category,
    orders.item_count,
    orders.accounts_affected,
    orders.surface,
    orders.process_kind,
    orders.data_disclosed,
    orders.user_notified_at,
    orders.gag_until,
    orders.outcome,
    {{ seconds_between('orders.received_at', 'orders.acknowledged_at') }} as acknowledgement_seconds,
    {{ seconds_between('orders.received_at', 'orders.effected_at') }} as effect_seconds,
    orders._batch_id,
    orders._file_id,
    orders._line_no
from {{ ref('stg_legal_orders') }} as orders
where orders.gag_until is null or orders.gag_until <= {{ as_of() }}
