with spells as (
    {{ history('legal_orders', 'order_id', every_key=true) }}
)

select
    spells.order_id,
    spells.received_at,
    spells.acknowledged_at,
    spells.effected_at,
    spells.kind,
    spells.issuing_country,
    spells.category,
    spells.item_count,
    spells.accounts_affected,
    spells.surface,
    spells.process_kind,
    spells.data_disclosed,
    spells.user_notified_at,
    spells.gag_until,
    spells.outcome,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
where
    spells.order_id not in (
        select gagged.order_id from {{ ref('stg_legal_orders') }} as gagged
        where gagged.gag_until > {{ as_of() }}
    )
