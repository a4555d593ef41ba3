"""Assets: facts coming in, and the Python work that SQL cannot do.

Ingestion and the dbt transform belong here; scheduling lives in orchestration, guarding in quality_checks, printing in reports.
"""
