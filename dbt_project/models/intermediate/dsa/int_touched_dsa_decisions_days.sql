{%- set changed_actions -%}
    {{ changed_keys('enforcement_actions', 'action_id') }}
{%- endset -%}

with actions as (
    select
        versions.action_id,
        coalesce(versions.decision_id, versions.action_id) as decision_id,
        {{ utc_day('versions.decided_at') }} as event_date,
        versions.surface,
        versions.source,
        versions.source_id,
        versions.source_ids
    from {{ source('raw', 'enforcement_actions') }} as versions
),

-- the records that an action names as its cause
causes as (
    select
        actions.decision_id,
        actions.source_id as cause_id
    from actions
    where actions.source in ('user_report', 'copyright_notice', 'appeal')
    union all
    select
        actions.decision_id,
        {{ explode_list('actions.source_ids') }} as cause_id
    from actions
    where actions.source in ('user_report', 'copyright_notice', 'appeal')
),

-- decisions of which anything that decides about them changed
touched as (
    select actions.decision_id
    from actions
    where
        actions.event_date in (
            select days.event_date from {{ ref('int_touched_enforcement_actions_days') }} as days
        )
        or actions.action_id in (
            {{ changed_actions }}
        )
        or actions.surface in (
            {{ changed_keys('surfaces', 'surface') }}
        )
        or actions.surface in (
            {{ changed_keys('dsa_scope', 'surface') }}
        )
        or {{ register_changed('services', 'dsa_service') }}
    union all
    select causes.decision_id
    from causes
    where
        causes.cause_id in (
            {{ changed_keys('user_reports', 'report_id') }}
        )
        or causes.cause_id in (
            {{ changed_keys('copyright_notices', 'notice_id') }}
        )
        or causes.cause_id in (
            {{ changed_keys('appeals', 'appeal_id') }}
        )
)

-- a decision whose restrictions were imposed on several days lies on the first of them, whichever version says so
select distinct actions.event_date
from actions
where
    actions.decision_id in (select touched.decision_id from touched)
    and actions.event_date is not null
