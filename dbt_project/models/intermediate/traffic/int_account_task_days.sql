{{
    config(
        materialized='incremental',
        portions='int_touched_model_requests_days',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

with tasks as (
    {%- for category in task_categories() %}
    select
        contexts.event_date,
        contexts.account_id,
        '{{ category }}' as task_category,
        contexts.task_{{ category }}_count as request_count
    from {{ ref('int_account_context_days') }} as contexts
    where contexts.task_{{ category }}_count > 0
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

select
    tasks.event_date,
    tasks.account_id,
    tasks.task_category,
    cast(sum(tasks.request_count) as bigint) as request_count
from tasks
where
    {{ on_touched_days('tasks.event_date', 'int_touched_model_requests_days') }}
group by tasks.event_date, tasks.account_id, tasks.task_category
order by tasks.event_date, tasks.account_id, tasks.task_category
