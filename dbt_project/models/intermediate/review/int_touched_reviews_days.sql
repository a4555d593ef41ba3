select distinct touched.event_date
from (
    {{ own_days('reviews', 'review_id', 'enqueued_at') }}
) as touched
where touched.event_date is not null
