select distinct touched.event_date
from (
    select reports.event_date
    from {{ ref('int_touched_user_reports_days') }} as reports
    union all
    select notices.event_date
    from {{ ref('int_touched_copyright_notices_days') }} as notices
    union all
    {{ days_reached('user_reports', 'submitted_at', 'surface', changed_keys('surfaces', 'surface')) }}
    union all
    {{ days_reached('user_reports', 'submitted_at', 'surface', changed_keys('dsa_scope', 'surface')) }}
    union all
    {{ days_reached('user_reports', 'submitted_at', 'reason_code', changed_keys('policies', 'policy_code')) }}
    union all
    {{ days_reached('copyright_notices', 'received_at', 'surface', changed_keys('surfaces', 'surface')) }}
    union all
    {{ days_reached('copyright_notices', 'received_at', 'surface', changed_keys('dsa_scope', 'surface')) }}
    union all
    select {{ utc_day('of_service.submitted_at') }} as event_date
    from {{ source('raw', 'user_reports') }} as of_service
    where {{ register_changed('services', 'dsa_service') }}
    union all
    select {{ utc_day('of_service.received_at') }} as event_date
    from {{ source('raw', 'copyright_notices') }} as of_service
    where {{ register_changed('services', 'dsa_service') }}
) as touched
where touched.event_date is not null
