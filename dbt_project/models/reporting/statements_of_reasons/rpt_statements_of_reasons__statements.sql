{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_statements_of_reasons__statements') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'statements',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
