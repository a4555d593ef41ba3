select
    queues.queue,
    queues.name,
    queues.vendor_id,
    queues.sla_hours,
    queues.calendar,
    {{ json_list('queues.policy_codes') }} as policy_codes,
    {{ json_list('queues.surfaces') }} as surfaces,
    queues._batch_id,
    queues._file_id,
    queues._line_no
from {{ ref('stg_queues') }} as queues
