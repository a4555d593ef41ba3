{#-
Much work in portions of whole days: what a table by day needs of memory is then what a portion needs, however much there is to build.
A model of `portions` (the name of its touched-days model) keeps its rows with `on_touched_days`, whose bounds are wide open as
compiled; a build that has more than a portion to do puts a portion's days in their place, one after the other (incremental.sql).
-#}

{#- Requests that a portion may hold, by the average of a day. -#}
{%- macro portion_requests() -%}
    {{ return(var('portion_requests', 400000)) }}
{%- endmacro -%}

{#-
Whether a row is of a touched day.
day: its day; days: name of the touched-days model; instant: what the day is made of, where files or pages can be skipped by it.
-#}
{%- macro on_touched_days(day, days, instant=none) -%}
    {{ day }} in (select touched.event_date from {{ ref(days) }} as touched)
    and {{ day }} between {{ open_day('first') }} and {{ open_day('last') }}
    {%- if instant %}
    and {{ instant }} between {{ open_instant('first') }} and {{ open_instant('last') }}
    {%- endif -%}
{%- endmacro -%}

{%- macro open_day(end) -%}
    cast('{{ "0001-01-01" if end == "first" else "9999-12-31" }}' as date)
{%- endmacro -%}

{%- macro open_instant(end) -%}
    cast('{{ "0001-01-01 00:00:00+00" if end == "first" else "9999-12-31 23:59:59.999999+00" }}' as {{ instant_type() }})
{%- endmacro -%}

{#- First and last day of each portion of a touched-days model, in order; one of none when all is one portion. -#}
{%- macro portions_of(days) -%}
    {%- set found = run_query(
        'select cast(touched.event_date as varchar), (select count(*) from ' ~ source('raw', 'model_requests') ~ ') from '
        ~ ref(days) ~ ' as touched order by touched.event_date'
    ).rows -%}
    {%- set portions = [] -%}
    {%- if found | length and found[0][1] > portion_requests() -%}
        {%- set step = [1, (portion_requests() * (found | length) // found[0][1]) | int] | max -%}
        {%- for start in range(0, found | length, step) -%}
            {%- do portions.append((found[start][0], found[[start + step, found | length] | min - 1][0])) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(portions or [none]) }}
{%- endmacro -%}

{#- A compiled model with a portion's days in place of the open bounds; the last first, for a portion may begin on the last day there is. -#}
{%- macro of_portion(sql, portion) -%}
    {%- if portion is none -%}
        {{ return(sql) }}
    {%- endif -%}
    {{ return(
        sql
        .replace(open_day('last'), "cast('" ~ portion[1] ~ "' as date)")
        .replace(open_day('first'), "cast('" ~ portion[0] ~ "' as date)")
        .replace(open_instant('last'), "cast('" ~ portion[1] ~ " 23:59:59.999999+00' as " ~ instant_type() ~ ")")
        .replace(open_instant('first'), "cast('" ~ portion[0] ~ " 00:00:00+00' as " ~ instant_type() ~ ")")
    ) }}
{%- endmacro -%}
