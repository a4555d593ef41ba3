{#- Aggregate: the union of bit masks. -#}
{%- macro any_bit(mask) -%}
    {{ adapter.dispatch('any_bit')(mask) }}
{%- endmacro -%}

{%- macro default__any_bit(mask) -%}
    {{ exceptions.raise_compiler_error("any_bit has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__any_bit(mask) -%}
    bit_or({{ mask }})
{%- endmacro -%}

{%- macro spark__any_bit(mask) -%}
    bit_or({{ mask }})
{%- endmacro -%}
