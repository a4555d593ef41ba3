{% set dimensions = ['service', 'ground', 'category', 'keyword', 'restriction'] %}

with decisions as (

    select
        d.decision_id as record_id,
        d.dsa_service as service,
        d.ground,
        d.dsa_category as category,
        d.dsa_keyword as keyword,
        'none' as restriction,
        d.automated_detection,
        d.restrictions,
        d.decided_at,
        {{ input_ref('policies', 'd.policy_code') }} as input_refs,
        d._file_id,
        d._line_no
    from {{ ref('fct_dsa_decisions') }} as d
    where d.in_report and d.is_own_initiative

),

restrictions as (

    select
        d.record_id,
        d.service,
        d.ground,
        d.category,
        d.keyword,
        {{ explode_json_list('d.restrictions') }} as restriction,
        d.decided_at,
        d.input_refs,
        d._file_id,
        d._line_no
    from decisions as d

)

{{ contributions('decisions', 'enforcement_actions', dimensions, [
    {'metric': 'own_initiative_measures', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at'},
    {'metric': 'own_initiative_measures_automated_detection', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at', 'where': 'b.automated_detection'},
]) }}

union all

{{ contributions('restrictions', 'enforcement_actions', dimensions, [
    {'metric': 'own_initiative_restrictions', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at'},
]) }}
