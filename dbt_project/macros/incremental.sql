{#-
How tables are filled on DuckDB, in place of the adapter's own materializations (ADR 6 says why and what it saves).
A rebuild (`built_through` = 0) makes the table anew, under its contract. Any other build deletes what the pre-hook names, or all
rows of a `table`, and inserts what the body selects: two statements in one transaction, no copy, no rename, no comparison of schemas,
because a changed project is a rebuild. Spark keeps its own materializations.
-#}

{%- materialization incremental, adapter='duckdb' -%}
    {{ return(fill('')) }}
{%- endmaterialization -%}

{%- materialization table, adapter='duckdb' -%}
    {{ return(fill('delete from ' ~ this)) }}
{%- endmaterialization -%}

{#- deletion: a statement run before the insert, beside the pre-hooks; empty for none. -#}
{%- macro fill(deletion) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- if existing is none or existing.is_view or should_full_refresh() or is_rebuild() -%}
        {%- do drop_relation_if_exists(existing) -%}
        {%- call statement('main') -%}
            {{ create_table_as(false, target_relation, compiled_code) }}
        {%- endcall -%}
    {%- else -%}
        {{ run_hooks(pre_hooks, inside_transaction=true) }}
        {%- call statement('main') -%}
            {%- if deletion %}{{ deletion }};{% endif %}
            insert into {{ target_relation }} {{ get_column_names() }} (
                {{ get_select_subquery(compiled_code) }}
            )
        {%- endcall -%}
    {%- endif -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target_relation]}) }}
{%- endmacro -%}

{#- Whether this build makes everything anew, as the pins say now. -#}
{%- macro is_rebuild() -%}
    {{ return(run_query('select ' ~ built_through() ~ ' = 0').columns[0].values()[0]) }}
{%- endmacro -%}
