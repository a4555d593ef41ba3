{#-
How tables are filled on DuckDB, in place of the adapter's own materializations (ADR 6 says why and what it saves).
A rebuild (`built_through` = 0) makes the table anew, under its contract. Any other build deletes what the pre-hook names, or all
rows of a `table`, and inserts what the body selects: two statements in one transaction, no copy, no rename, no comparison of schemas,
because a changed project is a rebuild. Spark keeps its own materializations. A model with `portions` is filled portion by portion.
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
    {%- set portions = portions_of(config.get('portions')) if config.get('portions') else [none] -%}
    {%- set is_new = existing is none or existing.is_view or should_full_refresh() or is_rebuild() -%}
    {%- if is_new -%}
        {%- do drop_relation_if_exists(existing) -%}
    {%- else -%}
        {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {%- endif -%}
    {%- for portion in portions -%}
        {%- call statement('main') -%}
            {%- if is_new and loop.first -%}
                {{ create_table_as(false, target_relation, of_portion(compiled_code, portion)) }}
            {%- else -%}
                {%- if deletion and loop.first %}{{ deletion }};{% endif %}
                insert into {{ target_relation }} {{ get_column_names() }} (
                    {{ get_select_subquery(of_portion(compiled_code, portion)) }}
                )
            {%- endif -%}
        {%- endcall -%}
    {%- endfor -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target_relation]}) }}
{%- endmacro -%}

{#- Whether this build makes everything anew, as the pins say now. -#}
{%- macro is_rebuild() -%}
    {{ return(run_query('select ' ~ built_through() ~ ' = 0').columns[0].values()[0]) }}
{%- endmacro -%}
