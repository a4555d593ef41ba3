{#-
The primary key of a model: no two rows agree on all of these columns; nulls count as equal.

touched_days: a touched-days model, for a fact with `event_date`; kept_by: [feed, key], for a table kept by key; records_of: for
contributions, {fact: [key, touched-days model]}. With one of them, only what this build wrote is judged, but against the whole table:
a repeat that a build makes has one of its rows on a touched day, or under a key that changed. A rebuild touches everything.
-#}
{%- test unique_combination(model, columns, touched_days=none, kept_by=none, records_of=none) -%}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    {%- if touched_days %}
    where
        {{ columns[0] }} in (
            select written.{{ columns[0] }} from {{ model }} as written
            where written.event_date in (select touched.event_date from {{ ref(touched_days) }} as touched)
        )
    {%- elif kept_by %}
    where
        {{ kept_by[1] }} in (
            {{ changed_keys(kept_by[0], kept_by[1]) }}
        )
    {%- elif records_of %}
    where
        record_id in (
            {%- for fact, (key, days) in records_of.items() %}
            select written.{{ key }} from {{ ref(fact) }} as written
            where written.event_date in (select touched.event_date from {{ ref(days) }} as touched)
            {{- ' union all' if not loop.last }}
            {%- endfor %}
        )
    {%- endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{%- endtest -%}
