{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_dsa_harmonised__orders') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'orders',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
