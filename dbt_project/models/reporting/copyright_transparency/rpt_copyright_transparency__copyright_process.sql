{%- set declared = model.config.get('meta', {}) if execute else {} -%}
{%- set contributions = ref('con_copyright_transparency__copyright_process') -%}

{{ figures(
    contributions,
    ref('metrics'),
    monthly_periods(contributions, source('raw', 'pins')),
    'copyright_process',
    declared.get('breakdowns', [{'dimensions': []}]),
    period_start_of=month_start('c.event_at')
) }}
