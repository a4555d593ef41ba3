{#- Columns of account days that account windows sum. -#}
{%- macro window_sums() -%}
    {%- set columns = [
        'request_count', 'input_tokens', 'output_tokens', 'refusal_count', 'error_count', 'max_tokens_count', 'retry_count',
        'elicits_count', 'grades_count', 'strict_count', 'tool_request_count', 'mcp_request_count', 'latest_alias_count',
        'high_score_count',
    ] -%}
    {%- for category in task_categories() -%}
        {%- do columns.append('task_' ~ category ~ '_count') -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro -%}

{#- Kinds of things of which account windows count the distinct ones. -#}
{%- macro window_kinds() -%}
    {{ return([
        'address', 'prefix', 'device', 'payment', 'user_agent', 'api_key', 'model', 'template', 'mcp_server', 'country', 'asn',
        'policy_probed',
    ]) }}
{%- endmacro -%}

{#- The two windows, in days, both ending in the row's day. -#}
{%- macro window_lengths() -%}
    {{ return([7, 28]) }}
{%- endmacro -%}
