{% set dimensions = ['service', 'channel', 'ground', 'submitter', 'outcome'] %}

with appeals as (

    select
        c.appeal_id as record_id,
        c.dsa_service as service,
        c.channel,
        c.ground,
        c.submitter,
        coalesce(c.outcome, 'pending') as outcome,
        c.is_reversal,
        c.implemented,
        c.submitted_at,
        c.decided_at,
        c.decision_seconds,
        case
            when c.subject_kind = 'action' then {{ input_ref('enforcement_actions', 'c.subject_id') }}
            when c.subject_kind = 'report' then {{ input_ref('user_reports', 'c.subject_id') }}
            else {{ input_ref('copyright_notices', 'c.subject_id') }}
        end as input_refs,
        c._file_id,
        c._line_no
    from {{ ref('fct_dsa_complaints') }} as c
    where c.in_report

),

decisions as (

    select
        d.decision_id as record_id,
        d.dsa_service as service,
        'none' as channel,
        coalesce(d.repeat_ground, 'none') as ground,
        'none' as submitter,
        'none' as outcome,
        d.source,
        d.in_report,
        d.repeat_ground,
        d.decided_at,
        {{ input_ref('surfaces', 'd.surface') }} as input_refs,
        d._file_id,
        d._line_no
    from {{ ref('fct_dsa_decisions') }} as d
    where d.service_exclusion is null and (d.repeat_ground is not null or d.source = 'appeal')

)

{% set internal = "b.channel = 'internal'" %}
{% set disputed = "b.channel = 'out_of_court'" %}
{% set settled = disputed ~ ' and b.is_reversal' %}
{% set submitted = {'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.submitted_at'} %}
{% set pending = dict(submitted, role='open', amount='null', expires_at='b.decided_at') %}
{% set decided = dict(submitted, effective_at='b.decided_at') %}
{% set timed = dict(decided, role='amount', amount='b.decision_seconds') %}
{% set ended = ' and b.decided_at is not null' %}
{% set in_order = ' and b.decision_seconds >= 0' %}
{{ contributions('appeals', 'appeals', dimensions, [
    dict(submitted, metric='complaints_submitted', where=internal),
    dict(pending, metric='complaints_submitted', where=internal),
    dict(decided, metric='complaints_decided', where=internal ~ ended),
    dict(timed, metric='complaint_decision_median', where=internal ~ in_order),
    dict(pending, metric='complaint_decision_median', where=internal),
    dict(submitted, metric='disputes_submitted', where=disputed),
    dict(pending, metric='disputes_submitted', where=disputed),
    dict(decided, metric='disputes_decided', where=disputed ~ ended),
    dict(timed, metric='dispute_decision_median', where=disputed ~ in_order),
    dict(pending, metric='dispute_decision_median', where=disputed),
    dict(decided, metric='disputes_implemented_rate', role='denominator', where=settled),
    dict(decided, metric='disputes_implemented_rate', role='numerator', where=settled ~ ' and b.implemented'),
]) }}

union all

{{ contributions('decisions', 'enforcement_actions', dimensions, [
    {'metric': 'restrictions_newly_imposed', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at', 'where': "b.source = 'appeal' and b.in_report"},
    {'metric': 'suspensions_imposed', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at', 'where': 'b.repeat_ground is not null'},
]) }}
