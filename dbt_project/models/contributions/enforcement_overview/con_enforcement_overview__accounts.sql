{% set dimensions = ['surface', 'policy_code', 'action', 'source', 'automation'] %}

with actions as (

    select
        a.action_id as record_id,
        a.account_id,
        coalesce(a.surface, 'unknown') as surface,
        coalesce(a.policy_code, 'unknown') as policy_code,
        coalesce(a.action, 'unknown') as action,
        coalesce(a.source, 'unknown') as source,
        coalesce(a.automated_decision, 'unknown') as automation,
        coalesce(a.is_terminal, a.action = 'account_termination') as is_ban,
        a.decided_at,
        a.reversed_at,
        {{ input_ref('actions', 'a.action') }} as input_refs,
        a._file_id,
        a._line_no
    from {{ ref('fct_enforcement_actions') }} as a
    where a.account_id is not null

)

{{ contributions('actions', 'enforcement_actions', dimensions, [
    {'metric': 'accounts_actioned', 'role': 'count', 'unit': 'b.account_id', 'amount': '1', 'event_at': 'b.decided_at'},
    {'metric': 'accounts_banned', 'role': 'count', 'unit': 'b.account_id', 'amount': '1', 'event_at': 'b.decided_at',
     'where': 'b.is_ban'},
    {'metric': 'accounts_banned_net', 'role': 'count', 'unit': 'b.account_id', 'amount': '1',
     'event_at': 'b.decided_at', 'expires_at': 'b.reversed_at', 'where': 'b.is_ban'},
]) }}
