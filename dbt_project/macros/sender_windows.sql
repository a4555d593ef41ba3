{#-
The window of the signal `sender_spam`, version 1, as a literal: portable SQL wants a window's frame to be one. The seed
`process_signal_limits` records the same number as `window_days`; a test holds the two together.
-#}
{%- macro sender_window_days() -%}90{%- endmacro -%}
