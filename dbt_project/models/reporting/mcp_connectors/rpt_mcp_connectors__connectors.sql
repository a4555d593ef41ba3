{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_mcp_connectors__connectors') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'connectors',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
