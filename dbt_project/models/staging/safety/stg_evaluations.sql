with standing as (
    {{ standing('evaluations', ['eval_id', 'sample_id', 'epoch']) }}
)

select
    standing.eval_id,
    standing.sample_id,
    standing.epoch,
    standing.run_id,
    standing.task,
    standing.task_version,
    standing.model,
    standing.created_at,
    standing.status,
    standing.score_name,
    standing.score,
    standing.scores,
    standing.input_tokens,
    standing.output_tokens,
    standing.policy_code,
    standing.phase,
    standing.error,
    standing._batch_id,
    standing._file_id,
    standing._line_no
from standing
