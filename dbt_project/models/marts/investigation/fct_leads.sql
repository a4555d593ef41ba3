select
    leads.lead_id,
    leads.opened_at,
    leads.origin,
    leads.title,
    leads.hypothesis,
    leads.priority,
    leads.status,
    leads.closed_at,
    {{ json_list('leads.account_ids') }} as account_ids,
    leads.policy_code,
    {{ json_list('leads.intel_refs') }} as intel_refs,
    leads._batch_id,
    leads._file_id,
    leads._line_no
from {{ ref('stg_leads') }} as leads
