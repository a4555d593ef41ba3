{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_child_safety__child_safety_reports') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'child_safety_reports',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
