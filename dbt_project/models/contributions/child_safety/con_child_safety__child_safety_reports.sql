{% set dimensions = ['priority', 'outcome'] %}

with reports as (

    select
        e.escalation_id as record_id,
        coalesce(cast(e.priority as {{ text_type() }}), 'none') as priority,
        coalesce(e.outcome, 'pending') as outcome,
        e.piece_count,
        e.external_report_id,
        e.account_ids,
        e.submitted_at,
        e.acknowledged_at,
        {{ input_ref('cases', 'e.case_id') }} as input_refs,
        e._file_id,
        e._line_no
    from {{ ref('fct_escalations') }} as e
    where e.channel = 'ncmec'

),

accounts as (

    select
        r.record_id,
        r.priority,
        r.outcome,
        r.submitted_at,
        r.input_refs,
        r._file_id,
        r._line_no,
        {{ explode_json_list('r.account_ids') }} as account_id
    from reports as r

),

named_accounts as (

    select distinct * from accounts

)

{{ contributions('reports', 'escalations', dimensions, [
    {'metric': 'child_safety_reports', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.submitted_at'},
    {'metric': 'child_safety_reports', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
     'event_at': 'b.submitted_at', 'expires_at': 'b.acknowledged_at'},
    {'metric': 'child_safety_pieces', 'role': 'amount', 'unit': 'b.record_id', 'amount': 'b.piece_count',
     'event_at': 'b.submitted_at', 'where': 'b.piece_count is not null'},
    {'metric': 'child_safety_reports_without_pieces', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.submitted_at', 'where': 'b.piece_count is null'},
    {'metric': 'child_safety_reports_without_number', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.submitted_at', 'where': 'b.external_report_id is null'},
]) }}

union all

{{ contributions('named_accounts', 'escalations', dimensions, [
    {'metric': 'child_safety_accounts', 'role': 'count', 'unit': 'b.account_id', 'amount': '1',
     'event_at': 'b.submitted_at'},
]) }}
