"""Detection: what SQL cannot do, or what must run outside the warehouse too, about actors and how they are linked.

Pure functions belong here, without Dagster; features and marts are dbt's (`dbt_project/`).
"""
