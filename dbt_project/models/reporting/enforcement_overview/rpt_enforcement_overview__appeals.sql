{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_enforcement_overview__appeals') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'appeals',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
