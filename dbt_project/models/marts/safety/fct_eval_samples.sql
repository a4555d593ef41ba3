{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_evaluations_days') }}"
    )
}}

select
    {{ utc_day('evaluations.created_at') }} as event_date,
    evaluations.eval_id,
    evaluations.sample_id,
    evaluations.epoch,
    evaluations.run_id,
    evaluations.task,
    evaluations.task_version,
    evaluations.model,
    evaluations.created_at,
    evaluations.status,
    evaluations.score_name,
    evaluations.score,
    evaluations.scores,
    evaluations.input_tokens,
    evaluations.output_tokens,
    evaluations.policy_code,
    evaluations.phase,
    evaluations.error,
    evaluations._batch_id,
    evaluations._file_id,
    evaluations._line_no
from {{ ref('stg_evaluations') }} as evaluations
where
    {{ utc_day('evaluations.created_at') }} in (
        select touched.event_date from {{ ref('int_touched_evaluations_days') }} as touched
    )
