{% set dimensions = ['target_kind', 'mcp_server', 'mcp_registration', 'policy_code'] %}

with reports as (

    select
        u.report_id as record_id,
        u.target_kind,
        coalesce(u.registered_server_name, u.mcp_server, 'unknown') as mcp_server,
        case when u.is_mcp_server_registered then 'registered' else 'unregistered' end as mcp_registration,
        coalesce(u.reason_code, 'unknown') as policy_code,
        u.outcome,
        u.submitted_at,
        u.decided_at,
        {{ input_ref('mcp_servers', 'u.registered_server_name') }} as input_refs,
        u._file_id,
        u._line_no
    from {{ ref('fct_user_reports') }} as u
    where u.target_kind in ('mcp_server', 'connector')

),

aliases as (

    select
        {{ explode_json_list('s.aliases') }} as name,
        s.server_name
    from {{ ref('dim_mcp_servers') }} as s

),

-- a name of its own goes before another server's alias
names as (

    select
        a.name,
        min(a.server_name) as server_name
    from aliases as a
    where a.name not in (select s.server_name from {{ ref('dim_mcp_servers') }} as s)
    group by a.name
    union all
    select
        s.server_name as name,
        s.server_name
    from {{ ref('dim_mcp_servers') }} as s

),

delistings as (

    select
        a.action_id as record_id,
        'mcp_server' as target_kind,
        coalesce(n.server_name, a.target_id, 'unknown') as mcp_server,
        case when n.server_name is null then 'unregistered' else 'registered' end as mcp_registration,
        coalesce(a.policy_code, 'unknown') as policy_code,
        a.decided_at,
        a.reversed_at,
        {{ input_ref('mcp_servers', 'n.server_name') }} as input_refs,
        a._file_id,
        a._line_no
    from {{ ref('fct_enforcement_actions') }} as a
    left join names as n on a.target_id = n.name
    where a.action = 'mcp_server_delisting'

),

registered as (

    select
        s.server_name as record_id,
        'mcp_server' as target_kind,
        s.server_name as mcp_server,
        'registered' as mcp_registration,
        'none' as policy_code,
        s.first_seen,
        '' as input_refs,
        s._file_id,
        s._line_no
    from {{ ref('dim_mcp_servers') }} as s
    where s.first_seen is not null

)

{{ contributions('reports', 'user_reports', dimensions, [
    {'metric': 'connector_reports', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.submitted_at'},
    {'metric': 'connector_reports', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
     'event_at': 'b.submitted_at', 'expires_at': 'b.decided_at'},
    {'metric': 'connector_reports_actioned', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.submitted_at', 'effective_at': 'b.decided_at',
     'where': "b.outcome = 'action_taken' and b.decided_at is not null"},
    {'metric': 'connector_servers_reported', 'role': 'count', 'unit': 'b.mcp_server', 'amount': '1',
     'event_at': 'b.submitted_at', 'where': "b.target_kind = 'mcp_server'"},
    {'metric': 'connector_decision_median', 'role': 'amount', 'unit': 'b.record_id',
     'amount': seconds_between('b.submitted_at', 'b.decided_at'), 'event_at': 'b.submitted_at',
     'effective_at': 'b.decided_at', 'where': 'b.decided_at >= b.submitted_at'},
    {'metric': 'connector_decision_median', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
     'event_at': 'b.submitted_at', 'expires_at': 'b.decided_at',
     'where': 'b.decided_at is null or b.decided_at >= b.submitted_at'},
]) }}

union all

{{ contributions('delistings', 'enforcement_actions', dimensions, [
    {'metric': 'mcp_delistings', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.decided_at'},
    {'metric': 'mcp_delistings_net', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.decided_at',
     'expires_at': 'b.reversed_at'},
]) }}

union all

{{ contributions('registered', 'mcp_servers', dimensions, [
    {'metric': 'mcp_servers_first_seen', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.first_seen'},
]) }}
