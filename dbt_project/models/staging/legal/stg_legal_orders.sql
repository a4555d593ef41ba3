{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('legal_orders', 'order_id') }}"
    )
}}

with in_force as (
    {{ in_force('legal_orders', ['order_id'], changed_only=true) }}
)

select
    in_force.order_id,
    in_force.received_at,
    in_force.acknowledged_at,
    in_force.effected_at,
    in_force.kind,
    in_force.issuing_country,
    in_force.authority,
    in_force.category,
    in_force.item_count,
    in_force.accounts_affected,
    in_force.surface,
    in_force.process_kind,
    in_force.data_disclosed,
    in_force.user_notified_at,
    in_force.gag_until,
    in_force.outcome,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
