{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_dsa_harmonised__measures') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'measures',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
