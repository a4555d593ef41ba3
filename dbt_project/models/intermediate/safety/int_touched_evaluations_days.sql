select distinct touched.event_date
from (
    {{ own_days('evaluations', 'eval_id', 'created_at') }}
) as touched
where touched.event_date is not null
