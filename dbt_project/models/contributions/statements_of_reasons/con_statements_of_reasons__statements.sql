{% set dimensions = ['service', 'category', 'ground', 'source_type', 'automation'] %}

with decisions as (

    select
        d.decision_id as record_id,
        d.dsa_service as service,
        coalesce(d.dsa_category, 'none') as category,
        coalesce(d.ground, 'unknown') as ground,
        case
            when d.source = 'article_16_notice' then 'SOURCE_ARTICLE_16'
            when d.source in ('user_report', 'copyright_notice') and not d.is_own_initiative then 'SOURCE_ARTICLE_16'
            when d.source = 'trusted_flagger' then 'SOURCE_TRUSTED_FLAGGER'
            when d.source = 'own_initiative' then 'SOURCE_VOLUNTARY'
            else 'SOURCE_TYPE_OTHER_NOTIFICATION'
        end as source_type,
        coalesce(d.automated_decision, 'unknown') as automation,
        d.dsa_category is null
        or coalesce(d.ground, 'unknown') not in ('illegal', 'terms')
        or (d.ground = 'illegal' and d.legal_ground is null)
        or (d.ground = 'terms' and d.terms_ground is null and d.terms_provision is null)
        or d.explanation is null
        or (d.content_id is not null and d.content_kind is null) as lacks_a_field,
        d.decided_at,
        {{ input_ref('policies', 'd.policy_code') }} as input_refs,
        d._file_id,
        d._line_no
    from {{ ref('fct_dsa_decisions') }} as d
    -- without a category a statement is owed all the same, and cannot be made
    where d.in_sor or d.sor_exclusion = 'no_category'

)

{{ contributions('decisions', 'enforcement_actions', dimensions, [
    {'metric': 'statements_owed', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.decided_at'},
    {'metric': 'statements_incomplete', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at', 'where': 'b.lacks_a_field'},
]) }}
