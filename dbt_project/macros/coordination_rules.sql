{#-
The rules of coordination in the line as literals, since the statement is rendered with them: what counts as the same object, within
which time, up to how many events. The seed `coordination_rules` says the same with owner and meaning; a test holds the two together.
A window divides a UTC day, so that buckets of time do not straddle midnight; everybody takes part, so that what a run finds does not
depend on which days it looks at.
-#}
{%- macro coordination_rules() -%}
    {{ return({
        "template": {"window_seconds": 60, "min_participation": 1, "cap": 60, "most_accounts": 60},
        "report": {"window_seconds": 3600, "min_participation": 1, "cap": 200},
        "notice": {"window_seconds": 86400, "min_participation": 1, "cap": 200}
    }) }}
{%- endmacro -%}

{#- Whether a day of a behaviour is made again by this build. -#}
{%- macro is_touched_coordination(behaviour, day) -%}
    {{ day }} in (
        select touched.event_date from {{ ref('int_touched_coordination_days') }} as touched
        where touched.behaviour = '{{ behaviour }}'
    )
{%- endmacro -%}

{#- Whether an event may be in a pair of a touched day: it is of such a day, or of the last window of the day before. -#}
{%- macro may_coordinate(behaviour, day, micros) -%}
    (
        {{ is_touched_coordination(behaviour, day) }}
        or (
            {{ is_last_window(behaviour, micros) }}
            and {{ is_touched_coordination(behaviour, add_days(day, 1)) }}
        )
    )
{%- endmacro -%}

{#- Whether an instant lies in the last window of its UTC day. -#}
{%- macro is_last_window(behaviour, micros) -%}
    mod({{ micros }}, 86400000000) >= {{ (86400 - coordination_rules()[behaviour].window_seconds) * 1000000 }}
{%- endmacro -%}

{#- Whether an instant lies in the first window of its UTC day. -#}
{%- macro is_first_window(behaviour, micros) -%}
    mod({{ micros }}, 86400000000) < {{ coordination_rules()[behaviour].window_seconds * 1000000 }}
{%- endmacro -%}

{#- Pre-hook of the marts on coordination: removes what this build makes again, behaviour by behaviour. -#}
{%- macro delete_touched_coordination() -%}
    {%- if execute and load_relation(this) is not none -%}
        delete from {{ this }}
        where
            {{ built_through() }} = 0
            {%- for behaviour in coordination_rules() %}
            or (behaviour = '{{ behaviour }}' and {{ is_touched_coordination(behaviour, 'event_date') }})
            {%- endfor %}
    {%- endif -%}
{%- endmacro -%}
