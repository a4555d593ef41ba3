{#-
The registered limits of one version of a signal on our own processes, as one row with a column per parameter.
What a limit is, when and on what it was set, stands in the seed `process_signal_limits`; a changed limit is a new version there.
-#}
{%- macro signal_limits(signal, version, parameters) -%}
    select
        {%- for parameter in parameters %}
        max(case when limits.parameter = '{{ parameter }}' then limits.limit_value end) as {{ parameter }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('process_signal_limits') }} as limits
    where limits.signal_id = '{{ signal }}' and limits.signal_version = {{ version }}
{%- endmacro -%}

{#-
Evidence, in thousandths of a nat, that `hits` of `trials` come from a share below `expected_ppm`: trials times the relative entropy of
the observed share against the expected one; 0 when the observed share is not below. The chance of as few hits is at most exp(-evidence).
-#}
{%- macro shortfall_evidence(hits, trials, expected_ppm) -%}
    case
        when {{ trials }} is null or {{ trials }} = 0 or {{ hits }} * 1000000 >= {{ trials }} * {{ expected_ppm }} then 0
        -- 0 times the logarithm of 1 where a count is 0: an engine may take the logarithm before it looks at the condition
        else cast(round(
            1000 * (
                {{ hits }} * ln(
                    cast(greatest({{ hits }}, 1) as double) * 1000000
                    / (greatest({{ trials }}, 1) * greatest({{ expected_ppm }}, 1))
                )
                + ({{ trials }} - {{ hits }}) * ln(
                    cast(greatest({{ trials }} - {{ hits }}, 1) as double) * 1000000
                    / (greatest({{ trials }}, 1) * greatest(1000000 - {{ expected_ppm }}, 1))
                )
            )
        ) as bigint)
    end
{%- endmacro -%}
