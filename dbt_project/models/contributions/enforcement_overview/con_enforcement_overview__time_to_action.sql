{% set dimensions = ['surface', 'target_kind', 'reason_code', 'reporter_kind'] %}

with reports as (

    select
        u.report_id as record_id,
        coalesce(u.surface, 'unknown') as surface,
        coalesce(u.target_kind, 'unknown') as target_kind,
        coalesce(u.reason_code, 'unknown') as reason_code,
        coalesce(u.reporter_kind, 'unknown') as reporter_kind,
        u.submitted_at,
        u.decided_at,
        {{ seconds_between('u.submitted_at', 'u.decided_at') }} as seconds_to_decision,
        case when u.decided_at is null then '' else {{ input_ref('report_outcomes', 'u.report_id') }} end as input_refs,
        u._file_id,
        u._line_no
    from {{ ref('fct_user_reports') }} as u
    where u.decided_at is null or u.decided_at >= u.submitted_at

)

{% set rows = [] %}
{% for metric in ['time_to_action_median', 'time_to_action_p90'] %}
{% do rows.append({'metric': metric, 'role': 'amount', 'unit': 'b.record_id', 'amount': 'b.seconds_to_decision',
    'event_at': 'b.submitted_at', 'effective_at': 'b.decided_at', 'where': 'b.decided_at is not null'}) %}
{% do rows.append({'metric': metric, 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
    'event_at': 'b.submitted_at', 'expires_at': 'b.decided_at'}) %}
{% endfor %}
{{ contributions('reports', 'user_reports', dimensions, rows) }}
