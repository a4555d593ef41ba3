{{
    config(
        materialized='incremental',
        portions='int_touched_model_requests_days',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

select
    prompts.event_date,
    prompts.account_id,
    prompts.template_hash,
    cast(sum(prompts.request_count) as bigint) as request_count,
    count(distinct prompts.prompt_hash) as prompt_count,
    cast(sum(prompts.elicits_count) as bigint) as elicits_count,
    cast(sum(prompts.grades_count) as bigint) as grades_count,
    cast(sum(prompts.strict_count) as bigint) as strict_count,
    cast(sum(prompts.refusal_count) as bigint) as refusal_count,
    min(prompts.first_at) as first_at,
    max(prompts.last_at) as last_at
from {{ ref('int_account_prompt_days') }} as prompts
where
    prompts.template_hash is not null
    and {{ on_touched_days('prompts.event_date', 'int_touched_model_requests_days') }}
group by prompts.event_date, prompts.account_id, prompts.template_hash
order by prompts.event_date, prompts.template_hash, prompts.account_id
