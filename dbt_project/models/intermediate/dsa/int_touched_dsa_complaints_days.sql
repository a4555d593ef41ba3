{%- set registers = {'surfaces': 'surface', 'services': 'dsa_service', 'dsa_scope': 'surface', 'actions': 'action'} -%}

select distinct touched.event_date
from (
    select appeals.event_date
    from {{ ref('int_touched_appeals_days') }} as appeals
    union all
    {{ days_reached('appeals', 'submitted_at', 'subject_id', changed_keys('enforcement_actions', 'action_id')) }}
    union all
    {{ days_reached('appeals', 'submitted_at', 'subject_id', changed_keys('user_reports', 'report_id')) }}
    union all
    {{ days_reached('appeals', 'submitted_at', 'subject_id', changed_keys('copyright_notices', 'notice_id')) }}
    {%- for register, key in registers.items() %}
        union all
        select {{ utc_day('of_' ~ register ~ '.submitted_at') }} as event_date
        from {{ source('raw', 'appeals') }} as of_{{ register }}
        where {{ register_changed(register, key) }}
    {%- endfor %}
) as touched
where touched.event_date is not null
