{#-
Windows of the signal `reporter_brigade`, version 1, as literals: portable SQL wants a window's frame to be one. The seed
`process_signal_limits` records the same numbers; a test holds the two together.
-#}
{%- macro burst_seconds() -%}43200{%- endmacro -%}
{%- macro surround_seconds() -%}172800{%- endmacro -%}
{%- macro tight_seconds() -%}3600{%- endmacro -%}
{%- macro null_days() -%}28{%- endmacro -%}
{%- macro horizon_days() -%}14{%- endmacro -%}
