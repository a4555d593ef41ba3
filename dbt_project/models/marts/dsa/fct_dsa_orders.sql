-- An order has no instant of decision of ours: the service row in force when it came in applies.
with placed as (
    select
        orders.*,
        surfaces.surface as registered_surface,
        surfaces.dsa_service,
        surfaces.report_from,
        upper(trim(orders.issuing_country)) as issuer,
        countries.report_code as member_state
    from {{ ref('fct_legal_orders') }} as orders
    left join {{ ref('stg_surfaces') }} as surfaces on orders.surface = surfaces.surface
    left join {{ ref('dsa_countries') }} as countries
        on
        upper(trim(orders.issuing_country)) = countries.country
        and countries.is_member_state
),

services as (
    {{ register_in_force('placed', 'order_id', 'received_at', 'stg_services', {'dsa_service': 'dsa_service'}) }}
),

judged as (
    select
        placed.*,
        services.kind as service_kind,
        coalesce(categories.dsa_category, 'STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER') as dsa_category,
        coalesce(categories.dsa_keyword, 'none') as dsa_keyword,
        case
            when placed.surface is null then 'no_surface'
            else coalesce(
                {{ service_exclusion('placed.registered_surface', 'placed.dsa_service', 'services.kind',
                    'placed.report_from', 'placed.received_at', 'null', 'null') }},
                    case
                        when placed.member_state is not null then null
                        when length(placed.issuer) = 2 then 'not_a_member_state'
                        else 'no_country'
                    end
                )
        end as report_exclusion
    from placed
    left join services on placed.order_id = services.decision_key
    -- the feed names no sub-category
    left join {{ ref('dsa_keywords') }} as categories
        on
        placed.category = categories.dsa_category
        and categories.dsa_keyword = 'KEYWORD_OTHER'
        and categories.in_orders
)

select
    judged.event_date,
    judged.order_id,
    judged.received_at,
    judged.acknowledged_at,
    judged.effected_at,
    judged.kind,
    judged.issuing_country,
    judged.member_state,
    judged.category,
    judged.dsa_category,
    judged.dsa_keyword,
    judged.item_count,
    judged.surface,
    judged.dsa_service,
    judged.service_kind,
    judged.gag_until,
    judged.outcome,
    judged.acknowledgement_seconds,
    judged.effect_seconds,
    judged.report_exclusion is null as in_report,
    judged.report_exclusion,
    judged._batch_id,
    judged._file_id,
    judged._line_no
from judged
