{#- A BIGINT with one bit set; positions 0 to 62. -#}
{%- macro bit_of(position) -%}
    {{ adapter.dispatch('bit_of')(position) }}
{%- endmacro -%}

{%- macro default__bit_of(position) -%}
    {{ exceptions.raise_compiler_error("bit_of has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__bit_of(position) -%}
    (cast(1 as bigint) << cast({{ position }} as integer))
{%- endmacro -%}

{%- macro spark__bit_of(position) -%}
    shiftleft(cast(1 as bigint), cast({{ position }} as int))
{%- endmacro -%}
