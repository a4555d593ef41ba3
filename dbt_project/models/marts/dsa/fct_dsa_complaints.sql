{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_dsa_complaints_days') }}"
    )
}}

with complaints as (
    select
        filed.*,
        case when filed.subject_kind = 'action' then filed.subject_id end as about_action_id,
        case when filed.subject_kind in ('report', 'notice') then filed.subject_id end as about_report_id,
        case when filed.subject_kind = 'notice' then filed.subject_id end as about_notice_id
    from {{ ref('fct_appeals') }} as filed
    where
        filed.event_date in (
            select days.event_date from {{ ref('int_touched_dsa_complaints_days') }} as days
        )
),

-- what a complaint is about: an action, a report or a copyright notice, each joined by one equality
about as (
    select
        complaints.appeal_id,
        complaints.subject_kind,
        complaints.subject_id,
        complaints.submitted_at,
        complaints.event_date,
        complaints.decided_at,
        complaints.channel,
        complaints.outcome,
        complaints.ground,
        complaints.implemented,
        complaints.decision_seconds,
        complaints._batch_id,
        complaints._file_id,
        complaints._line_no,
        coalesce(actions.action_id, notices.notice_id, reports.report_id) is not null as has_subject,
        coalesce(actions.surface, notices.surface, reports.surface) as subject_surface,
        coalesce(actions.decided_at, complaints.submitted_at) as judged_at,
        actions.policy_code as subject_policy_code,
        actions.action as subject_action,
        actions.reversed_at as subject_reversed_at,
        upper(actions.recipient_country) as recipient,
        reports.reporter_kind = 'trusted_flagger' as is_of_trusted_flagger,
        effects.decision_field
    from complaints
    left join {{ ref('fct_enforcement_actions') }} as actions on complaints.about_action_id = actions.action_id
    left join {{ ref('stg_user_reports') }} as reports on complaints.about_report_id = reports.report_id
    left join {{ ref('stg_copyright_notices') }} as notices on complaints.about_notice_id = notices.notice_id
    left join {{ ref('dsa_decision_values') }} as effects on actions.dsa_decision_value = effects.decision_value
),

placed as (
    select
        about.*,
        surfaces.surface as registered_surface,
        surfaces.dsa_service,
        surfaces.report_from,
        countries.iso_code as recipient_in_eea
    from about
    left join {{ ref('stg_surfaces') }} as surfaces on about.subject_surface = surfaces.surface
    left join {{ ref('dsa_countries') }} as countries on about.recipient = countries.country
),

services as (
    {{ register_in_force('placed', 'appeal_id', 'submitted_at', 'stg_services', {'dsa_service': 'dsa_service'}) }}
),

scope as (
    {{ register_in_force('placed', 'appeal_id', 'judged_at', 'stg_dsa_scope',
        {'subject_surface': 'surface', 'subject_policy_code': 'policy_code', 'subject_action': 'action'}) }}
),

judged as (
    select
        placed.*,
        services.kind as service_kind,
        case
            when not placed.has_subject then 'subject_unknown'
            else coalesce(
                {{ service_exclusion('placed.registered_surface', 'placed.dsa_service', 'services.kind',
                    'placed.report_from', 'placed.submitted_at', 'placed.recipient', 'placed.recipient_in_eea') }},
                case
                    when not coalesce(scope.in_report, true) then 'exempt'
                    when placed.channel = 'court' then 'court'
                end
            )
        end as report_exclusion
    from placed
    left join services on placed.appeal_id = services.decision_key
    left join scope on placed.appeal_id = scope.decision_key
)

select
    judged.event_date,
    judged.appeal_id,
    judged.subject_kind,
    judged.subject_id,
    judged.submitted_at,
    judged.decided_at,
    judged.channel,
    judged.subject_surface as surface,
    judged.dsa_service,
    judged.service_kind,
    -- a complaint of a trusted flagger is one about a notice that was not acted upon, told apart by its submitter
    case
        when judged.ground = 'trusted_flagger_notice_not_actioned' then 'notice_not_actioned'
        when judged.ground is not null then judged.ground
        when judged.subject_kind in ('report', 'notice') then 'notice_not_actioned'
        when judged.decision_field = 'monetary' then 'monetisation'
        when judged.decision_field is not null then judged.decision_field
        else 'unknown'
    end as ground,
    case
        when judged.ground = 'trusted_flagger_notice_not_actioned' or judged.is_of_trusted_flagger then 'trusted_flagger'
        when judged.ground = 'notice_not_actioned' or judged.subject_kind in ('report', 'notice') then 'other'
        else 'none'
    end as submitter,
    -- an appeal that was withdrawn ended without a decision
    case when judged.outcome = 'withdrawn' then 'omitted' else judged.outcome end as outcome,
    judged.outcome in ('reversed', 'partially_reversed') as is_reversal,
    judged.implemented,
    judged.decision_seconds,
    judged.subject_reversed_at,
    judged.report_exclusion is null as in_report,
    judged.report_exclusion,
    judged._batch_id,
    judged._file_id,
    judged._line_no
from judged
