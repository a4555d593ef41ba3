{% set dimensions = ['service', 'member_state'] %}

-- A stock: of several averages of a service in the period the newest counts, not their sum.
with averages as (

    select
        r.recipients_key as record_id,
        coalesce(r.dsa_service, 'none') as service,
        r.member_state,
        r.average_monthly_active_recipients,
        r.counted_at,
        r.superseded_at,
        '' as input_refs,
        r._file_id,
        r._line_no
    from {{ ref('fct_dsa_recipients') }} as r
    where r.member_state is not null and r.average_monthly_active_recipients is not null

)

{{ contributions('averages', 'recipients', dimensions, [
    {'metric': 'average_monthly_recipients', 'role': 'amount', 'unit': 'b.record_id',
     'amount': 'b.average_monthly_active_recipients', 'event_at': 'b.counted_at', 'expires_at': 'b.superseded_at'},
]) }}
