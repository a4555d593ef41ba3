{#-
Scope of the harmonised report and of Statements of Reasons, once: every subject (measures, notices, orders, complaints) asks the
same questions in the same order, and the first that is answered with no names the exclusion.
-#}

{#- The condition that a new batch or retraction changed a register; what depends on it is then computed anew. -#}
{%- macro register_changed(register, key) -%}
    exists (
        select 1
        from (
            {{ changed_keys(register, key) }}
        ) as changed
    )
{%- endmacro -%}

{#-
Why a record lies outside every service's report, by its surface; null when it lies within.
surface, service, kind, report_from: of the surface, its service and the service row in force; at: instant of the record;
recipient: its country, in upper case; country: the same found in `dsa_countries`, null when it is not there.
-#}
{%- macro service_exclusion(surface, service, kind, report_from, at, recipient, country) -%}
    case
        when {{ surface }} is null then 'unregistered_surface'
        when {{ service }} is null then 'outside_any_service'
        when {{ kind }} is null then 'service_without_kind'
        when {{ report_from }} > {{ at }} then 'before_report_from'
        when {{ recipient }} is not null and {{ country }} is null then 'recipient_outside_eea'
    end
{%- endmacro -%}

{#- Measures of the contract that restrict nobody: no field of a Statement of Reasons is to be expected of them. -#}
{%- macro restricts_nobody(action) -%}
    {{ action }} in ('warning', 'report_to_authority', 'notice_processing_suspension', 'complaint_processing_suspension')
{%- endmacro -%}

{#- The fifteenth of an instant's month (UTC): it names the month in any zone, and no day. -#}
{%- macro month_middle(instant) -%}
    {{ seconds_after(month_start(instant), 1209600) }}
{%- endmacro -%}

{#- Noon (UTC) of a day: an instant that lies in that day in any zone of Europe, so that a stock counts in the period that holds its day. -#}
{%- macro noon_of(day) -%}
    {{ instant_of_second('cast(' ~ day_number(day) ~ ' as bigint) * 86400 + 43200') }}
{%- endmacro -%}

{#- What a register row means for a filing, as one text: the fields that decide about it, by name. -#}
{%- macro meaning(alias, fields) -%}
    concat(
        {%- for field in fields %}
        '{{ field }}=', coalesce(cast({{ alias }}.{{ field }} as {{ text_type() }}), 'none'){{ ", ' '," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro -%}
