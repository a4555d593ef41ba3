{#- Whole seconds from one instant to a later one, BIGINT; null when either is. -#}
{%- macro seconds_between(earlier, later) -%}
    {{ adapter.dispatch('seconds_between')(earlier, later) }}
{%- endmacro -%}

{%- macro default__seconds_between(earlier, later) -%}
    {{ exceptions.raise_compiler_error("seconds_between has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__seconds_between(earlier, later) -%}
    ((epoch_us({{ later }}) - epoch_us({{ earlier }})) // 1000000)
{%- endmacro -%}

{%- macro spark__seconds_between(earlier, later) -%}
    ((unix_micros({{ later }}) - unix_micros({{ earlier }})) div 1000000)
{%- endmacro -%}
