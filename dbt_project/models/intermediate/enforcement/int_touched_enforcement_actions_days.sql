{%- set changed_policies -%}
    {{ changed_keys('policies', 'policy_code') }}
{%- endset -%}

{%- set changed_measures -%}
    {{ changed_keys('actions', 'action') }}
{%- endset -%}

{%- set appealed_actions -%}
    select changed.action_id
    from {{ source('raw', 'appeals') }} as changed
    where changed.appeal_id in ({{ changed_keys('appeals', 'appeal_id') }})
{%- endset -%}

select distinct touched.event_date
from (
    {{ own_days('enforcement_actions', 'action_id', 'decided_at') }}
    union all
    {{ days_reached('enforcement_actions', 'decided_at', 'policy_code', changed_policies) }}
    union all
    {{ days_reached('enforcement_actions', 'decided_at', 'action', changed_measures) }}
    union all
    {{ days_reached('enforcement_actions', 'decided_at', 'action_id', appealed_actions) }}
) as touched
where touched.event_date is not null
