{%- set declared = model.config.meta if execute else {'part': 'none', 'breakdowns': []} -%}
{%- set contributions = ref('con_enforcement_overview__copyright') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    declared.part,
    declared.breakdowns
) }}
