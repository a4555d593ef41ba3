{#- The date that lies a number of days after another; negative numbers go back. -#}
{%- macro add_days(day, number) -%}
    {{ adapter.dispatch('add_days')(day, number) }}
{%- endmacro -%}

{%- macro default__add_days(day, number) -%}
    {{ exceptions.raise_compiler_error("add_days has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__add_days(day, number) -%}
    ({{ day }} + cast({{ number }} as integer))
{%- endmacro -%}

{%- macro spark__add_days(day, number) -%}
    date_add({{ day }}, {{ number }})
{%- endmacro -%}
