{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_dsa_notices_days') }}"
    )
}}

with received as (
    select
        reports.event_date,
        'user_reports' as record_kind,
        reports.report_id as record_id,
        concat('r', reports.report_id) as notice_key,
        reports.submitted_at,
        reports.decided_at,
        reports.surface,
        reports.reason_code as policy_code,
        case when reports.reporter_kind = 'trusted_flagger' then 'trusted_flagger' else 'other' end as submitter,
        coalesce(reports.item_count, 1) as item_count,
        coalesce(reports.outcome = 'action_taken', false) as is_acted_upon,
        case when reports.outcome = 'action_taken' and reports.basis in ('law', 'terms') then reports.basis end as basis,
        coalesce(reports.processed_by = 'automated', false) as is_solely_automated,
        reports.language,
        reports.decision_seconds,
        reports._batch_id,
        reports._file_id,
        reports._line_no
    from {{ ref('fct_user_reports') }} as reports
    where
        reports.is_article_16
        and reports.event_date in (select days.event_date from {{ ref('int_touched_dsa_notices_days') }} as days)
    union all
    select
        notices.event_date,
        'copyright_notices' as record_kind,
        notices.notice_id as record_id,
        concat('c', notices.notice_id) as notice_key,
        notices.received_at as submitted_at,
        notices.decided_at,
        notices.surface,
        cast(null as {{ text_type() }}) as policy_code,
        'other' as submitter,
        notices.target_count as item_count,
        coalesce(notices.decision in ('accepted', 'partially_accepted'), false) as is_acted_upon,
        case when notices.decision in ('accepted', 'partially_accepted') then 'law' end as basis,
        coalesce(notices.decided_by = 'automated', false) as is_solely_automated,
        notices.language,
        notices.decision_seconds,
        notices._batch_id,
        notices._file_id,
        notices._line_no
    from {{ ref('fct_copyright_notices') }} as notices
    where
        notices.is_article_16
        and notices.kind = 'takedown'
        and notices.event_date in (select days.event_date from {{ ref('int_touched_dsa_notices_days') }} as days)
),

placed as (
    select
        received.*,
        surfaces.surface as registered_surface,
        surfaces.dsa_service,
        surfaces.is_hosting,
        surfaces.report_from
    from received
    left join {{ ref('stg_surfaces') }} as surfaces on received.surface = surfaces.surface
),

services as (
    {{ register_in_force('placed', 'notice_key', 'submitted_at', 'stg_services', {'dsa_service': 'dsa_service'}) }}
),

policies as (
    {{ register_in_force('placed', 'notice_key', 'submitted_at', 'stg_policies', {'policy_code': 'policy_code'}) }}
),

judged as (
    select
        placed.*,
        services.kind as service_kind,
        case
            when placed.record_kind = 'copyright_notices' then 'STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS'
            when categories.in_notices then categories.dsa_category
            else 'STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE'
        end as dsa_category,
        case
            when placed.record_kind = 'copyright_notices' then 'KEYWORD_COPYRIGHT_INFRINGEMENT'
            when categories.in_notices then coalesce(keywords.dsa_keyword, 'KEYWORD_OTHER')
            else 'none'
        end as dsa_keyword,
        policies._line_no is not null as has_policy,
        {{ service_exclusion('placed.registered_surface', 'placed.dsa_service', 'services.kind',
            'placed.report_from', 'placed.submitted_at', 'null', 'null') }} as service_exclusion
    from placed
    left join services on placed.notice_key = services.decision_key
    left join policies on placed.notice_key = policies.decision_key
    left join {{ ref('dsa_keywords') }} as categories
        on
            policies.dsa_category = categories.dsa_category
            and categories.dsa_keyword = 'KEYWORD_OTHER'
    left join {{ ref('dsa_keywords') }} as keywords
        on
            policies.dsa_category = keywords.dsa_category
            and policies.dsa_keyword = keywords.dsa_keyword
),

excluded as (
    select
        judged.*,
        coalesce(
            judged.service_exclusion,
            case
                when not coalesce(judged.is_hosting, true) or judged.service_kind in ('conduit', 'vlose') then 'not_hosting'
            end
        ) as report_exclusion
    from judged
)

select
    excluded.event_date,
    excluded.record_kind,
    excluded.record_id,
    excluded.submitted_at,
    excluded.decided_at,
    excluded.surface,
    excluded.dsa_service,
    excluded.service_kind,
    excluded.policy_code,
    excluded.has_policy,
    excluded.dsa_category,
    excluded.dsa_keyword,
    excluded.submitter,
    excluded.item_count,
    excluded.is_acted_upon,
    excluded.basis,
    excluded.is_solely_automated,
    excluded.language,
    excluded.decision_seconds,
    excluded.report_exclusion is null as in_report,
    excluded.report_exclusion,
    excluded._batch_id,
    excluded._file_id,
    excluded._line_no
from excluded
