{% set dimensions = ['service', 'subject', 'exclusion'] %}

with notices as (

    select
        n.record_kind,
        n.record_id as record_id,
        coalesce(n.dsa_service, 'none') as service,
        'notices' as subject,
        n.report_exclusion as exclusion,
        n.submitted_at as event_at,
        {{ no_instant() }} as effective_at,
        {{ no_instant() }} as expires_at,
        {{ input_ref('surfaces', 'n.surface') }} as input_refs,
        n._file_id,
        n._line_no
    from {{ ref('fct_dsa_notices') }} as n
    where n.report_exclusion is not null

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

),

enforcement_actions as (

    select
        d.decision_id as record_id,
        coalesce(d.dsa_service, 'none') as service,
        'measures' as subject,
        d.report_exclusion as exclusion,
        d.decided_at as event_at,
        {{ no_instant() }} as effective_at,
        {{ no_instant() }} as expires_at,
        {{ input_ref('surfaces', 'd.surface') }} as input_refs,
        d._file_id,
        d._line_no
    from {{ ref('fct_dsa_decisions') }} as d
    where d.report_exclusion is not null

),

legal_orders as (

    select
        o.order_id as record_id,
        coalesce(o.dsa_service, 'none') as service,
        'orders' as subject,
        o.report_exclusion as exclusion,
        o.received_at as event_at,
        o.gag_until as effective_at,
        {{ no_instant() }} as expires_at,
        {{ input_ref('surfaces', 'o.surface') }} as input_refs,
        o._file_id,
        o._line_no
    from {{ ref('fct_dsa_orders') }} as o
    where o.report_exclusion is not null

),

appeals as (

    select
        c.appeal_id as record_id,
        coalesce(c.dsa_service, 'none') as service,
        'complaints' as subject,
        c.report_exclusion as exclusion,
        c.submitted_at as event_at,
        {{ no_instant() }} as effective_at,
        {{ no_instant() }} as expires_at,
        {{ input_ref('surfaces', 'c.surface') }} as input_refs,
        c._file_id,
        c._line_no
    from {{ ref('fct_dsa_complaints') }} as c
    where c.report_exclusion is not null

),

-- before its gag ended an order was one of those that may not be shown; then as now nothing but their number
withheld as (

    select
        w.line_key as record_id,
        'withheld' as service,
        'orders' as subject,
        'gagged' as exclusion,
        w.counted_at as event_at,
        {{ no_instant() }} as effective_at,
        w.ended_at as expires_at,
        '' as input_refs,
        w._file_id,
        w._line_no
    from {{ ref('fct_dsa_withheld_orders') }} as w

)

{% set excluded = [{'metric': 'excluded', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
    'event_at': 'b.event_at', 'effective_at': 'b.effective_at', 'expires_at': 'b.expires_at'}] %}
{{ contributions('enforcement_actions', 'enforcement_actions', dimensions, excluded) }}

union all

{{ contributions('user_reports', 'user_reports', dimensions, excluded) }}

union all

{{ contributions('copyright_notices', 'copyright_notices', dimensions, excluded) }}

union all

{{ contributions('legal_orders', 'legal_orders', dimensions, excluded) }}

union all

{{ contributions('appeals', 'appeals', dimensions, excluded) }}

union all

{{ contributions('withheld', 'withheld_orders', dimensions, excluded) }}
