{#- Task categories of the contract, and `unknown` where the classifier gave none. -#}
{%- macro task_categories() -%}
    {{ return([
        'coding', 'agentic', 'tool_use', 'reasoning', 'math', 'vision', 'writing', 'translation', 'data_labeling', 'chat', 'other',
        'unknown',
    ]) }}
{%- endmacro -%}
