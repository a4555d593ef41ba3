{% set dimensions = ['kind', 'issuing_country', 'category', 'surface', 'outcome'] %}

-- An order under a gag is not in the open marts before its gag ends;
-- effective_at holds it back from earlier instants too.
with orders as (

    select
        o.order_id as record_id,
        coalesce(o.kind, 'unknown') as kind,
        coalesce(o.issuing_country, 'unknown') as issuing_country,
        coalesce(o.category, 'unknown') as category,
        coalesce(o.surface, 'none') as surface,
        coalesce(o.outcome, 'open') as outcome,
        o.item_count,
        o.received_at,
        o.gag_until,
        '' as input_refs,
        o._file_id,
        o._line_no
    from {{ ref('fct_legal_orders') }} as o

)

{{ contributions('orders', 'legal_orders', dimensions, [
    {'metric': 'legal_orders', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.received_at',
     'effective_at': 'b.gag_until'},
    {'metric': 'legal_order_items', 'role': 'amount', 'unit': 'b.record_id', 'amount': 'b.item_count',
     'event_at': 'b.received_at', 'effective_at': 'b.gag_until'},
]) }}
