with standing as (
    {{ standing('model_requests', ['request_id'], withdrawn='stg_withdrawn_requests') }}
)

select
    standing.request_id,
    standing.requested_at,
    standing.account_id,
    standing.organization_id,
    standing.api_key_id,
    standing.surface,
    standing.model,
    standing.ip_hash,
    standing.ip_prefix_hash,
    standing.asn,
    standing.asn_kind,
    standing.country,
    standing.user_agent_hash,
    standing.device_hash,
    standing.payment_hash,
    standing.template_hash,
    standing.prompt_hash,
    standing.prompt_simhash,
    standing.task_category,
    standing.elicits_reasoning,
    standing.grades_outputs,
    standing.strict_format,
    standing.input_tokens,
    standing.output_tokens,
    standing.stop_reason,
    standing.status_code,
    standing.tools,
    standing.policy_scores,
    standing.hash_key_id,
    standing._batch_id,
    standing._file_id,
    standing._line_no
from standing
