{% set dimensions = ['surface', 'policy_code', 'action', 'channel'] %}

with appeals as (

    select
        p.appeal_id as record_id,
        p.action_id,
        coalesce(a.surface, 'none') as surface,
        coalesce(a.policy_code, 'none') as policy_code,
        coalesce(a.action, 'none') as action,
        coalesce(p.channel, 'unknown') as channel,
        p.submitted_at,
        p.decided_at,
        a.decided_at as action_decided_at,
        p.outcome in ('reversed', 'partially_reversed') as is_reversal,
        {{ seconds_after('a.decided_at', 'u.follow_up_seconds') }} as follow_up_ends_at,
        {{ input_ref('enforcement_actions', 'p.action_id') }} as input_refs,
        p._file_id,
        p._line_no
    from {{ ref('fct_appeals') }} as p
    cross join (
        select max(m.follow_up_seconds) as follow_up_seconds
        from {{ ref('metrics') }} as m
        where m.metric = 'overturn_rate'
    ) as u
    -- one equality: a second condition on the appeal would make the engine compare every appeal with every action
    left join {{ ref('fct_enforcement_actions') }} as a
        on case when coalesce(p.subject_kind, 'action') = 'action' then p.action_id end = a.action_id

),

-- the first appeal, and the first reversal, within the follow-up of each action
followed as (

    select
        p.action_id,
        min(case when p.submitted_at < p.follow_up_ends_at then p.submitted_at end) as appealed_at,
        min(case when p.is_reversal and p.decided_at < p.follow_up_ends_at then p.decided_at end) as reversed_at,
        min(case when p.submitted_at < p.follow_up_ends_at then p.record_id end) as appeal_id
    from appeals as p
    where p.follow_up_ends_at is not null
    group by p.action_id

),

cohort as (

    select
        a.action_id as record_id,
        coalesce(a.surface, 'unknown') as surface,
        coalesce(a.policy_code, 'unknown') as policy_code,
        coalesce(a.action, 'unknown') as action,
        'all' as channel,
        a.decided_at,
        {{ seconds_after('a.decided_at', 'u.follow_up_seconds') }} as follow_up_ends_at,
        f.appealed_at,
        f.reversed_at,
        {{ input_ref('appeals', 'f.appeal_id') }} as input_refs,
        a._file_id,
        a._line_no
    from {{ ref('fct_enforcement_actions') }} as a
    cross join (
        select max(m.follow_up_seconds) as follow_up_seconds
        from {{ ref('metrics') }} as m
        where m.metric = 'appeal_rate'
    ) as u
    left join followed as f on a.action_id = f.action_id

)

{{ contributions('appeals', 'appeals', dimensions, [
    {'metric': 'appeals_filed', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.submitted_at'},
    {'metric': 'appeals_filed', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null', 'event_at': 'b.submitted_at',
     'expires_at': 'b.decided_at'},
    {'metric': 'appeals_decided', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.decided_at',
     'where': 'b.decided_at is not null'},
    {'metric': 'overturn_rate', 'role': 'denominator', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.action_decided_at', 'effective_at': 'b.follow_up_ends_at',
     'where': 'b.decided_at < b.follow_up_ends_at'},
    {'metric': 'overturn_rate', 'role': 'numerator', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.action_decided_at', 'effective_at': 'b.follow_up_ends_at',
     'where': 'b.decided_at < b.follow_up_ends_at and b.is_reversal'},
    {'metric': 'overturn_rate', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
     'event_at': 'b.action_decided_at', 'expires_at': 'b.follow_up_ends_at',
     'where': 'b.submitted_at < b.follow_up_ends_at'},
]) }}

union all

{{ contributions('cohort', 'enforcement_actions', dimensions, [
    {'metric': 'appeals_reversed', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.decided_at',
     'effective_at': 'b.follow_up_ends_at', 'where': 'b.reversed_at is not null'},
    {'metric': 'appeals_reversed', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null', 'event_at': 'b.decided_at',
     'expires_at': 'b.follow_up_ends_at'},
    {'metric': 'appeal_rate', 'role': 'denominator', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.decided_at',
     'effective_at': 'b.follow_up_ends_at'},
    {'metric': 'appeal_rate', 'role': 'numerator', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.decided_at',
     'effective_at': 'b.follow_up_ends_at', 'where': 'b.appealed_at is not null'},
    {'metric': 'appeal_rate', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null', 'event_at': 'b.decided_at',
     'expires_at': 'b.follow_up_ends_at'},
    {'metric': 'appeal_reversal_rate', 'role': 'denominator', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at', 'effective_at': 'b.follow_up_ends_at'},
    {'metric': 'appeal_reversal_rate', 'role': 'numerator', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.decided_at', 'effective_at': 'b.follow_up_ends_at', 'where': 'b.reversed_at is not null'},
    {'metric': 'appeal_reversal_rate', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
     'event_at': 'b.decided_at', 'expires_at': 'b.follow_up_ends_at'},
]) }}
