{#- Number of bits set in a BIGINT mask. -#}
{%- macro count_bits(mask) -%}
    {{ adapter.dispatch('count_bits')(mask) }}
{%- endmacro -%}

{%- macro default__count_bits(mask) -%}
    {{ exceptions.raise_compiler_error("count_bits has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__count_bits(mask) -%}
    cast(bit_count({{ mask }}) as bigint)
{%- endmacro -%}

{%- macro spark__count_bits(mask) -%}
    cast(bit_count({{ mask }}) as bigint)
{%- endmacro -%}
