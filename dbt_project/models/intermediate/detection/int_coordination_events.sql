with reports as (
    select
        {{ utc_day('reports.submitted_at') }} as event_date,
        reports.reporter_id,
        {{ dbt.concat(['reports.target_kind', "':'", 'reports.target_id']) }} as target,
        {{ epoch_micros('reports.submitted_at') }} as event_micros
    from {{ ref('stg_user_reports') }} as reports
    where reports.reporter_id <> '' and reports.target_id <> ''
),

notices as (
    select
        {{ utc_day('takedowns.received_at') }} as event_date,
        takedowns.sender_id,
        takedowns.targets,
        {{ epoch_micros('takedowns.received_at') }} as event_micros
    from {{ ref('int_sender_takedowns') }} as takedowns
),

elements as (
    select
        notices.event_date,
        notices.sender_id,
        notices.event_micros,
        {{ explode_json_list('notices.targets') }} as target
    from notices
    where {{ may_coordinate('notice', 'notices.event_date', 'notices.event_micros') }}
),

items as (
    select
        elements.event_date,
        elements.sender_id,
        elements.event_micros,
        coalesce(
            nullif({{ json_text('elements.target', 'url_hash') }}, ''),
            nullif({{ json_text('elements.target', 'content_id') }}, '')
        ) as item
    from elements
)

select
    'template' as behaviour,
    templates.event_date,
    templates.account_id,
    templates.template_hash as object_id,
    templates.used_micros as event_micros
from {{ ref('int_coordination_template_events') }} as templates
where {{ may_coordinate('template', 'templates.event_date', 'templates.used_micros') }}
union all
select distinct
    'report' as behaviour,
    reports.event_date,
    reports.reporter_id as account_id,
    reports.target as object_id,
    reports.event_micros
from reports
where {{ may_coordinate('report', 'reports.event_date', 'reports.event_micros') }}
union all
select distinct
    'notice' as behaviour,
    items.event_date,
    items.sender_id as account_id,
    items.item as object_id,
    items.event_micros
from items
where items.item is not null
