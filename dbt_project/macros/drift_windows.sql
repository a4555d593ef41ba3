{#-
Windows of the signal `vendor_drift`, version 1, as literals: portable SQL wants a window's frame to be one. The seed
`process_signal_limits` records the same numbers; a test holds the two together.
-#}
{%- macro baseline_days() -%}90{%- endmacro -%}
{%- macro lag_days() -%}6{%- endmacro -%}
