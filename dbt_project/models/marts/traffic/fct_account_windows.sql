{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_window_days') }}"
    )
}}

{%- set shorter, longer = window_lengths() -%}
{%- set step = 4294967296 %}

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

-- Windows are summed over pairs of a day and the days before it. Days are laid in blocks of a window's length, and each stands in
-- its own block and the next: so a day meets those of two blocks at most, however long an account's history.
blocks as (
    select
        days.*,
        {{ divide_whole('days.day_number', '28') }} as block_number
    from days
    union all
    select
        days.*,
        {{ divide_whole('days.day_number', '28') }} + 1 as block_number
    from days
),

ends as (
    select
        days.account_id,
        days.day_number,
        {{ divide_whole('days.day_number', '28') }} as block_number,
        days._batch_id,
        days.first_line_key
    from days
    where {{ add_days("date '1970-01-01'", 'days.day_number') }} in (select window_days.event_date from window_days)
),

summed as (
    select
        ends.account_id,
        ends.day_number,
        {%- for length in window_lengths() %}
        {#- the longest window is all that is joined -#}
        {%- set begin = '' if length == window_lengths() | max else 'case when blocks.day_number > ends.day_number - ' ~ length ~ ' then ' -%}
        {%- set end = ' end' if begin else '' %}
        count({{ begin }}blocks.day_number{{ end }}) as active_days_{{ length }}d,
        {%- for column in window_sums() %}
        cast(sum({{ begin }}blocks.{{ column }}{{ end }}) as bigint) as {{ column }}_{{ length }}d,
        {%- endfor %}
        max({{ begin }}blocks.burst_count{{ end }}) as burst_count_{{ length }}d,
        max({{ begin }}blocks.max_score_ppm{{ end }}) as max_score_ppm_{{ length }}d,
        {{ any_bit(begin ~ 'blocks.active_hours_mask' ~ end) }} as active_hours_mask_{{ length }}d,
        {%- endfor %}
        max(ends._batch_id) as _batch_id,
        min(ends.first_line_key) as first_line_key
    from ends
    inner join blocks
        on
            ends.account_id = blocks.account_id
            and ends.block_number = blocks.block_number
            and blocks.day_number <= ends.day_number
            and blocks.day_number > ends.day_number - 28
    group by ends.account_id, ends.day_number
),

things as (
    select
        keys.account_id,
        {{ hash_number('keys.account_id') }} as account_number,
        keys.key_type as kind,
        {{ hash_number('keys.key_value') }} as thing_number,
        {{ day_number('keys.event_date') }} as day_number
    from {{ ref('int_account_key_days') }} as keys
    where keys.event_date in (select reached_days.event_date from reached_days)
    union all
    select distinct
        places.account_id,
        {{ hash_number('places.account_id') }} as account_number,
        'country' as kind,
        {{ hash_number('places.country') }} as thing_number,
        {{ day_number('places.event_date') }} as day_number
    from {{ ref('int_account_place_days') }} as places
    where places.country is not null and places.event_date in (select reached_days.event_date from reached_days)
    union all
    select distinct
        places.account_id,
        {{ hash_number('places.account_id') }} as account_number,
        'asn' as kind,
        {{ hash_number('cast(places.asn as ' ~ dbt.type_string() ~ ')') }} as thing_number,
        {{ day_number('places.event_date') }} as day_number
    from {{ ref('int_account_place_days') }} as places
    where places.asn is not null and places.event_date in (select reached_days.event_date from reached_days)
    union all
    select distinct
        policies.account_id,
        {{ hash_number('policies.account_id') }} as account_number,
        'policy_probed' as kind,
        {{ hash_number('policies.policy_code') }} as thing_number,
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
            partition by things.account_number, things.thing_number, things.kind order by things.day_number
        ) as days_since,
        lead(things.day_number) over (
            partition by things.account_number, things.thing_number, things.kind order by things.day_number
        ) - things.day_number as days_until
    from things
),

-- The counts of both windows as one number, the longer one's in steps of 2^32: half as many sums to keep.
changes as (
    select
        seen.account_id,
        seen.kind,
        seen.day_number,
        case when seen.days_since is null or seen.days_since > {{ longer }} then {{ step + 1 }} else 1 end as change
    from seen
    where seen.days_since is null or seen.days_since > {{ shorter }}
    union all
    select
        seen.account_id,
        seen.kind,
        seen.day_number + {{ shorter }} as day_number,
        -1 as change
    from seen
    where seen.days_until is null or seen.days_until > {{ shorter }}
    union all
    select
        seen.account_id,
        seen.kind,
        seen.day_number + {{ longer }} as day_number,
        -{{ step }} as change
    from seen
    where seen.days_until is null or seen.days_until > {{ longer }}
),

changes_of_days as (
    select
        changes.account_id,
        changes.day_number
        {%- for kind in window_kinds() %},
        cast(sum(case when changes.kind = '{{ kind }}' then changes.change else 0 end) as bigint) as {{ kind }}_change
        {%- endfor %}
    from changes
    group by changes.account_id, changes.day_number
),

ledger as (
    select
        coalesce(ends.account_id, changes_of_days.account_id) as account_id,
        coalesce(ends.day_number, changes_of_days.day_number) as day_number,
        ends.account_id is not null as is_end
        {%- for kind in window_kinds() %},
        coalesce(changes_of_days.{{ kind }}_change, 0) as {{ kind }}_change
        {%- endfor %}
    from ends
    full outer join changes_of_days
        on ends.account_id = changes_of_days.account_id and ends.day_number = changes_of_days.day_number
),

rolled as (
    select
        ledger.account_id,
        ledger.day_number,
        ledger.is_end
        {%- for kind in window_kinds() %},
        cast(sum(ledger.{{ kind }}_change) over so_far as bigint) as {{ kind }}_counts
        {%- endfor %}
    from ledger
    window
        so_far as (
            partition by ledger.account_id order by ledger.day_number
            rows between unbounded preceding and current row
        )
)

select
    {{ add_days("date '1970-01-01'", 'summed.day_number') }} as event_date,
    summed.account_id
    {%- for length in window_lengths() %},
    summed.active_days_{{ length }}d,
    {%- for column in window_sums() %}
    summed.{{ column }}_{{ length }}d,
    {%- endfor %}
    summed.burst_count_{{ length }}d,
    summed.max_score_ppm_{{ length }}d,
    {{ count_bits('summed.active_hours_mask_' ~ length ~ 'd') }} as active_hours_{{ length }}d
    {%- for kind in window_kinds() %},
    {{ 'rolled.' ~ kind ~ '_counts % ' ~ step if length == shorter else divide_whole('rolled.' ~ kind ~ '_counts', step) }} as {{ kind }}_count_{{ length }}d
    {%- endfor %}
    {%- endfor %},
    summed._batch_id,
    {{ divide_whole('summed.first_line_key', '1099511627776') }} as _file_id,
    summed.first_line_key % 1099511627776 as _line_no
from summed
inner join rolled
    on summed.account_id = rolled.account_id and summed.day_number = rolled.day_number
where rolled.is_end
order by event_date, summed.account_id
