{% set dimensions = ['service', 'subject', 'origin', 'automation', 'language'] %}

with measures as (

    select
        d.decision_id as record_id,
        d.dsa_service as service,
        'measures' as subject,
        case when d.is_own_initiative then 'own_initiative' else 'other' end as origin,
        case when d.automated_decision = 'fully' then 'solely' else 'not' end as automation,
        coalesce(lower(d.content_language), 'none') as language,
        d.decided_at as event_at,
        {{ no_instant() }} as effective_at,
        {{ no_instant() }} as expires_at,
        {{ input_ref('surfaces', 'd.surface') }} as input_refs,
        d._file_id,
        d._line_no
    from {{ ref('fct_dsa_decisions') }} as d
    where d.in_report

),

-- a notice that machines alone decided is one of people until it is decided
notices as (

    select
        n.record_kind,
        n.record_id,
        n.dsa_service as service,
        'notices' as subject,
        n.submitter as origin,
        'not' as automation,
        coalesce(lower(n.language), 'none') as language,
        n.submitted_at as event_at,
        {{ no_instant() }} as effective_at,
        case when n.is_solely_automated then n.decided_at end as expires_at,
        {{ input_ref('surfaces', 'n.surface') }} as input_refs,
        n._file_id,
        n._line_no
    from {{ ref('fct_dsa_notices') }} as n
    where n.in_report
    union all
    select
        n.record_kind,
        n.record_id,
        n.dsa_service as service,
        'notices' as subject,
        n.submitter as origin,
        'solely' as automation,
        coalesce(lower(n.language), 'none') as language,
        n.submitted_at as event_at,
        n.decided_at as effective_at,
        {{ no_instant() }} as expires_at,
        {{ input_ref('surfaces', 'n.surface') }} as input_refs,
        n._file_id,
        n._line_no
    from {{ ref('fct_dsa_notices') }} as n
    where n.in_report and n.is_solely_automated and n.decided_at is not null

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

{% set handled = [{'metric': 'automated_handling', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
    'event_at': 'b.event_at', 'effective_at': 'b.effective_at', 'expires_at': 'b.expires_at'}] %}
{{ contributions('measures', 'enforcement_actions', dimensions, handled) }}

union all

{{ contributions('user_reports', 'user_reports', dimensions, handled) }}

union all

{{ contributions('copyright_notices', 'copyright_notices', dimensions, handled) }}
