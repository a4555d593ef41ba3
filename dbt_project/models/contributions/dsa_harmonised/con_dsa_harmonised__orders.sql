{% set dimensions = ['service', 'category', 'keyword', 'member_state'] %}

-- effective_at holds an order back until its gag ends
with orders as (

    select
        o.order_id as record_id,
        o.kind,
        o.dsa_service as service,
        o.dsa_category as category,
        o.dsa_keyword as keyword,
        o.member_state,
        o.item_count,
        o.received_at,
        o.acknowledged_at,
        o.effected_at,
        o.acknowledgement_seconds,
        o.effect_seconds,
        o.outcome,
        o.gag_until,
        greatest(o.acknowledged_at, coalesce(o.gag_until, o.acknowledged_at)) as noted_from,
        greatest(o.effected_at, coalesce(o.gag_until, o.effected_at)) as effected_from,
        {{ input_ref('surfaces', 'o.surface') }} as input_refs,
        o._file_id,
        o._line_no
    from {{ ref('fct_dsa_orders') }} as o
    where o.in_report

)

{% set to_act = "b.kind = 'act_against_content'" %}
{% set to_inform = "b.kind = 'provide_information'" %}
{% set pending = " and coalesce(b.outcome, 'open') not in ('rejected', 'contested')" %}
{% set received = {'unit': 'b.record_id', 'event_at': 'b.received_at', 'effective_at': 'b.gag_until'} %}
{% set counted = dict(received, role='count', amount='1') %}
{% set summed = dict(received, role='amount', amount='b.item_count') %}
{% set receipt = dict(received, role='amount', amount='b.acknowledgement_seconds', effective_at='b.noted_from') %}
{% set effect = dict(received, role='amount', amount='b.effect_seconds', effective_at='b.effected_from') %}
{% set no_receipt = dict(received, role='open', amount='null', expires_at='b.acknowledged_at') %}
{% set no_effect = dict(received, role='open', amount='null', expires_at='b.effected_at') %}
{% set timed = {'receipt': ' and b.acknowledgement_seconds >= 0', 'effect': ' and b.effect_seconds >= 0'} %}
{{ contributions('orders', 'legal_orders', dimensions, [
    dict(counted, metric='orders_to_act', where=to_act),
    dict(summed, metric='orders_to_act_items', where=to_act),
    dict(receipt, metric='orders_to_act_receipt_median', where=to_act ~ timed.receipt),
    dict(no_receipt, metric='orders_to_act_receipt_median', where=to_act),
    dict(effect, metric='orders_to_act_effect_median', where=to_act ~ timed.effect),
    dict(no_effect, metric='orders_to_act_effect_median', where=to_act ~ pending),
    dict(counted, metric='orders_to_inform', where=to_inform),
    dict(receipt, metric='orders_to_inform_receipt_median', where=to_inform ~ timed.receipt),
    dict(no_receipt, metric='orders_to_inform_receipt_median', where=to_inform),
    dict(effect, metric='orders_to_inform_effect_median', where=to_inform ~ timed.effect),
    dict(no_effect, metric='orders_to_inform_effect_median', where=to_inform ~ pending),
]) }}
