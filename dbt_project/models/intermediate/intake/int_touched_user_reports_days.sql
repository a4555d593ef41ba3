{%- set reports_with_new_outcomes -%}
    {{ changed_keys('report_outcomes', 'report_id') }}
{%- endset -%}

{%- set names_of_changed_servers -%}
    select changed.server_name
    from {{ source('raw', 'mcp_servers') }} as changed
    where changed.server_name in ({{ changed_keys('mcp_servers', 'server_name') }})
    union all
    select {{ explode_list('changed.aliases') }}
    from {{ source('raw', 'mcp_servers') }} as changed
    where changed.server_name in ({{ changed_keys('mcp_servers', 'server_name') }})
{%- endset -%}

select distinct touched.event_date
from (
    {{ own_days('user_reports', 'report_id', 'submitted_at') }}
    union all
    {{ days_reached('user_reports', 'submitted_at', 'report_id', reports_with_new_outcomes) }}
    union all
    {{ days_reached('user_reports', 'submitted_at', 'mcp_server', names_of_changed_servers) }}
) as touched
where touched.event_date is not null
