select distinct touched.event_date
from (
    {{ own_days('detections', 'detection_id', 'detected_at') }}
) as touched
where touched.event_date is not null
