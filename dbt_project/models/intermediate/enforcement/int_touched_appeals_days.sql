{%- set changed_actions -%}
    {{ changed_keys('enforcement_actions', 'action_id') }}
{%- endset -%}

select distinct touched.event_date
from (
    {{ own_days('appeals', 'appeal_id', 'submitted_at') }}
    union all
    {{ days_reached('appeals', 'submitted_at', 'action_id', changed_actions) }}
) as touched
where touched.event_date is not null
