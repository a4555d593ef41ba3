{% set dimensions = ['surface', 'policy_code', 'action', 'source', 'automation', 'severity', 'ground'] %}

with actions as (

    select
        a.action_id as record_id,
        coalesce(a.decision_id, a.action_id) as decision_id,
        coalesce(a.surface, 'unknown') as surface,
        coalesce(a.policy_code, 'unknown') as policy_code,
        coalesce(a.action, 'unknown') as action,
        coalesce(a.source, 'unknown') as source,
        coalesce(a.automated_decision, 'unknown') as automation,
        coalesce(cast(a.severity as {{ text_type() }}), 'unknown') as severity,
        coalesce(a.ground, 'unknown') as ground,
        a.decided_at,
        a.reversed_at,
        {{ input_ref('policies', 'a.policy_code') }} as input_refs,
        a._file_id,
        a._line_no
    from {{ ref('fct_enforcement_actions') }} as a

)

{{ contributions('actions', 'enforcement_actions', dimensions, [
    {'metric': 'actions', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.decided_at'},
    {'metric': 'actions_net', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.decided_at',
     'expires_at': 'b.reversed_at'},
    {'metric': 'decisions', 'role': 'count', 'unit': 'b.decision_id', 'amount': '1', 'event_at': 'b.decided_at'},
    {'metric': 'fully_automated_rate', 'role': 'denominator', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at'},
    {'metric': 'fully_automated_rate', 'role': 'numerator', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at', 'where': "b.automation = 'fully'"},
]) }}
