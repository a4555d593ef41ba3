{%- set declared = model.config.meta if execute else {'part': 'none', 'breakdowns': []} -%}
{%- set contributions = ref('con_enforcement_overview__time_to_action') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    declared.part,
    declared.breakdowns
) }}
