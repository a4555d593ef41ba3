select
    concat(cast(orders._file_id as {{ text_type() }}), ':', cast(orders._line_no as {{ text_type() }})) as line_key,
    {{ month_middle('orders.received_at') }} as counted_at,
    case when orders.gag_until <= {{ as_of() }} then orders.gag_until end as ended_at,
    orders._batch_id,
    orders._file_id,
    orders._line_no
from {{ ref('stg_legal_orders') }} as orders
where orders.gag_until is not null
