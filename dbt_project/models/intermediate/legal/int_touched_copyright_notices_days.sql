select distinct touched.event_date
from (
    {{ own_days('copyright_notices', 'notice_id', 'received_at') }}
) as touched
where touched.event_date is not null
