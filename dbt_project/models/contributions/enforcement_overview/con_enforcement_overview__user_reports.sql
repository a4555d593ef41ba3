{% set dimensions = ['surface', 'target_kind', 'reason_code', 'reporter_kind', 'mcp_server', 'mcp_registration'] %}

with reports as (

    select
        u.report_id as record_id,
        coalesce(u.surface, 'unknown') as surface,
        coalesce(u.target_kind, 'unknown') as target_kind,
        coalesce(u.reason_code, 'unknown') as reason_code,
        coalesce(u.reporter_kind, 'unknown') as reporter_kind,
        case
            when u.target_kind = 'mcp_server' then coalesce(u.registered_server_name, u.mcp_server, 'unknown')
            else 'none'
        end as mcp_server,
        case
            when coalesce(u.target_kind, 'unknown') <> 'mcp_server' then 'none'
            when u.is_mcp_server_registered then 'registered'
            else 'unregistered'
        end as mcp_registration,
        u.submitted_at,
        {{ input_ref('mcp_servers', 'u.registered_server_name') }} as input_refs,
        u._file_id,
        u._line_no
    from {{ ref('fct_user_reports') }} as u

)

{{ contributions('reports', 'user_reports', dimensions, [
    {'metric': 'user_reports', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.submitted_at'},
    {'metric': 'mcp_server_reports', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.submitted_at', 'where': "b.target_kind = 'mcp_server'"},
    {'metric': 'mcp_servers_reported', 'role': 'count', 'unit': 'b.mcp_server', 'amount': '1',
     'event_at': 'b.submitted_at', 'where': "b.target_kind = 'mcp_server'"},
]) }}
