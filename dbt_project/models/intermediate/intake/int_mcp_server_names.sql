with every_name as (
    select
        servers.server_name as name,
        servers.server_name,
        1 as preference
    from {{ ref('stg_mcp_servers') }} as servers
    union all
    select
        aliases.name,
        aliases.server_name,
        2 as preference
    from (
        select
            {{ explode_list('servers.aliases') }} as name,
            servers.server_name
        from {{ ref('stg_mcp_servers') }} as servers
    ) as aliases
),

ranked as (
    select
        every_name.name,
        every_name.server_name,
        row_number() over (
            partition by every_name.name
            order by every_name.preference, every_name.server_name
        ) as name_rank
    from every_name
)

select
    ranked.name,
    ranked.server_name
from ranked
where ranked.name_rank = 1
