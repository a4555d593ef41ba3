{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_dsa_harmonised__recipients') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'recipients',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
