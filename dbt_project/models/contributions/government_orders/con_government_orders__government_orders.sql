{% set dimensions = ['kind', 'issuing_country', 'process_kind', 'data_disclosed', 'outcome', 'user_notice'] %}

-- effective_at holds an order back until its gag ends
with orders as (

    select
        o.order_id as record_id,
        coalesce(o.kind, 'unknown') as kind,
        coalesce(o.issuing_country, 'unknown') as issuing_country,
        coalesce(o.process_kind, 'unknown') as process_kind,
        case
            when o.kind = 'provide_information' then coalesce(o.data_disclosed, 'open')
            else 'not asked for'
        end as data_disclosed,
        coalesce(o.outcome, 'open') as outcome,
        case when o.user_notified_at is null then 'not notified' else 'notified' end as user_notice,
        o.item_count,
        o.accounts_affected,
        o.received_at,
        o.gag_until,
        greatest(o.user_notified_at, coalesce(o.gag_until, o.user_notified_at)) as notified_from,
        '' as input_refs,
        o._file_id,
        o._line_no
    from {{ ref('fct_legal_orders') }} as o

),

-- that there is an order, and nothing else about it
withheld as (

    select
        w.line_key as record_id,
        'withheld' as kind,
        'withheld' as issuing_country,
        'withheld' as process_kind,
        'withheld' as data_disclosed,
        'withheld' as outcome,
        'withheld' as user_notice,
        w.counted_at,
        w.ended_at,
        '' as input_refs,
        w._file_id,
        w._line_no
    from {{ ref('fct_dsa_withheld_orders') }} as w

)

{{ contributions('orders', 'legal_orders', dimensions, [
    {'metric': 'government_orders_received', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.received_at', 'effective_at': 'b.gag_until'},
    {'metric': 'government_order_items', 'role': 'amount', 'unit': 'b.record_id', 'amount': 'b.item_count',
     'event_at': 'b.received_at', 'effective_at': 'b.gag_until'},
    {'metric': 'government_order_accounts', 'role': 'amount', 'unit': 'b.record_id', 'amount': 'b.accounts_affected',
     'event_at': 'b.received_at', 'effective_at': 'b.gag_until', 'where': 'b.accounts_affected is not null'},
    {'metric': 'government_orders_disclosed', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.received_at', 'effective_at': 'b.gag_until',
     'where': "b.data_disclosed in ('non_content', 'content')"},
    {'metric': 'government_orders_complied', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.received_at', 'effective_at': 'b.gag_until', 'where': "b.outcome in ('complied', 'partially')"},
    {'metric': 'government_orders_user_notified', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.received_at', 'effective_at': 'b.notified_from', 'where': 'b.notified_from is not null'},
]) }}

union all

{{ contributions('withheld', 'legal_orders', dimensions, [
    {'metric': 'government_orders_under_gag', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.counted_at', 'expires_at': 'b.ended_at'},
]) }}
