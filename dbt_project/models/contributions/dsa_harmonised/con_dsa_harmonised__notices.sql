{% set dimensions = ['service', 'category', 'keyword', 'submitter'] %}

with notices as (

    select
        n.record_kind,
        n.record_id,
        n.dsa_service as service,
        n.dsa_category as category,
        n.dsa_keyword as keyword,
        n.submitter,
        n.item_count,
        n.is_acted_upon,
        n.basis,
        n.submitted_at,
        n.decided_at,
        n.decision_seconds,
        {{ input_ref('policies', 'n.policy_code') }} as input_refs,
        n._file_id,
        n._line_no
    from {{ ref('fct_dsa_notices') }} as n
    where n.in_report

),

user_reports as (

    select *
    from notices
    where record_kind = 'user_reports'

),

copyright_notices as (

    select *
    from notices
    where record_kind = 'copyright_notices'

)

{% set acted = 'b.is_acted_upon and b.decision_seconds >= 0' %}
{% set rows = [
    {'metric': 'notices', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.submitted_at'},
    {'metric': 'notice_items', 'role': 'amount', 'unit': 'b.record_id', 'amount': 'b.item_count',
     'event_at': 'b.submitted_at'},
    {'metric': 'notice_action_median', 'role': 'amount', 'unit': 'b.record_id', 'amount': 'b.decision_seconds',
     'event_at': 'b.submitted_at', 'effective_at': 'b.decided_at', 'where': acted},
    {'metric': 'notice_action_median', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
     'event_at': 'b.submitted_at', 'expires_at': 'b.decided_at'},
    {'metric': 'notice_actions_law', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.submitted_at', 'effective_at': 'b.decided_at', 'where': "b.basis = 'law'"},
    {'metric': 'notice_actions_terms', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.submitted_at', 'effective_at': 'b.decided_at', 'where': "b.basis = 'terms'"},
] %}
{{ contributions('user_reports', 'user_reports', dimensions, rows) }}

union all

{{ contributions('copyright_notices', 'copyright_notices', dimensions, rows) }}
