{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_enforcement_overview__copyright') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'copyright',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
