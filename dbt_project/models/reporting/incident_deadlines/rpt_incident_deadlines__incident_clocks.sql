{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_incident_deadlines__incident_clocks') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'incident_clocks',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
