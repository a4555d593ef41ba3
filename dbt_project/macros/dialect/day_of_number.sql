{#- The date of a day's number, as `utc_day_number` gives it. -#}
{%- macro day_of_number(number) -%}
    {{ adapter.dispatch('day_of_number')(number) }}
{%- endmacro -%}

{%- macro default__day_of_number(number) -%}
    {{ exceptions.raise_compiler_error("day_of_number has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__day_of_number(number) -%}
    (date '1970-01-01' + cast({{ number }} as integer))
{%- endmacro -%}

{%- macro spark__day_of_number(number) -%}
    date_from_unix_date(cast({{ number }} as int))
{%- endmacro -%}
