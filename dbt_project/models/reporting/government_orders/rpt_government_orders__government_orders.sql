{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_government_orders__government_orders') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'government_orders',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
