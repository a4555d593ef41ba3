select
    escalations.escalation_id,
    escalations.case_id,
    escalations.channel,
    escalations.submitted_at,
    escalations.acknowledged_at,
    escalations.closed_at,
    escalations.outcome,
    escalations.package_sha256,
    {{ json_list('escalations.account_ids') }} as account_ids,
    escalations.partner_id,
    escalations.piece_count,
    escalations.external_report_id,
    escalations.priority,
    escalations._batch_id,
    escalations._file_id,
    escalations._line_no
from {{ ref('stg_escalations') }} as escalations
