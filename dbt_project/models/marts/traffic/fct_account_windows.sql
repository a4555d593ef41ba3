{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_window_days') }}"
    )
}}

-- Days that a window ending in a touched day can reach.
with window_days as (
    select touched.event_date
    from {{ ref('int_touched_window_days') }} as touched
),

reached_days as (
    select distinct {{ days_from(add_days('window_days.event_date', -27), 27) }} as event_date
    from window_days
),

days as (
    select
        per_surface.account_id,
        {{ day_number('per_surface.event_date') }} as day_number,
        {%- for column in window_sums() %}
        cast(sum(per_surface.{{ column }}) as bigint) as {{ column }},
        {%- endfor %}
        max(per_surface.burst_count) as burst_count,
        max(per_surface.max_score_ppm) as max_score_ppm,
        {{ any_bit('per_surface.active_hours_mask') }} as active_hours_mask,
        max(per_surface._batch_id) as _batch_id,
        min(per_surface._file_id * 1099511627776 + per_surface._line_no) as first_line_key
    from {{ ref('fct_account_days') }} as per_surface
    where per_surface.event_date in (select reached_days.event_date from reached_days)
    group by per_surface.account_id, per_surface.event_date
),

things as (
    select
        keys.account_id,
        keys.key_type as kind,
        keys.key_value as thing,
        {{ day_number('keys.event_date') }} as day_number
    from {{ ref('int_account_key_days') }} as keys
    where keys.event_date in (select reached_days.event_date from reached_days)
    union all
    select distinct
        places.account_id,
        'country' as kind,
        places.country as thing,
        {{ day_number('places.event_date') }} as day_number
    from {{ ref('int_account_place_days') }} as places
    where places.country is not null and places.event_date in (select reached_days.event_date from reached_days)
    union all
    select distinct
        places.account_id,
        'asn' as kind,
        cast(places.asn as {{ dbt.type_string() }}) as thing,
        {{ day_number('places.event_date') }} as day_number
    from {{ ref('int_account_place_days') }} as places
    where places.asn is not null and places.event_date in (select reached_days.event_date from reached_days)
    union all
    select distinct
        policies.account_id,
        'policy_probed' as kind,
        policies.policy_code as thing,
        {{ day_number('policies.event_date') }} as day_number
    from {{ ref('int_account_policy_days') }} as policies
    where policies.high_count > 0 and policies.event_date in (select reached_days.event_date from reached_days)
),

-- A thing is in the windows from the day that shows it until a window's length after the last day that does: so the distinct
-- things of all windows are a running sum of comings and goings, and cost what the rows cost, not what the windows overlap.
seen as (
    select
        things.account_id,
        things.kind,
        things.day_number,
        things.day_number - lag(things.day_number) over (
            partition by things.account_id, things.kind, things.thing order by things.day_number
        ) as days_since,
        lead(things.day_number) over (
            partition by things.account_id, things.kind, things.thing order by things.day_number
        ) - things.day_number as days_until
    from things
),

changes as (
    {%- for length in window_lengths() %}
    select
        seen.account_id,
        seen.kind,
        seen.day_number,
        {{ length }} as window_length,
        1 as change
    from seen
    where seen.days_since is null or seen.days_since > {{ length }}
    union all
    select
        seen.account_id,
        seen.kind,
        seen.day_number + {{ length }} as day_number,
        {{ length }} as window_length,
        -1 as change
    from seen
    where seen.days_until is null or seen.days_until > {{ length }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

changes_of_days as (
    select
        changes.account_id,
        changes.day_number
        {%- for kind in window_kinds() %}
        {%- for length in window_lengths() %},
        sum(case when changes.kind = '{{ kind }}' and changes.window_length = {{ length }} then changes.change else 0 end)
            as {{ kind }}_change_{{ length }}d
        {%- endfor %}
        {%- endfor %}
    from changes
    group by changes.account_id, changes.day_number
),

ledger as (
    select
        coalesce(days.account_id, changes_of_days.account_id) as account_id,
        coalesce(days.day_number, changes_of_days.day_number) as day_number,
        days.request_count is not null as is_active,
        {%- for column in window_sums() %}
        days.{{ column }},
        {%- endfor %}
        days.burst_count,
        days.max_score_ppm,
        days.active_hours_mask,
        days._batch_id,
        days.first_line_key
        {%- for kind in window_kinds() %}
        {%- for length in window_lengths() %},
        coalesce(changes_of_days.{{ kind }}_change_{{ length }}d, 0) as {{ kind }}_change_{{ length }}d
        {%- endfor %}
        {%- endfor %}
    from days
    full outer join changes_of_days
        on days.account_id = changes_of_days.account_id and days.day_number = changes_of_days.day_number
),

rolled as (
    select
        ledger.account_id,
        ledger.day_number,
        ledger.is_active,
        {%- for length in window_lengths() %}
        count(case when ledger.is_active then 1 end) over last_{{ length }} as active_days_{{ length }}d,
        {%- for column in window_sums() %}
        cast(sum(ledger.{{ column }}) over last_{{ length }} as bigint) as {{ column }}_{{ length }}d,
        {%- endfor %}
        max(ledger.burst_count) over last_{{ length }} as burst_count_{{ length }}d,
        max(ledger.max_score_ppm) over last_{{ length }} as max_score_ppm_{{ length }}d,
        {{ any_bit('ledger.active_hours_mask') }} over last_{{ length }} as active_hours_mask_{{ length }}d,
        {%- for kind in window_kinds() %}
        cast(sum(ledger.{{ kind }}_change_{{ length }}d) over so_far as bigint) as {{ kind }}_count_{{ length }}d,
        {%- endfor %}
        {%- endfor %}
        ledger._batch_id,
        ledger.first_line_key
    from ledger
    window
        {%- for length in window_lengths() %}
        last_{{ length }} as (
            partition by ledger.account_id order by ledger.day_number
            range between {{ length - 1 }} preceding and current row
        ),
        {%- endfor %}
        so_far as (
            partition by ledger.account_id order by ledger.day_number
            rows between unbounded preceding and current row
        )
)

select
    {{ add_days("date '1970-01-01'", 'rolled.day_number') }} as event_date,
    rolled.account_id
    {%- for length in window_lengths() %},
    rolled.active_days_{{ length }}d,
    {%- for column in window_sums() %}
    rolled.{{ column }}_{{ length }}d,
    {%- endfor %}
    rolled.burst_count_{{ length }}d,
    rolled.max_score_ppm_{{ length }}d,
    {{ count_bits('rolled.active_hours_mask_' ~ length ~ 'd') }} as active_hours_{{ length }}d
    {%- for kind in window_kinds() %},
    rolled.{{ kind }}_count_{{ length }}d
    {%- endfor %}
    {%- endfor %},
    rolled._batch_id,
    {{ divide_whole('rolled.first_line_key', '1099511627776') }} as _file_id,
    rolled.first_line_key % 1099511627776 as _line_no
from rolled
where
    rolled.is_active
    and {{ add_days("date '1970-01-01'", 'rolled.day_number') }} in (select window_days.event_date from window_days)
order by event_date, rolled.account_id
