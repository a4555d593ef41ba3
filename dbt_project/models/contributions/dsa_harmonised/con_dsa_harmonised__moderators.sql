{% set dimensions = ['service', 'language', 'staff'] %}

-- A stock: the newest snapshot of the period counts, not their sum.
with snapshots as (

    select
        m.moderators_key as record_id,
        coalesce(m.dsa_service, 'none') as service,
        m.language,
        m.internal_hundredths,
        m.external_hundredths,
        m.cefr_b2_hundredths,
        m.counted_at,
        m.superseded_at,
        '' as input_refs,
        m._file_id,
        m._line_no
    from {{ ref('fct_dsa_moderators') }} as m

),

internal as (

    select
        s.*,
        'internal' as staff
    from snapshots as s
    where s.internal_hundredths is not null

),

external as (

    select
        s.*,
        'external' as staff
    from snapshots as s
    where s.external_hundredths is not null

),

cefr_b2 as (

    select
        s.*,
        'cefr_b2' as staff
    from snapshots as s
    where s.cefr_b2_hundredths is not null

)

{% set counted = {'metric': 'moderator_staff', 'role': 'amount', 'unit': 'b.record_id', 'event_at': 'b.counted_at',
    'expires_at': 'b.superseded_at'} %}
{{ contributions('internal', 'moderators', dimensions, [dict(counted, amount='b.internal_hundredths')]) }}

union all

{{ contributions('external', 'moderators', dimensions, [dict(counted, amount='b.external_hundredths')]) }}

union all

{{ contributions('cefr_b2', 'moderators', dimensions, [dict(counted, amount='b.cefr_b2_hundredths')]) }}
