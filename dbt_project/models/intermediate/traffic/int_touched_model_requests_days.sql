{{ config(materialized='table') }}

select distinct touched.event_date
from (
    {{ own_days('model_requests', 'request_id', 'requested_at') }}
) as touched
where touched.event_date is not null
