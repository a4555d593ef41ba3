{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_user_reports_days') }}"
    )
}}

select
    {{ utc_day('reports.submitted_at') }} as event_date,
    reports.report_id,
    reports.submitted_at,
    reports.reporter_id,
    reports.reporter_kind,
    reports.surface,
    reports.target_kind,
    reports.target_id,
    reports.account_id,
    reports.mcp_server,
    reports.reason_code,
    reports.claims_illegal,
    reports.is_article_16,
    reports.substantiated,
    reports.has_reasons,
    reports.has_location,
    reports.has_contact,
    reports.has_good_faith,
    reports.item_count,
    reports.country,
    reports.language,
    outcomes.acknowledged_at,
    outcomes.decided_at,
    outcomes.outcome,
    outcomes.basis,
    outcomes.processed_by,
    outcomes.notified_at,
    outcomes.duplicate_of,
    {{ json_list('outcomes.action_ids') }} as action_ids,
    {{ seconds_between('reports.submitted_at', 'outcomes.acknowledged_at') }} as acknowledgement_seconds,
    {{ seconds_between('reports.submitted_at', 'outcomes.decided_at') }} as decision_seconds,
    case
        when reports.mcp_server is not null then server_names.server_name is not null
    end as is_mcp_server_registered,
    server_names.server_name as registered_server_name,
    outcomes._file_id as outcome_file_id,
    outcomes._line_no as outcome_line_no,
    reports._batch_id,
    reports._file_id,
    reports._line_no
from {{ ref('stg_user_reports') }} as reports
left join {{ ref('stg_report_outcomes') }} as outcomes
    on reports.report_id = outcomes.report_id
left join {{ ref('int_mcp_server_names') }} as server_names
    on reports.mcp_server = server_names.name
where
    {{ utc_day('reports.submitted_at') }} in (
        select touched.event_date from {{ ref('int_touched_user_reports_days') }} as touched
    )
