{#- Whether a list of strings holds one that starts with a prefix; null for a null list. -#}
{%- macro list_has_prefix(list, prefix) -%}
    {{ adapter.dispatch('list_has_prefix')(list, prefix) }}
{%- endmacro -%}

{%- macro default__list_has_prefix(list, prefix) -%}
    {{ exceptions.raise_compiler_error("list_has_prefix has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__list_has_prefix(list, prefix) -%}
    len(list_filter({{ list }}, lambda element: starts_with(element, '{{ prefix }}'))) > 0
{%- endmacro -%}

{%- macro spark__list_has_prefix(list, prefix) -%}
    exists({{ list }}, element -> startswith(element, '{{ prefix }}'))
{%- endmacro -%}
