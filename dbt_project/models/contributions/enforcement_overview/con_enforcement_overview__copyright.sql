{% set dimensions = ['kind', 'channel', 'sender_kind', 'surface', 'claim_kind'] %}

with notices as (

    select
        n.notice_id as record_id,
        coalesce(n.kind, 'unknown') as kind,
        coalesce(n.channel, 'unknown') as channel,
        coalesce(n.sender_kind, 'unknown') as sender_kind,
        coalesce(n.surface, 'none') as surface,
        coalesce(n.claim_kind, 'unknown') as claim_kind,
        n.target_count,
        n.received_at,
        n.decided_at,
        {{ input_ref('copyright_notices', 'n.relates_to') }} as input_refs,
        n._file_id,
        n._line_no
    from {{ ref('fct_copyright_notices') }} as n

)

{{ contributions('notices', 'copyright_notices', dimensions, [
    {'metric': 'copyright_notices', 'role': 'count', 'unit': 'b.record_id', 'amount': '1', 'event_at': 'b.received_at'},
    {'metric': 'copyright_takedowns', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.received_at', 'where': "b.kind = 'takedown'"},
    {'metric': 'copyright_takedowns', 'role': 'open', 'unit': 'b.record_id', 'amount': 'null',
     'event_at': 'b.received_at', 'expires_at': 'b.decided_at', 'where': "b.kind = 'takedown'"},
    {'metric': 'copyright_counter_notices', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.received_at', 'where': "b.kind = 'counter_notice'"},
    {'metric': 'copyright_retractions', 'role': 'count', 'unit': 'b.record_id', 'amount': '1',
     'event_at': 'b.received_at', 'where': "b.kind = 'retraction'"},
    {'metric': 'copyright_targets', 'role': 'amount', 'unit': 'b.record_id', 'amount': 'b.target_count',
     'event_at': 'b.received_at', 'where': "b.kind = 'takedown'"},
]) }}
