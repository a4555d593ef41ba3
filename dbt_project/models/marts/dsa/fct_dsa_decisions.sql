{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_dsa_decisions_days') }}"
    )
}}

with touched as (
    select distinct decided.decision_id
    from {{ ref('fct_enforcement_actions') }} as decided
    where
        decided.event_date in (
            select days.event_date from {{ ref('int_touched_dsa_decisions_days') }} as days
        )
),

-- every action of those decisions, on whichever day, with its surface and what its measure restricts
actions as (
    select
        decided.*,
        surfaces.surface as registered_surface,
        surfaces.dsa_service,
        surfaces.is_hosting,
        surfaces.report_from,
        upper(decided.recipient_country) as recipient,
        countries.iso_code as recipient_in_eea,
        effects.decision_value,
        effects.decision_field,
        effects.restriction
    from {{ ref('fct_enforcement_actions') }} as decided
    inner join touched on decided.decision_id = touched.decision_id
    left join {{ ref('stg_surfaces') }} as surfaces on decided.surface = surfaces.surface
    left join {{ ref('dsa_countries') }} as countries on upper(decided.recipient_country) = countries.country
    left join {{ ref('dsa_decision_values') }} as effects on decided.dsa_decision_value = effects.decision_value
),

services as (
    {{ register_in_force('actions', 'action_id', 'decided_at', 'stg_services', {'dsa_service': 'dsa_service'}) }}
),

scope as (
    {{ register_in_force('actions', 'action_id', 'decided_at', 'stg_dsa_scope',
        {'surface': 'surface', 'policy_code': 'policy_code', 'action': 'action'}) }}
),

-- the records that an action names as its cause, in the feed that its source names
named as (
    select
        actions.decision_id,
        actions.source,
        actions.source_id as cause_id
    from actions
    where actions.source in ('user_report', 'copyright_notice', 'appeal') and actions.source_id is not null
    union
    select
        actions.decision_id,
        actions.source,
        {{ explode_json_list('actions.source_ids') }} as cause_id
    from actions
    where actions.source in ('user_report', 'copyright_notice', 'appeal')
),

causes as (
    select
        named.decision_id,
        case when named.source = 'user_report' then named.cause_id end as report_id,
        case when named.source = 'copyright_notice' then named.cause_id end as notice_id,
        case when named.source = 'appeal' then named.cause_id end as appeal_id
    from named
),

-- what is known of each cause: whether it was delivered, and whether it is a notice under Article 16 or about one
found as (
    select
        causes.decision_id,
        coalesce(reports.report_id, notices.notice_id, complaints.appeal_id) is not null as is_known,
        coalesce(reports.is_article_16, notices.is_article_16, complaints.subject_kind in ('report', 'notice'), false) as is_notice
    from causes
    left join {{ ref('stg_user_reports') }} as reports on causes.report_id = reports.report_id
    left join {{ ref('stg_copyright_notices') }} as notices on causes.notice_id = notices.notice_id
    left join {{ ref('stg_appeals') }} as complaints on causes.appeal_id = complaints.appeal_id
),

caused as (
    select
        found.decision_id,
        max(case when found.is_notice then 1 else 0 end) as notice_count,
        min(case when found.is_known then 1 else 0 end) as known_count
    from found
    group by found.decision_id
),

-- one action leads: a restriction before none, a category of its own before any other breach of the terms, a sub-category before none,
-- the graver before the milder, then the earlier; its surface, policy, category and ground are the decision's
ranked as (
    select
        actions.*,
        services.kind as service_kind,
        categories.dsa_category as known_category,
        categories.in_illegal,
        categories.in_terms,
        keywords.dsa_keyword as known_keyword,
        scope.decision_key is not null as has_scope_row,
        scope.in_report as scope_in_report,
        scope.in_sor as scope_in_sor,
        row_number() over (
            partition by actions.decision_id
            order by
                case when actions.decision_value is null then 1 else 0 end,
                coalesce(categories.category_rank, 4),
                case when coalesce(keywords.dsa_keyword, 'KEYWORD_OTHER') = 'KEYWORD_OTHER' then 1 else 0 end,
                actions.severity desc,
                actions.decided_at,
                actions.action_id
        ) as lead_rank
    from actions
    left join services on actions.action_id = services.decision_key
    left join scope on actions.action_id = scope.decision_key
    left join {{ ref('dsa_keywords') }} as categories
        on
            actions.dsa_category = categories.dsa_category
            and categories.dsa_keyword = 'KEYWORD_OTHER'
    left join {{ ref('dsa_keywords') }} as keywords
        on
            actions.dsa_category = keywords.dsa_category
            and actions.dsa_keyword = keywords.dsa_keyword
),

led as (
    select ranked.*
    from ranked
    where ranked.lead_rank = 1
),

-- what the actions of a decision say together
together as (
    select
        ranked.decision_id,
        min(ranked.decided_at) as decided_at,
        min(coalesce(ranked.applied_at, ranked.decided_at)) as applied_at,
        {{ sorted_json_list("case when ranked.decision_field = 'visibility' then ranked.decision_value end") }} as visibility,
        {{ sorted_json_list("case when ranked.decision_field = 'monetary' then ranked.decision_value end") }} as monetary,
        {{ sorted_json_list("case when ranked.decision_field = 'provision' then ranked.decision_value end") }} as provision,
        {{ sorted_json_list("case when ranked.decision_field = 'account' then ranked.decision_value end") }} as account,
        {{ sorted_json_list('ranked.restriction') }} as restrictions,
        {{ sorted_json_list('ranked.action_id') }} as action_ids,
        {{ sorted_json_list('case when ranked.decision_value is not null then ranked.known_category end') }} as categories,
        count(distinct case when ranked.decision_value is not null then ranked.known_category end) as category_count,
        count(distinct ranked.dsa_service) as service_count,
        max(case when ranked.source in ('order', 'article_16_notice', 'trusted_flagger') then 1 else 0 end) as prompt_count,
        {%- for field in ['visibility', 'monetary', 'provision', 'account'] %}
        case
            when sum(case when ranked.decision_field = '{{ field }}' and ranked.ends_at is null then 1 else 0 end) = 0
                then max(case when ranked.decision_field = '{{ field }}' then {{ utc_day('ranked.ends_at') }} end)
        end as {{ field }}_ends_on,
        {%- endfor %}
        count(*) as action_count,
        sum(case when ranked.decision_value is null then 0 else 1 end) as restriction_count,
        sum(
            case when ranked.decision_value is null and not {{ restricts_nobody('ranked.action') }} then 1 else 0 end
        ) as unmapped_count,
        sum(case when ranked.automated_detection then 0 else 1 end) as by_hand_count,
        sum(case when ranked.automated_decision = 'fully' then 1 else 0 end) as fully_count,
        sum(case when ranked.automated_decision = 'none' then 1 else 0 end) as none_count,
        sum(case when ranked.reversed_at is null then 1 else 0 end) as standing_count,
        max(ranked.reversed_at) as reversed_at,
        min(ranked.repeat_ground) as repeat_ground,
        max(
            case when ranked.decision_value is not null and coalesce(ranked.scope_in_report, true) then 1 else 0 end
        ) as report_cells,
        max(
            case
                when ranked.decision_value is null then 0
                when
                    coalesce(
                        ranked.scope_in_sor,
                        coalesce(ranked.is_hosting, true) and ranked.service_kind in ('online_platform', 'vlop', 'vlose')
                    )
                    then 1
                else 0
            end
        ) as sor_cells,
        max(case when ranked.scope_in_sor = false then 1 else 0 end) as sor_exemptions,
        max(case when ranked.decision_value is not null and ranked.has_scope_row then 1 else 0 end) as scope_rows
    from ranked
    group by ranked.decision_id
),

judged as (
    select
        {{ utc_day('together.decided_at') }} as event_date,
        led.decision_id,
        together.decided_at,
        {{ utc_day('together.applied_at') }} as applied_on,
        led.account_id,
        led.content_id,
        led.target_kind,
        led.surface,
        led.dsa_service,
        led.service_kind,
        led.recipient_country,
        led.policy_code,
        led.severity,
        led.known_category as dsa_category,
        case when led.known_category is not null then coalesce(led.known_keyword, 'KEYWORD_OTHER') end as dsa_keyword,
        led.ground,
        led.legal_ground,
        led.terms_ground,
        led.terms_provision,
        led.explanation,
        led.source,
        led.source_id,
        together.prompt_count = 0 and coalesce(caused.notice_count, 0) = 0 as is_own_initiative,
        coalesce(caused.known_count = 1, true) as is_cause_known,
        together.by_hand_count = 0 as automated_detection,
        case
            when together.fully_count = together.action_count then 'fully'
            when together.none_count = together.action_count then 'none'
            else 'partially'
        end as automated_decision,
        together.visibility,
        together.monetary,
        together.provision,
        together.account,
        together.restrictions,
        together.categories,
        together.category_count,
        together.service_count,
        together.visibility_ends_on,
        together.monetary_ends_on,
        together.provision_ends_on,
        together.account_ends_on,
        led.content_kind,
        led.content_created_on,
        led.content_language,
        led.territorial_scope,
        together.repeat_ground,
        case when together.scope_rows = 1 then 'register' else 'service kind' end as scope_basis,
        {{ service_exclusion('led.registered_surface', 'led.dsa_service', 'led.service_kind',
            'led.report_from', 'led.decided_at', 'led.recipient', 'led.recipient_in_eea') }} as service_exclusion,
        case
            when together.restriction_count > 0 then null
            when together.unmapped_count > 0 then 'unmapped_action'
            else 'no_restriction'
        end as measure_exclusion,
        case
            when together.report_cells = 0 then 'exempt'
            when led.known_category is null then 'no_category'
            when led.ground = 'illegal' and not led.in_illegal then 'category_not_allowed'
            when not led.in_terms then 'category_not_allowed'
        end as cell_exclusion,
        case
            when together.sor_cells = 0 and together.sor_exemptions = 1 then 'exempt'
            when led.source = 'order' then 'answers_an_order'
            when together.sor_cells = 0 then 'no_online_platform'
            when led.known_category is null then 'no_category'
        end as statement_exclusion,
        together.action_ids,
        together.action_count,
        case when together.standing_count = 0 then together.reversed_at end as reversed_at,
        led._batch_id,
        led._file_id,
        led._line_no
    from led
    inner join together on led.decision_id = together.decision_id
    left join caused on led.decision_id = caused.decision_id
)

select
    judged.event_date,
    judged.decision_id,
    judged.decided_at,
    judged.applied_on,
    judged.account_id,
    judged.content_id,
    judged.target_kind,
    judged.surface,
    judged.dsa_service,
    judged.service_kind,
    judged.recipient_country,
    judged.policy_code,
    judged.severity,
    judged.dsa_category,
    judged.dsa_keyword,
    judged.ground,
    judged.legal_ground,
    judged.terms_ground,
    judged.terms_provision,
    judged.explanation,
    judged.source,
    judged.source_id,
    judged.is_own_initiative,
    judged.is_cause_known,
    judged.automated_detection,
    judged.automated_decision,
    judged.visibility,
    judged.monetary,
    judged.provision,
    judged.account,
    judged.restrictions,
    judged.categories,
    judged.category_count,
    judged.service_count,
    judged.visibility_ends_on,
    judged.monetary_ends_on,
    judged.provision_ends_on,
    judged.account_ends_on,
    judged.content_kind,
    judged.content_created_on,
    judged.content_language,
    judged.territorial_scope,
    judged.repeat_ground,
    coalesce(judged.service_exclusion, judged.measure_exclusion, judged.cell_exclusion) is null as in_report,
    coalesce(judged.service_exclusion, judged.measure_exclusion, judged.statement_exclusion) is null as in_sor,
    judged.scope_basis,
    judged.service_exclusion,
    coalesce(judged.service_exclusion, judged.measure_exclusion, judged.cell_exclusion) as report_exclusion,
    coalesce(judged.service_exclusion, judged.measure_exclusion, judged.statement_exclusion) as sor_exclusion,
    judged.action_ids,
    judged.action_count,
    judged.reversed_at,
    judged._batch_id,
    judged._file_id,
    judged._line_no
from judged
where
    judged.event_date in (
        select days.event_date from {{ ref('int_touched_dsa_decisions_days') }} as days
    )
