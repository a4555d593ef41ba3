{% set dimensions = ['regime', 'clock', 'incident', 'due_at'] %}

with named as (

    select
        i.incident_id,
        i.discovered_at,
        i.reported_at,
        coalesce(i.imminent_danger, false) as is_imminent,
        i.occurred_at is not null
        and coalesce(trim(i.why_qualifies), '') <> ''
        and coalesce(trim(i.summary), '') <> ''
        and i.internal_use is not null as is_complete,
        i._file_id,
        i._line_no,
        {{ explode_json_list('i.regimes') }} as regime_name
    from {{ ref('fct_incidents') }} as i

),

spelled as (

    select
        n.*,
        lower(replace(replace(replace(n.regime_name, '-', ''), '_', ''), ' ', '')) as regime_letters
    from named as n

),

duties as (

    select distinct
        s.incident_id as record_id,
        s.incident_id as incident,
        case
            when s.regime_letters like '%sb53%' then 'ca_sb_53'
            when s.regime_letters like '%aiact%' then 'eu_ai_act'
            else 'other'
        end as regime,
        'none' as clock,
        'none' as due_at,
        s.discovered_at,
        s.reported_at,
        s.is_imminent,
        s.is_complete,
        '' as input_refs,
        s._file_id,
        s._line_no
    from spelled as s

),

-- calendar days: the stricter reading where sources disagree on working days
allowed as (

    select
        'ca_sb_53' as regime,
        '15_days' as clock,
        1296000 as allowed_seconds,
        false as is_for_imminent
    union all
    select
        'ca_sb_53' as regime,
        '24_hours' as clock,
        86400 as allowed_seconds,
        true as is_for_imminent
    union all
    select
        'eu_ai_act' as regime,
        '2_days' as clock,
        172800 as allowed_seconds,
        false as is_for_imminent
    union all
    select
        'eu_ai_act' as regime,
        '10_days' as clock,
        864000 as allowed_seconds,
        false as is_for_imminent
    union all
    select
        'eu_ai_act' as regime,
        '15_days' as clock,
        1296000 as allowed_seconds,
        false as is_for_imminent

),

started as (

    select
        d.record_id,
        d.incident,
        d.regime,
        a.clock,
        d.discovered_at,
        d.reported_at,
        {{ seconds_after('d.discovered_at', 'a.allowed_seconds') }} as ends_at,
        d.input_refs,
        d._file_id,
        d._line_no
    from duties as d
    inner join allowed as a on d.regime = a.regime
    where d.is_imminent or not a.is_for_imminent

),

clocks as (

    select
        s.*,
        {{ instant_text('s.ends_at') }} as due_at,
        coalesce(s.reported_at <= s.ends_at, false) as is_in_time,
        case when s.reported_at < s.ends_at then s.reported_at else s.ends_at end as stops_at
    from started as s

)

{{ contributions('duties', 'incidents', dimensions, [
    {'metric': 'incidents_discovered', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.discovered_at'},
    {'metric': 'incident_duties', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.discovered_at'},
    {'metric': 'incident_duties', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
     'event_at': 'b.discovered_at', 'expires_at': 'b.reported_at'},
    {'metric': 'incident_reports_incomplete', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.discovered_at', 'where': "b.regime = 'ca_sb_53' and not b.is_complete"},
    {'metric': 'incident_report_median', 'role': 'amount', 'unit': 'b.record_id',
     'amount': seconds_between('b.discovered_at', 'b.reported_at'), 'event_at': 'b.discovered_at',
     'effective_at': 'b.reported_at', 'where': 'b.reported_at >= b.discovered_at'},
    {'metric': 'incident_report_median', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
     'event_at': 'b.discovered_at', 'expires_at': 'b.reported_at',
     'where': 'b.reported_at is null or b.reported_at >= b.discovered_at'},
]) }}

union all

{{ contributions('clocks', 'incidents', dimensions, [
    {'metric': 'incident_clocks', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.discovered_at'},
    {'metric': 'incident_clocks_met', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.discovered_at', 'effective_at': 'b.reported_at', 'where': 'b.is_in_time'},
    {'metric': 'incident_clocks_late', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.discovered_at', 'effective_at': 'b.reported_at',
     'where': 'b.reported_at is not null and not b.is_in_time'},
    {'metric': 'incident_clocks_overdue', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.discovered_at', 'effective_at': 'b.ends_at', 'expires_at': 'b.reported_at',
     'where': 'not b.is_in_time'},
    {'metric': 'incident_clocks_running', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.discovered_at', 'expires_at': 'b.stops_at'},
]) }}
