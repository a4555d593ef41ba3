select
    actions.action,
    actions.name,
    actions.dsa_decision_field,
    actions.dsa_decision_value,
    actions.ladder_rank,
    actions.is_terminal,
    actions._batch_id,
    actions._file_id,
    actions._line_no
from {{ ref('stg_actions') }} as actions
