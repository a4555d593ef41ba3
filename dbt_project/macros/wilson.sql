{#-
A share and its 95 % Wilson score interval, as three columns <name>_ratio, <name>_low, <name>_high; null without trials.
Source: Wilson (1927), z = 1.959964; rounded to six digits, so that no engine's last bits show.
-#}
{%- macro wilson(hits, trials, name) -%}
    {%- set z2 = '3.841459' -%}
    {%- set n = 'cast(' ~ trials ~ ' as double)' -%}
    {%- set centre = '(' ~ hits ~ ' + ' ~ z2 ~ ' / 2)' -%}
    {%- set spread = 'sqrt(' ~ z2 ~ ' * (' ~ hits ~ ' * (' ~ n ~ ' - ' ~ hits ~ ') / ' ~ n ~ ' + ' ~ z2 ~ ' / 4))' -%}
    case when {{ trials }} > 0 then round(cast({{ hits }} as double) / {{ n }}, 6) end as {{ name }}_ratio,
    case when {{ trials }} > 0 then round(({{ centre }} - {{ spread }}) / ({{ n }} + {{ z2 }}), 6) end as {{ name }}_low,
    case when {{ trials }} > 0 then round(({{ centre }} + {{ spread }}) / ({{ n }} + {{ z2 }}), 6) end as {{ name }}_high
{%- endmacro -%}
